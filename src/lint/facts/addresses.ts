// Questions about addresses that rules ask: bytes, networks, which lines of a block are addresses of which family. Arithmetic on values only.
// Rule: addresses come in canonical text (the reader's), so two that are the same have the same text.

import { sentenceList } from "../../base/index.ts";
import type { KeepalivedInstance, VirtualIpaddress } from "../../keepalived/index.ts";
import type { Family, IpAddress } from "../../model/index.ts";

/** Above this an IPv4 prefix has no address for the network itself and none for broadcast (RFC 3021). */
const IPV4_PREFIX_WITH_BROADCAST_MAX = 30;

/** The bytes of an address, 4 or 16. */
export function addressBytes({ family, text }: IpAddress): readonly number[] {
  return family === 4 ? text.split(".").map(Number) : ipv6Bytes(text);
}

function ipv6Bytes(text: string): number[] {
  const [before = "", after] = text.split("::");
  const head = groupBytes(before);
  if (after === undefined) return head;
  const tail = groupBytes(after);
  const zeros = Array.from({ length: Math.max(0, 16 - head.length - tail.length) }, () => 0);
  return [...head, ...zeros, ...tail];
}

function groupBytes(groups: string): number[] {
  if (groups === "") return [];
  return groups.split(":").flatMap((group) => {
    // The last 32 bits may stand in decimal: ::ffff:192.0.2.1.
    if (group.includes(".")) return group.split(".").map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

/** Whether both addresses are of one family and share their first `prefixLength` bits. */
export function inSameNetwork(left: IpAddress, right: IpAddress, prefixLength: number): boolean {
  if (left.family !== right.family) return false;
  const rightBytes = addressBytes(right);
  return addressBytes(left).every((byte, index) => {
    const mask = byteMask(index, prefixLength);
    return (byte & mask) === ((rightBytes[index] ?? 0) & mask);
  });
}

function byteMask(index: number, prefixLength: number): number {
  const bits = Math.max(0, Math.min(8, prefixLength - index * 8));
  return (0xff << (8 - bits)) & 0xff;
}

/** What an IPv4 address is in the network of its own prefix length, if no host can have it there. */
export function reservedInOwnNetwork(
  address: IpAddress,
  prefixLength: number,
): "network" | "broadcast" | undefined {
  if (address.family === 6 || prefixLength > IPV4_PREFIX_WITH_BROADCAST_MAX) return undefined;
  const hostBits = addressBytes(address).map((byte, index) => byte & ~byteMask(index, prefixLength) & 0xff);
  if (hostBits.every((bits) => bits === 0)) return "network";
  const allOnes = hostBits.every((bits, index) => bits === (~byteMask(index, prefixLength) & 0xff));
  return allOnes ? "broadcast" : undefined;
}

/** Why no host has this address as its own, or undefined if one may. */
export function notForHosts(address: IpAddress): string | undefined {
  const [first = 0] = addressBytes(address);
  if (address.text === "0.0.0.0" || address.text === "::") return "the unspecified address";
  if (address.text === "255.255.255.255") return "the broadcast address of every network";
  const multicast = address.family === 4 ? first >= 224 && first < 240 : first === 0xff;
  return multicast ? "a multicast address" : undefined;
}

/** Every virtual address of the instance, advertised ones first. */
export function virtualAddresses(
  instance: Pick<KeepalivedInstance, "virtualIpaddresses" | "excludedVirtualIpaddresses">,
): VirtualIpaddress[] {
  return [...instance.virtualIpaddresses, ...instance.excludedVirtualIpaddresses];
}

/** The same as text, without prefix lengths. */
export function addressesOf(instance: Parameters<typeof virtualAddresses>[0]): string[] {
  return virtualAddresses(instance).map((each) => each.address.text);
}

/** Whether the prefix length is that of one address alone: /32, or /128 of IPv6. */
export function isHostPrefix({ address, prefixLength }: VirtualIpaddress): boolean {
  return prefixLength === (address.family === 4 ? 32 : 128);
}

/** `192.0.2.50/24`, or `192.0.2.50` where the file gives no length. */
export function textOfVip({ address, prefixLength, prefixWritten }: VirtualIpaddress): string {
  return prefixWritten ? `${address.text}/${prefixLength}` : address.text;
}

const LOOKS_LIKE_IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,3})?$/;
const LOOKS_LIKE_IPV6 = /^(?=[^:]*:[^:]*:)[0-9a-fA-F:]{2,39}(?:\/\d{1,3})?$/;

/** The family of what plainly is meant as an address; undefined for names, placeholders and mistakes. */
export function familyOfText(text: string): Family | undefined {
  if (LOOKS_LIKE_IPV4.test(text)) return 4;
  return LOOKS_LIKE_IPV6.test(text) ? 6 : undefined;
}

/** The elements that come more than once are told once. */
export function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}

const LISTED_MAX = 5;

/** `a`, `a and b`, `a, b and c`; of many the first, and how many more. */
export function listed(texts: readonly string[]): string {
  const shown = texts.length > LISTED_MAX ? texts.slice(0, LISTED_MAX - 1) : texts;
  const rest = texts.length - shown.length;
  return sentenceList(rest > 0 ? [...shown, `${rest} more`] : shown);
}
