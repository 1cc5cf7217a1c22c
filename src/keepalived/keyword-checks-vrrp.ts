// What keepalived makes of the lines of vrrp_* blocks that are more than one number: addresses, peers, tracked things, states.
// (vrrp_parser.c, vrrp_track.c and vrrp_ipaddress.c of 2.2.7; keepalived-behaviour 5 and 6.)

import type { Family } from "../model/index.ts";
import type { Word } from "./cst.ts";
import {
  type Check,
  type LinePlace,
  missingArgument,
  numberProblem,
  onOff,
  type Problem,
  refusedValue,
  wholeNumber,
} from "./keyword-checks.ts";
import { prefixedAddress } from "./values.ts";
import { isAtLeast } from "./version.ts";

const INTERFACE_NAME_MAX = 15;
const PASSWORD_BYTES_MAX = 8;

/** state: one line MASTER is enough; what is neither MASTER nor BACKUP makes it BACKUP. */
export const state: Check = ([word], place) => {
  if (word === undefined) return missingArgument(place, true);
  const { notes } = place;
  if (word.value === "MASTER") {
    notes.master = true;
    return undefined;
  }
  if (word.value !== "BACKUP") {
    notes.master = false;
    return refusedValue(word, `state ${word.value} is neither MASTER nor BACKUP`, "BACKUP");
  }
  return notes.master === true
    ? refusedValue(word, "state BACKUP comes after a line state MASTER", "MASTER")
    : undefined;
};

/** interface and the like: a name of at most 15 characters. Whether there is such an interface is the machine's matter. */
export const interfaceName: Check = ([word], place) => {
  if (word === undefined) return missingArgument(place, true);
  if (word.value.length <= INTERFACE_NAME_MAX) return undefined;
  return refusedValue(word, `${place.keyword} ${word.value} is longer than ${INTERFACE_NAME_MAX} characters`);
};

/** `use_vmac [NAME] [MAC]`: two instances may not have one name for their interface. */
export const vmac: Check = (words, { names }) => {
  const taken = names.before.get("use_vmac") ?? new Set<string>();
  names.before.set("use_vmac", taken);
  const name = words.slice(0, 2).find((word) => !word.value.includes(":"));
  if (name === undefined) return undefined;
  if (name.value.length > INTERFACE_NAME_MAX) {
    return refusedValue(name, `use_vmac ${name.value} is longer than ${INTERFACE_NAME_MAX} characters`);
  }
  if (taken.has(name.value))
    return refusedValue(name, `another instance uses the interface ${name.value} with use_vmac`);
  taken.add(name.value);
  return undefined;
};

/** `version 2|3`: refused where the instance's addresses or an earlier line say otherwise. */
export const instanceVersion: Check = ([word], place) => {
  if (word === undefined) return missingArgument(place, true);
  const problem = numberProblem(word, place.keyword, 2, 3);
  if (problem !== undefined) return problem;
  const { notes } = place;
  const version = wholeNumber(word.value) ?? 0;
  if (notes.version !== undefined && notes.version !== version) {
    return refusedValue(
      word,
      `version ${version} comes after version ${notes.version}`,
      String(notes.version),
    );
  }
  if (version === 2 && notes.family === 6) return refusedValue(word, "version 2 has no IPv6 addresses", "3");
  notes.version = version;
  return undefined;
};

/** native_ipv6: refused once the instance has an IPv4 address. */
export const nativeIpv6: Check = (_words, { notes }) => {
  if (notes.family === 4)
    return { kind: "invalid-value", message: "native_ipv6 comes after an IPv4 address" };
  notes.family = 6;
  notes.version = 3;
  return undefined;
};

/** skip_check_adv_addr: any valid word switches it on, off too. */
export const switchedOnByAny: Check = (words, place) => {
  const problem = onOff(words, place);
  const [word] = words;
  if (problem !== undefined || word === undefined || /^(?:on|true|yes)$/.test(word.value)) return problem;
  return { ...refusedValue(word, `${place.keyword} ${word.value} switches it on`, "on"), silent: true };
};

