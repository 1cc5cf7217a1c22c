// From what a node is and what it should be to what will be done: file changes, the steps in their order, what to know beforehand. Pure data.
// Rule: apply does these steps and no others; whatever runs on a node is text that stands in the plan.

import { createHash } from "node:crypto";
import { HapairError } from "../base/index.ts";
import type { IpAddress, Pair } from "../model/index.ts";
import { agentPeersOf, healthUrl, type NodeFile, nodePaths, revisionOf } from "../render/index.ts";
import { requireAgentRuntime } from "./agent-runtime.ts";
import { configurationChange, type ConfigurationChange } from "./compatibility.ts";
import { requireInstalled, type NodeFacts } from "./facts.ts";
import { fileChanges, type FileChange, sha256Of } from "./file-change.ts";
import { isActive, type NodeActions, nodeActions, strayConfiguration } from "./node-actions.ts";
import { keeperProperty, planSteps } from "./plan-steps.ts";
import { planWarnings } from "./plan-warnings.ts";

export type StepKind =
  | "stage"
  | "stop-keepalived"
  | "place"
  | "place-keepalived"
  | "sysctl"
  | "sysusers"
  | "tmpfiles"
  | "firewall"
  | "firewalld"
  | "networkd"
  | "daemon-reload"
  | "haproxy"
  | "bridge-up"
  | "health"
  | "bridge-serves"
  | "try-check"
  | "keepalived"
  | "settle"
  | "agent-stop"
  | "operations-end"
  | "agent"
  | "agent-forget"
  | "bridge-exchange"
  | "bridge-down"
  | "finish"
  | "forget";

/** One command on one node. */
export interface Step {
  readonly node: string;
  /** Steps of one phase run at once on their nodes, one after the other on each; the next phase begins when all of them are done. */
  readonly phase: number;
  readonly kind: StepKind;
  /** What it does, e.g. `reload keepalived`. */
  readonly title: string;
  /** Why, where that is not plain from the title; empty otherwise. */
  readonly why: string;
  /** What runs as root on the node. `stage` and `finish` get the files and the manifest on standard input. */
  readonly script: string;
  readonly timeoutMs: number;
  /** Runs after the node's files were put back, if this step or a later one fails. */
  readonly undo?: string;
}

export interface NodePlan {
  readonly node: string;
  readonly role: "holder" | "standby" | "idle";
  readonly heldVips: readonly string[];
  readonly changes: readonly FileChange[];
  readonly actions: NodeActions;
  /** How its keepalived.conf changes as far as other nodes feel it. */
  readonly configuration: ConfigurationChange;
  /** Rich rules that firewalld lacks. */
  readonly richRules: readonly string[];
  readonly zone?: string;
  /** Everything that will lie on the node, for the manifest. */
  readonly files: readonly {
    readonly path: string;
    readonly sha256: string;
    readonly mode: number;
    readonly owner: string;
    readonly group: string;
    readonly effect: NodeFile["effect"];
  }[];
}

/** What a person should know before saying yes. */
export interface PlanWarning {
  readonly node?: string;
  readonly text: string;
}

export interface Plan {
  readonly pair: string;
  /** Over all files of all nodes. */
  readonly revision: string;
  readonly changed: boolean;
  readonly nodes: readonly NodePlan[];
  /** In the order they will be done. */
  readonly steps: readonly Step[];
  readonly warnings: readonly PlanWarning[];
  /**
   * Present where old and new cannot run side by side: the node that goes on serving. No other node's keepalived may run with the old
   * configuration while this one has the new, or the other way round.
   */
  readonly keeper?: string;
  /** Of every fact the plan rests on; apply refuses when a node's facts give another. */
  readonly fingerprint: string;
  /** The same for each node alone, to say which one changed. */
  readonly fingerprints: Readonly<Record<string, string>>;
}

export interface PlanOptions {
  /** Who applies, for the notes on the node. */
  readonly by?: string;
  /** false: restart HAProxy plainly also on a node that holds a VIP (some 0.1 s of refused requests). */
  readonly bridgeRestarts?: boolean;
  /** How long the old HAProxy has to end its connections, seconds. */
  readonly drainS?: number;
}

/**
 * The plan for a pair. `desired`: each node's rendered files. Throws HapairError of kind "unreachable" where nothing can be applied:
 * `package-missing`, `path-is-directory`, `interface-missing`, `haproxy-elsewhere`.
 */
export function makePlan(
  pair: Pair,
  desired: ReadonlyMap<string, readonly NodeFile[]>,
  facts: ReadonlyMap<string, NodeFacts>,
  options: PlanOptions = {},
): Plan {
  requireInstalled(facts.values());
  requireAgentRuntime(pair, facts.values());
  const situations = pair.nodes.map((node) => {
    const nodeFacts = facts.get(node.name);
    const files = desired.get(node.name);
    if (nodeFacts === undefined || files === undefined) {
      throw new HapairError({
        kind: "usage",
        code: "no-facts",
        message: `nothing is known of node ${node.name}`,
      });
    }
    requireUsable(nodeFacts, node.interface);
    return { node, facts: nodeFacts, files };
  });
  const nodes = situations.map(({ facts: nodeFacts, files }) => nodePlan(pair, nodeFacts, files, options));
  const revision = revisionOf(
    [...desired]
      .map(([node, files]) =>
        files.map((file) => `${node} ${file.path} ${sha256Of(file.content)}`).join("\n"),
      )
      .join("\n"),
  );
  const steps = planSteps({ pair, nodes, facts, revision, options, healthUrl: healthUrl(pair), desired });
  return {
    pair: pair.name,
    revision,
    changed: steps.length > 0,
    nodes,
    steps,
    ...keeperProperty(nodes),
    warnings: planWarnings(pair, nodes, facts, desired),
    fingerprint: fingerprintOf(situations.map((situation) => situation.facts)),
    fingerprints: Object.fromEntries(
      situations.map((situation) => [situation.node.name, fingerprintOf([situation.facts])]),
    ),
  };
}

