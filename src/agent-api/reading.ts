// Reading JSON that another machine wrote: every field is asked for by name and kind, bounded, and freed of control characters. Pure.
// Rule: nothing here throws; what is missing or of another kind is undefined, and the reader of the whole says what that means.

export type Fields = Readonly<Record<string, unknown>>;

/** The text as a JSON object; undefined where it is something else. */
export function fieldsOfText(text: string): Fields | undefined {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/**
 * Control characters could move a terminal's cursor or feign further lines, and those that turn the direction of writing, or have no width,
 * could make a line read as another one: each run of them becomes one blank.
 */
// oxlint-disable-next-line no-control-regex -- Control characters are what is looked for.
const UNPRINTABLE = /[\u0000-\u001F\u007F-\u009F\u061C\u200B-\u200F\u2028-\u202E\u2066-\u2069\uFEFF]+/g;

/** A text in one line of characters that have a shape; undefined where it is something else. */
export function textOf(value: unknown, lengthMax: number): string | undefined {
  return typeof value === "string" ? value.slice(0, lengthMax).replaceAll(UNPRINTABLE, " ") : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** A number that can be a moment: what a Date can hold, so that rendering it cannot throw. */
export function momentOf(value: unknown): number | undefined {
  const moment = numberOf(value);
  return moment !== undefined && Math.abs(moment) <= MOMENT_MAX ? moment : undefined;
}

/** Milliseconds from 1970 that Date takes, either way (ECMAScript, "Time Values and Time Range"). */
const MOMENT_MAX = 8.64e15;

export function oneOf<const Word extends string>(value: unknown, words: readonly Word[]): Word | undefined {
  return words.find((word) => word === value);
}

/** The entries that `read` understands, at most `countMax`; the others are left out. */
export function listOf<Entry>(
  value: unknown,
  countMax: number,
  read: (entry: unknown) => Entry | undefined,
): Entry[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, countMax).flatMap((entry) => {
    const found = read(entry);
    return found === undefined ? [] : [found];
  });
}

/** The fields of an object without those that are undefined, for optional fields. */
export function known<Values extends Record<string, unknown>>(
  values: Values,
): { [Name in keyof Values]?: Exclude<Values[Name], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Values]?: Exclude<Values[Name], undefined>;
  };
}
