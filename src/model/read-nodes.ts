// The nodes of the file: addresses, interface, and where SSH goes.

import { counted } from "../base/index.ts";
import { isIpv6LinkLocal, parseAddress } from "./address.ts";
import { type Path, pathText } from "./fields.ts";
import { namePattern } from "./schema-words.ts";
import type { IpAddress, SshTarget } from "./pair.ts";
import { shown } from "./places.ts";
import { NODES_MAX } from "./profiles.ts";
import { readAddress, readInterface } from "./read-addresses.ts";
import { addAt, addAtKey, entry, namesAt, type Reading } from "./reading.ts";
import { badNameFinding, valueAt } from "./shape.ts";

export interface PlacedAddress {
  readonly address: IpAddress;
  readonly path: Path;
}

/** A node as far as it could be read. */
export interface NodeDraft {
  readonly name: string;
  readonly path: Path;
  readonly addresses: readonly PlacedAddress[];
  /** Whether every address that was written could be read; if not, nothing is said about missing ones. */
  readonly allAddressesRead: boolean;
  readonly interface: string | undefined;
  readonly ssh: SshTarget | undefined;
}

/** Reads every node; findings for each, and for what they are together. */
export function readNodes(reading: Reading): readonly NodeDraft[] {
  const names = namesAt(reading, ["nodes"]);
  const written = valueAt(reading.tree.value, ["nodes"]);
  const isShort = names.length < 2 && !reading.tree.hasDuplicates(["nodes"]);
  if (isShort && typeof written === "object" && written !== null) {
    addAtKey(reading, "HP030", ["nodes"], {
      message: `${counted(names.length, "node")}${names.length === 1 ? ` (${shown(names[0])})` : ""}: a pair has two or more`,
      consequence: "there is nobody to take over",
      advice: "a second node under nodes:",
    });
  }
  if (names.length > NODES_MAX) {
    addAtKey(reading, "HP031", ["nodes"], {
      message: `${names.length} nodes: VRRP has ${NODES_MAX} priorities, one for each node`,
      advice: `at most ${NODES_MAX} nodes`,
    });
    return [];
  }
  const nodes = names.map((name) => readNode(reading, name));
  checkDuplicates(reading, nodes);
  return nodes;
}

type WrittenNode = NonNullable<NonNullable<Reading["file"]["nodes"]>[string]>;

function readNode(reading: Reading, name: string): NodeDraft {
  const path: Path = ["nodes", name];
  if (!namePattern.test(name)) reading.findings.add(badNameFinding(reading.tree, path, name));
  const written: WrittenNode = entry(reading.file.nodes, name) ?? {};
  const addressPath: Path = [...path, "address"];
  const texts = typeof written.address === "string" ? [written.address] : (written.address ?? []);
  const addresses = texts.flatMap((text, index) => {
    const place = typeof written.address === "string" ? addressPath : [...addressPath, index];
    const address = text === undefined ? undefined : readNodeAddress(reading, place, text);
    return address === undefined ? [] : [{ address, path: place }];
  });
  checkFamilies(reading, name, addresses);
  const [first] = addresses;
  return {
    name,
    path,
    addresses,
    allAddressesRead: texts.length > 0 && addresses.length === texts.length,
    interface:
      written.interface === undefined
        ? undefined
        : readInterface(reading, [...path, "interface"], written.interface),
    ssh:
      written.ssh === undefined
        ? first && { host: first.address.text }
        : readSsh(reading, [...path, "ssh"], written.ssh),
  };
}

function readNodeAddress(reading: Reading, path: Path, text: string): IpAddress | undefined {
  const slash = text.indexOf("/");
  if (slash > 0 && parseAddress(text.slice(0, slash)).kind === "address") {
    addAt(reading, "HP020", path, {
      message: `${shown(text)} has a prefix length; a node's address is the address alone`,
      consequence: "keepalived takes no prefix in unicast_peer and would fall back to multicast",
      advice: text.slice(0, slash),
    });
    return undefined;
  }
  const address = readAddress(reading, path, text, "an address such as 192.0.2.11");
  if (address === undefined || !isIpv6LinkLocal(address)) return address;
  addAt(reading, "HP027", path, {
    message: `${address.text} is link-local: it means something only together with an interface`,
    advice: "the node's global or unique local address",
  });
  return undefined;
}

