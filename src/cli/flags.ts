// Flags and arguments that several commands share, declared once so that they read the same everywhere.

import { HapairError } from "../base/index.ts";

export const jsonFlag = {
  kind: "boolean",
  withNegated: false,
  optional: true,
  brief: "Print one JSON document instead of text",
} as const;

export const labFlag = {
  kind: "parsed",
  parse: String,
  optional: true,
  placeholder: "NAME",
  brief: "Work on a running lab's hosts instead of the real ones (see: hapair lab status)",
} as const;

export const yesFlag = { kind: "boolean", optional: true, withNegated: false, brief: "Do not ask" } as const;

/** The pair's file, ./pair.yaml when absent. */
export const pairFileArgument = {
  kind: "tuple",
  parameters: [
    { brief: "The pair's file (default: pair.yaml)", placeholder: "FILE", parse: String, optional: true },
  ],
} as const;

/** A flag's value as a whole number of at least `minimum`. */
export function wholeNumber(minimum: number, what: string): (input: string) => number {
  return (input) => {
    const value = Number(input);
    if (Number.isInteger(value) && value >= minimum) return value;
    throw new HapairError({
      kind: "usage",
      code: "bad-flag",
      message: `${what} is a whole number of at least ${minimum}, not "${input}"`,
    });
  };
}

/** NAME=FILE, as in --node extlb-01=lb1.conf. */
export function assignment(input: string): readonly [string, string] {
  const at = input.indexOf("=");
  if (at > 0 && at < input.length - 1) return [input.slice(0, at), input.slice(at + 1)];
  throw new HapairError({ kind: "usage", code: "bad-flag", message: `write NAME=FILE, not "${input}"` });
}

const SECONDS_OF = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** A flag's value as a span of time: `90s`, `10m`, `2h`, `1d`. Seconds, at least `minimumS`. */
export function timeSpan(minimumS: number, maximumS: number, what: string): (input: string) => number {
  return (input) => {
    const [, amount, unit] = /^(\d{1,9})([smhd])$/.exec(input) ?? [];
    const seconds = Number(amount) * (SECONDS_OF[unit as keyof typeof SECONDS_OF] ?? Number.NaN);
    if (seconds >= minimumS && seconds <= maximumS) return seconds;
    throw new HapairError({
      kind: "usage",
      code: "bad-flag",
      message: `${what} is a time like 90s, 10m or 2h, from ${minimumS} s to ${maximumS} s, not "${input}"`,
    });
  };
}
