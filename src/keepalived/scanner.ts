// The lexer of keepalived.conf: text in, tokens out, a line at a time as the daemon reads (keepalived-behaviour 6.1; what the section leaves
// open was asked of keepalived 2.2.7 and 2.3.3 and is said where it matters). Rule: the tokens' pieces joined are the text.

import type { Span } from "../diagnostics/index.ts";
import type { Word } from "./cst.ts";

/** The daemon reads lines into a buffer of this many bytes; what is longer goes on as a new line, even out of the middle of a comment. */
export const LINE_BYTES_MAX = 1023;

export type ScannedKind = "word" | "prefix" | "open" | "close" | "comment" | "blank" | "definition";

/** A token with what the parser needs to know of it. `value`, `quoted` and `closed` say something of words and prefixes only. */
export interface Scanned extends Word {
  readonly kind: ScannedKind;
  /** The last token of its line. */
  readonly endsLine: boolean;
  /** A line of a definition that goes on in the next line. */
  readonly continues: boolean;
}

/** Splits a text into tokens; never fails, linear in its length. `origin`: where all of it comes from, if it does not stand in the file itself. */
export function scan(text: string, origin?: Span): Scanned[] {
  const cursor: Cursor = {
    text,
    origin,
    tokens: [],
    lineStart: 0,
    codeEnd: 0,
    contentEnd: 0,
    end: 0,
    offset: 0,
    taken: 0,
  };
  let inDefinition = false;
  for (let start = 0; start < text.length; start = cursor.end) {
    beginLine(cursor, start);
    inDefinition = inDefinition ? scanContinuation(cursor) : scanCode(cursor);
    finishLine(cursor);
  }
  return cursor.tokens;
}

/** The line being read: text[.., codeEnd) is code, then comes a comment up to contentEnd, then the newline up to end. */
interface Cursor {
  readonly text: string;
  readonly origin: Span | undefined;
  readonly tokens: Unfinished[];
  /** How many tokens the lines before have. */
  lineStart: number;
  codeEnd: number;
  contentEnd: number;
  end: number;
  offset: number;
  /** The text before this is in tokens already. */
  taken: number;
}

/** A token of a line whose end may still come. */
type Unfinished = Omit<Scanned, "after" | "endsLine"> & { after: string; endsLine: boolean };

function beginLine(cursor: Cursor, start: number): void {
  const { text } = cursor;
  const newline = text.indexOf("\n", start);
  cursor.contentEnd = endWithinBuffer(text, start, newline === -1 ? text.length : newline);
  cursor.end = cursor.contentEnd === newline ? newline + 1 : cursor.contentEnd;
  cursor.codeEnd = commentStart(text, start, cursor.contentEnd);
  cursor.lineStart = cursor.tokens.length;
  cursor.offset = start;
  cursor.taken = start;
}

const TAB = 0x09;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const BANG = 0x21;
const QUOTE = 0x22;
const HASH = 0x23;
const DOLLAR = 0x24;
const AT = 0x40;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const TILDE = 0x7e;

