// Tokens to the concrete syntax tree. Rule: any sequence of tokens has a tree; what the daemon would complain of is in the tree, not refused.

import { assert } from "../base/index.ts";
import type { Block, Definition, Item, KeepalivedCst, Statement, Word } from "./cst.ts";
import { type Scanned, scan } from "./scanner.ts";
import { readAgain } from "./second-reading.ts";

/** Reads a keepalived.conf. Never fails; `printConfig` of the result is `text`. */
export function parseConfig(text: string): KeepalivedCst {
  return buildTree(scan(text));
}

/** A block that is still open. `lastStatement` is where in `items` the header stands that a coming brace would take, or -1. */
interface OpenBlock {
  readonly items: Item[];
  lastStatement: number;
  readonly start?: Pick<Block, "header" | "between" | "open">;
}

/** Builds the tree of any tokens in order; the expander gives it those that are left after conditions and definitions. */
export function buildTree(tokens: readonly Scanned[]): KeepalivedCst {
  const root: OpenBlock = { items: [], lastStatement: -1 };
  const open = [root];
  let line: Scanned[] = [];
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index]!;
    const current = open.at(-1) ?? root;
    if (token.kind === "word" || token.kind === "prefix") {
      line.push(token);
      if (token.endsLine) {
        addStatement(current, line);
        line = [];
      }
      continue;
    }
    if (token.kind === "definition") {
      const lines = definitionLines(tokens, index);
      current.items.push(definitionOf(line, lines));
      current.lastStatement = -1;
      line = [];
      index += lines.length - 1;
      continue;
    }
    if (line.length > 0) addStatement(current, line);
    line = [];
    if (token.kind === "open") {
      open.push({ items: [], lastStatement: -1, start: { ...takeHeader(current), open: token } });
    } else if (token.kind === "close") {
      closeBlock(open, token);
    } else {
      const { kind, before, source, after, span } = token;
      current.items.push({ kind, before, source, after, span });
    }
  }
  if (line.length > 0) addStatement(open.at(-1) ?? root, line);
  while (open.length > 1) closeBlock(open, undefined);
  return { kind: "document", items: root.items };
}

function closeBlock(open: OpenBlock[], token: Scanned | undefined): void {
  const closing = open.at(-1);
  if (closing?.start === undefined) {
    const { before, source, after, span } = token!;
    closing?.items.push({ kind: "strayBrace", before, source, after, span });
    if (closing !== undefined) closing.lastStatement = -1;
    return;
  }
  open.pop();
  const block: Block = {
    kind: "block",
    ...closing.start,
    items: closing.items,
    ...(token === undefined ? {} : { close: token }),
  };
  const parent = open.at(-1);
  parent?.items.push(block);
  if (parent !== undefined) parent.lastStatement = -1;
}

function addStatement(current: OpenBlock, line: readonly Scanned[]): void {
  current.lastStatement = current.items.length;
  current.items.push(statement(line));
}

function statement(line: readonly Scanned[]): Statement {
  const prefixes: Word[] = [];
  const words: Word[] = [];
  let keyword: Word | undefined;
  for (const token of line) {
    if (token.kind === "prefix") prefixes.push(token);
    else if (keyword === undefined) keyword = token;
    else words.push(token);
  }
  return keyword === undefined
    ? prefixAlone(prefixes)
    : { kind: "statement", prefixes, keyword, arguments: words };
}

/** `@host` with nothing after it, or a brace: its keyword is an empty word that takes over the line's end. */
function prefixAlone(prefixes: readonly Word[]): Statement {
  const last = prefixes.at(-1);
  assert(last !== undefined, "a statement has a prefix or a keyword");
  const { after, span } = last;
  return {
    kind: "statement",
    prefixes: [...prefixes.slice(0, -1), { ...last, after: "" }],
    keyword: {
      before: "",
      source: "",
      after,
      span: { start: span.end, end: span.end },
      value: "",
      quoted: false,
      closed: true,
    },
    arguments: [],
  };
}

/** The statement before the brace, with the comments and blank lines since; the daemon lets both stand between (tried on 2.2.7). */
function takeHeader(current: OpenBlock): Pick<Block, "header" | "between"> {
  const at = current.lastStatement;
  current.lastStatement = -1;
  const header = current.items[at];
  if (header?.kind !== "statement") return { between: [] };
  const between = current.items
    .slice(at + 1)
    .filter((item) => item.kind === "comment" || item.kind === "blank");
  current.items.length = at;
  return { header, between };
}

/** The tokens of a definition that starts at `index`: its lines and, at their ends, comments. */
export function definitionLines(tokens: readonly Scanned[], index: number): Scanned[] {
  const lines: Scanned[] = [];
  let continues = true;
  for (let token = tokens[index]; token !== undefined; token = tokens[index + lines.length]) {
    if (token.kind === "definition") {
      if (!continues) break;
      ({ continues } = token);
    } else if (token.kind !== "comment" || lines.at(-1)?.endsLine === true) {
      break;
    }
    lines.push(token);
  }
  return lines;
}

/** The definition that these tokens are, given with the prefixes before it. */
export function definitionOf(prefixes: readonly Scanned[], [head, ...rest]: readonly Scanned[]): Definition {
  assert(head !== undefined, "a definition has a line");
  const lines = [head, ...rest];
  const parts = lines.filter((token) => token.kind === "definition").map((token) => token.source);
  const first = parts[0] ?? "";
  const equals = first.indexOf("=");
  const value = [first.slice(equals + 1), ...parts.slice(1)]
    .map((part) => readAgain(part.replace(/\\$/, "")).trim())
    .join("\n");
  return {
    kind: "definition",
    prefixes,
    name: first.slice(1, equals),
    value: parts.length > 1 ? value.replace(/^\n/, "") : value,
    lines: [head, ...rest],
  };
}
