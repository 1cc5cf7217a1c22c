// The order of an apply. Pure. Rules: the standby before the holder, so that a mistake shows where nobody is served; for changes that old and new
// cannot make side by side, the standby's keepalived is stopped, the holder reloads in place, then the standby starts: never two holders.

import { counted } from "../base/index.ts";
import type { Pair } from "../model/index.ts";
import { type NodeFile, nodePaths } from "../render/index.ts";
import {
  bridgeDownScript,
  bridgeExchangeScript,
  bridgeServesScript,
  bridgeUndoScript,
  bridgeUpScript,
  DRAIN_S,
} from "./bridge-commands.ts";
import type { NodeFacts } from "./facts.ts";
import {
  checkScript,
  finishScript,
  type PlaceNote,
  isForKeepalived,
  placeForKeepalivedScript,
  placeScript,
  putBackScript,
  staged,
  stageScript,
} from "./file-commands.ts";
import { agentSteps, agentStopSteps, type MakeStep, sysusersSteps, type UnitBefore } from "./agent-steps.ts";
import { isActive } from "./node-actions.ts";
import type { NodePlan, PlanOptions, Step, StepKind } from "./plan.ts";
import * as service from "./service-commands.ts";

export interface StepSituation {
  readonly pair: Pair;
  /** In the pair's order. */
  readonly nodes: readonly NodePlan[];
  readonly facts: ReadonlyMap<string, NodeFacts>;
  readonly desired: ReadonlyMap<string, readonly NodeFile[]>;
  readonly revision: string;
  readonly options: PlanOptions;
  readonly healthUrl: string;
}

const STEP_TIMEOUT_MS = 60_000;

/** A step before it is known in which phase it runs. */
export type UnphasedStep = Omit<Step, "phase">;

/** Numbers the phases; empty ones leave no gap. */
export function inPhases(phases: readonly (readonly UnphasedStep[])[]): Step[] {
  return phases
    .filter((steps) => steps.length > 0)
    .flatMap((steps, phase) => steps.map((step) => ({ ...step, phase })));
}

/** Every step of an apply; empty when nothing is to be done. */
export function planSteps(situation: StepSituation): Step[] {
  const working = situation.nodes.filter((node) => needsWork(node, situation.facts.get(node.node)));
  if (working.length === 0) return [];
  // Where keepalived stops on the others for the moment of the change, they are part of it also with nothing of their own to change.
  const stopped = isIncompatible(situation.nodes)
    ? situation.nodes.filter((node) => node.role !== "idle")
    : [];
  const order = nodeOrder(situation.nodes.filter((node) => working.includes(node) || stopped.includes(node)));
  return inPhases([order.map((node) => stageStep(node)), ...changePhases(situation, order)]);
}

function changePhases(situation: StepSituation, order: readonly NodePlan[]): UnphasedStep[][] {
  // Nobody is served: all at once, but keepalived in order of preference, because the first one up becomes the holder.
  if (situation.nodes.every((node) => node.role === "idle")) {
    return [
      order.flatMap((node) => nodeSteps(situation, node, "without keepalived")),
      ...order.map((node) =>
        nodeSteps(situation, node, "keepalived alone").filter((step) => step.kind === "keepalived"),
      ),
      order.flatMap((node) =>
        nodeSteps(situation, node, "keepalived alone").filter((step) => step.kind !== "keepalived"),
      ),
    ];
  }
  if (!isIncompatible(situation.nodes)) return order.map((node) => nodeSteps(situation, node, "whole"));

  const keeper = keeperOf(situation.nodes);
  const others = order.filter((node) => node.node !== keeper?.node);
  const phases = [
    others.filter((node) => node.role !== "idle").map((node) => stopStep(situation, node)),
    ...others.map((node) => nodeSteps(situation, node, "without keepalived")),
    order.filter((node) => node.node === keeper?.node).flatMap((node) => nodeSteps(situation, node, "whole")),
    ...others.map((node) => nodeSteps(situation, node, "keepalived alone")),
  ];
  return lastOfAll(phases, "finish");
}

/** Until every node is through, none is done: one that fails takes all of them back. */
export function lastOfAll(phases: readonly (readonly UnphasedStep[])[], kind: StepKind): UnphasedStep[][] {
  return [
    ...phases.map((steps) => steps.filter((step) => step.kind !== kind)),
    phases.flatMap((steps) => steps.filter((step) => step.kind === kind)),
  ];
}

