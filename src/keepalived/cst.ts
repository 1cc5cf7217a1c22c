// The concrete syntax tree of keepalived.conf: every character of the file is in exactly one token, in order.
// Rule: printing a tree that nobody changed gives the same bytes back, whatever the file was.

import type { Span } from "../diagnostics/index.ts";

/** A piece of the file with the blanks around it. `before + source + after` of all tokens in order is the file. */
export interface Token {
  /** Blanks since the token before, or since the start of the line. */
  readonly before: string;
  readonly source: string;
  /** Trailing blanks and the line's end, on the last token of a line; else empty. */
  readonly after: string;
  /** Where `source` is; zero-length at 0 in a tree that was built and not parsed. */
  readonly span: Span;
}

export interface Word extends Token {
  /** What the daemon takes it for: without the quotes, `\#` and `\!` as the bare mark. */
  readonly value: string;
  readonly quoted: boolean;
  /** false: the closing quote is missing, and the daemon drops the word ("Unterminated quote"). */
  readonly closed: boolean;
}

/** One line: a keyword and its arguments. */
export interface Statement {
  readonly kind: "statement";
  /** What makes the line conditional or repeats it: `@host`, `@^host`, `~SEQ(..)`, `~LST(..)`. */
  readonly prefixes: readonly Word[];
  /** Its value is empty only where a prefix stands alone, as in `@host }`. */
  readonly keyword: Word;
  readonly arguments: readonly Word[];
}

export interface Block {
  readonly kind: "block";
  /** Absent where a brace opens with nothing before it. */
  readonly header?: Statement;
  /** Comments and blank lines where the opening brace stands on a later line than its header. */
  readonly between: readonly (Comment | Blank)[];
  readonly open: Token;
  readonly items: readonly Item[];
  /** Absent: the file ends before the block does. */
  readonly close?: Token;
}

/** `$NAME=value`. A value ending in a backslash goes on in the next line. */
export interface Definition {
  readonly kind: "definition";
  readonly prefixes: readonly Word[];
  readonly name: string;
  /** The text it stands for where VRRP is read (an escaped comment mark ends a line there); its lines joined by newlines, without blanks around them. */
  readonly value: string;
  /** The lines as they stand, comments among them. */
  readonly lines: readonly [Token, ...Token[]];
}

export interface Comment extends Token {
  readonly kind: "comment";
}

/** A line of nothing, or blanks at the end of the file. */
export interface Blank extends Token {
  readonly kind: "blank";
}

/** A `}` that closes nothing. */
export interface StrayBrace extends Token {
  readonly kind: "strayBrace";
}

export type Item = Statement | Block | Definition | Comment | Blank | StrayBrace;

export interface KeepalivedCst {
  readonly kind: "document";
  readonly items: readonly Item[];
}

/** The file's text: for a parsed tree the bytes it was read from. */
export function printConfig(cst: KeepalivedCst): string {
  const pieces: string[] = [];
  for (const token of tokensOf(cst.items)) pieces.push(token.before, token.source, token.after);
  return pieces.join("");
}

/** Every token in the order of the file. Iterative: a million open braces are no deeper than one. */
export function tokensOf(items: readonly Item[]): Token[] {
  const tokens: Token[] = [];
  const open: { items: readonly Item[]; next: number; close: Token | undefined }[] = [
    { items, next: 0, close: undefined },
  ];
  for (let frame = open.at(-1); frame !== undefined; frame = open.at(-1)) {
    const item = frame.items[frame.next];
    frame.next += 1;
    if (item === undefined) {
      open.pop();
      if (frame.close !== undefined) tokens.push(frame.close);
    } else if (item.kind === "block") {
      if (item.header !== undefined) addLineTokens(tokens, item.header);
      for (const token of item.between) tokens.push(token);
      tokens.push(item.open);
      open.push({ items: item.items, next: 0, close: item.close });
    } else if (item.kind === "statement") {
      addLineTokens(tokens, item);
    } else if (item.kind === "definition") {
      for (const token of item.prefixes) tokens.push(token);
      for (const token of item.lines) tokens.push(token);
    } else {
      tokens.push(item);
    }
  }
  return tokens;
}

function addLineTokens(tokens: Token[], statement: Statement): void {
  for (const token of statement.prefixes) tokens.push(token);
  tokens.push(statement.keyword);
  for (const token of statement.arguments) tokens.push(token);
}

/** The arguments as the line has them, quotes, escapes and inner blanks untouched: what the daemon's second tokenizer is given for script and notify lines. */
export function argumentText(statement: Statement): string {
  return statement.arguments
    .map((word, index) => (index === 0 ? word.source : word.before + word.source))
    .join("");
}

/** From an item's first to its last token; of a block, its header to its closing brace or, without one, its opening brace. */
export function spanOf(item: Item): Span {
  if (item.kind === "block") {
    const { start } = item.header === undefined ? item.open.span : spanOf(item.header);
    return { start, end: (item.close ?? item.open).span.end };
  }
  if (item.kind === "statement") {
    const { start } = (item.prefixes[0] ?? item.keyword).span;
    return { start, end: (item.arguments.at(-1) ?? item.keyword).span.end };
  }
  if (item.kind === "definition") {
    const { start } = (item.prefixes[0] ?? item.lines[0]).span;
    return { start, end: (item.lines.at(-1) ?? item.lines[0]).span.end };
  }
  return item.span;
}
