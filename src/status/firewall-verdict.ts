// What a host's nftables ruleset does with an advert: a reading of `nft -j list ruleset`, as far as protocol 112 is concerned.
// Pure. Rule: a rule that cannot be judged makes the answer "unknown", never "accept" or "drop".

import { addressBytes, type IpAddress, parseAddress, shareNetwork } from "../model/index.ts";
import {
  type Chain,
  chainKey,
  type Json,
  objectOf,
  type Rule,
  type Ruleset,
  rulesetOf,
  ruleText,
} from "./nft-ruleset.ts";

/** An advert as the filter sees it: the first of a flow, so connection tracking knows nothing of it. */
export interface AdvertPacket {
  readonly family: 4 | 6;
  readonly interface: string;
  readonly source: string;
  readonly destination: string;
  /** A datagram to this port in place of an advert. */
  readonly udpPort?: number;
}

export interface FirewallVerdict {
  /** unknown: a rule that hapair cannot judge decides. */
  readonly answer: "accept" | "drop" | "unknown";
  /** The deciding rule or policy, e.g. `inet site guard: ip protocol vrrp drop`. */
  readonly rule?: string;
  /** Its table, chain and expression for messages about where to add something. */
  readonly chain?: string;
}

/** true, false, or undefined where it cannot be told. */
type Tristate = boolean | undefined;

/** What a walk through chains came to; `maybe` holds the first rule that might have decided otherwise. */
interface Walk {
  readonly end: "accept" | "drop" | "return" | "through";
  readonly rule?: string;
  readonly maybe?: { readonly verdict: "accept" | "drop"; readonly rule: string };
}

/** Chains jump to chains; deeper than the kernel's own limit of 16 cannot be. */
const DEPTH_MAX = 16;

/** Which hooks a packet passes, with the ruleset's answer for all of them together. */
export function firewallVerdict(
  ruleset: unknown,
  packet: AdvertPacket,
  direction: "in" | "out",
): FirewallVerdict {
  const parsed = rulesetOf(ruleset);
  const hooks = direction === "in" ? ["prerouting", "input"] : ["output", "postrouting"];
  const families = ["inet", packet.family === 4 ? "ip" : "ip6"];
  let doubt: FirewallVerdict | undefined;
  for (const hook of hooks) {
    const chains = [...parsed.chains.values()]
      .filter((chain) => chain.hook === hook && families.includes(chain.family))
      .toSorted((a, b) => a.priority - b.priority);
    for (const chain of chains) {
      const walk = walkChain(chain, parsed, packet, direction, 0);
      const dropped = walk.end === "drop" || (walk.end !== "accept" && chain.policy === "drop");
      const rule = walk.rule ?? `${chain.place}: policy ${chain.policy}`;
      if (dropped && walk.maybe?.verdict !== "accept") return { answer: "drop", rule, chain: chain.place };
      if (walk.maybe !== undefined)
        doubt ??= { answer: "unknown", rule: walk.maybe.rule, chain: chain.place };
    }
  }
  return doubt ?? { answer: "accept" };
}

function walkChain(
  chain: Chain,
  ruleset: Ruleset,
  packet: AdvertPacket,
  direction: "in" | "out",
  depth: number,
): Walk {
  let maybe: Walk["maybe"];
  const withMaybe = (end: Walk["end"], rule?: string): Walk => ({
    end,
    ...(rule === undefined ? {} : { rule }),
    ...(maybe === undefined ? {} : { maybe }),
  });
  if (depth > DEPTH_MAX) return withMaybe("through");
  for (const rule of chain.rules) {
    const { matched, verdict } = judgeRule(rule, ruleset, packet, direction);
    if (matched === false || verdict === undefined) continue;
    if (verdict.kind === "jump" || verdict.kind === "goto") {
      const target = ruleset.chains.get(chainKey(chain.place, verdict.target));
      if (target === undefined) continue;
      const inner = walkChain(target, ruleset, packet, direction, depth + 1);
      maybe ??= inner.maybe;
      if (matched === undefined) {
        if (inner.end === "accept" || inner.end === "drop")
          maybe ??= { verdict: inner.end, rule: inner.rule ?? rule.place };
      } else if (inner.end === "accept" || inner.end === "drop") {
        return withMaybe(inner.end, inner.rule);
      } else if (verdict.kind === "goto") {
        return withMaybe("through");
      }
      continue;
    }
    if (verdict.kind === "return") {
      // A return that may or may not happen leaves the rest of the chain in doubt; what comes after is judged as if it did not.
      if (matched === true) return withMaybe("return");
      continue;
    }
    if (matched === true) return withMaybe(verdict.kind, ruleText(rule));
    maybe ??= { verdict: verdict.kind, rule: ruleText(rule) };
  }
  return withMaybe("through");
}

type Verdict =
  | { readonly kind: "accept" | "drop" | "return" }
  | { readonly kind: "jump" | "goto"; readonly target: string };

function judgeRule(
  rule: Rule,
  ruleset: Ruleset,
  packet: AdvertPacket,
  direction: "in" | "out",
): { matched: Tristate; verdict: Verdict | undefined } {
  let matched: Tristate = true;
  for (const expression of rule.expressions) {
    const verdict = verdictOf(expression);
    if (verdict !== undefined) return { matched, verdict };
    const held = expressionHolds(expression, rule, ruleset, packet, direction);
    if (held === false) return { matched: false, verdict: undefined };
    if (held === undefined) matched = undefined;
    if ("vmap" in expression) return { matched: undefined, verdict: mapVerdict(expression) };
  }
  return { matched, verdict: undefined };
}

