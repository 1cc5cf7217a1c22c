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
const interfaceName = /^[^\s/:'"\\$`]{1,15}$/;
const addressText = /^[0-9A-Fa-f.:]+$/;
const portMax = 65_535;
/** What is left of a pair's name in a lab's name leaves room for what makes it unique. */
const baseLengthMax = 30;

/** A name for a lab of `base` (a pair's name, say), made unique by `suffix`. */
export function labNameOf(base: string, suffix: string): string {
  const plain = base
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, baseLengthMax)
    .replaceAll(/^-+|-+$/g, "");
  return `${plain || "lab"}-${suffix}`;
}

function refuse(message: string, hint: string): never {
  throw new HapairError({ kind: "usage", code: "lab-spec", message, hint });
}

/** Throws a HapairError of kind "usage" that names the first thing in `spec` that no lab can have. */
export function checkSpec(spec: LabSpec): void {
  if (!labName.test(spec.name)) {
    refuse(
      `"${spec.name}" cannot be the name of a lab.`,
      "Use up to 40 lower-case letters, digits and hyphens.",
    );
  }
  if (!suites.includes(spec.suite))
    refuse(`There is no image of ${spec.suite}.`, `Use ${suites.join(" or ")}.`);
  if (spec.nodes.length === 0) refuse(`Lab ${spec.name} has no host.`, "Give at least one node.");
  for (const node of spec.nodes) checkNode(node);
  for (const backend of spec.backends) {
    if (!hostName.test(backend.name)) {
      refuse(`"${backend.name}" cannot be the name of a back end.`, "Use letters, digits, hyphens and dots.");
    }
    if (!Number.isInteger(backend.port) || backend.port < 1 || backend.port > portMax) {
      refuse(`Back end ${backend.name} cannot listen on port ${backend.port}.`, `Use 1 to ${portMax}.`);
    }
  }
  checkAddresses(spec);
  const twice =
    repeated(spec.nodes.map(({ name }) => name)) ??
    repeated(spec.backends.map(({ name }) => name)) ??
    repeated(spec.backends.map(({ address, port }) => `${address} port ${port}`));
  if (twice !== undefined)
    refuse(
      `${twice} is in lab ${spec.name} twice.`,
      "Give each host and back end its own name, and each back end its own address and port.",
    );
}

function checkNode(node: LabNode): void {
  if (!hostName.test(node.name))
    refuse(`"${node.name}" cannot be the name of a host.`, "Use letters, digits, hyphens and dots.");
  if (addressesOf(node).length === 0) refuse(`Host ${node.name} has no address.`, "Give it at least one.");
  for (const { name } of interfacesOf(node)) {
    if (!interfaceName.test(name) || name === "lo" || name.startsWith("-")) {
      refuse(
        `"${name}" cannot be an interface of ${node.name}.`,
        "An interface's name has 1 to 15 characters and is not lo.",
      );
    }
  }
}

/** Every address is one, and no two machines have the same. Back ends may share theirs. */
function checkAddresses(spec: LabSpec): void {
  const machines = [
    ...spec.nodes.flatMap(addressesOf),
    ...spec.client.addresses,
    ...new Map(spec.backends.map((backend) => [backend.address, backend])).values(),
  ];
  for (const { address, prefixLength } of machines) {
    const longest = address.includes(":") ? 128 : 32;
    if (
      !addressText.test(address) ||
      !Number.isInteger(prefixLength) ||
      prefixLength < 0 ||
      prefixLength > longest
    ) {
      refuse(
        `${address}/${prefixLength} is not an address.`,
        "Write an IPv4 or IPv6 address and a prefix length.",
      );
    }
  }
  const twice = repeated(machines.map(({ address }) => address));
  if (twice !== undefined)
    refuse(`Two machines of lab ${spec.name} have the address ${twice}.`, "Give each its own.");
}

function repeated(words: readonly string[]): string | undefined {
  return words.find((word, index) => words.indexOf(word) !== index);
}
