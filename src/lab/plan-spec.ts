// From what a pair is known to be (its nodes, virtual addresses, HAProxy's servers) to the lab that stands in for it.
// Rule: pure. What the lab cannot stand in for is said in the specification's notes, never left out in silence.
import { type AddressPlan, addressPlan, assumedPrefix, canonicalAddress, familyOf } from "./address-plan.ts";
import type { HaproxyServer } from "../haproxy/index.ts";
import type { LabAddress, LabBackend, LabHostName, LabNode, LabSpec, Suite } from "./lab-spec.ts";

export interface SpecOptions {
  /** Unique on this machine; `freshLabName` makes one. */
  readonly name: string;
  readonly suite: Suite;
  /** Nodes whose root may not log in: the user `operator` with sudo instead. Default none. */
  readonly sudoNodes?: readonly string[];
  /** Nodes with firewalld running. Default none. */
  readonly firewalldNodes?: readonly string[];
}

export interface KnownNode {
  readonly name: string;
  readonly interface: string;
  readonly addresses: readonly string[];
  /** Further interfaces, each once, none of them `interface`. */
  readonly moreInterfaces: readonly { readonly name: string; readonly addresses: readonly string[] }[];
}

/** What of a `server` line of HAProxy matters here. */
export type KnownServer = Pick<HaproxyServer, "backend" | "name" | "address" | "port">;

export interface KnownPair {
  readonly nodes: readonly KnownNode[];
  readonly virtualAddresses: readonly string[];
  readonly servers: readonly KnownServer[];
  readonly notes: readonly string[];
}

/** The lab for a pair: its nodes as hosts, HAProxy's servers as back ends, and a client beside the virtual addresses. */
export function planSpec(pair: KnownPair, options: SpecOptions): LabSpec {
  const nodeAddresses = pair.nodes.flatMap((node) => [
    ...node.addresses,
    ...node.moreInterfaces.flatMap(({ addresses }) => addresses),
  ]);
  const serverAddresses = pair.servers.flatMap((server) => canonicalAddress(server.address) ?? []);
  const plan = addressPlan([...nodeAddresses, ...pair.virtualAddresses, ...serverAddresses]);
  const own = new Set([...nodeAddresses, ...pair.virtualAddresses]);
  const planned = planBackends(pair.servers, own, plan);
  return {
    name: options.name,
    suite: options.suite,
    nodes: pair.nodes.map((node) => labNode(node, options)),
    backends: planned.backends,
    client: { addresses: clientAddresses([...pair.virtualAddresses, ...nodeAddresses], plan) },
    hostNames: planned.hostNames,
    notes: [...pair.notes, ...planned.notes],
  };
}

function withPrefix(address: string): LabAddress {
  return { address, prefixLength: assumedPrefix(address) };
}

function labNode(node: KnownNode, options: SpecOptions): LabNode {
  return {
    name: node.name,
    interface: node.interface,
    addresses: node.addresses.map(withPrefix),
    moreInterfaces: node.moreInterfaces.map(({ name, addresses }) => ({
      name,
      addresses: addresses.map(withPrefix),
    })),
    login: options.sudoNodes?.includes(node.name) === true ? "sudo" : "root",
    firewalld: options.firewalldNodes?.includes(node.name) === true,
  };
}

/** One address of each family the pair speaks, in the network of its first virtual address, where its users' gateway is. */
function clientAddresses(addresses: readonly string[], plan: AddressPlan): LabAddress[] {
  return ([4, 6] as const).flatMap((family) => {
    const near = addresses.find((address) => familyOf(address) === family);
    return near === undefined ? [] : [plan.free(family, near)];
  });
}

interface PlannedBackends {
  readonly backends: readonly LabBackend[];
  readonly hostNames: readonly LabHostName[];
  readonly notes: readonly string[];
}

const loopback = /^(?:127\.|::1$)/;
const dnsName = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?\.?$/;

/** Why no back end can stand in for a server, in a sentence's tail; undefined when one can. */
function obstacle(server: KnownServer, own: ReadonlySet<string>): string | undefined {
  const address = canonicalAddress(server.address);
  if (address === undefined && !dnsName.test(server.address))
    return `is at ${server.address}, which is not on the network`;
  if (server.port === undefined) return "has no port of its own";
  if (address === undefined) return undefined;
  if (loopback.test(address)) return `is at ${address}, on the node itself`;
  return own.has(address) ? `is at ${address}, one of the pair's own addresses` : undefined;
}

function planBackends(
  servers: readonly KnownServer[],
  own: ReadonlySet<string>,
  plan: AddressPlan,
): PlannedBackends {
  const backends = new Map<string, LabBackend>();
  const names = new Set<string>();
  const addressOfName = new Map<string, string>();
  const notes: string[] = [];
  for (const server of servers) {
    const why = obstacle(server, own);
    if (why !== undefined || server.port === undefined) {
      notes.push(
        `server ${server.backend}/${server.name} ${why ?? "has no port"}: no back end stands in for it, so HAProxy finds it down`,
      );
      continue;
    }
    const known = canonicalAddress(server.address) ?? addressOfName.get(server.address);
    const address = known ?? plan.free(4).address;
    if (known === undefined) addressOfName.set(server.address, address);
    // Two proxies may name one machine: it is one back end, under the first of its names.
    const key = `${address} ${server.port}`;
    if (backends.has(key)) continue;
    const name = uniqueName(server, names);
    names.add(name);
    backends.set(key, { name, address, prefixLength: assumedPrefix(address), port: server.port });
  }
  const hostNames = [...addressOfName].map(([name, address]) => ({ name, address }));
  return { backends: [...backends.values()], hostNames, notes };
}

/** Only characters that a file and a host may be named with. */
function plain(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9.-]/g, "-").replaceAll(/^[.-]+|[.-]+$/g, "") || "server";
}

/** The server's own name; with its section's in front where another has it. */
function uniqueName(server: KnownServer, taken: ReadonlySet<string>): string {
  const candidates = [plain(server.name), plain(`${server.backend}-${server.name}`)];
  const free = candidates.find((candidate) => !taken.has(candidate));
  if (free !== undefined) return free;
  let number = 2;
  while (taken.has(`${candidates[1]}-${number}`)) number += 1;
  return `${candidates[1]}-${number}`;
}