export function needsWork(node: NodePlan, facts: NodeFacts | undefined): boolean {
  const { sysctl, firewall, networkd, daemonReload, haproxy, keepalived, agent } = node.actions;
  const daemons = haproxy.kind !== "none" || keepalived.kind !== "none" || agent.kind !== "none";
  return (
    node.changes.length > 0 ||
    node.richRules.length > 0 ||
    daemons ||
    sysctl ||
    firewall ||
    networkd ||
    daemonReload ||
    facts?.unfinished !== undefined ||
    facts?.bridgeLeft === true
  );
}

/** Nobody holds: most preferred first, so that it becomes the holder. Else those that hold nothing first. */
export function nodeOrder(nodes: readonly NodePlan[]): NodePlan[] {
  return [
    ...nodes.filter((node) => node.role !== "holder"),
    ...nodes.filter((node) => node.role === "holder"),
  ];
}

/** Whether a node that runs now changes in a way that its running peers, still with the old configuration, would not understand. */
export function isIncompatible(nodes: readonly NodePlan[]): boolean {
  return nodes.some(
    (node) => node.configuration.incompatible.length > 0 || node.configuration.replaced.length > 0,
  );
}

/** The node that goes on through an incompatible change: the one with the most VIPs, the most preferred of equals. */
export function keeperOf(nodes: readonly NodePlan[]): NodePlan | undefined {
  return nodes.toSorted((a, b) => b.heldVips.length - a.heldVips.length)[0];
}

/** For {@link Plan.keeper}. */
export function keeperProperty(nodes: readonly NodePlan[]): { keeper?: string } {
  const keeper = isIncompatible(nodes) ? keeperOf(nodes) : undefined;
  return keeper === undefined ? {} : { keeper: keeper.node };
}

function stageStep(node: NodePlan): UnphasedStep {
  const { changes, actions } = node;
  const touchesHaproxy = changes.some((change) => ["haproxy-reload", "haproxy-unit"].includes(change.effect));
  const touchesKeepalived = changes.some(
    (change) => change.effect === "keepalived-reload" || change.path === nodePaths.checkScript,
  );
  const check = checkScript({
    changes,
    ...(touchesHaproxy ? { haproxyCommand: actions.haproxyCommand } : {}),
    checksKeepalived: touchesKeepalived,
  });
  const checked = [
    ...(touchesHaproxy ? ["haproxy -c"] : []),
    ...(touchesKeepalived ? ["keepalived --config-test"] : []),
  ];
  return {
    node: node.node,
    kind: "stage",
    timeoutMs: STEP_TIMEOUT_MS,
    title:
      staged(changes).length === 0
        ? "look at the node once more"
        : `stage ${counted(staged(changes).length, "file")}${checked.length === 0 ? "" : `, run ${checked.join(" and ")}`}`,
    why: "nothing is replaced before both daemons accept all of it",
    script: stageScript(changes) + check,
  };
}

function stopStep(situation: StepSituation, node: NodePlan): UnphasedStep {
  return {
    node: node.node,
    kind: "stop-keepalived",
    title: "stop keepalived",
    timeoutMs: STEP_TIMEOUT_MS,
    why: "old and new do not understand each other, and both nodes would hold the VIP",
    script: service.keepalivedStopScript(),
    undo: service.keepalivedUndoScript(unitBefore(situation, node, "keepalived")),
  };
}

type Part = "whole" | "without keepalived" | "keepalived alone";

function nodeSteps(situation: StepSituation, node: NodePlan, part: Part): UnphasedStep[] {
  const step = (
    kind: StepKind,
    title: string,
    script: string,
    more: Partial<Pick<Step, "why" | "timeoutMs" | "undo">> = {},
  ): UnphasedStep => ({
    node: node.node,
    kind,
    title,
    why: "",
    script,
    timeoutMs: STEP_TIMEOUT_MS,
    ...more,
  });
  const first =
    part === "keepalived alone"
      ? []
      : [...fileSteps(situation, node, step), ...haproxySteps(situation, node, step)];
  if (part === "without keepalived") return first;
  return [
    ...first,
    ...keepalivedSteps(situation, node, step, part),
    ...(part === "whole" ? exchangeSteps(situation, node, step) : []),
    ...agentSteps(node, unitBefore(situation, node, "agent"), step),
    finish(situation, step),
  ];
}

