// Numbers and addresses as keepalived reads them (keepalived-behaviour section 5). Rule: what it would not take is undefined, never guessed.

import type { Family, IpAddress } from "../model/index.ts";
import ipaddr from "ipaddr.js";

/** A decimal integer in a range. The daemon takes no trailing letters here ("52x" is invalid), but a sign. */
export function integerIn(text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined || !/^[+-]?\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= least && value <= most ? value : undefined;
}

/**
 * Like {@link integerIn}, where the running daemon forgives what stands behind the digits: `3s` is 3. (`-t` refuses that and goes on with the
 * default, so the two disagree.)
 */
export function leadingIntegerIn(text: string | undefined, least: number, most: number): number | undefined {
  return integerIn(/^[+-]?\d+/.exec(text ?? "")?.[0], least, most);
}

const MICROSECOND_DECIMALS = 6;
const MILLISECOND_DECIMALS = 3;

/**
 * Seconds with up to six decimals, as integer microseconds, in a range of seconds. The daemon moves the point by adding zeroes at the end, so
 * that of a number with letters behind it only the digits count, as microseconds: `5m` is 5 us, where that is in range.
 */
export function secondsIn(text: string | undefined, least: number, most: number): number | undefined {
  return decimalIn(text, MICROSECOND_DECIMALS, [least, most]);
}

/** Like {@link secondsIn}, with up to three decimals, as integer milliseconds. */
export function millisecondsIn(text: string | undefined, leastS: number, mostS: number): number | undefined {
  return decimalIn(text, MILLISECOND_DECIMALS, [leastS, mostS]);
}

/** The number times ten to the power of `decimals`; the range is that of the number. */
function decimalIn(
  text: string | undefined,
  decimals: number,
  [least, most]: readonly [number, number],
): number | undefined {
  if (text === undefined || text.startsWith("-")) return undefined;
  const [whole = "", ...fractions] = text.split(".");
  const fraction = fractions.join(".");
  const moved = (whole + fraction.slice(0, decimals)).padEnd(whole.length + decimals, "0");
  const roundUp = /^[5-9]/.test(fraction.slice(decimals)) ? 1 : 0;
  const value = Number(/^\+?\d+/.exec(moved)?.[0] ?? "0") + roundUp;
  const scale = 10 ** decimals;
  return value >= least * scale && value <= most * scale ? value : undefined;
}

/** A switch: without an argument on; undefined for a word that is none. Small letters only. */
export function switchOf(text: string | undefined): boolean | undefined {
  if (text === undefined || text === "on" || text === "true" || text === "yes") return true;
  return text === "off" || text === "false" || text === "no" ? false : undefined;
}

export interface PrefixedAddress {
  readonly address: IpAddress;
  readonly prefixLength: number;
}

/** `ADDRESS[/LENGTH]`; without a length, or with one that is too long, the host's own (32 or 128). A leading zero makes it no address. */
export function prefixedAddress(text: string): PrefixedAddress | undefined {
  const slash = text.indexOf("/");
  const address = ipAddress(slash === -1 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const longest = address.family === 4 ? 32 : 128;
  const length = slash === -1 ? longest : integerIn(text.slice(slash + 1), 0, longest);
  return { address, prefixLength: length ?? longest };
}

const IPV4 = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/;
const IPV6_CHARACTERS = /^[0-9a-fA-F:.]{2,45}$/;

/** An address without a prefix length. */
export function ipAddress(text: string): IpAddress | undefined {
  if (IPV4.test(text))
    return text.split(".").some((part) => Number(part) > 255) ? undefined : { family: 4, text };
  if (!text.includes(":") || !IPV6_CHARACTERS.test(text) || !ipaddr.IPv6.isValid(text)) return undefined;
  return { family: 6, text: ipaddr.IPv6.parse(text).toRFC5952String() };
}

/** The family of the first address that is one. */
export function familyOf(addresses: readonly (PrefixedAddress | undefined)[]): Family | undefined {
  return addresses.find((each) => each !== undefined)?.address.family;
}