function verdictOf(expression: Json): Verdict | undefined {
  if ("accept" in expression) return { kind: "accept" };
  if ("drop" in expression || "reject" in expression) return { kind: "drop" };
  if ("return" in expression) return { kind: "return" };
  for (const kind of ["jump", "goto"] as const) {
    const target = objectOf(expression[kind])?.["target"];
    if (typeof target === "string") return { kind, target };
  }
  return undefined;
}

/** A verdict map is not looked into: where it can drop, it may drop. */
function mapVerdict(expression: Json): Verdict | undefined {
  return JSON.stringify(expression).includes('"drop"') ? { kind: "drop" } : undefined;
}

/** Statements that change nothing about the packet's fate. */
const HARMLESS = new Set(["counter", "log", "comment", "notrack", "mangle", "set", "ct helper", "meter"]);

function expressionHolds(
  expression: Json,
  rule: Rule,
  ruleset: Ruleset,
  packet: AdvertPacket,
  direction: "in" | "out",
): Tristate {
  const match = objectOf(expression["match"]);
  if (match === undefined)
    return Object.keys(expression).every((key) => HARMLESS.has(key)) ? true : undefined;
  const left = objectOf(match["left"]);
  const values = left === undefined ? undefined : packetValues(left, packet, direction);
  if (values === undefined) return undefined;
  // The packet has no such field, so no comparison with it can hold.
  if (values.length === 0) return false;
  const within = values.map((value) => isIn(value, match["right"], rule, ruleset));
  const any: Tristate = within.includes(true) ? true : within.includes(undefined) ? undefined : false;
  if (any === undefined) return undefined;
  const { op } = match;
  if (op === "==" || op === "in") return any;
  return op === "!=" ? !any : undefined;
}

/** The advert's value of a field, in every spelling; empty: it has no such field; undefined: not known. */
function packetValues(left: Json, packet: AdvertPacket, direction: "in" | "out"): string[] | undefined {
  const meta = objectOf(left["meta"])?.["key"];
  const inwards = direction === "in";
  const protocol = packet.udpPort === undefined ? ["112", "vrrp"] : ["17", "udp"];
  switch (meta) {
    case undefined:
      break;
    case "l4proto":
      return protocol;
    case "nfproto":
      return packet.family === 4 ? ["ipv4", "2"] : ["ipv6", "10"];
    case "protocol":
      return packet.family === 4 ? ["ip", "2048", "0x0800"] : ["ip6", "34525", "0x86dd"];
    case "iifname":
    case "iif":
      return inwards ? [packet.interface] : [""];
    case "oifname":
    case "oif":
      return inwards ? [""] : [packet.interface];
    default:
      return undefined;
  }
  if (objectOf(left["ct"])?.["key"] === "state") return ["new"];
  if (objectOf(left["ct"])?.["key"] === "status") return ["none"];
  const payload = objectOf(left["payload"]);
  if (payload === undefined) return undefined;
  const { protocol: layer, field } = payload;
  if (layer === "ip" || layer === "ip6") {
    if ((layer === "ip") !== (packet.family === 4)) return [];
    if (field === "saddr") return [packet.source];
    if (field === "daddr") return [packet.destination];
    return field === "protocol" || field === "nexthdr" ? protocol : undefined;
  }
  if (packet.udpPort !== undefined && (layer === "udp" || layer === "th"))
    return field === "dport" ? [String(packet.udpPort)] : undefined;
  // Ports and the like of other protocols.
  return typeof layer === "string" && layer !== "th" && layer !== "ether" ? [] : undefined;
}

function isIn(value: string, right: unknown, rule: Rule, ruleset: Ruleset): Tristate {
  if (typeof right === "string" && right.startsWith("@")) {
    const [family, table] = rule.place.split(" ");
    const elements = ruleset.sets.get(`${family} ${table} ${right.slice(1)}`);
    return elements === undefined ? undefined : isIn(value, elements, rule, ruleset);
  }
  if (typeof right === "string" || typeof right === "number") return matchesWord(value, String(right));
  if (Array.isArray(right)) {
    const answers = right.map((element: unknown) => isIn(value, element, rule, ruleset));
    return answers.includes(true) ? true : answers.includes(undefined) ? undefined : false;
  }
  const object = objectOf(right);
  if (object === undefined) return undefined;
  if ("set" in object) return isIn(value, object["set"], rule, ruleset);
  if ("elem" in object) return isIn(value, objectOf(object["elem"])?.["val"], rule, ruleset);
  const prefix = objectOf(object["prefix"]);
  if (prefix !== undefined) return inPrefix(value, String(prefix["addr"]), Number(prefix["len"]));
  const range = object["range"];
  return Array.isArray(range) && range.length === 2
    ? inRange(value, String(range[0]), String(range[1]))
    : undefined;
}

/** An interface name may end in `*`. */
function matchesWord(value: string, word: string): boolean {
  return word.endsWith("*") ? value.startsWith(word.slice(0, -1)) : value === word;
}

function inPrefix(value: string, network: string, length: number): Tristate {
  const [own, base] = [addressOf(value), addressOf(network)];
  return own === undefined || base === undefined ? undefined : shareNetwork(own, base, length);
}

function inRange(value: string, low: string, high: string): Tristate {
  if (/^\d+$/.test(value)) return Number(value) >= Number(low) && Number(value) <= Number(high);
  const [own, from, to] = [value, low, high].map(addressOf);
  if (own === undefined || from === undefined || to === undefined) return undefined;
  return own.family === from.family && sortKey(own) >= sortKey(from) && sortKey(own) <= sortKey(to);
}

function sortKey(address: IpAddress): string {
  return addressBytes(address)
    .map((byte) => String(byte).padStart(3, "0"))
    .join("");
}

function addressOf(text: string): IpAddress | undefined {
  const parsed = parseAddress(text);
  return parsed.kind === "address" ? parsed.address : undefined;
}