function fileSteps(situation: StepSituation, node: NodePlan, step: MakeStep): UnphasedStep[] {
  const { actions, changes, richRules, zone } = node;
  const facts = situation.facts.get(node.node);
  const sysctls = Object.fromEntries(
    Object.entries(facts?.sysctls ?? {}).filter(([key]) => key.includes("nonlocal")),
  );
  const steps: UnphasedStep[] = agentStopSteps(node, unitBefore(situation, node, "agent"), step);
  const by = situation.options.by ?? "hapair";
  const early = changes.filter((change) => change.sha256 === undefined || !isForKeepalived(change));
  // Also where no file changes: the note of what is under way, and of the state before, is made by it.
  steps.push(
    step(
      "place",
      early.length === 0 ? "note that a change is under way" : `replace ${counted(early.length, "file")}`,
      placeScript(changes, { by, revision: situation.revision, services: servicesOf(facts) }),
      {
        undo: putBackScript(changes),
      },
    ),
  );
  steps.push(...sysusersSteps(node, step));
  if (actions.sysctl)
    steps.push(
      step("sysctl", `load ${nodePaths.sysctl}`, service.sysctlScript(), {
        undo: service.sysctlUndoScript(sysctls),
      }),
    );
  if (actions.tmpfiles)
    steps.push(
      step("tmpfiles", `make ${nodePaths.watchDirectory}`, service.tmpfilesScript(), {
        // With an agent the files have owners of their own.
        ...(actions.agent.kind === "none" ? {} : { undo: service.tmpfilesUndoScript() }),
      }),
    );
  if (actions.firewall) {
    steps.push(
      step("firewall", `load ${nodePaths.firewall}`, service.firewallScript(), {
        undo: service.firewallUndoScript(),
      }),
    );
  }
  if (zone !== undefined && richRules.length > 0) {
    steps.push(
      step(
        "firewalld",
        `let the peers' VRRP in through firewalld's zone ${zone}`,
        service.firewalldScript(zone, richRules),
        {
          undo: service.firewalldUndoScript(zone, richRules),
        },
      ),
    );
  }
  if (actions.networkd)
    steps.push(
      step("networkd", "reload networkd", service.networkdScript(), { undo: service.networkdScript() }),
    );
  if (actions.daemonReload && actions.haproxy.kind !== "bridge") {
    steps.push(
      step("daemon-reload", "make systemd read its units again", service.daemonReloadScript(), {
        undo: service.daemonReloadScript(),
      }),
    );
  }
  return steps;
}

function haproxySteps(situation: StepSituation, node: NodePlan, step: MakeStep): UnphasedStep[] {
  const { kind, why } = node.actions.haproxy;
  const facts = situation.facts.get(node.node);
  const health = step(
    "health",
    `wait until HAProxy answers at ${situation.healthUrl}`,
    service.healthScript(situation.healthUrl),
  );
  const was = unitBefore(situation, node, "haproxy");
  const steps: UnphasedStep[] = [];
  if (kind === "start" || kind === "restart") {
    const undo = service.haproxyUndoScript(was, "restart");
    steps.push(
      step(
        "haproxy",
        kind === "start" && was.active ? "enable HAProxy" : `${kind} HAProxy`,
        service.haproxyStartScript(kind),
        { why, undo },
      ),
      health,
    );
  }
  if (kind === "reload")
    steps.push(
      step("haproxy", "reload HAProxy", service.haproxyReloadScript(), {
        why,
        undo: service.haproxyUndoScript(was, "reload"),
      }),
      health,
    );
  if (kind === "bridge") {
    const unitFiles = facts?.units.haproxy.files.map((file) => file.path) ?? [];
    const script = bridgeUpScript({ unitFiles, execStart: node.actions.haproxyCommand });
    steps.push(
      step("bridge-up", "start a second HAProxy on the same ports", script, {
        why,
        undo: bridgeUndoScript(),
        timeoutMs: STEP_TIMEOUT_MS * 2,
      }),
      health,
      step("bridge-serves", "mark HAProxy as up", bridgeServesScript()),
    );
  }
  if (facts?.bridgeLeft === true && kind !== "bridge") {
    const leftOver =
      "an apply that was cut off left it; while it runs, a stop of HAProxy does not move the VIP";
    steps.push(step("bridge-down", "end the second HAProxy softly", bridgeDownScript(), { why: leftOver }));
  }
  const forKeepalived = staged(node.changes).filter(isForKeepalived);
  if (forKeepalived.length > 0) {
    const title = `replace ${counted(forKeepalived.length, "file")} of keepalived`;
    steps.push(step("place-keepalived", title, placeForKeepalivedScript(node.changes)));
  }
  const checkChanges =
    node.changes.some((change) => change.path === nodePaths.checkScript) ||
    node.actions.keepalived.kind !== "none";
  if (checkChanges)
    steps.push(
      step(
        "try-check",
        "run the check once as keepalived will",
        service.tryCheckScript(scriptUser(situation, node)),
      ),
    );
  return steps;
}

