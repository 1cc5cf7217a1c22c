// IP addresses as the pair file writes them: strict reading, canonical text, and the few questions asked of them.
// Rule: what two programs could read differently (leading zeros, short forms, zones) is refused, never guessed.

import ipaddr from "ipaddr.js";
import type { Family, IpAddress } from "./pair.ts";

export type ParsedAddress =
  | { readonly kind: "address"; readonly address: IpAddress }
  | { readonly kind: "octal-looking"; readonly decimal: string }
  | { readonly kind: "bad"; readonly why: string };

const FOUR_PARTS = /^\d{1,10}(\.\d{1,10}){3}$/;
const IPV6_CHARACTERS = /^[0-9a-fA-F:.]+$/;
const IPV6_TEXT_MAX = 45;

/** Reads one IP address. IPv6 comes back in its canonical text (RFC 5952); IPv4 only in four decimal parts. */
export function parseAddress(text: string): ParsedAddress {
  if (text.includes("%"))
    return bad("an address with a zone (the part after %) means something on one machine only");
  if (text.includes("/")) return bad("an address without a prefix length is wanted");
  if (text.includes(":")) return parseIpv6(text);
  if (FOUR_PARTS.test(text)) {
    const parts = text.split(".");
    if (parts.some((part) => part.length > 1 && part.startsWith("0"))) {
      return { kind: "octal-looking", decimal: parts.map(Number).join(".") };
    }
    const large = parts.find((part) => Number(part) > 255);
    if (large !== undefined) return bad(`${large} is over 255`);
    if (ipaddr.IPv4.isValidFourPartDecimal(text)) return { kind: "address", address: { family: 4, text } };
  }
  if (/^[\d.]+$/.test(text)) return bad("an IPv4 address has four numbers with dots between");
  return bad("names are not looked up, an address is wanted");
}

function parseIpv6(text: string): ParsedAddress {
  if (text.length > IPV6_TEXT_MAX || !IPV6_CHARACTERS.test(text))
    return bad("it has a colon, but IPv6 is hexadecimal groups with colons between");
  if (/(^|[:.])0\d+\./.test(text) || /\.0\d+(\.|$)/.test(text))
    return bad("a decimal part with a leading zero");
  if (/[0-9a-fA-F]{5}/.test(text) || !ipaddr.IPv6.isValid(text))
    return bad("IPv6 is eight groups of up to four hexadecimal digits, with one :: for a run of zeros");
  const parsed = ipaddr.IPv6.parse(text);
  if (parsed.isIPv4MappedAddress()) return bad("it is an IPv4 address written as IPv6");
  return { kind: "address", address: { family: 6, text: parsed.toRFC5952String() } };
}

function bad(why: string): ParsedAddress {
  return { kind: "bad", why };
}

/** 32 or 128: the prefix length that means this one address alone. */
export function hostPrefixLength(family: Family): number {
  return family === 4 ? 32 : 128;
}

/** The bytes of an address, 4 or 16. */
export function addressBytes(address: IpAddress): readonly number[] {
  return ipaddr.parse(address.text).toByteArray();
}

/** The address of 4 or 16 bytes, in canonical text. */
export function addressOfBytes(bytes: Uint8Array): IpAddress {
  return { family: bytes.length === 4 ? 4 : 6, text: textOfBytes([...bytes]) };
}

/** 24 for 255.255.255.0; undefined for what is no IPv4 netmask. */
export function lengthOfNetmask(text: string): number | undefined {
  const parsed = parseAddress(text);
  if (parsed.kind !== "address" || parsed.address.family !== 4) return undefined;
  return ipaddr.IPv4.parse(text).prefixLengthFromSubnetMask() ?? undefined;
}

/** Whether both addresses are of one family and share their first `prefixLength` bits. */
export function shareNetwork(left: IpAddress, right: IpAddress, prefixLength: number): boolean {
  if (left.family !== right.family) return false;
  const rightBytes = addressBytes(right);
  return addressBytes(left).every((byte, index) => {
    const mask = byteMask(index, prefixLength);
    return (byte & mask) === ((rightBytes[index] ?? 0) & mask);
  });
}

/** The network's own address, e.g. 10.0.0.0 of 10.0.0.7/24. */
export function networkAddress(address: IpAddress, prefixLength: number): IpAddress {
  const bytes = addressBytes(address).map((byte, index) => byte & byteMask(index, prefixLength));
  return { family: address.family, text: textOfBytes(bytes) };
}

/** The network's broadcast address (IPv4), or its last address (IPv6). */
export function lastAddress(address: IpAddress, prefixLength: number): IpAddress {
  const bytes = addressBytes(address).map((byte, index) => byte | (~byteMask(index, prefixLength) & 0xff));
  return { family: address.family, text: textOfBytes(bytes) };
}

function textOfBytes(bytes: number[]): string {
  const parsed = ipaddr.fromByteArray(bytes);
  return parsed.kind() === "ipv6" ? (parsed as ipaddr.IPv6).toRFC5952String() : parsed.toString();
}

function byteMask(index: number, prefixLength: number): number {
  const bits = Math.max(0, Math.min(8, prefixLength - index * 8));
  return (0xff << (8 - bits)) & 0xff;
}

/** Whether the address is the machine's own loopback. */
export function isLoopback(address: IpAddress): boolean {
  return address.family === 4 ? addressBytes(address)[0] === 127 : address.text === "::1";
}

/** Why no host can have this address as its own, or undefined if one can. */
export function unusableAs(address: IpAddress): string | undefined {
  const first = addressBytes(address)[0] ?? 0;
  if (isLoopback(address)) return "a loopback address";
  if (address.family === 6) {
    if (address.text === "::") return "the unspecified address";
    return first === 0xff ? "a multicast address" : undefined;
  }
  if (address.text === "255.255.255.255") return "the broadcast address";
  if (first === 0) return 'an address of 0.0.0.0/8, which means "this network"';
  if (first >= 240) return "an address of 240.0.0.0/4, which is reserved";
  return first >= 224 ? "a multicast address" : undefined;
}

/** Whether an IPv6 address is link-local (fe80::/10), which needs an interface beside it to mean anything. */
export function isIpv6LinkLocal(address: IpAddress): boolean {
  const [first = 0, second = 0] = addressBytes(address);
  return address.family === 6 && first === 0xfe && (second & 0xc0) === 0x80;
}

/** `10.0.0.1:80`, `[2001:db8::1]:80`. */
export function formatEndpoint(address: IpAddress, port: number): string {
  return `${address.family === 6 ? `[${address.text}]` : address.text}:${port}`;
}

/** `10.0.0.1/32`. */
export function formatPrefixed(address: IpAddress, prefixLength: number): string {
  return `${address.text}/${prefixLength}`;
}
