// The JSON of `nft -j list ruleset` as chains, rules and sets, and a rule as text. Pure; knows nothing of packets.

import { withoutControls } from "./plain-text.ts";

export type Json = Readonly<Record<string, unknown>>;

export interface Rule {
  /** Family, table and chain. */
  readonly place: string;
  readonly expressions: readonly Json[];
}

export interface Chain {
  readonly place: string;
  readonly family: string;
  readonly hook?: string;
  readonly priority: number;
  readonly policy: "accept" | "drop";
  readonly rules: Rule[];
}

export interface Ruleset {
  readonly chains: ReadonlyMap<string, Chain>;
  readonly sets: ReadonlyMap<string, readonly unknown[]>;
}

/** Reads `nft -j list ruleset`; anything unreadable is left out. */
export function rulesetOf(ruleset: unknown): Ruleset {
  const chains = new Map<string, Chain>();
  const sets = new Map<string, readonly unknown[]>();
  const items = objectOf(ruleset)?.["nftables"];
  for (const item of Array.isArray(items) ? (items as unknown[]) : []) {
    const chain = objectOf(objectOf(item)?.["chain"]);
    const set = objectOf(objectOf(item)?.["set"]);
    const rule = objectOf(objectOf(item)?.["rule"]);
    if (chain !== undefined) {
      const place = `${String(chain["family"])} ${String(chain["table"])} ${String(chain["name"])}`;
      chains.set(place, {
        place,
        family: String(chain["family"]),
        ...(typeof chain["hook"] === "string" ? { hook: chain["hook"] } : {}),
        priority: Number(chain["prio"] ?? 0),
        policy: chain["policy"] === "drop" ? "drop" : "accept",
        rules: [],
      });
    } else if (set !== undefined) {
      const elements = Array.isArray(set["elem"]) ? (set["elem"] as unknown[]) : [];
      sets.set(`${String(set["family"])} ${String(set["table"])} ${String(set["name"])}`, elements);
    } else if (rule !== undefined) {
      const place = `${String(rule["family"])} ${String(rule["table"])} ${String(rule["chain"])}`;
      const expressions = Array.isArray(rule["expr"]) ? (rule["expr"] as Json[]) : [];
      chains.get(place)?.rules.push({ place, expressions });
    }
  }
  return { chains, sets };
}

/** The key of a chain in the same table. */
export function chainKey(place: string, target: string): string {
  const [family, table] = place.split(" ");
  return `${family} ${table} ${target}`;
}

/** A rule in nft's own words, near enough to be found. */
export function ruleText(rule: Rule): string {
  const words = rule.expressions.map((expression) => {
    const match = objectOf(expression["match"]);
    if (match === undefined) return Object.keys(expression)[0] ?? "";
    const operator = match["op"] === "!=" ? "!= " : "";
    return `${fieldText(objectOf(match["left"]) ?? {})} ${operator}${valueText(match["right"])}`;
  });
  return withoutControls(`${rule.place}: ${words.filter((word) => word !== "counter").join(" ")}`);
}

function fieldText(left: Json): string {
  const payload = objectOf(left["payload"]);
  if (payload !== undefined) return `${String(payload["protocol"])} ${String(payload["field"])}`;
  const [kind] = Object.keys(left);
  const key = kind === undefined ? undefined : objectOf(left[kind])?.["key"];
  return `${kind ?? "?"} ${typeof key === "string" ? key : ""}`.trim();
}

function valueText(right: unknown): string {
  if (typeof right === "string" || typeof right === "number") return String(right);
  if (Array.isArray(right)) return right.map(valueText).join(", ");
  const object = objectOf(right);
  if (object === undefined) return "?";
  if ("set" in object) return `{ ${valueText(object["set"])} }`;
  const prefix = objectOf(object["prefix"]);
  return prefix === undefined ? "..." : `${String(prefix["addr"])}/${String(prefix["len"])}`;
}

/** A JSON object, not an array; else undefined. */
export function objectOf(value: unknown): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}