const DEFINITION_START = /\$[A-Za-z_][A-Za-z0-9_]*=/y;
const REPETITION_START = /~(?:SEQx?|LST)[\t\v\f\r ]*\(/y;

// A UTF-16 unit is at most three bytes of UTF-8, so most lines need no counting.
function endWithinBuffer(text: string, start: number, end: number): number {
  if ((end - start) * 3 <= LINE_BYTES_MAX) return end;
  let bytes = 0;
  for (let offset = start; offset < end;) {
    const codePoint = text.codePointAt(offset) ?? 0;
    bytes += utf8Length(codePoint);
    if (bytes > LINE_BYTES_MAX) return offset;
    offset += codePoint > 0xffff ? 2 : 1;
  }
  return end;
}

function utf8Length(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}

/**
 * Where the line's comment begins, or `end`: the first # or ! outside double quotes, also glued to a word. A backslash hides the character
 * after it here, a quote too, inside quotes and outside: `"a\"b#c"d` has no comment, although its words end at other places.
 */
function commentStart(text: string, start: number, end: number): number {
  let inQuotes = false;
  for (let offset = start; offset < end; offset += 1) {
    const code = text.charCodeAt(offset);
    if (code === BACKSLASH) offset += 1;
    else if (code === QUOTE) inQuotes = !inQuotes;
    else if (!inQuotes && (code === HASH || code === BANG)) return offset;
  }
  return end;
}

/** Gives true if the line begins a definition that goes on in the next line. */
function scanCode(cursor: Cursor): boolean {
  // What follows a brace is read like a new line, with a condition or definition of its own.
  let atStart = true;
  let mayBeConditional = true;
  while (skipBlanks(cursor)) {
    const code = cursor.text.charCodeAt(cursor.offset);
    if (code === OPEN_BRACE || code === CLOSE_BRACE) {
      addToken(cursor, code === OPEN_BRACE ? "open" : "close", cursor.offset + 1);
      atStart = true;
      mayBeConditional = true;
    } else if (atStart && code === DOLLAR && startsWith(DEFINITION_START, cursor)) {
      return scanDefinition(cursor);
    } else if (atStart && mayBeConditional && code === AT) {
      addToken(cursor, "prefix", wordEnd(cursor, isBlank));
      // A second condition on the line is taken for the keyword.
      mayBeConditional = false;
    } else if (atStart && code === TILDE && repetitionEnd(cursor) !== undefined) {
      addToken(cursor, "prefix", repetitionEnd(cursor) ?? cursor.codeEnd);
    } else {
      scanWord(cursor, code);
      atStart = false;
    }
  }
  return false;
}

/** A further line of a definition; gives true if it goes on after it. */
function scanContinuation(cursor: Cursor): boolean {
  skipBlanks(cursor);
  return scanDefinition(cursor);
}

/** A definition goes on where its line ends in a backslash, with or without the comment: a commented line inside one ends in `\` too. */
function scanDefinition(cursor: Cursor): boolean {
  const { text, offset, codeEnd, contentEnd } = cursor;
  const end = withoutTrailingBlanks(text, offset, codeEnd);
  const lineEnd = withoutTrailingBlanks(text, offset, contentEnd);
  const continues = [end, lineEnd].some((each) => each > offset && text.charCodeAt(each - 1) === BACKSLASH);
  addToken(cursor, "definition", end, { ...NOT_A_WORD, continues });
  return continues;
}

function repetitionEnd(cursor: Cursor): number | undefined {
  if (!startsWith(REPETITION_START, cursor)) return undefined;
  const close = cursor.text.slice(cursor.offset, cursor.codeEnd).indexOf(")");
  return close === -1 ? undefined : cursor.offset + close + 1;
}

function scanWord(cursor: Cursor, first: number): void {
  const { text, offset, codeEnd } = cursor;
  if (first !== QUOTE) {
    const end = wordEnd(cursor, endsWord);
    const source = text.slice(offset, end);
    const value = source.includes("\\") ? source.replaceAll(/\\([#!])/g, "$1") : source;
    addToken(cursor, "word", end, { value, quoted: false, closed: true });
    return;
  }
  // No escapes here: in `"a\"b"` the first word is `a\`, the second b, and the last quote opens a third that never closes.
  const quote = text.indexOf('"', offset + 1);
  const closed = quote !== -1 && quote < codeEnd;
  const end = closed ? quote + 1 : withoutTrailingBlanks(text, offset + 1, codeEnd);
  const value = text.slice(offset + 1, closed ? end - 1 : end);
  addToken(cursor, "word", end, { value, quoted: true, closed });
}

/** Adds the comment, and gives the line's end to the line's last token. */
function finishLine(cursor: Cursor): void {
  const { text, codeEnd, contentEnd, tokens } = cursor;
  if (codeEnd < contentEnd) {
    cursor.offset = codeEnd;
    addToken(cursor, "comment", withoutTrailingBlanks(text, codeEnd, contentEnd));
  } else if (tokens.length === cursor.lineStart) {
    cursor.offset = contentEnd;
    addToken(cursor, "blank", contentEnd);
  }
  const token = tokens.at(-1);
  if (token === undefined) return;
  token.after = text.slice(cursor.taken, cursor.end);
  token.endsLine = true;
}

const NOT_A_WORD = { value: "", quoted: false, closed: true };

function addToken(
  cursor: Cursor,
  kind: ScannedKind,
  end: number,
  details: Pick<Scanned, "value" | "quoted" | "closed"> & { readonly continues?: boolean } = NOT_A_WORD,
): void {
  const { text, offset, taken } = cursor;
  const source = text.slice(offset, end);
  cursor.tokens.push({
    kind,
    before: text.slice(taken, offset),
    source,
    after: "",
    span: cursor.origin ?? { start: offset, end },
    endsLine: false,
    continues: details.continues ?? false,
    value: kind === "prefix" ? source : details.value,
    quoted: details.quoted,
    closed: details.closed,
  });
  cursor.offset = end;
  cursor.taken = end;
}

function skipBlanks(cursor: Cursor): boolean {
  while (cursor.offset < cursor.codeEnd && isBlank(cursor.text.charCodeAt(cursor.offset))) cursor.offset += 1;
  return cursor.offset < cursor.codeEnd;
}

function wordEnd(cursor: Cursor, ends: (code: number) => boolean): number {
  let end = cursor.offset + 1;
  while (end < cursor.codeEnd && !ends(cursor.text.charCodeAt(end))) end += 1;
  return end;
}

function withoutTrailingBlanks(text: string, start: number, end: number): number {
  let trimmed = end;
  while (trimmed > start && isBlank(text.charCodeAt(trimmed - 1))) trimmed -= 1;
  return trimmed;
}

function startsWith(pattern: RegExp, cursor: Cursor): boolean {
  pattern.lastIndex = cursor.offset;
  return pattern.test(cursor.text);
}

function endsWord(code: number): boolean {
  return isBlank(code) || code === QUOTE || code === OPEN_BRACE || code === CLOSE_BRACE;
}

/** What isspace(3) calls a blank; a newline is never inside a line. A no-break space is a letter. */
function isBlank(code: number): boolean {
  return code === SPACE || (code >= TAB && code <= CARRIAGE_RETURN && code !== NEWLINE);
}
