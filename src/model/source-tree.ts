// The text of pair.yaml, or of another file that people write for hapair, as plain values, with the place of every key and value in the text.
// Rule: bounded in size, depth and aliases before anything else looks at it; every YAML mistake is reported, not the first alone.

import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  Parser,
} from "yaml";
import { positionAt, type SourceText, type Span } from "../diagnostics/index.ts";
import type { Path } from "./fields.ts";
import type { Finding, FindingList } from "./findings.ts";
import { type UnclosedOpener, yamlFindings } from "./yaml-problems.ts";

/** A place's key (absent for list items and the whole) and value in the text. */
export interface Location {
  readonly key?: Span;
  readonly value: Span;
}

export interface SourceTree {
  /** Plain maps (without prototype), lists, texts, numbers, booleans and null. Numbers not written in plain decimal stay text. */
  readonly value: unknown;
  locate(path: Path): Location | undefined;
  /** The value's text as it was written. */
  textAt(path: Path): string;
  /** Whether the map at `path` has a key twice; then its entries are fewer than were written. */
  hasDuplicates(path: Path): boolean;
}

/** What the file describes, in the words of the findings on it. */
export interface FileSubject {
  /** `pair`, `scenario`: a pair file is one. */
  readonly thing: string;
  /** What to do about a file that is empty. */
  readonly first: string;
}

const PAIR: FileSubject = { thing: "pair", first: "hapair init writes a first one" };

/** A pair file of a few hundred nodes is 100 kB; beyond this it is something else. */
const FILE_BYTES_MAX = 1_000_000;
// What the yaml package can take in well under a second; a file of 250 nodes has a tenth of it.
const LEXEMES_MAX = 100_000;
const DEPTH_MAX = 16;
const ALIASES_MAX = 100;
const VALUES_MAX = 50_000;

/** Reads the text; undefined where there is nothing that could be called values. Findings go to `findings`. */
export function readSourceTree(
  source: SourceText,
  findings: FindingList,
  subject: FileSubject = PAIR,
): SourceTree | undefined {
  const { text } = source;
  if (!isReadableText(text, findings, subject)) return undefined;
  const document = composeDocument(text, findings, subject);
  // Where the YAML is broken, what belongs to what is a guess, and findings on a guess would mislead.
  if (document === undefined || findings.hasErrors()) return undefined;
  const wholeFile = { start: 0, end: Math.min(1, text.length) };
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    findings.add({
      code: "HP003",
      span: wholeFile,
      message: `the file is empty: it describes no ${subject.thing}`,
      advice: subject.first,
    });
    return undefined;
  }
  return plainTree(source, document, findings, subject);
}

function isReadableText(text: string, findings: FindingList, { thing }: FileSubject): boolean {
  if (text.length > FILE_BYTES_MAX) {
    const megabytes = (text.length / 1_000_000).toFixed(1);
    const message = `the file is ${megabytes} MB; a ${thing} file may have ${FILE_BYTES_MAX / 1_000_000} MB and needs a thousandth of it`;
    findings.add({ code: "HP002", span: undefined, message, advice: `the path of a ${thing}.yaml` });
    return false;
  }
  // oxlint-disable-next-line no-control-regex -- Control characters are what is looked for.
  const strange = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffd]/.exec(text);
  if (strange === null) return true;
  const byte =
    strange[0] === "\ufffd" ? "bytes that are not UTF-8" : `the control character U+${hexOf(strange[0])}`;
  findings.add({
    code: "HP001",
    span: { start: strange.index, end: strange.index + 1 },
    message: `the file holds ${byte}: it is not a text in UTF-8`,
    advice: "a YAML text saved as UTF-8",
  });
  return false;
}

function hexOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}

