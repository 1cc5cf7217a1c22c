// What a node is like now: one connection, one script, read in about 0.1 s. Rule: facts are what was seen, without judgement; the plan judges.
// Facts hold files' contents and so may hold passwords: they are for comparing, never for printing.

import { HapairError, sentenceList } from "../base/index.ts";
import type { Host } from "../host/index.ts";
import type { Pair, PairNode } from "../model/index.ts";
import {
  agentPaths,
  type NodeSystem,
  nodePaths,
  platformOf,
  platforms,
  type UnitCommands,
} from "../render/index.ts";
import { type FactsRequest, factsScript, parseFacts, type RawFacts, type RawFile } from "./facts-script.ts";
import { type Lock, readLock } from "./lock.ts";
import { type Manifest, readManifest, readUnfinished, type Unfinished } from "./manifest.ts";
import { statePaths } from "./state-paths.ts";
import { unitCommands, type UnitFile } from "./unit-commands.ts";

export type FileFacts = RawFile;

export interface UnitFacts {
  readonly name: string;
  readonly isLoaded: boolean;
  readonly activeState: string;
  readonly subState: string;
  /** As `systemctl is-enabled` says it; empty when unknown. */
  readonly fileState: string;
  readonly mainPid: number;
  /** The fragment and everybody's drop-ins but hapair's, in systemd's order. */
  readonly files: readonly UnitFile[];
  /** The command lines without hapair's drop-in. */
  readonly commands: UnitCommands;
  /** The command lines in force on disk, hapair's drop-in included. */
  readonly effectiveCommands: UnitCommands;
  readonly needsDaemonReload: boolean;
}

/** firewalld as it runs; absent when it does not. */
export interface FirewalldFacts {
  readonly zone: string;
  readonly richRules: readonly string[];
  readonly ports: readonly string[];
  readonly services: readonly string[];
  /** The zone's file: what will be there after a restart of firewalld. */
  readonly permanentText: string;
}

export interface NodeFacts {
  readonly node: string;
  /** The node's own clock, whole seconds; the lock's times are counted by it. */
  readonly clockS: number;
  readonly distribution: {
    readonly id: string;
    readonly idLike: readonly string[];
    readonly versionId: string;
    readonly name: string;
  };
  readonly versions: {
    readonly keepalived?: string;
    readonly haproxy?: string;
    readonly systemd?: string;
    /** Node.js, where the pair has an agent. */ readonly node?: string;
  };
  /** Programs that were looked for and found. */
  readonly programs: readonly string[];
  readonly units: { readonly haproxy: UnitFacts; readonly keepalived: UnitFacts; readonly agent: UnitFacts };
  /** The running HAProxy's command line; undefined when it does not run. */
  readonly haproxyCommandLine?: string;
  readonly files: readonly FileFacts[];
  /** Every address on every interface but `lo`, without prefix length: a VIP on `lo` belongs to a switchover that drains, and is not held. */
  readonly addresses: readonly string[];
  readonly hasInterface: boolean;
  /** keepalived's own word, by instance: MASTER, BACKUP or FAULT. */
  readonly instances: readonly { readonly name: string; readonly state: string }[];
  readonly sysctls: Readonly<Record<string, string>>;
  readonly firewalld?: FirewalldFacts;
  /** What `nft -j list ruleset` says; absent where nft is not there or said nothing that can be read. */
  readonly ruleset?: unknown;
  readonly networkFile?: string;
  readonly disks: readonly { readonly mount: string; readonly freeKib: number }[];
  readonly lock?: Lock;
  readonly manifest?: Manifest;
  /** An apply that began to replace files and did not end. */
  readonly unfinished?: Unfinished;
  /** A second HAProxy that bridged a restart was left by an apply that was cut off; while its mark is there the hook stays silent. */
  readonly bridgeLeft: boolean;
  /** Paths whose state before the first apply is kept. */
  readonly originals: readonly { readonly path: string; readonly was: "kept" | "absent" }[];
}

const SYSCTLS = ["net/ipv4/ip_nonlocal_bind", "net/ipv6/ip_nonlocal_bind", "net/ipv4/tcp_migrate_req"];
const FACTS_TIMEOUT_MS = 20_000;

/** What to ask a node of this pair. */
export function factsRequest(pair: Pair, node: PairNode): FactsRequest {
  const { watchDirectory: _watch, runtimeDirectory: _runtime, stateDirectory: _state, ...files } = nodePaths;
  return {
    paths: [
      ...Object.values(files),
      "/etc/haproxy/conf.d/zz-hapair.cfg",
      ...(pair.agent === undefined ? [] : [agentPaths.settings, agentPaths.users, agentPaths.unit]),
      statePaths.manifest,
      statePaths.lock,
      statePaths.unfinished,
      statePaths.originalsIndex,
      statePaths.servicesBefore,
      `${statePaths.originals}/files${nodePaths.keepalivedConf}`,
    ],
    // The agent's program is larger than what is worth comparing line by line.
    hashOnly: [
      ...pair.haproxy.files.map((file) => file.to),
      ...(pair.agent === undefined ? [] : [agentPaths.program]),
    ],
    pathLists: [statePaths.pathList],
    interface: node.interface,
    sysctls: SYSCTLS,
    ...(pair.agent === undefined ? {} : { nodeProgram: platforms.debian.nodeProgram }),
  };
}

