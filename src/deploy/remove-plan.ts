// The plan of hapair remove: every file of hapair's goes, what was there before comes back, services and kernel settings as they were. Pure data,
// done by the same apply as any plan: locked, undone when a step fails, the standby first, the VIP served where that is possible.

import { HapairError } from "../base/index.ts";
import type { Pair } from "../model/index.ts";
import { agentPaths, type FileEffect, nodePaths } from "../render/index.ts";
import {
  bridgeDownScript,
  bridgeExchangeScript,
  bridgeUndoScript,
  bridgeUpScript,
} from "./bridge-commands.ts";
import { agentSteps, agentStopSteps, type MakeStep } from "./agent-steps.ts";
import { configurationChange } from "./compatibility.ts";
import type { NodeFacts } from "./facts.ts";
import type { FileChange } from "./file-change.ts";
import { placeScript, putBackScript } from "./file-commands.ts";
import { isActive, type NodeActions } from "./node-actions.ts";
import {
  fingerprintOf,
  type NodePlan,
  type Plan,
  type PlanOptions,
  type PlanWarning,
  type Step,
} from "./plan.ts";
import {
  inPhases,
  isIncompatible,
  keeperOf,
  keeperProperty,
  lastOfAll,
  nodeOrder,
  servicesOf,
  type UnphasedStep,
} from "./plan-steps.ts";
import * as service from "./service-commands.ts";
import { statePaths } from "./state-paths.ts";

/** After keepalived has its old check back, HAProxy's unit may not be away for longer than that check forgives (the document's: 2 s). */
const REMOVE_DRAIN_S = 1;

const STEP_TIMEOUT_MS = 60_000;
const REVISION = "none";

/** What has to happen for a path that the manifest does not name. */
const EFFECTS: readonly (readonly [start: string, effect: FileEffect])[] = [
  ["/etc/keepalived/", "keepalived-reload"],
  ["/etc/systemd/system/haproxy.service.d/", "haproxy-unit"],
  ["/etc/systemd/system/keepalived.service.d/", "keepalived-unit"],
  [nodePaths.maintenanceUnit, "keepalived-unit"],
  ["/etc/systemd/network/", "networkd"],
  ["/etc/sysctl.d/", "sysctl"],
  ["/etc/tmpfiles.d/", "tmpfiles"],
  ["/etc/sysusers.d/", "sysusers"],
  [agentPaths.program, "agent"],
  [agentPaths.settings, "agent"],
  [agentPaths.unit, "agent"],
  [nodePaths.firewall, "firewall"],
  ["/etc/haproxy/", "haproxy-reload"],
];

interface Situation {
  readonly facts: NodeFacts;
  readonly plan: NodePlan;
  /** As they were before the first apply. */
  readonly before: Readonly<
    Record<"haproxy" | "keepalived", { readonly active: boolean; readonly enabled: boolean }>
  >;
  readonly options: PlanOptions;
}

/** The plan that gives every node back as it was before the first apply; no steps where there is nothing of hapair's. */
export function makeRemovePlan(
  pair: Pair,
  facts: ReadonlyMap<string, NodeFacts>,
  options: PlanOptions = {},
): Plan {
  const situations = pair.nodes.map((node): Situation => {
    const nodeFacts = facts.get(node.name);
    if (nodeFacts === undefined)
      throw new HapairError({
        kind: "usage",
        code: "no-facts",
        message: `nothing is known of node ${node.name}`,
      });
    const before = servicesBefore(nodeFacts);
    return { facts: nodeFacts, plan: nodePlan(pair, nodeFacts, before, options), before, options };
  });
  const working = situations.filter((situation) => situation.plan.changes.length > 0);
  const nodes = situations.map((situation) => situation.plan);
  return {
    pair: pair.name,
    revision: REVISION,
    changed: working.length > 0,
    nodes,
    steps: removeSteps(working, nodes),
    ...keeperProperty(nodes),
    warnings: working.flatMap(warningsOf),
    fingerprint: fingerprintOf(situations.map((situation) => situation.facts)),
    fingerprints: Object.fromEntries(
      situations.map((situation) => [situation.facts.node, fingerprintOf([situation.facts])]),
    ),
  };
}

/** The note of the first apply, e.g. `keepalived enabled inactive`. Without one a service counts as running: nothing is stopped on a guess. */
function servicesBefore(facts: NodeFacts): Situation["before"] {
  const text = facts.files.find((file) => file.path === statePaths.servicesBefore)?.content ?? "";
  const of = (name: string): { active: boolean; enabled: boolean } => {
    const found = new RegExp(`^${name} (\\S*) (\\S+)$`, "m").exec(text);
    return {
      active: found === null || found[2] === "active",
      enabled: found === null || found[1] !== "disabled",
    };
  };
  return { haproxy: of("haproxy"), keepalived: of("keepalived") };
}

