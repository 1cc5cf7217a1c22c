// What a lab consists of, as data: hosts, back ends, a client, one wire between them.
// Rule: pure, and complete: everything `labUp` builds is said here, so that a lab can be described, kept in a file and built again.
import { HapairError } from "../base/index.ts";

/** The Debian releases a lab's hosts can run. */
export const suites = ["bookworm", "trixie"] as const;
export type Suite = (typeof suites)[number];

export interface LabAddress {
  readonly address: string;
  readonly prefixLength: number;
}

/** A network card; every card of the lab is on one wire. */
export interface LabInterface {
  readonly name: string;
  readonly addresses: readonly LabAddress[];
}

/** A whole machine: systemd, sshd, HAProxy and keepalived from the distribution, its own disk and network. */
export interface LabNode {
  readonly name: string;
  /** The name of its network interface, as the pair's files call it. */
  readonly interface: string;
  readonly addresses: readonly LabAddress[];
  /** Further cards: a virtual address may live there, or the adverts travel there. */
  readonly moreInterfaces?: readonly LabInterface[];
  /** root: key-only root login · sudo: the user `operator` with password-less sudo, root may not log in. */
  readonly login: "root" | "sudo";
  readonly firewalld: boolean;
}

/** A web server that answers every request with 200 and its name. */
export interface LabBackend {
  readonly name: string;
  readonly address: string;
  readonly prefixLength: number;
  readonly port: number;
}

/** A name that every host can look up (/etc/hosts). */
export interface LabHostName {
  readonly name: string;
  readonly address: string;
}

export interface LabSpec {
  /** Lower-case letters, digits and hyphens; unique on this machine. */
  readonly name: string;
  readonly suite: Suite;
  readonly nodes: readonly LabNode[];
  readonly backends: readonly LabBackend[];
  readonly client: { readonly addresses: readonly LabAddress[] };
  readonly hostNames: readonly LabHostName[];
  /** What the source of this lab asks for and the lab leaves out, in sentences for the user. */
  readonly notes: readonly string[];
}

/** All cards of a node, the one it is reached by first. */
export function interfacesOf(node: LabNode): readonly LabInterface[] {
  return [{ name: node.interface, addresses: node.addresses }, ...(node.moreInterfaces ?? [])];
}

/** All addresses of a node; the first is the one it is reached by. */
export function addressesOf(node: LabNode): readonly LabAddress[] {
  return interfacesOf(node).flatMap(({ addresses }) => addresses);
}

/** The families of addresses that are in use anywhere in the lab. */
export function familiesOf(spec: LabSpec): ReadonlySet<4 | 6> {
  const addresses = [...spec.nodes.flatMap(addressesOf), ...spec.backends, ...spec.client.addresses];
  return new Set(addresses.map(({ address }) => (address.includes(":") ? 6 : 4)));
}

const labName = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
const hostName = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,61}[A-Za-z0-9])?$/;
/** The kernel's limit (IFNAMSIZ) less the final zero. */
const interfaceName = /^[^\s/:]{1,15}$/;
const addressText = /^[0-9A-Fa-f.:]+$/;

/** Throws a HapairError of kind "usage" that names the first thing in `spec` that no lab can have. */
export function checkSpec(spec: LabSpec): void {
  const refuse = (message: string, hint: string): never => {
    throw new HapairError({ kind: "usage", code: "lab-spec", message, hint });
  };
  if (!labName.test(spec.name)) {
    refuse(`"${spec.name}" cannot be the name of a lab.`, "Use up to 40 lower-case letters, digits and hyphens.");
  }
  if (spec.nodes.length === 0) refuse(`Lab ${spec.name} has no host.`, "Give at least one node.");
  const names = new Set<string>();
  for (const node of spec.nodes) {
    if (!hostName.test(node.name)) refuse(`"${node.name}" cannot be the name of a host.`, "Use letters, digits, hyphens and dots.");
    if (names.has(node.name)) refuse(`Two hosts are called ${node.name}.`, "Give each host its own name.");
    names.add(node.name);
    if (node.addresses.length === 0) refuse(`Host ${node.name} has no address.`, "Give it at least one.");
    for (const { name } of interfacesOf(node)) {
      if (!interfaceName.test(name) || name === "lo") {
        refuse(`"${name}" cannot be an interface of ${node.name}.`, "An interface's name has 1 to 15 characters and is not lo.");
      }
    }
  }
  const backendNames = new Set<string>();
  for (const backend of spec.backends) {
    if (!hostName.test(backend.name) || backendNames.has(backend.name)) {
      refuse(`"${backend.name}" cannot be the name of a back end, or is there twice.`, "Give each its own name of letters, digits, hyphens and dots.");
    }
    backendNames.add(backend.name);
    if (!(backend.port >= 1 && backend.port <= 65_535)) {
      refuse(`Back end ${backend.name} cannot listen on port ${backend.port}.`, "Use 1 to 65535.");
    }
  }
  const addresses = [
    ...spec.nodes.flatMap(addressesOf),
    ...spec.backends,
    ...spec.client.addresses,
  ];
  for (const { address, prefixLength } of addresses) {
    const longest = address.includes(":") ? 128 : 32;
    if (!addressText.test(address) || !(prefixLength >= 0 && prefixLength <= longest)) {
      refuse(`${address}/${prefixLength} is not an address.`, "Write an IPv4 or IPv6 address and a prefix length.");
    }
  }
}
