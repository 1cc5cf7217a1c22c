// A moment as a person writes it: 10:42:07, 2026-01-31 10:00, ISO 8601, 10 min ago. Pure; without a zone it is UTC, as everything hapair prints.

/** A written moment is as long as its last written part: 10:42 is a whole minute. */
export interface WrittenMoment {
  readonly fromMs: number;
  /** The last millisecond of it. */
  readonly toMs: number;
}

const UNITS_MS: Readonly<Record<string, number>> = {
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const DAY_MS = 86_400_000;
/** `10 min ago`, `-2h`; units as journalctl has them. */
const AGO = /^(?:(\d+(?:\.\d+)?)\s*([a-z]+)\s+ago|-(\d+(?:\.\d+)?)\s*([a-z]+))$/;
const UNIT_WORDS: readonly (readonly [RegExp, string])[] = [
  [/^(s|sec|second)s?$/, "s"],
  [/^(m|min|minute)s?$/, "min"],
  [/^(h|hr|hour)s?$/, "h"],
  [/^(d|day)s?$/, "d"],
  [/^(w|week)s?$/, "w"],
];
/** Date, time to the minute, seconds, their fraction, zone; each but the first of date and time may be missing. */
const WRITTEN =
  /^(?:(\d{4}-\d{2}-\d{2})(?:[ tT]|$))?(?:(\d{1,2}:\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?)?\s*(z|Z|[+-]\d{2}:?\d{2})?$/;

/** undefined: it is no moment. A time without a date is the last such time before now. */
export function readMoment(text: string, nowMs: number): WrittenMoment | undefined {
  const word = text.trim();
  if (word === "") return undefined;
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS;
  if (word === "now") return { fromMs: nowMs, toMs: nowMs };
  if (word === "today") return { fromMs: today, toMs: today + DAY_MS - 1 };
  if (word === "yesterday") return { fromMs: today - DAY_MS, toMs: today - 1 };
  return agoOf(word, nowMs) ?? writtenOf(word, nowMs);
}

function agoOf(word: string, nowMs: number): WrittenMoment | undefined {
  const match = AGO.exec(word.toLowerCase());
  if (match === null) return undefined;
  const [amount, unit] = [match[1] ?? match[3], match[2] ?? match[4] ?? ""];
  const unitMs = UNITS_MS[UNIT_WORDS.find(([pattern]) => pattern.test(unit))?.[1] ?? ""];
  if (unitMs === undefined) return undefined;
  const atMs = nowMs - Number(amount) * unitMs;
  return { fromMs: atMs, toMs: atMs };
}

function writtenOf(word: string, nowMs: number): WrittenMoment | undefined {
  const match = WRITTEN.exec(word);
  const [, date, minute, second, fraction, zone = "Z"] = match ?? [];
  if (date === undefined && minute === undefined) return undefined;
  const day = date ?? new Date(nowMs).toISOString().slice(0, 10);
  const time = `${(minute ?? "00:00").padStart(5, "0")}:${second ?? "00"}.${(fraction ?? "0").padEnd(3, "0").slice(0, 3)}`;
  const offset = /^z$/i.test(zone) ? "Z" : `${zone.slice(0, 3)}:${zone.slice(-2)}`;
  const atMs = Date.parse(`${day}T${time}${offset}`);
  if (Number.isNaN(atMs)) return undefined;
  const fromMs = date === undefined && atMs > nowMs ? atMs - DAY_MS : atMs;
  return { fromMs, toMs: fromMs + lengthMs(minute, second, fraction) - 1 };
}

function lengthMs(
  minute: string | undefined,
  second: string | undefined,
  fraction: string | undefined,
): number {
  if (fraction !== undefined) return Math.max(1, 10 ** (3 - fraction.length));
  if (second !== undefined) return 1000;
  return minute === undefined ? DAY_MS : 60_000;
}