/** Reads one node: one connection, one command. Errors are the host's, or `facts-unreadable` and `facts-changing`. */
export async function gatherFacts(host: Host, pair: Pair, node: PairNode): Promise<NodeFacts> {
  const result = await host.run(factsScript(factsRequest(pair, node)), { timeoutMs: FACTS_TIMEOUT_MS });
  return factsFrom(node.name, result.stdout);
}

/** Reads every node of the pair at once. */
export async function gatherPairFacts(
  pair: Pair,
  hosts: ReadonlyMap<string, Host>,
): Promise<Map<string, NodeFacts>> {
  const all = await Promise.all(
    pair.nodes.map(async (node) => {
      const host = hosts.get(node.name);
      if (host === undefined)
        throw new HapairError({
          kind: "usage",
          code: "no-host",
          message: `there is no connection for node ${node.name}`,
        });
      return [node.name, await gatherFacts(host, pair, node)] as const;
    }),
  );
  return new Map(all);
}

/** The facts in what {@link factsScript} printed. */
export function factsFrom(node: string, output: string): NodeFacts {
  const raw = parseFacts(node, output);
  const text = (name: string): string | undefined => raw.lines.get(name)?.[0];
  const content = (path: string): string | undefined => raw.files.find((file) => file.path === path)?.content;
  const release = keyValues(text("os") ?? "");
  const keepalived = /v?(\d+\.\d+(?:\.\d+)*)/.exec(text("keepalived") ?? "")?.[1];
  const haproxy = /version (\S+)/.exec(text("haproxy") ?? "")?.[1];
  const systemd = /systemd (\d+)/.exec(text("systemd") ?? "")?.[1];
  const nodeVersion = /^v?(\d+\S*)/.exec(text("node") ?? "")?.[1];
  const commandLine = text("command-line")?.trim();
  const networkFile = text("network-file");
  const firewalld = firewalldFacts(raw);
  const ruleset = parsedJson(text("ruleset"));
  const lock = readLock(content(statePaths.lock));
  const manifest = readManifest(content(statePaths.manifest));
  const unfinished = readUnfinished(content(statePaths.unfinished));
  return {
    node,
    clockS: Number(text("time") ?? 0),
    distribution: {
      id: release.get("ID") ?? "unknown",
      versionId: release.get("VERSION_ID") ?? "",
      name: release.get("PRETTY_NAME") ?? "an unknown system",
      idLike: (release.get("ID_LIKE") ?? "").split(" ").filter((word) => word !== ""),
    },
    versions: {
      ...(keepalived === undefined ? {} : { keepalived }),
      ...(haproxy === undefined ? {} : { haproxy }),
      ...(systemd === undefined ? {} : { systemd }),
      ...(nodeVersion === undefined ? {} : { node: nodeVersion }),
    },
    programs: raw.lines.get("program") ?? [],
    units: {
      haproxy: unitFacts(raw, "haproxy.service"),
      keepalived: unitFacts(raw, "keepalived.service"),
      agent: unitFacts(raw, "hapair-agent.service"),
    },
    ...(commandLine === undefined ? {} : { haproxyCommandLine: commandLine }),
    files: raw.files,
    addresses: addressesOf(text("addresses") ?? ""),
    hasInterface: text("interface") !== undefined,
    instances: [...(text("states") ?? "").matchAll(/^(\S+) (\S+)$/gm)].map(([, name = "", state = ""]) => ({
      name,
      state,
    })),
    sysctls: Object.fromEntries(
      (raw.lines.get("sysctl") ?? []).map((line) => line.split("=") as [string, string]),
    ),
    ...(firewalld === undefined ? {} : { firewalld }),
    ...(ruleset === undefined ? {} : { ruleset }),
    ...(networkFile === undefined ? {} : { networkFile }),
    disks: readDisks(text("disks") ?? ""),
    ...(lock === undefined ? {} : { lock }),
    ...(manifest === undefined ? {} : { manifest }),
    ...(unfinished === undefined ? {} : { unfinished }),
    bridgeLeft: raw.files.some((file) => file.path === nodePaths.bridgeMark),
    originals: [...(content(statePaths.originalsIndex) ?? "").matchAll(/^(kept|absent) (.+)$/gm)].map(
      ([, was, path = ""]) => ({
        path,
        was: was === "kept" ? "kept" : "absent",
      }),
    ),
  };
}

