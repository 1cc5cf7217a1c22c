// A tree's lines as the daemon gets them, one after another: words, or a brace alone. Comments, blank lines and definitions are none.

import type { Item, Statement, Token, Word } from "./cst.ts";
import { spanOf } from "./cst.ts";
import { wordsOf } from "./query.ts";
import { LINE_BYTES_MAX } from "./scanner.ts";
import type { Span } from "../diagnostics/index.ts";

/** A line for the daemon: a brace, or the words of a statement (none where a quote that never closes takes them all). */
export type DaemonLine =
  | { readonly kind: "open"; readonly token: Token }
  | { readonly kind: "close"; readonly token: Token }
  | { readonly kind: "words"; readonly statement: Statement; readonly words: readonly Word[] };

/** How a version of the daemon takes lines. */
export interface LineReading {
  /** Up to 2.3.4 a backslash at the very end of a comment stays behind when the comment is taken away, glued to what stands before it. */
  readonly gluesBackslash?: boolean;
}

/** The lines in order. Iterative: a million braces are no deeper than one. */
export function daemonLines(
  items: readonly Item[],
  { gluesBackslash = false }: LineReading = {},
): DaemonLine[] {
  const lines: DaemonLine[] = [];
  /** Whether what comes next stands on the line of what came last. */
  let onLine = false;
  const open: { items: readonly Item[]; next: number; close: Token | undefined }[] = [
    { items, next: 0, close: undefined },
  ];
  const addBrace = (kind: "open" | "close", token: Token): void => {
    lines.push({ kind, token });
    onLine = !token.after.includes("\n");
  };
  const addStatement = (statement: Statement): void => {
    addWords(lines, statement);
    onLine = !(statement.arguments.at(-1) ?? statement.keyword).after.includes("\n");
  };
  const passComment = (comment: Item): void => {
    if (gluesBackslash && comment.kind === "comment") glue(lines, comment, onLine);
    onLine = false;
  };
  for (let frame = open.at(-1); frame !== undefined; frame = open.at(-1)) {
    const item = frame.items[frame.next];
    frame.next += 1;
    if (item === undefined) {
      open.pop();
      if (frame.close !== undefined) addBrace("close", frame.close);
    } else if (item.kind === "block") {
      if (item.header !== undefined) addStatement(item.header);
      item.between.forEach(passComment);
      addBrace("open", item.open);
      open.push({ items: item.items, next: 0, close: item.close });
    } else if (item.kind === "statement") {
      addStatement(item);
    } else if (item.kind === "strayBrace") {
      addBrace("close", item);
    } else {
      passComment(item);
    }
  }
  return lines;
}

/** A backslash that is not itself escaped, at the end of the line. */
const ENDS_IN_BACKSLASH = /(?:^|[^\\])(?:\\\\)*\\$/;

/** What is left of a comment that ends in a backslash: glued to the last word of its line, or a line of its own. */
function glue(lines: DaemonLine[], comment: Token, onLine: boolean): void {
  if (!ENDS_IN_BACKSLASH.test(comment.source) || !/^\r?\n/.test(comment.after)) return;
  const last = lines.at(-1);
  if (onLine && last?.kind === "words") {
    const { statement } = last;
    const glued = withBackslash(statement);
    lines[lines.length - 1] = { kind: "words", statement: glued, words: wordsOf(glued) };
    return;
  }
  const { end } = comment.span;
  const span = { start: end - 1, end };
  const keyword = { before: "", source: "\\", after: "", span, value: "\\", quoted: false, closed: true };
  const statement: Statement = { kind: "statement", prefixes: [], keyword, arguments: [] };
  lines.push({ kind: "words", statement, words: [keyword] });
}

function withBackslash(statement: Statement): Statement {
  const glued = (word: Word): Word => ({ ...word, source: `${word.source}\\`, value: `${word.value}\\` });
  const last = statement.arguments.at(-1);
  if (last === undefined) return { ...statement, keyword: glued(statement.keyword) };
  return { ...statement, arguments: [...statement.arguments.slice(0, -1), glued(last)] };
}

const INCLUDE = /^include[rmwba]?$/;

/** A condition that stands alone on its line is none, and an include is gone before the daemon looks for keywords. */
function addWords(lines: DaemonLine[], statement: Statement): void {
  const { keyword } = statement;
  if (keyword.source === "" && keyword.value === "") return;
  if (INCLUDE.test(keyword.value) && statement.arguments.length > 0) return;
  lines.push({ kind: "words", statement, words: wordsOf(statement) });
}

/** Whether the token is a comment of which a backslash may stay behind. */
export function isGluedBackslash({ source, after }: Token): boolean {
  return after !== "" && source.endsWith("\\") && /^[#!]/.test(source);
}

/** A brace that is not there. */
export function emptyToken(offset: number): Token {
  const span: Span = { start: offset, end: offset };
  return { before: "", source: "", after: "", span };
}

/** Where the line is. */
export function lineSpan(line: DaemonLine): Span {
  return line.kind === "words" ? spanOf(line.statement) : line.token.span;
}

/** By the index of an opening brace that of its closing one. */
export function matchingCloses(lines: readonly DaemonLine[]): Map<number, number> {
  const closes = new Map<number, number>();
  const open: number[] = [];
  for (const [index, { kind }] of lines.entries()) {
    if (kind === "open") open.push(index);
    const start = kind === "close" ? open.pop() : undefined;
    if (start !== undefined) closes.set(start, index);
  }
  return closes;
}

/** Where lines are longer than the daemon's buffer: it goes on with the rest as with a new line. */
export function overlongLines(tokens: readonly Token[]): Span[] {
  const found: Span[] = [];
  let first = 0;
  let characters = 0;
  for (const [index, { before, source, after }] of tokens.entries()) {
    characters += before.length + source.length + after.length;
    if (!after.includes("\n") && index < tokens.length - 1) continue;
    // A character is at most three bytes of UTF-8 for each of its UTF-16 units: most lines need no counting.
    if (characters * 3 > LINE_BYTES_MAX) {
      const line = tokens.slice(first, index + 1);
      const start = line[0]?.span.start ?? 0;
      if (byteLength(line) > LINE_BYTES_MAX) found.push({ start, end: line.at(-1)?.span.end ?? start });
    }
    first = index + 1;
    characters = 0;
  }
  return found;
}

function byteLength(line: readonly Token[]): number {
  const text = line.map(({ before, source, after }) => before + source + after).join("");
  return new TextEncoder().encode(text.replace(/\r?\n$/, "")).length;
}
