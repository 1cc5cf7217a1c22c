// What one node's daemons have to do for its changed files to take effect, and why. Pure.

import { agentPaths, type NodeFile, nodePaths, secondHaproxyConfPath } from "../render/index.ts";
import type { FileChange } from "./file-change.ts";
import type { NodeFacts, UnitFacts } from "./facts.ts";
import { unitCommands } from "./unit-commands.ts";

/** bridge: a restart that a second HAProxy bridges, for a node that holds a VIP. */
export type HaproxyActionKind = "none" | "start" | "reload" | "restart" | "bridge";
export type KeepalivedActionKind = "none" | "start" | "reload";
/** remove: the pair's file asks for no agent any more. */
export type AgentActionKind = "none" | "start" | "restart" | "remove";

export interface Action<Kind> {
  readonly kind: Kind;
  readonly why: string;
}

export interface NodeActions {
  readonly sysctl: boolean;
  readonly tmpfiles: boolean;
  readonly firewall: boolean;
  readonly networkd: boolean;
  readonly daemonReload: boolean;
  readonly haproxy: Action<HaproxyActionKind>;
  readonly keepalived: Action<KeepalivedActionKind>;
  /** The agent's user is made, or seen to be there. */
  readonly sysusers: boolean;
  readonly agent: Action<AgentActionKind>;
  /** The command line HAProxy's unit will have. */
  readonly haproxyCommand: string;
}

export interface ActionSituation {
  readonly files: readonly NodeFile[];
  readonly changes: readonly FileChange[];
  readonly facts: NodeFacts;
  /** The VIPs that the node has on its interfaces now. */
  readonly heldVips: readonly string[];
  /** false: a plain restart also where the node holds a VIP. */
  readonly bridgeRestarts: boolean;
}

/** The keys of our sysctl file and what they must read. */
const WANTED_SYSCTLS = ["net/ipv4/ip_nonlocal_bind", "net/ipv6/ip_nonlocal_bind"];

export function nodeActions(situation: ActionSituation): NodeActions {
  const { files, changes, facts } = situation;
  const changed = (effect: FileChange["effect"]): boolean =>
    changes.some((change) => change.effect === effect && change.kind !== "mode");
  // After an apply that was cut off nobody knows which daemon has read which file.
  const unsure = facts.unfinished !== undefined;
  const sysctlsDiffer = WANTED_SYSCTLS.some(
    (key) => facts.sysctls[key] !== undefined && facts.sysctls[key] !== "1",
  );
  const dropIn = files.find((file) => file.path === nodePaths.haproxyDropIn)?.content ?? "";
  const next = unitCommands([...facts.units.haproxy.files, { path: nodePaths.haproxyDropIn, text: dropIn }]);
  const haproxyCommand = next.execStart.at(-1) ?? "";
  const haproxy = haproxyAction(situation, haproxyCommand, changed("haproxy-reload"), unsure);
  const agent = agentAction(situation, changed("agent"), unsure);
  return {
    sysctl: changed("sysctl") || sysctlsDiffer || unsure,
    tmpfiles: changed("tmpfiles") || unsure || haproxy.kind !== "none" || agent.kind === "start",
    firewall: (changed("firewall") || unsure) && facts.programs.includes("nft"),
    networkd: changed("networkd"),
    daemonReload:
      changed("haproxy-unit") ||
      changed("keepalived-unit") ||
      changes.some((change) => change.path === agentPaths.unit && change.kind !== "mode") ||
      unsure ||
      facts.units.haproxy.needsDaemonReload ||
      facts.units.keepalived.needsDaemonReload ||
      facts.units.agent.needsDaemonReload,
    haproxy,
    keepalived: keepalivedAction(facts.units.keepalived, changed("keepalived-reload"), unsure),
    sysusers: agent.kind === "start" || (hasAgent(files) && (changed("sysusers") || unsure)),
    agent,
    haproxyCommand,
  };
}