function composeDocument(
  text: string,
  findings: FindingList,
  { thing }: FileSubject,
): Document.Parsed | undefined {
  const scan = scanLexemes(text);
  if (scan === "too-many") {
    const message = `the file has more than ${LEXEMES_MAX} YAML tokens: no ${thing} needs so many`;
    findings.add({ code: "HP002", span: undefined, message, advice: `the path of a ${thing}.yaml` });
    return undefined;
  }
  if (scan.tooDeepAt !== undefined) {
    findings.add(tooDeep(thing, { start: scan.tooDeepAt, end: scan.tooDeepAt + 1 }));
    return undefined;
  }
  // stringKeys: `50:` is the name "50". Duplicates are looked for below, where both places can be told, and in linear time.
  const composer = new Composer({
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: "silent",
    stringKeys: true,
  });
  const [document, further] = [...composer.compose(tokensOf(scan.lexemes), true, text.length)];
  if (document === undefined) return undefined;
  for (const finding of yamlFindings([...document.errors, ...document.warnings], text, scan.unclosed))
    findings.add(finding);
  if (further !== undefined) {
    const start = further.range[0];
    const message = `a second YAML document begins here; a ${thing} file is one`;
    findings.add({
      code: "HP004",
      span: { start, end: start + 1 },
      message,
      advice: `one file for each ${thing}, without --- in between`,
    });
  }
  return document;
}

/** What the package's own parse does with a text, from its lexemes. */
function* tokensOf(lexemes: readonly string[]): Generator<CST.Token, void> {
  const parser = new Parser();
  for (const lexeme of lexemes) yield* parser.next(lexeme);
  yield* parser.end();
}

// The lexer's sign that a { or [ was given up at a line's start.
const FLOW_GIVEN_UP = "\u0018";
const SCALAR_FOLLOWS = "\u001f";
// These stand for no character of the text (which holds no control characters: see isReadableText).
const LEXER_MARKS: ReadonlySet<string> = new Set(["\u0002", FLOW_GIVEN_UP, SCALAR_FOLLOWS]);
const CLOSERS: Readonly<Record<string, "{" | "[">> = { "}": "{", "]": "[" };

// The package's parser takes quadratic time where nesting is deep, so depth is bounded before it begins.
const OPEN_MAX = 64;

interface LexemeScan {
  readonly lexemes: readonly string[];
  readonly unclosed: readonly UnclosedOpener[];
  readonly tooDeepAt: number | undefined;
}

/** What the bare tokens tell: braces, brackets and quotes that nothing closes, and where nesting goes beyond bounds. */
function scanLexemes(text: string): LexemeScan | "too-many" {
  const lexemes: string[] = [];
  const unclosed: UnclosedOpener[] = [];
  let open: UnclosedOpener[] = [];
  let offset = 0;
  // On one line outside braces: `- - -` and `? ? ?` nest a level each.
  let indicators = 0;
  let previous = "";
  for (const lexeme of new Lexer().lex(text)) {
    lexemes.push(lexeme);
    if (lexemes.length > LEXEMES_MAX) return "too-many";
    const isSyntax = previous !== SCALAR_FOLLOWS;
    if (lexeme === FLOW_GIVEN_UP) {
      unclosed.push(...open);
      open = [];
    } else if (isUnclosedQuote(lexeme)) {
      unclosed.push({ opener: lexeme.startsWith("'") ? "'" : '"', start: offset });
    } else if (isSyntax && (lexeme === "{" || lexeme === "[")) {
      open.push({ opener: lexeme, start: offset });
    } else if (isSyntax && CLOSERS[lexeme] !== undefined) {
      const last = open.pop();
      if (last !== undefined && last.opener !== CLOSERS[lexeme]) unclosed.push(last);
    } else if (lexeme.includes("\n")) {
      indicators = 0;
    } else if (isSyntax && open.length === 0 && (lexeme === "-" || lexeme === "?" || lexeme === ":")) {
      indicators += 1;
    }
    if (open.length > OPEN_MAX || indicators > OPEN_MAX) return { lexemes, unclosed, tooDeepAt: offset };
    if (!LEXER_MARKS.has(lexeme)) offset += lexeme.length;
    previous = lexeme;
  }
  return { lexemes, unclosed: [...unclosed, ...open], tooDeepAt: undefined };
}

function isUnclosedQuote(lexeme: string): boolean {
  const quote = lexeme[0];
  return (quote === '"' || quote === "'") && (lexeme.length === 1 || !lexeme.endsWith(quote));
}

interface Walk {
  readonly thing: string;
  readonly source: SourceText;
  readonly document: Document.Parsed;
  readonly findings: FindingList;
  readonly locations: Map<string, Location>;
  readonly doubled: Set<string>;
  values: number;
  aliases: number;
  stopped: boolean;
  isAliasLost: boolean;
}

