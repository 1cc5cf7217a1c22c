// What keepalived makes of the arguments of a line: numbers, seconds, switches, names (lib/parser.c and the handlers, keepalived-behaviour 5).
// Rule: a check says what `keepalived -t` refuses, and nothing else; a value that is only unwise is lint's work.

import type { Family } from "../model/index.ts";
import type { ComplaintKind } from "./complaint.ts";
import { commandWords } from "./command-words.ts";
import type { Word } from "./cst.ts";
import { readAgain } from "./second-reading.ts";

/** What is wrong with a line. */
export interface Problem {
  readonly kind: ComplaintKind;
  readonly message: string;
  readonly value?: string;
  /** What the daemon goes on with. */
  readonly used?: string;
  readonly fatal?: boolean;
  readonly silent?: boolean;
  /** Not told: something else says it. */
  readonly unsaid?: boolean;
  /** The word it is about; absent: the line. */
  readonly word?: Word;
  /** The daemon leaves the line (or the block that it begins) out. */
  readonly dropped?: boolean;
  /** The first version that complains of it; absent: every one that hapair supports. */
  readonly since?: string;
}

/** What the lines of one block have said so far. Checks write into it what later lines depend on. */
export interface BlockNotes {
  /** The name in the header, or the keyword where there is none. */
  readonly name: string;
  /** The keyword of the block. */
  readonly keyword: string;
  family?: Family;
  version?: number;
  master?: boolean;
  /** Names in its track_* blocks, by `track_script NAME`. */
  readonly tracked: Set<string>;
  /** Its peers and addresses, by what they are for. */
  readonly addresses: Set<string>;
  /** Numbers that another line is compared with. */
  readonly numbers: Map<string, number>;
}

/** The names a file defines, by the keyword that defines them: before the line in question, and anywhere. */
export interface DefinedNames {
  readonly before: Map<string, Set<string>>;
  readonly anywhere: ReadonlyMap<string, ReadonlySet<string>>;
  /** Names of blocks that the daemon has left out, whatever their keyword. */
  readonly left: Set<string>;
}

/** Where a line stands. */
export interface LinePlace {
  readonly keyword: string;
  readonly version: string;
  readonly notes: BlockNotes;
  readonly names: DefinedNames;
}

/** Judges the words behind the keyword (in a block of values: all words of the line). */
export type Check = (words: readonly Word[], place: LinePlace) => Problem | undefined;

export const UNSIGNED_MAX = 4_294_967_295;
export const INTEGER_MAX = 2_147_483_647;
/** UINT_MAX microseconds, in whole seconds: the most that fits where the daemon keeps a time as microseconds. */
export const SECONDS_MAX = 4294;
const MICROSECONDS = 1_000_000;

/** Any arguments, or none. */
export const anything: Check = () => undefined;

function missing(place: LinePlace, fatal: boolean): Problem {
  return { kind: "missing-argument", message: `${place.keyword} has no value`, fatal };
}

function refused(word: Word, message: string, used?: string): Problem {
  return {
    kind: "invalid-value",
    message,
    value: word.value,
    word,
    ...(used === undefined ? {} : { used }),
  };
}

/** One word, without which the daemon exits. */
export const oneWord: Check = (words, place) => (words.length === 0 ? missing(place, true) : undefined);

/** One word; without it the line is ignored. */
export const wordOrIgnored: Check = (words, place) =>
  words.length === 0 ? missing(place, false) : undefined;

/** on, true, yes, off, false, no, or nothing. */
export const onOff: Check = ([word], place) =>
  word === undefined || /^(?:on|true|yes|off|false|no)$/.test(word.value)
    ? undefined
    : refused(word, `${place.keyword} ${word.value} is neither on (true, yes) nor off (false, no)`);

export interface NumberOptions {
  /** What the daemon uses in place of a number it refuses. */
  readonly used?: string;
  /** What it uses in place of 0, with a complaint. */
  readonly zero?: string;
  /** Without the number the line is ignored; else the daemon exits. */
  readonly optional?: boolean;
}

/** A whole number as strtol reads it: blanks and a plus before it are allowed, nothing behind it. */
export function wholeNumber(text: string): number | undefined {
  if (text === "") return 0;
  return /^\s*[+-]?\d+$/.test(text) ? Number(text) : undefined;
}

/** A whole number from `least` to `most`. */
export function integer(least: number, most: number, options: NumberOptions = {}): Check {
  return ([word], place) =>
    word === undefined
      ? missing(place, options.optional !== true)
      : numberProblem(word, place.keyword, least, most, options);
}

function numberProblem(
  word: Word,
  what: string,
  least: number,
  most: number,
  options: NumberOptions = {},
): Problem | undefined {
  const number = wholeNumber(word.value);
  if (number === undefined) return refused(word, `${what} ${word.value} is not a whole number`, options.used);
  if (number < least || number > most) {
    return refused(word, `${what} ${word.value} is not between ${least} and ${most}`, options.used);
  }
  if (number === 0 && options.zero !== undefined) {
    return refused(word, `${what} 0 is not more than 0`, options.zero);
  }
  return undefined;
}

/** Seconds with up to six decimals, in microseconds; undefined where the daemon does not take it for a number. */
export function microseconds(text: string): number | undefined {
  return /^\s*\+?(?:\d+(?:\.\d*)?|\.\d+|)$/.test(text) ? Math.round(Number(text) * MICROSECONDS) : undefined;
}