function requireUsable(facts: NodeFacts, interfaceName: string): void {
  if (!facts.hasInterface) {
    throw new HapairError({
      kind: "unreachable",
      code: "interface-missing",
      message: `${facts.node} has no interface ${interfaceName}; keepalived would not start there`,
      hint: `Nothing was changed. See which one has the node's address with: ip -brief address. Then name it in the pair's file.`,
    });
  }
  const stray = strayConfiguration(facts);
  if (stray.length > 0) {
    throw new HapairError({
      kind: "unreachable",
      code: "haproxy-elsewhere",
      message: `${facts.node}: HAProxy's unit loads ${stray.join(", ")} and not ${nodePaths.haproxyConf}, so the rendered configuration would never be used`,
      hint: "Nothing was changed. Look for CONFIG= in /etc/default/haproxy or /etc/sysconfig/haproxy and remove it.",
    });
  }
}

function nodePlan(pair: Pair, facts: NodeFacts, files: readonly NodeFile[], options: PlanOptions): NodePlan {
  const vips = pair.routers
    .flatMap((router) => [...router.vips, ...router.excludedVips])
    .map((vip) => vip.address.text);
  const heldVips = vips.filter((vip) => facts.addresses.includes(vip));
  const changes = fileChanges(files, facts);
  const running = isActive(facts.units.keepalived);
  const before = facts.files.find((file) => file.path === nodePaths.keepalivedConf)?.content;
  const after = files.find((file) => file.path === nodePaths.keepalivedConf)?.content ?? "";
  const richRules = missingRichRules(pair, facts);
  return {
    node: facts.node,
    role: heldVips.length > 0 ? "holder" : running ? "standby" : "idle",
    heldVips,
    changes,
    actions: nodeActions({ files, changes, facts, heldVips, bridgeRestarts: options.bridgeRestarts ?? true }),
    configuration:
      running && before !== undefined
        ? configurationChange(before, after)
        : { incompatible: [], replaced: [] },
    richRules,
    ...(facts.firewalld === undefined ? {} : { zone: facts.firewalld.zone }),
    files: files.map(({ path, content, mode, owner, group, effect }) => ({
      path,
      sha256: sha256Of(content),
      mode,
      owner,
      group,
      effect,
    })),
  };
}

/** The rule that lets one peer's advertisements through firewalld. */
export function richRule(family: 4 | 6, peer: string): string {
  return `rule family="ipv${family}" source address="${peer}" protocol value="vrrp" accept`;
}

/** The rule that lets what one peer's agent says through firewalld. */
function agentRichRule(family: 4 | 6, peer: string, port: number): string {
  return `rule family="ipv${family}" source address="${peer}" port port="${port}" protocol="udp" accept`;
}

function missingRichRules(pair: Pair, facts: NodeFacts): string[] {
  const { firewalld } = facts;
  if (firewalld === undefined) return [];
  const missing = (peer: IpAddress, what: RegExp): boolean => {
    const fits = (rule: string): boolean => rule.includes(`"${peer.text}"`) && what.test(rule);
    const running = firewalld.richRules.some((rule) => fits(rule) && rule.includes("accept"));
    return (
      !running || ![...firewalld.permanentText.matchAll(/<rule\b.*?<\/rule>/gs)].some(([rule]) => fits(rule))
    );
  };
  const adverts = pair.nodes
    .filter((node) => node.name !== facts.node)
    .flatMap((node) => node.addresses)
    .filter((peer) => pair.routers.some((router) => router.family === peer.family))
    .filter((peer) => missing(peer, /protocol value="(vrrp|112)"/))
    .map((peer) => richRule(peer.family, peer.text));
  const own = pair.nodes.find((node) => node.name === facts.node);
  if (pair.agent === undefined || own === undefined) return adverts;
  const { port } = pair.agent;
  const portPattern = new RegExp(`port="${port}" protocol="udp"|protocol="udp" port="${port}"`);
  const agents = agentPeersOf(pair, own)
    .filter((peer) => missing(peer, portPattern))
    .map((peer) => agentRichRule(peer.family, peer.text, port));
  return [...adverts, ...agents];
}

/** A hash over every fact a plan rests on: files, units, who holds what, the firewall's rules. Clocks, locks and process numbers are left out. */
export function fingerprintOf(facts: Iterable<NodeFacts>): string {
  const matters = [...facts].map((node) => ({
    node: node.node,
    distribution: node.distribution,
    versions: node.versions,
    programs: node.programs,
    files: node.files
      .filter((file) => !file.path.startsWith(`${nodePaths.stateDirectory}/lock`))
      .map(({ content: _content, ...file }) => file),
    units: [node.units.haproxy, node.units.keepalived, node.units.agent].map((unit) => ({
      name: unit.name,
      active: isActive(unit),
      fileState: unit.fileState,
      files: unit.files,
    })),
    commandLine: node.haproxyCommandLine,
    addresses: node.addresses.toSorted(),
    sysctls: node.sysctls,
    firewalld: node.firewalld,
    unfinished: node.unfinished !== undefined,
  }));
  return createHash("sha256").update(JSON.stringify(matters)).digest("hex").slice(0, 16);
}