/** As `switchedOnByAny`, for the keywords of global_defs that do not look at their argument at all. */
export const switchedOnByItself: Check = ([word], place) =>
  word !== undefined && /^(?:off|false|no|0|never|disable)$/i.test(word.value)
    ? { ...refusedValue(word, `${place.keyword} ${word.value} switches it on`, "on"), silent: true }
    : undefined;

/** vrrp_strict and vrrp_skip_check_adv_addr: switches from 2.3.0 on, before that as {@link switchedOnByItself}. */
export const switchSince230: Check = (words, place) =>
  isAtLeast(place.version, "2.3.0") ? onOff(words, place) : switchedOnByItself(words, place);

export const password: Check = ([word], place) => {
  if (word === undefined) return missingArgument(place, true);
  const bytes = new TextEncoder().encode(word.value).length;
  if (bytes <= PASSWORD_BYTES_MAX) return undefined;
  const message = `the password has ${bytes} bytes, and only the first ${PASSWORD_BYTES_MAX} count`;
  return { kind: "password-truncated", message, word };
};

/** An address alone, of the instance's family. */
export const ownAddress: Check = ([word], place) => {
  if (word === undefined) return missingArgument(place, true);
  const { notes } = place;
  const family = socketFamily(word.value);
  if (family === undefined) return refusedValue(word, `${place.keyword} ${word.value} is no IP address`);
  if (notes.family !== undefined && notes.family !== family) return otherFamily(word, place, notes.family);
  notes.family = family;
  return undefined;
};

/** The family of an address where `-RANGE` or `/LENGTH` may stand behind it, which the daemon passes over there. */
export function socketFamily(text: string): Family | undefined {
  return prefixedAddress(text.replace(/[-/].*$/, ""))?.address.family;
}

function otherFamily(word: Word, { keyword }: LinePlace, family: Family): Problem {
  return {
    ...refusedValue(
      word,
      `${keyword} ${word.value} is no IPv${family} address as the others of the instance`,
    ),
    dropped: true,
  };
}

/** A line of unicast_peer: `ADDRESS [min_ttl N] [max_ttl N]`. */
export const peer: Check = (words, place) => {
  const [word, ...options] = words;
  const problem = ownAddress(words.slice(0, 1), { ...place, keyword: "the peer" });
  if (problem !== undefined || word === undefined) return problem;
  const limits = new Map<string, number>();
  for (let index = 0; index < options.length; index += 2) {
    const option = options[index]!;
    const value = options[index + 1];
    if (value === undefined) return refusedValue(option, `${option.value} has no value`);
    const wrong = numberProblem(value, option.value, 0, 255);
    if (wrong !== undefined) return wrong;
    if (option.value !== "min_ttl" && option.value !== "max_ttl") {
      return refusedValue(option, `${option.value} is neither min_ttl nor max_ttl`);
    }
    limits.set(option.value, wholeNumber(value.value) ?? 0);
  }
  const { notes } = place;
  const address = `peer ${prefixedAddress(word.value)?.address.text ?? word.value}`;
  if (notes.addresses.has(address)) return duplicate(word, `the peer ${word.value}`);
  notes.addresses.add(address);
  return (limits.get("min_ttl") ?? 0) > (limits.get("max_ttl") ?? 255)
    ? refusedValue(word, `min_ttl is more than max_ttl, so that no packet of ${word.value} is accepted`)
    : undefined;
};

/** An address that stands there already. It counts once, so that nothing is lost: the line stays. */
function duplicate(word: Word, what: string): Problem {
  return { ...refusedValue(word, `${what} is there already`), kind: "repeated-keyword", since: "2.3.3" };
}

const ADDRESS_FLAGS = new Set(["home", "-nodad", "mngtmpaddr", "noprefixroute", "autojoin", "no_track"]);
const ADDRESS_OPTIONS = new Set([
  "dev",
  "scope",
  "broadcast",
  "brd",
  "label",
  "peer",
  "preferred_lft",
  "track_group",
]);