function hasAgent(files: readonly { readonly path: string }[]): boolean {
  return files.some((file) => file.path === agentPaths.unit);
}

function agentAction(
  { files, facts }: ActionSituation,
  filesChanged: boolean,
  unsure: boolean,
): Action<AgentActionKind> {
  if (!hasAgent(files)) {
    return hasAgent(facts.manifest?.files ?? [])
      ? { kind: "remove", why: "the pair's file asks for none any more" }
      : { kind: "none", why: "" };
  }
  const unit = facts.units.agent;
  if (!isActive(unit)) return { kind: "start", why: `it does not run (${unit.activeState})` };
  if (filesChanged) return { kind: "restart", why: "its program, settings or unit change" };
  if (unsure)
    return { kind: "restart", why: "an earlier apply was cut off, and it may have its old settings" };
  if (unit.fileState === "disabled") return { kind: "start", why: "it would not start at boot" };
  return { kind: "none", why: "" };
}

function haproxyAction(
  situation: ActionSituation,
  command: string,
  filesChanged: boolean,
  unsure: boolean,
): Action<HaproxyActionKind> {
  const { facts, heldVips, bridgeRestarts } = situation;
  const unit = facts.units.haproxy;
  if (!isActive(unit)) return { kind: "start", why: `it does not run (${unit.activeState})` };
  const missing = filesOf(command).filter(
    (file) => !` ${facts.haproxyCommandLine ?? ""} `.includes(` -f ${file} `),
  );
  const lineChanged = unit.effectiveCommands.execStart.at(-1) !== command;
  if (missing.length > 0 || lineChanged) {
    const why =
      missing.length > 0
        ? `its command line gets -f ${missing.join(" -f ")}, which no reload can do`
        : "its command line changes, which no reload can do";
    if (heldVips.length === 0 || !bridgeRestarts) return { kind: "restart", why };
    return {
      kind: "bridge",
      why: `${why}; ${heldVips.join(", ")} is here, so a second HAProxy serves meanwhile`,
    };
  }
  if (filesChanged) return { kind: "reload", why: "its configuration changes" };
  if (unsure)
    return { kind: "reload", why: "an earlier apply was cut off, and it may have its old configuration" };
  if (unit.fileState === "disabled") return { kind: "start", why: "it would not start at boot" };
  return { kind: "none", why: "" };
}

/** The literal configuration files of a command line; what a variable stands for is not ours. */
function filesOf(command: string): string[] {
  return [...command.matchAll(/\s-f\s+(\/\S+)/g)].map(([, file = ""]) => file);
}

function keepalivedAction(
  unit: UnitFacts,
  configurationChanged: boolean,
  unsure: boolean,
): Action<KeepalivedActionKind> {
  if (!isActive(unit)) return { kind: "start", why: `it does not run (${unit.activeState})` };
  if (configurationChanged)
    return { kind: "reload", why: "its configuration changes; a reload keeps the VIP where it is" };
  if (unsure)
    return { kind: "reload", why: "an earlier apply was cut off, and it may have its old configuration" };
  if (unit.fileState === "disabled") return { kind: "start", why: "it would not start at boot" };
  return { kind: "none", why: "" };
}

export function isActive(unit: UnitFacts): boolean {
  return unit.activeState === "active" || unit.activeState === "reloading";
}

/** Configuration files the running HAProxy has that are not ours to render: the user's haproxy.cfg would not be read. */
export function strayConfiguration(facts: NodeFacts): readonly string[] {
  const line = facts.haproxyCommandLine;
  if (line === undefined) return [];
  const loaded = [...`${line} `.matchAll(/\s-f\s+(\S+)/g)].map(([, file = ""]) => file);
  const ours = new Set<string>([
    nodePaths.haproxyConf,
    nodePaths.secondHaproxyConf,
    secondHaproxyConfPath(facts.units.haproxy.commands),
    "/etc/haproxy/conf.d",
  ]);
  return loaded.includes(nodePaths.haproxyConf) ? [] : loaded.filter((file) => !ours.has(file));
}
