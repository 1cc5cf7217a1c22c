// A tree's lines as the daemon gets them, one after another: words, or a brace alone. Comments, blank lines and definitions are none.

import type { Item, KeepalivedCst, Statement, Token, Word } from "./cst.ts";
import { tokensOf } from "./cst.ts";
import { wordsOf } from "./query.ts";
import { LINE_BYTES_MAX } from "./scanner.ts";
import type { Span } from "../diagnostics/index.ts";

/** A line for the daemon: a brace, or the words of a statement (none where a quote that never closes takes them all). */
export type DaemonLine =
  | { readonly kind: "open"; readonly token: Token }
  | { readonly kind: "close"; readonly token: Token }
  | { readonly kind: "words"; readonly statement: Statement; readonly words: readonly Word[] };

/** The lines in order. Iterative: a million braces are no deeper than one. */
export function daemonLines(items: readonly Item[]): DaemonLine[] {
  const lines: DaemonLine[] = [];
  const open: { items: readonly Item[]; next: number; close: Token | undefined }[] = [
    { items, next: 0, close: undefined },
  ];
  for (let frame = open.at(-1); frame !== undefined; frame = open.at(-1)) {
    const item = frame.items[frame.next];
    frame.next += 1;
    if (item === undefined) {
      open.pop();
      if (frame.close !== undefined) lines.push({ kind: "close", token: frame.close });
    } else if (item.kind === "block") {
      if (item.header !== undefined) addWords(lines, item.header);
      lines.push({ kind: "open", token: item.open });
      open.push({ items: item.items, next: 0, close: item.close });
    } else if (item.kind === "statement") {
      addWords(lines, item);
    } else if (item.kind === "strayBrace") {
      lines.push({ kind: "close", token: item });
    }
  }
  return lines;
}

const INCLUDE = /^include[rmwba]?$/;

/** A condition that stands alone on its line is none, and an include is gone before the daemon looks for keywords. */
function addWords(lines: DaemonLine[], statement: Statement): void {
  const { keyword } = statement;
  if (keyword.source === "" && keyword.value === "") return;
  if (INCLUDE.test(keyword.value) && statement.arguments.length > 0) return;
  lines.push({ kind: "words", statement, words: wordsOf(statement) });
}

/** Where lines are longer than the daemon's buffer: it goes on with the rest as with a new line. */
export function overlongLines(cst: KeepalivedCst): Span[] {
  const found: Span[] = [];
  const encoder = new TextEncoder();
  let bytes = 0;
  let first: Span | undefined;
  let last: Span | undefined;
  const finish = (): void => {
    if (bytes > LINE_BYTES_MAX && first !== undefined && last !== undefined) {
      found.push({ start: first.start, end: last.end });
    }
    bytes = 0;
    first = undefined;
  };
  for (const { before, source, after, span } of tokensOf(cst.items)) {
    const text = before + source + after.replace(/\r?\n$/, "");
    bytes += text.length * 3 <= 1 ? text.length : encoder.encode(text).length;
    first ??= span;
    last = span;
    if (after.includes("\n")) finish();
  }
  finish();
  return found;
}
