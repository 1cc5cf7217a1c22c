// The observation script's answer as sections, and the node's clock in it. Pure.

import { withoutControls } from "./plain-text.ts";

/** All texts of a section, in order. */
export type Sections = ReadonlyMap<string, readonly string[]>;

export interface Clock {
  readonly wallMs: number;
  readonly tookMs: number;
  /** The node's wall clock, milliseconds, at a moment of its monotonic clock. */
  wallOf(monotonicUs: number): number;
}

/** `section<TAB>text` lines by section. */
export function sectionsOf(output: string): Sections {
  const sections = new Map<string, string[]>();
  for (const line of output.split("\n")) {
    const tab = line.indexOf("\t");
    // A login banner or a warning before the first section has no tab.
    if (tab <= 0) continue;
    const name = line.slice(0, tab);
    const text = withoutControls(line.slice(tab + 1));
    const texts = sections.get(name);
    if (texts === undefined) sections.set(name, [text]);
    else texts.push(text);
  }
  return sections;
}

/** The first text of a section; empty where there is none. */
export function first(sections: Sections, name: string): string {
  return sections.get(name)?.[0] ?? "";
}

/** `NAME=value` lines as a map. */
export function valuesOf(lines: readonly string[]): Map<string, string> {
  return new Map(
    lines.flatMap((line) => {
      const equals = line.indexOf("=");
      return equals > 0 ? [[line.slice(0, equals), line.slice(equals + 1)] as const] : [];
    }),
  );
}

/** undefined: the script did not run to its end. */
export function clockOf(sections: Sections): Clock | undefined {
  const [upS, wallS] = first(sections, "time.start").split(" ").map(Number);
  const [endUpS] = first(sections, "time.end").split(" ").map(Number);
  if (!upS || !wallS || !endUpS) return undefined;
  const wallMs = Math.round(wallS * 1000);
  return {
    wallMs,
    tookMs: Math.round((endUpS - upS) * 1000),
    // Through the time since boot, so that a wall clock that was set in between does not matter.
    wallOf: (monotonicUs) => Math.round(wallMs - (upS * 1000 - monotonicUs / 1000)),
  };
}
