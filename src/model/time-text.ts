// Times as a person writes them in the pair file: a length with its unit (10s, 24h), a time of day (22:00).

const UNITS_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `10s`, `250ms`, `1.5h` in milliseconds; undefined for anything else. */
export function timeSpanMs(text: string): number | undefined {
  const found = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text.trim());
  if (found === null) return undefined;
  return Math.round(Number(found[1]) * UNITS_MS[found[2] as keyof typeof UNITS_MS]);
}

/** `22:00` in minutes after midnight; undefined for anything else. */
export function minuteOfDay(text: string): number | undefined {
  const found = /^(\d{1,2}):(\d{2})$/.exec(text.trim());
  const [hour, minute] = [Number(found?.[1] ?? -1), Number(found?.[2] ?? -1)];
  return found === null || hour > 23 || minute > 59 ? undefined : hour * 60 + minute;
}