/** A line of virtual_ipaddress. `advertised`: addresses of another family than the first are left out. */
export function addressLine(use: "advertised" | "excluded" | "static"): Check {
  return (words, place) => {
    const [first, ...options] = words;
    if (first === undefined) return undefined;
    const address = prefixedAddress(first.value);
    if (address === undefined) {
      return { ...refusedValue(first, `${first.value} is no IP address`), dropped: true };
    }
    const problem = addressOptions(first, options, address.address.family, use);
    if (problem?.dropped === true) return problem;
    const { notes } = place;
    if (use === "advertised") {
      if (notes.family !== undefined && notes.family !== address.address.family) {
        return otherFamily(first, { ...place, keyword: "the address" }, notes.family);
      }
      notes.family = address.address.family;
    }
    const again = addressAgain(first, options, address.address.text, place, use);
    return prefixProblem(first, address.address.family) ?? problem ?? again;
  };
}

/** An advertised address may be there once, an excluded one once for each interface. */
function addressAgain(
  word: Word,
  options: readonly Word[],
  address: string,
  { notes }: LinePlace,
  use: "advertised" | "excluded" | "static",
): Problem | undefined {
  if (use === "static") return undefined;
  const device = options[options.findIndex((option) => option.value === "dev") + 1];
  const onDevice = `${address} dev ${options.some((option) => option.value === "dev") ? (device?.value ?? "") : ""}`;
  const known =
    notes.addresses.has(`excluded ${onDevice}`) ||
    notes.addresses.has(use === "advertised" ? address : `advertised ${onDevice}`);
  if (use === "advertised") notes.addresses.add(address);
  notes.addresses.add(`${use} ${onDevice}`);
  return known ? duplicate(word, `the address ${word.value}`) : undefined;
}

function prefixProblem(word: Word, family: Family): Problem | undefined {
  const slash = word.value.indexOf("/");
  if (slash === -1) return undefined;
  const longest = family === 4 ? 32 : 128;
  const length = wholeNumber(word.value.slice(slash + 1));
  if (length !== undefined && length >= 0 && length <= longest && !word.value.slice(slash).includes("-"))
    return undefined;
  return refusedValue(
    word,
    `the prefix length of ${word.value} is not between 0 and ${longest}`,
    `/${longest}`,
  );
}

function addressOptions(
  address: Word,
  options: readonly Word[],
  family: Family,
  use: "advertised" | "excluded" | "static",
): Problem | undefined {
  let problem: Problem | undefined;
  let devices = 0;
  for (let index = 0; index < options.length; index += 1) {
    const option = options[index]!;
    const text = option.value;
    if (ADDRESS_FLAGS.has(text) || (use !== "static" && text === "use_vmac")) continue;
    if (!ADDRESS_OPTIONS.has(text) || (text === "track_group" && use !== "static")) {
      problem ??= refusedValue(option, `${text} is no option of the address ${address.value}`);
      continue;
    }
    index += 1;
    const value = options[index];
    if (value === undefined) {
      return {
        ...refusedValue(option, `${text} has no value, and ${address.value} is left out`),
        dropped: true,
      };
    }
    if (text === "dev") devices += 1;
    const wrong = optionProblem(text, value, { address, family, devices });
    if (wrong?.dropped === true) return wrong;
    problem ??= wrong;
  }
  return problem;
}

function optionProblem(
  option: string,
  value: Word,
  { address, family, devices }: { address: Word; family: Family; devices: number },
): Problem | undefined {
  const dropped = (message: string): Problem => ({ ...refusedValue(value, message), dropped: true });
  if (option === "dev" && devices > 1) return dropped(`${address.value} has a second dev, and is left out`);
  if (option === "broadcast" || option === "brd") {
    if (family === 6) return dropped(`${address.value} is an IPv6 address and has no broadcast address`);
    const good = value.value === "+" || value.value === "-" || plainAddress(value.value)?.family === 4;
    return good ? undefined : dropped(`the broadcast address ${value.value} of ${address.value} is none`);
  }
  if (option === "label") {
    if (value.value.length > INTERFACE_NAME_MAX) {
      return dropped(`the label ${value.value} is longer than ${INTERFACE_NAME_MAX} characters`);
    }
    return family === 6
      ? refusedValue(value, `an IPv6 address such as ${address.value} has no label`)
      : undefined;
  }
  if (option === "scope" && family === 6)
    return refusedValue(value, `an IPv6 address such as ${address.value} has no scope`);
  if (option === "peer" && plainAddress(value.value)?.family !== family) {
    return refusedValue(value, `${value.value} is no peer address for ${address.value}`);
  }
  if (option === "peer" && address.value.includes("/")) {
    return refusedValue(address, `${address.value} has a prefix length beside a peer address`);
  }
  if (option === "preferred_lft" && value.value !== "forever" && wholeNumber(value.value) === undefined) {
    return refusedValue(value, `preferred_lft ${value.value} is neither forever nor a number`);
  }
  return undefined;
}

