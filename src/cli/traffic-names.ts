// Whether the backends and frontends that traffic rules name are in haproxy.cfg. Asked where that file is at hand; the pair's file alone cannot say.

import { nearest, sentenceList } from "../base/index.ts";
import { type HaproxySection, readSections } from "../haproxy/index.ts";
import type { Pair, TrafficRule } from "../model/index.ts";

export interface UnknownProxy {
  readonly rule: string;
  /** Its place in the pair's file. */
  readonly path: readonly [string, string, "backend" | "frontend"];
  /** What is wrong, with the names there are. */
  readonly message: string;
  /** What was probably meant. */
  readonly meant?: string;
}

/** A list of all would be no help beyond this. */
const NAMES_SHOWN_MAX = 12;

/** Every rule that names a proxy which haproxy.cfg does not have. */
export function unknownProxies(pair: Pair, haproxyConfig: string): UnknownProxy[] {
  const sections = readSections(haproxyConfig);
  return (pair.agent?.rules ?? []).flatMap((rule): UnknownProxy[] => {
    const owner = ownerOf(rule);
    if (owner === undefined) return [];
    const names = namesOf(sections, owner.kind);
    if (names.includes(owner.name)) return [];
    const shown = names.slice(0, NAMES_SHOWN_MAX);
    const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : "";
    const there =
      names.length === 0
        ? `it has no ${owner.kind}`
        : `its ${owner.kind}s: ${more === "" ? sentenceList(shown) : shown.join(", ") + more}`;
    const meant = nearest(owner.name, names);
    return [
      {
        rule: rule.name,
        path: ["traffic", rule.name, owner.kind],
        message: `the rule ${rule.name} is about the ${owner.kind} ${owner.name}, which haproxy.cfg does not have: ${there}`,
        ...(meant === undefined ? {} : { meant }),
      },
    ];
  });
}

function ownerOf({
  limit,
}: TrafficRule): { readonly kind: "backend" | "frontend"; readonly name: string } | undefined {
  if ("backend" in limit) return { kind: "backend", name: limit.backend };
  return "frontend" in limit ? { kind: "frontend", name: limit.frontend } : undefined;
}

/** A listen section is both. */
function namesOf(sections: readonly HaproxySection[], kind: "backend" | "frontend"): string[] {
  const named = sections.filter((section) => section.kind === kind || section.kind === "listen");
  return [...new Set(named.flatMap(({ name }) => name ?? []))];
}
