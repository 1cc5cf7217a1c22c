// How often HAProxy checks a back end's servers, and how many checks it takes to change its mind (configuration manual, 5.2: inter, fall, rise).
// Rule: a value that a line does not have comes from default-server before it, then from the defaults' own, then from HAProxy.

import { type HaproxySection, readSections } from "./sections.ts";

export interface CheckTimes {
  readonly intervalMs: number;
  /** Checks in a row until a server counts as down, and as up again. */
  readonly fall: number;
  readonly rise: number;
}

/** HAProxy's own. */
export const usualCheckTimes: CheckTimes = { intervalMs: 2000, fall: 3, rise: 2 };

/** By backend or listen section: the times of its server that takes longest to be found dead. Sections without servers are left out. */
export function readCheckTimes(text: string): ReadonlyMap<string, CheckTimes> {
  const found = new Map<string, CheckTimes>();
  const named = new Map<string, CheckTimes>();
  let last = usualCheckTimes;
  for (const section of readSections(text)) {
    const from = section.from === undefined ? undefined : named.get(section.from);
    if (section.kind === "defaults") {
      last = inDefaults(section, from ?? usualCheckTimes);
      if (section.name !== undefined) named.set(section.name, last);
    } else if (section.name !== undefined) {
      const slowest = slowestServer(section, from ?? last);
      if (slowest !== undefined) found.set(section.name, slowest);
    }
  }
  return found;
}

function inDefaults({ lines }: HaproxySection, before: CheckTimes): CheckTimes {
  let times = before;
  for (const { keyword, arguments: words } of lines)
    if (keyword.value === "default-server")
      times = withOptions(
        times,
        words.map(({ value }) => value),
      );
  return times;
}

function slowestServer(section: HaproxySection, inherited: CheckTimes): CheckTimes | undefined {
  let usual = inherited;
  let slowest: CheckTimes | undefined;
  for (const { keyword, arguments: words } of section.lines) {
    const values = words.map(({ value }) => value);
    if (keyword.value === "default-server") usual = withOptions(usual, values);
    else if (keyword.value === "server" || keyword.value === "server-template") {
      const times = withOptions(usual, values.slice(2));
      if (slowest === undefined || deadMs(times) > deadMs(slowest)) slowest = times;
    }
  }
  return slowest;
}

function deadMs({ intervalMs, fall }: CheckTimes): number {
  return intervalMs * fall;
}

function withOptions(times: CheckTimes, words: readonly string[]): CheckTimes {
  const after = (name: string): string | undefined => {
    const place = words.lastIndexOf(name);
    return place === -1 ? undefined : words[place + 1];
  };
  return {
    intervalMs: milliseconds(after("inter")) ?? times.intervalMs,
    fall: count(after("fall")) ?? times.fall,
    rise: count(after("rise")) ?? times.rise,
  };
}

const UNITS_MS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `2s`, `200ms`; a number alone is milliseconds (configuration manual, 2.5). A time that is none, or no time, is not there. */
function milliseconds(text: string | undefined): number | undefined {
  const [, digits, unit = "ms"] = /^(\d{1,9})(us|ms|s|m|h|d)?$/.exec(text ?? "") ?? [];
  const value = Math.round(Number(digits ?? 0) * (UNITS_MS[unit] ?? 1));
  return value > 0 ? value : undefined;
}

function count(text: string | undefined): number | undefined {
  return /^[1-9]\d{0,5}$/.test(text ?? "") ? Number(text) : undefined;
}
