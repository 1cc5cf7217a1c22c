// The shape of the keyword tables, and questions asked of them: what a block knows in a version, where else a word is known, what is near it.
// The tables themselves are data: keywords-global.ts, keywords-vrrp.ts, keywords-virtual-server.ts.

import { editDistance } from "../base/index.ts";
import { type Check, noName } from "./keyword-checks.ts";
import { isAtLeast } from "./version.ts";

/** The process of the daemon that reads a block; the others pass over it by counting braces. */
export type Process = "parent" | "checker" | "vrrp" | "bfd";

export interface Keyword {
  /** "line": arguments on its line. "values": a block whose lines have no keywords. "block": a block of keywords. */
  readonly form: "line" | "values" | "block";
  /** Of a line its arguments, of a block of values each line in it, of a block its header. */
  readonly check: Check;
  /** Of a block of values: its header. */
  readonly header?: Check;
  /** Of a block: what it knows. */
  readonly inner?: KeywordTable;
  /** What the daemon does with a second line: the last counts, the first counts (and it says so), or every line counts. */
  readonly repeat: "last" | "first" | "every";
  /** The first version that knows it; absent: every one that hapair supports. */
  readonly since?: string;
  /** Arguments that versions read in different ways. */
  readonly varies?: RegExp;
  /** What the block cannot do without: a line of a keyword that has this text here; without one the block is left out. */
  readonly needed?: string;
  /** Of a block of values: the daemon says so where it is empty. */
  readonly saysEmpty?: boolean;
  /** The line names a program: the daemon's second tokenizer reads it. */
  readonly command?: boolean;
  /** Who reads it; given at the top of the file only. */
  readonly process?: Process;
  /** Depends on how keepalived was built: never complained of. */
  readonly optional?: boolean;
}

export type KeywordTable = ReadonlyMap<string, Keyword>;

/** Makes a table of rows. */
export function keywordTable(rows: Readonly<Record<string, Keyword>>): KeywordTable {
  return new Map(Object.entries(rows));
}

type Details = Partial<Omit<Keyword, "form" | "check" | "inner">>;

export function line(check: Check, details: Details = {}): Keyword {
  return { form: "line", check, repeat: "last", ...details };
}

export function values(check: Check, details: Details = {}): Keyword {
  return { form: "values", check, header: noName, repeat: "every", ...details };
}

export function block(inner: KeywordTable, check: Check, details: Details = {}): Keyword {
  return { form: "block", check, inner, repeat: "every", ...details };
}

/** The keyword, if the version knows it in that block. */
export function keywordIn(table: KeywordTable, name: string, version: string): Keyword | undefined {
  const keyword = table.get(name);
  return keyword === undefined || !isKnown(keyword, version) ? undefined : keyword;
}

function isKnown(keyword: Keyword, version: string): boolean {
  return keyword.since === undefined || isAtLeast(version, keyword.since);
}

/** Of every keyword the blocks that know it, by their path from the top of the file: `vrrp_instance`, `vrrp_instance/authentication`; the top is "". */
export function contextsByKeyword(root: KeywordTable): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const waiting: { path: string; table: KeywordTable }[] = [{ path: "", table: root }];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    for (const [name, { inner }] of next.table) {
      const known = found.get(name);
      if (known === undefined) found.set(name, [next.path]);
      else known.push(next.path);
      const path = next.path === "" ? name : `${next.path}/${name}`;
      if (inner !== undefined) waiting.push({ path, table: inner });
    }
  }
  return found;
}

/** What a block of the table cannot do without, and the keywords of which any gives it. */
export function neededLines(table: KeywordTable): ReadonlyMap<string, readonly string[]> {
  const known = NEEDED_LINES.get(table);
  if (known !== undefined) return known;
  const found = new Map<string, string[]>();
  for (const [name, { needed }] of table) {
    if (needed !== undefined) found.set(needed, [...(found.get(needed) ?? []), name]);
  }
  NEEDED_LINES.set(table, found);
  return found;
}

// Asked at the end of every block, and the tables never change.
const NEEDED_LINES = new WeakMap<KeywordTable, ReadonlyMap<string, readonly string[]>>();

/** The keywords of the table and the blocks in it that name a program. */
export function commandKeywords(root: KeywordTable): Set<string> {
  const found = new Set<string>();
  const waiting = [root];
  for (let table = waiting.shift(); table !== undefined; table = waiting.shift()) {
    for (const [name, { command, inner }] of table) {
      if (command === true) found.add(name);
      if (inner !== undefined) waiting.push(inner);
    }
  }
  return found;
}

const WORD_LENGTH_MAX = 48;

/** The keyword of the table that a mistyped word is nearest to; undefined where none is near enough to be meant. */
export function nearestKeyword(table: KeywordTable, word: string, version: string): string | undefined {
  if (word.length < 3 || word.length > WORD_LENGTH_MAX) return undefined;
  const allowed = Math.max(1, Math.min(2, Math.floor(word.length / 4)));
  let best: { name: string; distance: number } | undefined;
  for (const [name, keyword] of table) {
    if (!isKnown(keyword, version) || Math.abs(name.length - word.length) > allowed) continue;
    const distance = editDistance(word.toLowerCase(), name.toLowerCase(), allowed);
    if (distance <= allowed && (best === undefined || distance < best.distance)) best = { name, distance };
  }
  return best?.name;
}