function plainTree(
  source: SourceText,
  document: Document.Parsed,
  findings: FindingList,
  { thing }: FileSubject,
): SourceTree | undefined {
  const walk: Walk = {
    thing,
    source,
    document,
    findings,
    locations: new Map(),
    doubled: new Set(),
    values: 0,
    aliases: 0,
    stopped: false,
    isAliasLost: false,
  };
  const value = plainValue(walk, document.contents, [], undefined);
  if (walk.stopped || walk.isAliasLost) return undefined;
  return {
    value,
    locate: (path) => walk.locations.get(pathKey(path)),
    textAt(path) {
      const { start, end } = walk.locations.get(pathKey(path))?.value ?? { start: 0, end: 0 };
      return source.text.slice(start, end);
    },
    hasDuplicates: (path) => walk.doubled.has(pathKey(path)),
  };
}

function pathKey(path: Path): string {
  return JSON.stringify(path);
}

function plainValue(walk: Walk, node: Node | null, path: Path, key: Span | undefined): unknown {
  // A value that is not written has no place; its key has.
  const isWritten = node !== null && !(isScalar(node) && node.value === null && (node.source ?? "") === "");
  const value = isWritten ? spanOf(node) : (key ?? { start: 0, end: 0 });
  walk.locations.set(pathKey(path), { ...(key === undefined ? {} : { key }), value });
  walk.values += 1;
  const target = isAlias(node) ? followAlias(walk, node) : node;
  if (path.length > DEPTH_MAX || walk.values > VALUES_MAX || walk.aliases > ALIASES_MAX)
    return stop(walk, value);
  if (isMap(target)) return plainMap(walk, target.items as MapItem[], path);
  if (isSeq(target))
    return target.items.map((item, index) =>
      walk.stopped ? null : plainValue(walk, item as Node | null, [...path, index], undefined),
    );
  if (isScalar(target)) return plainScalar(target.value, target.source);
  return null;
}

function followAlias(walk: Walk, alias: Alias): Node | null {
  walk.aliases += 1;
  const target = alias.resolve(walk.document);
  if (target !== undefined) return target;
  walk.isAliasLost = true;
  walk.findings.add({
    code: "HP004",
    span: spanOf(alias),
    message: "an alias (*name) without an anchor (&name) before it",
    advice: "the value itself, in quotes if it begins with *",
  });
  return null;
}

function stop(walk: Walk, span: Span): null {
  if (!walk.stopped) walk.findings.add(tooDeep(walk.thing, span));
  walk.stopped = true;
  return null;
}

function tooDeep(thing: string, span: Span): Finding {
  return {
    code: "HP006",
    span,
    message: `the file nests deeper than ${DEPTH_MAX} levels, repeats itself through more than ${ALIASES_MAX} aliases, or grows beyond ${VALUES_MAX} values by them`,
    advice: `the ${thing} in its plain form, without aliases`,
  };
}

interface MapItem {
  readonly key: unknown;
  readonly value: Node | null;
}

function plainMap(walk: Walk, items: readonly MapItem[], path: Path): Record<string, unknown> {
  const map = Object.create(null) as Record<string, unknown>;
  const places = new Map<string, Span>();
  for (const item of items) {
    if (walk.stopped) break;
    if (!isScalar(item.key) || typeof item.key.value !== "string") continue;
    const name = item.key.value;
    const span = spanOf(item.key);
    const first = places.get(name);
    if (first !== undefined) {
      walk.doubled.add(pathKey(path));
      walk.findings.add({
        code: "HP005",
        span,
        message: `${shownKey(name)} stands twice in this map, first on line ${positionAt(walk.source, first.start).line}`,
        consequence: "readers of YAML disagree on which of the two counts",
        advice: "only one of them",
      });
      continue;
    }
    places.set(name, span);
    map[name] = plainValue(walk, item.value, [...path, name], span);
  }
  return map;
}

const KEY_SHOWN_MAX = 60;

function shownKey(name: string): string {
  return name.length > KEY_SHOWN_MAX ? `${name.slice(0, KEY_SHOWN_MAX)}...` : name;
}

// `0640`, `0x1F`, `1e3` and `.5` mean different things to different readers, so they stay what was written.
const PLAIN_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?$/;

function plainScalar(value: unknown, source: string | undefined): unknown {
  if (typeof value === "number" && (source === undefined || !PLAIN_NUMBER.test(source)))
    return source ?? String(value);
  const isPlain =
    value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return isPlain ? value : (source ?? "");
}

function spanOf(node: Node): Span {
  const [start, end] = node.range ?? [0, 0];
  return { start, end };
}
