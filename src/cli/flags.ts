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
