// Lines of `ip -oneline monitor address link`, and where the virtual addresses are by what they say. Pure.
// Rule: an address on a loopback interface belongs to a drain and does not count; a label (`ens192:1`) is its interface.

import { SocketAddress, isIPv4, isIPv6 } from "node:net";
import type { FactReport } from "../../agent-api/index.ts";
import { evidence } from "./source.ts";

/** A line of `ip` is no longer. */
export const ADDRESS_LINE_MAX_BYTES = 4096;

export type AddressLine =
  | {
      readonly kind: "address";
      readonly interface: string;
      readonly address: string;
      readonly present: boolean;
    }
  | { readonly kind: "link"; readonly interface: string; readonly up: boolean };

const ADDRESS = /^(Deleted )?\d+: (\S+) +inet6? (\S+)/;
const LINK = /^(Deleted )?\d+: ([^\s:@]+)(?:@\S+)?: <([^>]*)>/;

/** Reads a line of `ip -oneline monitor address link`, `ip -oneline address` or `ip -oneline link`. */
export function readAddressLine(line: string): AddressLine | undefined {
  const address = ADDRESS.exec(line);
  if (address !== null) {
    const [, deleted, name, text] = address;
    const plain = plainAddress(text ?? "");
    return name === undefined || plain === undefined
      ? undefined
      : { kind: "address", interface: name, address: plain, present: deleted === undefined };
  }
  const [, deleted, name, flagText] = LINK.exec(line) ?? [];
  if (name === undefined || flagText === undefined) return undefined;
  const flags = flagText.split(",");
  const up =
    deleted === undefined &&
    flags.includes("UP") &&
    flags.includes("LOWER_UP") &&
    !flags.includes("NO-CARRIER");
  return { kind: "link", interface: name, up };
}

/** The address in its canonical text, without prefix length or zone; undefined where it is none. */
export function plainAddress(text: string): string | undefined {
  const address = text.replace(/[/%].*$/, "");
  if (isIPv4(address)) return address;
  return isIPv6(address) ? new SocketAddress({ address, family: "ipv6" }).address : undefined;
}

/** What a full look finds: interfaces that carry, with their addresses as text. */
export type AddressLook = ReadonlyMap<string, readonly string[]>;

export interface AddressBook {
  /** Takes one line; the facts that it changed. */
  take(line: string): FactReport[];
  /** Takes a full look; the first one says every fact. */
  look(found: AddressLook, carriers: ReadonlyMap<string, boolean>): FactReport[];
}

/**
 * Where `vips` are and which of `interfaces` carry, from lines and looks. A look lists only interfaces that carry: what it does not
 * list, it says nothing about, and there the lines are believed.
 */
export function addressBook(vips: readonly string[], interfaces: readonly string[]): AddressBook {
  /** By canonical address: as the settings write it, and the interfaces that it is on. */
  const places = new Map<string, { readonly name: string; readonly on: Set<string>; said?: string }>();
  for (const name of vips) {
    const plain = plainAddress(name);
    if (plain !== undefined) places.set(plain, { name: name.replace(/\/.*$/, ""), on: new Set() });
  }
  const links = new Map<string, string>();

  const said = (line?: string): FactReport[] =>
    [...places.values()].flatMap((place) => {
      const value = [...place.on][0] ?? "-";
      if (place.said === value) return [];
      place.said = value;
      return [{ kind: "vip", subject: place.name, value, ...because(line) }];
    });
  const linkSaid = (name: string, up: boolean, line?: string): FactReport[] => {
    const value = up ? "up" : "down";
    if (!interfaces.includes(name) || links.get(name) === value) return [];
    links.set(name, value);
    return [{ kind: "link", subject: name, value, ...because(line) }];
  };
  return {
    take(line) {
      const read = readAddressLine(line);
      if (read === undefined) return [];
      if (read.kind === "link") return linkSaid(read.interface, read.up, line);
      const place = places.get(read.address);
      if (place === undefined || isLoopback(read.interface)) return [];
      if (read.present) place.on.add(read.interface);
      else place.on.delete(read.interface);
      return said(line);
    },
    look(found, carriers) {
      const listed = new Map<string, Set<string>>();
      for (const [label, addresses] of found) {
        const name = label.replace(/:.*$/, "");
        const plain = addresses.flatMap((address) => plainAddress(address) ?? []);
        listed.set(name, new Set([...(listed.get(name) ?? []), ...plain]));
      }
      for (const [address, place] of places) {
        for (const [name, addresses] of listed) {
          if (isLoopback(name)) continue;
          if (addresses.has(address)) place.on.add(name);
          else place.on.delete(name);
        }
      }
      return [...said(), ...[...carriers].flatMap(([name, up]) => linkSaid(name, up))];
    },
  };
}

function isLoopback(name: string): boolean {
  return name === "lo";
}

function because(line: string | undefined): Pick<FactReport, "evidence"> {
  return line === undefined ? {} : { evidence: evidence(line) };
}