function nodePlan(pair: Pair, facts: NodeFacts, before: Situation["before"], options: PlanOptions): NodePlan {
  const vips = pair.routers
    .flatMap((router) => [...router.vips, ...router.excludedVips])
    .map((vip) => vip.address.text);
  const heldVips = vips.filter((vip) => facts.addresses.includes(vip));
  const changes = removals(facts);
  const running = isActive(facts.units.keepalived);
  const contentOf = (path: string): string | undefined =>
    facts.files.find((file) => file.path === path)?.content;
  const now = contentOf(nodePaths.keepalivedConf);
  const then = contentOf(`${statePaths.originals}/files${nodePaths.keepalivedConf}`);
  const comparable = running && before.keepalived.active && now !== undefined && then !== undefined;
  return {
    node: facts.node,
    role: heldVips.length > 0 ? "holder" : running ? "standby" : "idle",
    heldVips,
    changes,
    actions: removeActions(facts, before, heldVips, options),
    configuration: comparable ? configurationChange(now, then) : { incompatible: [], replaced: [] },
    richRules: [],
    files: [],
  };
}

function removals(facts: NodeFacts): FileChange[] {
  const noted = new Map(facts.originals.map((original) => [original.path, original.was]));
  const paths = [...new Set([...noted.keys(), ...(facts.manifest?.files ?? []).map((file) => file.path)])];
  return paths.flatMap((path): FileChange[] => {
    const entry = facts.manifest?.files.find((file) => file.path === path);
    const found = facts.files.find((file) => file.path === path);
    const isKept = noted.get(path) === "kept";
    if (found === undefined && !isKept && entry === undefined) return [];
    const effect = entry?.effect ?? EFFECTS.find(([start]) => path.startsWith(start))?.[1] ?? "none";
    const editedByHand = found !== undefined && entry !== undefined && found.sha256 !== entry.sha256;
    return [
      {
        path,
        kind: isKept ? "restore" : "delete",
        effect,
        editedByHand,
        original: "noted",
        diff: "",
        remarks: [],
      },
    ];
  });
}

function removeActions(
  facts: NodeFacts,
  before: Situation["before"],
  heldVips: readonly string[],
  options: PlanOptions,
): NodeActions {
  const { haproxy } = facts.units;
  const haproxyCommand = haproxy.commands.execStart.at(-1) ?? "";
  const lineChanges = haproxy.effectiveCommands.execStart.at(-1) !== haproxyCommand;
  const why = "its old command line comes back";
  const kind =
    !isActive(haproxy) || !before.haproxy.active
      ? "none"
      : !lineChanges
        ? "reload"
        : heldVips.length > 0 && options.bridgeRestarts !== false
          ? "bridge"
          : "restart";
  return {
    sysctl: true,
    tmpfiles: false,
    firewall: true,
    networkd: false,
    daemonReload: true,
    haproxyCommand,
    haproxy: { kind, why },
    sysusers: false,
    agent: facts.manifest?.files.some((file) => file.path === agentPaths.unit)
      ? { kind: "remove", why: "" }
      : { kind: "none", why: "" },
    keepalived:
      before.keepalived.active && isActive(facts.units.keepalived)
        ? { kind: "reload", why: "its old configuration comes back" }
        : { kind: "none", why: "" },
  };
}

function removeSteps(working: readonly Situation[], nodes: readonly NodePlan[]): Step[] {
  const order = nodeOrder(working.map((situation) => situation.plan)).flatMap((plan) =>
    working.filter((situation) => situation.plan === plan),
  );
  const whole = (situation: Situation): UnphasedStep[] => [
    ...firstSteps(situation),
    ...keepalivedSteps(situation),
    ...lastSteps(situation),
  ];
  if (!isIncompatible(nodes)) return inPhases(order.map(whole));
  const keeper = keeperOf(nodes);
  const others = order.filter((situation) => situation.plan !== keeper);
  const phases = [
    others.flatMap(stopStep),
    ...others.map(firstSteps),
    ...order.filter((situation) => situation.plan === keeper).map(whole),
    ...others.map((situation) => [...startStep(situation), ...lastSteps(situation)]),
  ];
  return inPhases(lastOfAll(phases, "forget"));
}

function stopStep(situation: Situation): UnphasedStep[] {
  if (!isActive(situation.facts.units.keepalived)) return [];
  return [
    stepMaker(situation)("stop-keepalived", "stop keepalived", service.keepalivedStopScript(), {
      why: "old and new do not understand each other, and both nodes would hold the VIP",
      undo: service.keepalivedUndoScript({ active: true, enabled: true }),
    }),
  ];
}

function startStep(situation: Situation): UnphasedStep[] {
  if (!situation.before.keepalived.active) return [];
  return [
    stepMaker(situation)("keepalived", "start keepalived", service.keepalivedStartScript(), {
      why: "the holder has its old configuration now",
      undo: service.keepalivedUndoScript({
        active: isActive(situation.facts.units.keepalived),
        enabled: true,
      }),
    }),
  ];
}

function stepMaker(situation: Situation): MakeStep {
  return (kind, title, script, more = {}) => ({
    node: situation.plan.node,
    kind,
    title,
    why: "",
    script,
    timeoutMs: STEP_TIMEOUT_MS,
    ...more,
  });
}

