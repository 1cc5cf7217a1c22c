// haproxy.cfg as sections of lines of words, each with its place in the text (configuration manual of HAProxy, chapter 2.2).
// Rule: reads any text. Environment variables and .if blocks are of the machine that starts HAProxy: they stay as they stand, both branches.

import type { Span } from "../diagnostics/index.ts";

export interface HaproxyWord {
  /** Without quotes, escapes replaced; `"${NAME}"` stays as it is written. */
  readonly value: string;
  readonly span: Span;
}

/** A line with at least a keyword. */
export interface HaproxyLine {
  readonly keyword: HaproxyWord;
  readonly arguments: readonly HaproxyWord[];
  readonly span: Span;
}

export interface HaproxySection {
  /** `global`, `defaults`, `frontend`, `listen`, `backend`, `peers` ... */
  readonly kind: string;
  readonly name?: string;
  /** The named defaults it takes (`frontend web from base`). */
  readonly from?: string;
  readonly lines: readonly HaproxyLine[];
  /** From its keyword to the end of its last line. */
  readonly span: Span;
}

const SECTION_KINDS = new Set([
  "global",
  "defaults",
  "frontend",
  "listen",
  "backend",
  "peers",
  "resolvers",
  "mailers",
  "userlist",
  "cache",
  "program",
  "http-errors",
  "ring",
  "log-forward",
  "log-profile",
  "fcgi-app",
  "crt-store",
  "traces",
  "acme",
]);

/** The sections in the order of the file. Lines before the first section are in none. */
export function readSections(text: string): HaproxySection[] {
  const sections: { header: HaproxyLine; lines: HaproxyLine[] }[] = [];
  for (const line of readLines(text)) {
    if (SECTION_KINDS.has(line.keyword.value)) sections.push({ header: line, lines: [] });
    else sections.at(-1)?.lines.push(line);
  }
  return sections.map(({ header, lines }) => section(header, lines));
}

function section(header: HaproxyLine, lines: readonly HaproxyLine[]): HaproxySection {
  const words = header.arguments.map((word) => word.value);
  const name = words[0] === "from" ? undefined : words[0];
  const rest = name === undefined ? words : words.slice(1);
  const from = rest[0] === "from" ? rest[1] : undefined;
  return {
    kind: header.keyword.value,
    ...(name === undefined ? {} : { name }),
    ...(from === undefined ? {} : { from }),
    lines,
    span: { start: header.span.start, end: (lines.at(-1) ?? header).span.end },
  };
}

function readLines(text: string): HaproxyLine[] {
  const lines: HaproxyLine[] = [];
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    const [keyword, ...rest] = readWords(text, start, end);
    if (keyword !== undefined) {
      const span = { start: keyword.span.start, end: (rest.at(-1) ?? keyword).span.end };
      lines.push({ keyword, arguments: rest, span });
    }
    start = end + 1;
  }
  return lines;
}

/**
 * Words are split at blanks outside quotes; quotes may stand inside a word. A # outside quotes ends the line, also glued to a word. A backslash
 * is an escape outside single quotes, before a character that has an escape (tried on HAProxy 2.6).
 */
function readWords(text: string, lineStart: number, lineEnd: number): HaproxyWord[] {
  const words: HaproxyWord[] = [];
  let start = -1;
  let value = "";
  let quote = "";
  const endWord = (end: number): void => {
    if (start !== -1) words.push({ value, span: { start, end } });
    start = -1;
    value = "";
  };
  let offset = lineStart;
  for (; offset < lineEnd; offset += 1) {
    const character = text.charAt(offset);
    if (quote === "" && character === "#") break;
    if (quote === "" && isBlank(character)) {
      endWord(offset);
      continue;
    }
    if (start === -1) start = offset;
    if (character === "\\" && quote !== "'") {
      const escape = escapeAt(text.slice(offset + 1, Math.min(offset + 4, lineEnd)), quote);
      value += escape.value;
      offset += escape.length;
    } else if (character === quote) {
      quote = "";
    } else if (quote === "" && (character === '"' || character === "'")) {
      quote = character;
    } else {
      value += character;
    }
  }
  endWord(offset);
  return words;
}

function isBlank(character: string): boolean {
  return (
    character === " " || character === "\t" || character === "\r" || character === "\v" || character === "\f"
  );
}

const CONTROL: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** What a backslash and the text after it stand for, and how much of that text it takes. A dollar sign can be escaped in double quotes only. */
function escapeAt(rest: string, quote: string): { value: string; length: number } {
  const hexadecimal = /^x[0-9a-fA-F]{2}/.exec(rest)?.[0];
  if (hexadecimal !== undefined) {
    return { value: String.fromCharCode(Number.parseInt(hexadecimal.slice(1), 16)), length: 3 };
  }
  const next = rest.charAt(0);
  const control = CONTROL[next];
  if (control !== undefined) return { value: control, length: 1 };
  const escapable = quote === '"' ? " #'\"\\$" : " #'\"\\";
  return next !== "" && escapable.includes(next) ? { value: next, length: 1 } : { value: "\\", length: 0 };
}
