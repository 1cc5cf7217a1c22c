// A pair from any two keepalived.conf, and those files put on hosts exactly as they are: what would the present pair really do?
// Rule: the files are untouched; the Pair made of them only tells the drill what to watch.

import { HapairError } from "../base/index.ts";
import type { Host } from "../host/index.ts";
import {
  effectiveConfig,
  type KeepalivedInstance,
  parseConfig,
  readInstances,
  readScripts,
} from "../keepalived/index.ts";
import {
  defaultMaintenance,
  type IpAddress,
  type Pair,
  type PairNode,
  type Promises,
  type Router,
  type VirtualAddress,
} from "../model/index.ts";

/** One node's file, as the operator has it. */
export interface WrittenNode {
  readonly name: string;
  /** The file's name, for messages. */
  readonly file: string;
  readonly text: string;
}

/** A further file that goes to every node. */
export interface WrittenFile {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

// A file promises nothing; these figures are never judged by.
const NO_PROMISES: Promises = {
  serviceStopMs: Infinity,
  serviceCrashMs: Infinity,
  serviceHangMs: Infinity,
  nodeLossMs: Infinity,
  keepalivedStopMs: Infinity,
  failback: "allowed",
};

function refuse(message: string, hint: string): HapairError {
  return new HapairError({ kind: "usage", code: "as-written", message, hint });
}

/** What the drill needs to know of files that it does not own. `addresses`: each node's own, for files that do not say it. */
export function pairFromFiles(
  name: string,
  nodes: readonly WrittenNode[],
  addresses: ReadonlyMap<string, readonly string[]>,
): Pair {
  if (nodes.length < 2) throw refuse("a pair has two nodes or more", "Give --node NAME=FILE for each.");
  const read = nodes.map((node) => {
    const cst = effectiveConfig(parseConfig(node.text), { configId: node.name.split(".")[0] ?? node.name });
    const [instance] = readInstances(cst);
    if (instance === undefined)
      throw refuse(`${node.file} has no vrrp_instance`, "Name the keepalived.conf of a node.");
    return { node, instance, scripts: readScripts(cst) };
  });
  const [first] = read;
  if (first === undefined) throw refuse("no file was given", "Give --node NAME=FILE for each node.");
  const scripts = read.flatMap(({ scripts: own }) => own);
  return {
    name,
    profile: "classic",
    nodes: read.map(({ node, instance }) => nodeFrom(node, instance, addresses.get(node.name) ?? [])),
    routers: [
      routerFrom(first.instance, new Map(read.map(({ node, instance }) => [node.name, instance.priority]))),
    ],
    check: {
      intervalS: Math.max(1, ...scripts.map((script) => script.intervalS)),
      fall: Math.max(1, ...scripts.map((script) => script.fall)),
      rise: Math.max(1, ...scripts.map((script) => script.rise)),
      timeLimitMs: 500,
    },
    haproxy: { config: "haproxy.cfg", files: [], healthAddress: "127.0.0.1", healthPort: 8405 },
    promises: NO_PROMISES,
    maintenance: defaultMaintenance,
    keepConfiguration: false,
  };
}

function nodeFrom(node: WrittenNode, instance: KeepalivedInstance, own: readonly string[]): PairNode {
  const known = instance.unicastSourceIp === undefined ? [] : [instance.unicastSourceIp];
  const addresses =
    known.length > 0 ? known : own.map((text): IpAddress => ({ family: text.includes(":") ? 6 : 4, text }));
  const [address] = addresses;
  if (address === undefined) {
    throw refuse(
      `${node.file}: the instance ${instance.name} says no address of ${node.name}`,
      "Write `unicast_src_ip ADDRESS`, the address that the node sends from.",
    );
  }
  if (instance.interface === undefined) {
    throw refuse(
      `${node.file}: the instance ${instance.name} names no interface`,
      "keepalived would not run it; write `interface NAME`.",
    );
  }
  return { name: node.name, addresses, interface: instance.interface, ssh: { host: address.text } };
}

function routerFrom(instance: KeepalivedInstance, priorities: ReadonlyMap<string, number>): Router {
  const vip = ({
    address,
    prefixLength,
    device,
  }: KeepalivedInstance["virtualIpaddresses"][number]): VirtualAddress => ({
    ...{ name: address.text, address, prefixLength },
    ...(device === undefined ? {} : { interface: device }),
  });
  return {
    name: instance.name,
    id: instance.virtualRouterId ?? 0,
    version: instance.version,
    family: instance.family,
    prefer: [...priorities].toSorted(([, left], [, right]) => right - left).map(([name]) => name),
    priorities,
    vips: instance.virtualIpaddresses.map(vip),
    excludedVips: instance.excludedVirtualIpaddresses.map(vip),
    advertIntervalUs: instance.advertIntervalUs,
    preempt: !instance.nopreempt,
  };
}

/** Puts the files on a host, makes systemd start both daemons, and starts them with these files. */
export async function deployAsWritten(
  host: Host,
  keepalivedConf: string,
  haproxyConf: string,
  files: readonly WrittenFile[],
): Promise<void> {
  for (const file of files) await host.write(file.path, file.content, { mode: file.mode });
  await host.write("/etc/haproxy/haproxy.cfg", haproxyConf, { mode: 0o644 });
  await host.write("/etc/keepalived/keepalived.conf", keepalivedConf, { mode: 0o600 });
  const result = await host.run(
    "systemctl --quiet enable haproxy keepalived && systemctl restart haproxy keepalived",
    { timeoutMs: 30_000 },
  );
  if (result.exitCode === 0) return;
  throw new HapairError({
    kind: "unreachable",
    code: "as-written-start",
    message: `${host.name}: the daemons did not start with these files: ${result.stderr.trim()}`,
    hint: "haproxy -c and keepalived -t on the host say more (keep the lab with --keep).",
  });
}

/** The program files that the nodes' vrrp_scripts name, so that the files beside the configuration can be put where they belong. */
export function scriptPaths(nodes: readonly WrittenNode[]): string[] {
  const programs = nodes.flatMap((node) =>
    readScripts(parseConfig(node.text)).flatMap((script) => script.command?.[0] ?? []),
  );
  return [...new Set(programs.filter((path) => path.startsWith("/")))];
}