/** Seconds with decimals, from `leastUs` to `mostUs` microseconds. */
export function seconds(leastUs: number, mostUs: number, options: NumberOptions = {}): Check {
  return ([word], place) => {
    if (word === undefined) return missing(place, options.optional !== true);
    const us = microseconds(word.value);
    if (us === undefined) {
      return refused(word, `${place.keyword} ${word.value} is not a number of seconds`, options.used);
    }
    if (us < leastUs || us > mostUs) {
      const message = `${place.keyword} ${word.value} is not between ${leastUs / MICROSECONDS} and ${mostUs / MICROSECONDS} seconds`;
      return refused(word, message, options.used);
    }
    const decimals = /\.(\d*)$/.exec(word.value)?.[1] ?? "";
    if (decimals.length > 6) {
      return refused(
        word,
        `${place.keyword} ${word.value} has more than six decimals`,
        String(us / MICROSECONDS),
      );
    }
    return undefined;
  };
}

/** One of some words; `ignoreCase` as the daemon does for it. */
export function oneOf(
  choices: readonly string[],
  options: { readonly used?: string; readonly optional?: boolean; readonly ignoreCase?: boolean } = {},
): Check {
  return ([word], place) => {
    if (word === undefined) return options.optional === true ? undefined : missing(place, true);
    const text = options.ignoreCase === true ? word.value.toUpperCase() : word.value;
    if (choices.includes(text)) return undefined;
    return refused(word, `${place.keyword} ${word.value} is none of ${choices.join(", ")}`, options.used);
  };
}

/** `WEIGHT [reverse]`. */
export function weight(most: number, options: { readonly fatal: boolean; readonly used?: string }): Check {
  return (words, place) => {
    const [number, direction] = words;
    if (number === undefined) return missing(place, options.fatal);
    const problem = numberProblem(number, place.keyword, -most, most, {
      ...(options.used === undefined ? {} : { used: options.used }),
    });
    if (problem !== undefined) return problem;
    if (direction !== undefined && direction.value !== "reverse") {
      return refused(
        direction,
        `${place.keyword} takes only the word reverse behind its number, not ${direction.value}`,
      );
    }
    return undefined;
  };
}

/** A text of at most `most` bytes. */
export function shortText(
  most: number,
  options: { readonly optional?: boolean; readonly used?: string } = {},
): Check {
  return ([word], place) => {
    if (word === undefined) return options.optional === true ? undefined : missing(place, true);
    if (new TextEncoder().encode(word.value).length <= most) return undefined;
    return refused(word, `${place.keyword} ${word.value} is longer than ${most} characters`, options.used);
  };
}

/** Several checks of one line: the first that finds something. */
export function all(...checks: readonly Check[]): Check {
  return (words, place) => {
    for (const check of checks) {
      const problem = check(words, place);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

/** A keyword the daemon says is out of use; it obeys it all the same. `silent`: only the log says so, not `-t`. */
export function deprecated(instead: string, check: Check, silent = false): Check {
  return (words, place) =>
    check(words, place) ?? {
      kind: "deprecated",
      message: `${place.keyword} is out of use; ${instead} is its successor`,
      silent,
    };
}

/** The name behind the keyword of a block: there must be one, and only one, and no other block of the kind may have it. */
export const blockName: Check = (words, place) => {
  const [name] = words;
  if (name === undefined || words.length > 1) {
    const count = words.length === 0 ? "no name" : `${words.length} words behind it instead of a name`;
    return { kind: "dropped", message: `${place.keyword} has ${count}`, dropped: true };
  }
  if (place.names.before.get(place.keyword)?.has(name.value) === true) {
    return {
      kind: "duplicate-name",
      message: `there is a ${place.keyword} ${name.value} already`,
      value: name.value,
      word: name,
      dropped: true,
    };
  }
  return undefined;
};

/** The name behind the keyword of a block, of which there may be two: the first is the one that is found. */
export const shadowedName: Check = (words, place) => {
  const [name] = words;
  if (name === undefined) return missing(place, true);
  if (place.names.before.get(place.keyword)?.has(name.value) !== true) return undefined;
  return {
    kind: "duplicate-name",
    message: `there is a ${place.keyword} ${name.value} already`,
    value: name.value,
    word: name,
    silent: true,
    dropped: true,
  };
};

/** No word may stand behind the keyword of a block without a name. */
export const noName: Check = ([word], place) =>
  word === undefined
    ? undefined
    : refused(
        word,
        `${place.keyword} takes nothing between its keyword and its brace, and there is ${word.value}`,
      );

/** The program and its arguments: a quote of the second kind in them that never closes leaves none. */
export const commandLine: Check = (words, place) => {
  const [word] = words;
  // `-t` says nothing here; at the end of the block the line is missing.
  if (word === undefined) return { ...missing(place, false), unsaid: true, dropped: true };
  const text = words.map(({ before, source }, index) => (index === 0 ? source : before + source)).join("");
  const [command] = commandWords(readAgain(text)) ?? [];
  if (command === undefined || commandWords(command) !== undefined) return undefined;
  return {
    kind: "unterminated-quote",
    message: "a quotation mark in the command never closes",
    word,
    dropped: true,
  };
};

export { missing as missingArgument, numberProblem, refused as refusedValue };