function keepalivedSteps(
  situation: StepSituation,
  node: NodePlan,
  step: MakeStep,
  part: Part,
): UnphasedStep[] {
  const action = node.actions.keepalived;
  const was = unitBefore(situation, node, "keepalived");
  const undo = service.keepalivedUndoScript(was);
  const steps: UnphasedStep[] = [];
  if (part === "keepalived alone" || action.kind === "start") {
    const why =
      part === "keepalived alone" && was.active ? "the holder has its new configuration now" : action.why;
    steps.push(
      step(
        "keepalived",
        was.active && part === "whole" ? "enable keepalived" : "start keepalived",
        service.keepalivedStartScript(),
        { why, undo },
      ),
    );
  } else if (action.kind === "reload") {
    steps.push(
      step("keepalived", "reload keepalived", service.keepalivedReloadScript(), { why: action.why, undo }),
    );
  }
  if (steps.length > 0 || node.actions.haproxy.kind !== "none") steps.push(settle(situation, node, step));
  return steps;
}

function settle(situation: StepSituation, node: NodePlan, step: MakeStep): UnphasedStep {
  const { check, routers } = situation.pair;
  const instances = routers
    .filter((router) => router.prefer.includes(node.node))
    .map((router) => router.name);
  // Leaving FAULT takes `rise` good checks, and a check may take its whole time limit.
  const waitS = check.intervalS * (check.rise + 1) + Math.ceil(check.timeLimitMs / 1000) + 5;
  return step("settle", "wait until keepalived has left FAULT", service.settleScript({ instances, waitS }), {
    timeoutMs: (waitS + 20) * 1000,
  });
}

function exchangeSteps(situation: StepSituation, node: NodePlan, step: MakeStep): UnphasedStep[] {
  if (node.actions.haproxy.kind !== "bridge") return [];
  const drainS = situation.options.drainS ?? DRAIN_S;
  return [
    step(
      "bridge-exchange",
      "end the old HAProxy softly, wait for the one with the new command line",
      bridgeExchangeScript(drainS),
      {
        why: `connections that are still open after ${drainS} s are ended`,
        timeoutMs: (drainS + 40) * 1000,
      },
    ),
    step("bridge-down", "end the second HAProxy softly", bridgeDownScript()),
  ];
}

function finish(situation: StepSituation, step: MakeStep): UnphasedStep {
  return step(
    "finish",
    `note revision ${situation.revision}`,
    finishScript({ marksApplied: situation.pair.agent !== undefined }),
  );
}

/** Both services as the facts have them, for the note of what was before. */
export function servicesOf(facts: NodeFacts | undefined): PlaceNote["services"] {
  const units = facts === undefined ? [] : [facts.units.haproxy, facts.units.keepalived];
  return units.map((unit) => ({
    name: unit.name.replace(".service", ""),
    fileState: unit.fileState,
    activeState: unit.activeState,
  }));
}

function unitBefore(
  situation: StepSituation,
  node: NodePlan,
  name: "haproxy" | "keepalived" | "agent",
): UnitBefore {
  const unit = situation.facts.get(node.node)?.units[name];
  // The two daemons' packages enable them; the agent's unit is hapair's own.
  const enabled = name === "agent" ? unit?.fileState === "enabled" : unit?.fileState !== "disabled";
  return { active: unit !== undefined && isActive(unit), enabled };
}

function scriptUser(situation: StepSituation, node: NodePlan): string {
  const text =
    situation.desired.get(node.node)?.find((file) => file.path === nodePaths.keepalivedConf)?.content ?? "";
  return /^\s*script_user\s+(\S+)/m.exec(text)?.[1] ?? "root";
}