function plainAddress(text: string): { readonly family: Family } | undefined {
  return text.includes("/") ? undefined : prefixedAddress(text)?.address;
}

/** A line of a track_* block: `NAME [weight N [reverse]]`. `defines`: the block that must define the name before this line. */
export function trackLine(defines: string | undefined, most: number): Check {
  return (words, place) => {
    const [name, option, number, direction] = words;
    if (name === undefined) return undefined;
    if (defines !== undefined && !isDefined(place, defines, name.value))
      return undefinedName(name, defines, place);
    const key = `${place.keyword} ${name.value}`;
    if (place.notes.tracked.has(key)) {
      return {
        ...refusedValue(name, `${name.value} is in ${place.keyword} of ${place.notes.name} already`),
        kind: "repeated-keyword",
        dropped: true,
      };
    }
    if (option !== undefined && option.value !== "weight") {
      const message = `${option.value} is no option of ${name.value}, which therefore is not tracked`;
      return { ...refusedValue(option, message), dropped: true };
    }
    if (option !== undefined && number === undefined) {
      return {
        ...refusedValue(option, `weight has no value, and ${name.value} is not tracked`),
        dropped: true,
      };
    }
    place.notes.tracked.add(key);
    return weightProblem(name, number, direction, most, place.keyword);
  };
}

function isDefined({ names }: LinePlace, keyword: string, name: string): boolean {
  return blockNames(keyword).some((each) => names.before.get(each)?.has(name) === true);
}

/** Blocks that define what the keyword means: vrrp_track_file is the old name of track_file. */
function blockNames(keyword: string): readonly string[] {
  return keyword === "track_file" ? ["track_file", "vrrp_track_file"] : [keyword];
}

function undefinedName(name: Word, defines: string, { names }: LinePlace): Problem {
  const later = blockNames(defines).some((each) => names.anywhere.get(each)?.has(name.value) === true);
  const message = names.left.has(name.value)
    ? `${defines} ${name.value} was left out, and cannot be tracked`
    : later
      ? `${defines} ${name.value} is defined only further down in the file`
      : `there is no ${defines} ${name.value}`;
  return { kind: "undefined-name", message, value: name.value, word: name, dropped: true };
}

const DIRECTIONS: Readonly<Record<string, readonly string[]>> = {
  track_interface: ["reverse"],
  track_script: ["reverse", "noreverse"],
  track_process: ["reverse", "noreverse"],
  track_file: ["reverse", "noreverse"],
  track_bfd: ["reverse", "noreverse"],
};

function weightProblem(
  name: Word,
  number: Word | undefined,
  direction: Word | undefined,
  most: number,
  keyword: string,
): Problem | undefined {
  if (number === undefined) return undefined;
  const weight = wholeNumber(number.value);
  const problem = numberProblem(number, `the weight of ${name.value}`, -most, most);
  if (problem !== undefined) return problem;
  // 254 is let through where 253 is the most, and made 253.
  if (keyword !== "track_process" && keyword !== "track_file" && Math.abs(weight ?? 0) === 254) {
    return refusedValue(
      number,
      `the weight ${number.value} of ${name.value} is more than 253`,
      weight === 254 ? "253" : "-253",
    );
  }
  if (direction === undefined || (DIRECTIONS[keyword] ?? []).includes(direction.value)) return undefined;
  return refusedValue(direction, `${direction.value} is no option of the weight of ${name.value}`);
}