/** Files, kernel settings and firewall as they were. */
function firstSteps(situation: Situation): UnphasedStep[] {
  const { plan, options } = situation;
  const step = stepMaker(situation);
  const restored = plan.changes.filter((change) => change.kind === "restore").length;
  const bridged = plan.actions.haproxy.kind === "bridge";
  return [
    ...agentStopSteps(plan, agentBefore(situation), step),
    ...(plan.changes.some(({ path }) => path === nodePaths.maintenanceScript)
      ? [
          step(
            "operations-end",
            "end maintenance and whatever a switchover has open",
            service.operationsEndScript(),
          ),
        ]
      : []),
    step(
      "place",
      `remove ${plan.changes.length - restored} files, put ${restored} back`,
      placeScript(plan.changes, {
        by: options.by ?? "hapair",
        revision: REVISION,
        services: servicesOf(situation.facts),
      }),
      {
        undo: putBackScript(plan.changes),
      },
    ),
    step("sysctl", "set the kernel's settings back", service.sysctlsBackScript(), {
      undo: service.sysctlScript(),
    }),
    step("firewall", "take hapair's firewall rules away", service.firewallBackScript(), {
      undo: service.firewallUndoScript(),
    }),
    ...(bridged
      ? []
      : [
          step("daemon-reload", "make systemd read its units again", service.daemonReloadScript(), {
            undo: service.daemonReloadScript(),
          }),
        ]),
  ];
}

function agentBefore({ facts }: Situation): { active: boolean; enabled: boolean } {
  const unit = facts.units.agent;
  return { active: isActive(unit), enabled: unit.fileState === "enabled" };
}

function keepalivedSteps(situation: Situation): UnphasedStep[] {
  const { before, facts, plan } = situation;
  const step = stepMaker(situation);
  const undo = service.keepalivedUndoScript({ active: isActive(facts.units.keepalived), enabled: true });
  if (plan.actions.keepalived.kind === "reload")
    return [
      step("keepalived", "reload keepalived", service.keepalivedReloadScript(), {
        why: plan.actions.keepalived.why,
        undo,
      }),
    ];
  if (before.keepalived.active || !isActive(facts.units.keepalived)) return [];
  return [
    step("keepalived", "stop keepalived", service.keepalivedStopScript(), {
      why: "it did not run before hapair",
      undo,
    }),
  ];
}

/** HAProxy with its old command line, services enabled as they were, and hapair's own notes gone. */
function lastSteps(situation: Situation): UnphasedStep[] {
  const { before, facts, plan } = situation;
  const { kind, why } = plan.actions.haproxy;
  const step = stepMaker(situation);
  const was = { active: isActive(facts.units.haproxy), enabled: true };
  const steps: UnphasedStep[] = [];
  if (kind === "bridge") {
    const unitFiles = facts.units.haproxy.files.map((file) => file.path);
    steps.push(
      step(
        "bridge-up",
        "start a second HAProxy on the same ports",
        bridgeUpScript({ unitFiles, execStart: plan.actions.haproxyCommand }),
        { why, undo: bridgeUndoScript() },
      ),
      step(
        "bridge-exchange",
        "end the old HAProxy softly, wait for the one with the old command line",
        bridgeExchangeScript(REMOVE_DRAIN_S),
        {
          why: `connections that are still open after ${REMOVE_DRAIN_S} s are ended`,
        },
      ),
      step("bridge-down", "end the second HAProxy softly", bridgeDownScript()),
    );
  } else if (kind === "restart") {
    steps.push(
      step("haproxy", "restart HAProxy", service.haproxyStartScript("restart"), {
        why,
        undo: service.haproxyUndoScript(was, "restart"),
      }),
    );
  } else if (kind === "reload") {
    steps.push(
      step("haproxy", "reload HAProxy", service.haproxyReloadScript(), {
        why,
        undo: service.haproxyUndoScript(was, "reload"),
      }),
    );
  } else if (was.active && !before.haproxy.active) {
    steps.push(
      step("haproxy", "stop HAProxy", "systemctl stop haproxy\n", {
        why: "it did not run before hapair",
        undo: service.haproxyUndoScript(was, "restart"),
      }),
    );
  }
  const disabled = (["haproxy", "keepalived"] as const).filter((name) => !before[name].enabled);
  return [
    ...steps,
    ...agentSteps(plan, agentBefore(situation), step),
    step("forget", "remove hapair's notes", service.forgetScript(disabled)),
  ];
}

function warningsOf({ before, facts, plan }: Situation): PlanWarning[] {
  const edited = plan.changes.filter((change) => change.editedByHand).map((change) => change.path);
  const texts = [
    ...(edited.length === 0
      ? []
      : [`${edited.join(", ")}: changed by hand since the last apply; the change is lost`]),
    ...(before.keepalived.active || plan.heldVips.length === 0
      ? []
      : [
          `keepalived did not run before hapair and stops: ${plan.heldVips.join(", ")} is served by nobody any more`,
        ]),
    ...(facts.originals.length === 0 && plan.changes.length > 0
      ? ["the note of what was there before hapair is lost: hapair's files go, nothing comes back"]
      : []),
  ];
  return texts.map((text) => ({ node: facts.node, text }));
}