/** `ip -o address show`: `3: ens192    inet 10.0.0.3/32 scope global ens192`. */
function addressesOf(text: string): string[] {
  return [...text.matchAll(/^\d+: (\S+) +inet6? ([0-9a-f.:]+)/gm)].flatMap(([, device, address]) =>
    device === "lo" || address === undefined ? [] : [address],
  );
}

function keyValues(text: string): Map<string, string> {
  return new Map(
    text.split("\n").flatMap((line): [string, string][] => {
      const at = line.indexOf("=");
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1).replace(/^"(.*)"$/, "$1")]];
    }),
  );
}

function unitFacts(raw: RawFacts, name: string): UnitFacts {
  const blocks = (raw.lines.get("units")?.[0] ?? "").split(/\n\n+/).map(keyValues);
  const properties = blocks.find((block) => block.get("Id") === name) ?? new Map<string, string>();
  const paths = [
    properties.get("FragmentPath") ?? "",
    ...(properties.get("DropInPaths") ?? "").split(" "),
  ].filter((path) => path !== "");
  const files = paths.flatMap((path): UnitFile[] => {
    const text = raw.files.find((file) => file.path === path)?.content;
    return text === undefined ? [] : [{ path, text }];
  });
  const ours = `/etc/systemd/system/${name}.d/50-hapair.conf`;
  const others = files.filter((file) => file.path !== ours);
  return {
    name,
    isLoaded: properties.get("LoadState") === "loaded",
    activeState: properties.get("ActiveState") ?? "unknown",
    subState: properties.get("SubState") ?? "unknown",
    fileState: properties.get("UnitFileState") ?? "",
    mainPid: Number(properties.get("MainPID") ?? 0),
    files: others,
    commands: unitCommands(others),
    effectiveCommands: unitCommands(files),
    needsDaemonReload: properties.get("NeedDaemonReload") === "yes",
  };
}

function parsedJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

function firewalldFacts(raw: RawFacts): FirewalldFacts | undefined {
  const zone = raw.lines.get("zone")?.[0];
  if (zone === undefined || zone === "") return undefined;
  const list = (name: string): string[] => {
    const answer = parsedJson(raw.lines.get(name)?.[0]) as { data?: unknown[][] } | undefined;
    return (answer?.data?.[0] ?? []).map((item) => (Array.isArray(item) ? item.join("/") : String(item)));
  };
  return {
    zone,
    richRules: list("zone-RichRules"),
    ports: list("zone-Ports"),
    services: list("zone-Services"),
    permanentText: raw.lines.get("zone-file")?.[0] ?? "",
  };
}

function readDisks(text: string): { mount: string; freeKib: number }[] {
  return [...text.matchAll(/^\S+\s+\d+\s+\d+\s+(\d+)\s+\S+\s+(\/.*)$/gm)].map(([, free, mount = ""]) => ({
    mount,
    freeKib: Number(free),
  }));
}

/** What rendering needs to know of the node. Throws `distribution-unknown` where hapair knows no paths and packages. */
export function nodeSystemOf(facts: NodeFacts): NodeSystem {
  const platform = platformOf(facts.distribution.id, facts.distribution.idLike);
  if (platform === undefined) {
    throw new HapairError({
      kind: "unreachable",
      code: "distribution-unknown",
      message: `${facts.node} runs ${facts.distribution.name}; hapair knows Debian, Ubuntu and the RHEL family`,
      hint: "Nothing was changed. Render the files with hapair render and place them by hand.",
    });
  }
  const found = facts.units.haproxy.commands;
  const haproxyUnit = found.execStart.length > 0 ? found : platform.haproxyUnit;
  return {
    platform,
    haproxyUnit,
    ...(facts.networkFile === undefined ? {} : { networkFile: facts.networkFile }),
  };
}

const NEEDED_PROGRAMS = ["keepalived", "haproxy", "curl"];

/** Throws one HapairError that names everything that is missing on any node, with each distribution's command to install it. */
export function requireInstalled(all: Iterable<NodeFacts>): void {
  const problems: string[] = [];
  const cures: string[] = [];
  for (const facts of all) {
    const missing = NEEDED_PROGRAMS.filter((program) => !facts.programs.includes(program));
    if (missing.length === 0) continue;
    const platform = platformOf(facts.distribution.id, facts.distribution.idLike) ?? platforms.debian;
    problems.push(
      `${facts.node} (${facts.distribution.name}): ${sentenceList(missing)} ${missing.length === 1 ? "is" : "are"} not installed`,
    );
    cures.push(`on ${facts.node}: ${platform.installCommand}`);
  }
  if (problems.length > 0) {
    throw new HapairError({
      kind: "unreachable",
      code: "package-missing",
      message: problems.join("; "),
      hint: `Nothing was changed. Install, then run the command again: ${cures.join("; ")}`,
    });
  }
}
