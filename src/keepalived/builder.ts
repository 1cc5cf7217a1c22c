// keepalived.conf from values: what to say goes in, a tree laid out for a reader comes out (4 blanks a level, one keyword a line).
// Rule: what cannot be written so that the daemon reads it back is an assertion here, never a file that means something else.

import { assert } from "../base/index.ts";
import type { Block, Comment, Blank, Item, KeepalivedCst, Statement, Token, Word } from "./cst.ts";
import { parseConfig } from "./parser.ts";
import { LINE_BYTES_MAX } from "./scanner.ts";

/** What a built document holds. Nodes of a parsed tree do as well. */
export type Buildable = Statement | Block | Comment | Blank;

const INDENT = "    ";

/** A character that would end the word, begin a comment or be a brace, were it not in quotes. */
const NEEDS_QUOTES = /[\s#!{}]/;

// Also in quotes the daemon replaces what it has built in; `$NAME` only before a blank, comma, closing parenthesis or the end.
const BUILT_IN = /\$\{?_(?:PWD|INSTANCE|RANDOM|HASH|BANG|ENV)/;

/**
 * Whether the daemon can be given this argument at all. It has no escape inside quotes, so a double quote cannot be written; nor a line's end,
 * a NUL, a backslash at the end (it would hide the closing quote from the comment scan), a lone brace (which ends the block even in quotes:
 * 2.2.7 and 2.3.3), and the names of its built-in definitions.
 */
export function canBeWritten(argument: string): boolean {
  return !/["\n\r\0]|\\$|^[{}]$/.test(argument) && !BUILT_IN.test(argument);
}

/** A line: keyword and arguments, quoted where they need it. Numbers are written in decimal. */
export function statement(keyword: string, ...values: readonly (string | number)[]): Statement {
  assert(keyword !== "", "a statement of keepalived.conf has a keyword");
  // At a line's start these would be a condition, a repetition and a definition.
  assert(!/^[@~$]/.test(keyword), `a keyword cannot begin with ${JSON.stringify(keyword.charAt(0))}`);
  return {
    kind: "statement",
    prefixes: [],
    keyword: buildWord(keyword, ""),
    arguments: values.map((value) => buildWord(String(value), " ")),
  };
}

/** `keyword arguments { items }`, each item on its own line. */
export function block(
  keyword: string,
  values: readonly (string | number)[],
  items: readonly Buildable[],
): Block {
  return {
    kind: "block",
    header: statement(keyword, ...values),
    between: [],
    open: token(" ", "{"),
    items,
    close: token("", "}"),
  };
}

/** A comment on its own line, written with `#`. */
export function comment(text: string): Comment {
  assert(!/[\n\r]/.test(text), "a comment is one line");
  return { kind: "comment", ...token("", text === "" ? "#" : `# ${text}`) };
}

/** An empty line. */
export function blankLine(): Blank {
  return { kind: "blank", ...token("", "") };
}

/** The tree of a whole file, laid out; its spans are those of the printed text. */
export function document(items: readonly Buildable[]): KeepalivedCst {
  const lines: string[] = [];
  const open: { items: readonly Item[]; next: number }[] = [{ items, next: 0 }];
  for (let frame = open.at(-1); frame !== undefined; frame = open.at(-1)) {
    const item = frame.items[frame.next];
    frame.next += 1;
    const indent = INDENT.repeat(open.length - 1);
    if (item === undefined) {
      open.pop();
      if (open.length > 0) lines.push(`${INDENT.repeat(open.length - 1)}}`);
    } else if (item.kind === "block") {
      lines.push(`${indent}${item.header === undefined ? "" : `${lineText(item.header)} `}{`);
      open.push({ items: item.items, next: 0 });
    } else if (item.kind === "statement") {
      lines.push(indent + lineText(item));
    } else if (item.kind === "comment") {
      lines.push(indent + item.source);
    } else {
      assert(item.kind === "blank", `a built document has no ${item.kind}`);
      lines.push("");
    }
  }
  for (const line of lines) {
    const bytes = new TextEncoder().encode(line).length;
    assert(
      bytes <= LINE_BYTES_MAX,
      `a line of keepalived.conf has at most ${LINE_BYTES_MAX} bytes, this one has ${bytes}: ${line.slice(0, 60)}...`,
    );
  }
  return parseConfig(lines.map((line) => `${line}\n`).join(""));
}

function lineText(item: Statement): string {
  return [...item.prefixes, item.keyword, ...item.arguments].map((word) => word.source).join(" ");
}

function buildWord(value: string, before: string): Word {
  assert(
    canBeWritten(value),
    // The value may be a password, so it is not told.
    "keepalived.conf cannot express an argument with a double quote, a line's end, a backslash at its end, a lone brace or a built-in definition",
  );
  const quoted = value === "" || NEEDS_QUOTES.test(value);
  return { ...token(before, quoted ? `"${value}"` : value), value, quoted, closed: true };
}

function token(before: string, source: string): Token {
  return { before, source, after: "", span: { start: 0, end: 0 } };
}
