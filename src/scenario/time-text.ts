// Times of a scenario file as text: 3s, 14.5s, 609375us. Rule: a time is a whole number of microseconds, both ways, without rounding.

const UNITS_US = { us: 1, ms: 1000, s: 1_000_000, m: 60_000_000, h: 3_600_000_000 } as const;

/** What a time looks like; also told to editors. */
export const timePattern = /^(\d{1,9})(?:\.(\d{1,9}))?(us|ms|s|m|h)$/;

/** `14.5s` in microseconds; undefined for anything that is no time with its unit, or no whole number of microseconds. */
export function timeUs(text: string): number | undefined {
  const found = timePattern.exec(text);
  if (found === null) return undefined;
  const [, whole = "", fraction = "", unit] = found;
  // Not with floating point: 14.000001s has its own microsecond.
  const parts = BigInt(whole + fraction) * BigInt(UNITS_US[unit as keyof typeof UNITS_US]);
  const partsPerUs = 10n ** BigInt(fraction.length);
  return parts % partsPerUs === 0n ? Number(parts / partsPerUs) : undefined;
}

/** `14500000` as `14.5s`: always in seconds, so that a column of times is read at a glance. */
export function timeText(us: number): string {
  const fraction = String(us % 1_000_000)
    .padStart(6, "0")
    .replace(/0+$/, "");
  return `${Math.floor(us / 1_000_000)}${fraction === "" ? "" : `.${fraction}`}s`;
}