function checkFamilies(reading: Reading, name: string, addresses: readonly PlacedAddress[]): void {
  const [first, second] = addresses;
  if (first === undefined || second === undefined || first.address.family !== second.address.family) return;
  addAt(reading, "HP028", second.path, {
    message: `${name} has two IPv${second.address.family} addresses; advertisements go from one address of each family`,
    advice: `the one the other nodes reach over the VRRP interface, e.g. address: ${first.address.text}`,
  });
}

function checkDuplicates(reading: Reading, nodes: readonly NodeDraft[]): void {
  const owners = new Map<string, string>();
  for (const node of nodes) {
    for (const { address, path } of node.addresses) {
      const owner = owners.get(address.text);
      if (owner === undefined) {
        owners.set(address.text, node.name);
        continue;
      }
      addAt(reading, "HP025", path, {
        message:
          owner === node.name
            ? `${address.text} stands twice at ${owner}`
            : `${address.text} is already ${owner}'s address`,
        consequence: "a node that has itself as its peer hears nobody, and both hold the virtual address",
        advice: `${node.name}'s own address`,
      });
    }
  }
}

const HOST = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
const USER = /^[A-Za-z_][A-Za-z0-9_.-]*\$?$/;
const PORT_MAX = 65_535;

function readSsh(
  reading: Reading,
  path: Path,
  written: NonNullable<WrittenNode["ssh"]>,
): SshTarget | undefined {
  if (typeof written === "string") return readSshText(reading, path, written);
  const { user, host, port } = written;
  const wrong = [
    ...(user === undefined || USER.test(user) ? [] : [{ key: "user", value: user }]),
    ...(host === undefined || isHost(host) ? [] : [{ key: "host", value: host }]),
  ];
  for (const { key, value } of wrong) {
    addAt(reading, "HP016", [...path, key], {
      message: `${shown(value)} cannot be an SSH ${key}`,
      advice: `${key}: ${key === "user" ? "admin" : "mgmt-01"}`,
    });
  }
  if (host === undefined || wrong.length > 0) return undefined;
  return sshTarget(user, host, port);
}

function readSshText(reading: Reading, path: Path, written: string): SshTarget | undefined {
  const at = written.indexOf("@");
  const user = at === -1 ? undefined : written.slice(0, at);
  const rest = written.slice(at + 1);
  const parts = isIpv6(rest) ? { host: rest, port: undefined } : splitPort(rest);
  const why = sshProblem(user, parts);
  if (why === undefined && parts !== undefined) {
    return sshTarget(user, parts.host, parts.port === undefined ? undefined : Number(parts.port));
  }
  addAt(reading, "HP016", path, {
    message: `${pathText(path)} is ${shown(written)}: ${why}`,
    advice: "ssh: admin@mgmt-01:22, or admin@[2001:db8::11]:22",
  });
  return undefined;
}

interface HostAndPort {
  readonly host: string;
  readonly port: string | undefined;
}

function splitPort(text: string): HostAndPort | undefined {
  const parts = /^(?:\[([^[\]]*)\]|([^:[\]]*))(?::(\d*))?$/.exec(text);
  if (parts === null) return undefined;
  const [, bracketed, plain, port] = parts;
  if (bracketed !== undefined && !isIpv6(bracketed)) return undefined;
  return { host: bracketed ?? plain ?? "", port };
}

function sshProblem(user: string | undefined, parts: HostAndPort | undefined): string | undefined {
  if (user !== undefined && !USER.test(user)) return `${shown(user)} cannot be a user's name`;
  if (parts === undefined)
    return "not [user@]host[:port]; an IPv6 address stands in brackets where a port follows";
  if (!isHost(parts.host)) return `${shown(parts.host)} cannot be a host's name or address`;
  if (parts.port === undefined) return undefined;
  const port = Number(parts.port);
  return parts.port === "" || port < 1 || port > PORT_MAX
    ? `the port is a number from 1 to ${PORT_MAX}`
    : undefined;
}

function isIpv6(text: string): boolean {
  const parsed = parseAddress(text);
  return parsed.kind === "address" && parsed.address.family === 6;
}

function isHost(text: string): boolean {
  if (/^[\d.]+$/.test(text)) return parseAddress(text).kind === "address";
  return isIpv6(text) || (HOST.test(text) && text.length <= 253);
}

function sshTarget(user: string | undefined, host: string, port: number | undefined): SshTarget {
  return { ...(user === undefined ? {} : { user }), host, ...(port === undefined ? {} : { port }) };
}
