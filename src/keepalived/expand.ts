// What one host's daemon makes of the file: conditions decided, repetitions written out, definitions replaced (keepalived-behaviour 6.1).
// Rule: the text grows only within a budget, and every token still says where in the file it comes from.

import { type SourceText, sourceText, type Span } from "../diagnostics/index.ts";
import type { Complaint } from "./complaint.ts";
import { addFile, filesOf, type GrowingFiles } from "./config-files.ts";
import type { ConfigFiles } from "./configuration.ts";
import { type KeepalivedCst, printConfig } from "./cst.ts";
import {
  includeLine,
  type Includes,
  noIncludes,
  openInclude,
  type OpenFile,
  type ResolveInclude,
  setIncludeCheck,
} from "./include.ts";
import { buildTree, definitionLines, definitionOf } from "./parser.ts";
import { containsItself, type Piece, piecesOf } from "./references.ts";
import { repetitions } from "./repetitions.ts";
import { type Scanned, scan } from "./scanner.ts";

export interface HostContext {
  /** What `@ID` is compared with: the daemon's -i, by default the host's short name. Absent: conditional lines stay as they are. */
  readonly configId?: string;
  /** Without `configId`: conditions are decided as on a host that none of them names. */
  readonly asAnotherHost?: boolean;
  /** Absent, or where it gives undefined: `include` lines stay as they are. */
  readonly resolveInclude?: ResolveInclude;
}

/** A configuration with everything in its place that the daemon puts there before it looks at keywords. */
export interface ExpandedConfig {
  readonly tree: KeepalivedCst;
  /** The main file and those included; spans in the tree are offsets into them. */
  readonly files: ConfigFiles;
  /** Of includes. */
  readonly complaints: readonly Complaint[];
  /** An include was not followed, since its files are not known. */
  readonly incomplete: boolean;
  /** The names in conditions, each once, in order of appearance. */
  readonly conditionIds: readonly string[];
}

// Some thirty thousand lines, more than any configuration in service has; what comes out longer is told, and not read to its end.
const INSERTED_CHARACTERS_MAX = 768 * 1024;
const INSERTED_TOKENS_MAX = 60_000;
const REPETITIONS_MAX = 3000;
// What a single line may become: a definition of several hundred lines has less.
const LINE_CHARACTERS_MAX = 16 * 1024;
// Definitions and repetitions in definitions ...: the daemon goes on until its line buffer is full, no configuration is ever this deep.
const DEPTH_MAX = 20;
// From here on it is asked whether a definition contains itself.
const DEPTH_SUSPECT = 6;

/**
 * The configuration as the daemon of a host reads it. Tokens that stand in the file keep their spans; those that came of a definition or
 * repetition have the span of the line's part that made them.
 */
export function effectiveConfig(cst: KeepalivedCst, context: HostContext): KeepalivedCst {
  return expandConfig(sourceText("", printConfig(cst)), context).tree;
}

/** {@link effectiveConfig} of a file that has a name, so that what it includes can be found and told apart. */
export function expandConfig(main: SourceText, context: HostContext): ExpandedConfig {
  const files = filesOf(main);
  const includes = noIncludes(context.resolveInclude);
  const conditionIds = new Set<string>();
  const expansion: Expansion = {
    configId: context.configId,
    decidesConditions: context.configId !== undefined || context.asAnotherHost === true,
    definitions: builtIn(context),
    charactersLeft: INSERTED_CHARACTERS_MAX,
    tokensLeft: INSERTED_TOKENS_MAX,
    repetitionsLeft: REPETITIONS_MAX,
    tokens: [],
    files,
    includes,
    conditionIds,
  };
  const file: OpenFile = { source: main, includedFrom: [] };
  expandTokens(expansion, { tokens: scan(main.text), depth: 0, file });
  return {
    tree: buildTree(expansion.tokens),
    files,
    complaints:
      expansion.cutAt === undefined
        ? includes.complaints
        : [...includes.complaints, tooMuch(expansion.cutAt)],
    incomplete: includes.incomplete || expansion.cutAt !== undefined,
    conditionIds: [...conditionIds],
  };
}

function tooMuch(span: Span): Complaint {
  return {
    kind: "expansion-cut",
    keyword: "",
    context: "",
    span,
    message:
      "definitions and repetitions make more of the file than is read here, some thirty thousand lines",
    fatal: false,
    silent: true,
  };
}

interface Expansion {
  readonly configId: string | undefined;
  readonly decidesConditions: boolean;
  readonly definitions: Map<string, string>;
  readonly tokens: Scanned[];
  readonly files: GrowingFiles;
  readonly includes: Includes;
  readonly conditionIds: Set<string>;
  inserted?: Inserted;
  charactersLeft: number;
  tokensLeft: number;
  repetitionsLeft: number;
  /** Where the file first asked for more than there is room for. */
  cutAt?: Span;
}

/** What the daemon defines itself; a directory and a number that nobody knows here are plausible ones. */
function builtIn({ configId, asAnotherHost }: HostContext): Map<string, string> {
  const known = new Map([
    ["_PWD", "/etc/keepalived"],
    ["_RANDOM", "1"],
    ["_HASH", "#"],
    ["_BANG", "!"],
  ]);
  if (configId !== undefined) known.set("_INSTANCE", configId);
  else if (asAnotherHost === true) known.set("_INSTANCE", "another-host");
  return known;
}

/** Tokens to expand, and where they come from. */
interface Source {
  readonly tokens: readonly Scanned[];
  /** The part of the file that made them, where they do not stand in it themselves. */
  readonly origin?: Span;
  /** How many definitions and repetitions they came out of. */
  readonly depth: number;
  readonly file: OpenFile;
}

function expandTokens(expansion: Expansion, source: Source, atLineStart = true): void {
  const { tokens, origin, depth } = source;
  let atStart = atLineStart;
  // Where no definition changes the rest of a line, its further words need not be looked at.
  let settledTo = 0;
  for (let index = 0; index < tokens.length;) {
    const token = tokens[index]!;
    const prefix = token.kind === "prefix" && atStart ? token.value : "";
    const kind = token.kind === "prefix" && !atStart ? "word" : token.kind;
    if (prefix.startsWith("@")) rememberCondition(expansion, prefix);
    if (kind === "definition") {
      index += expandDefinition(expansion, source, index);
    } else if (prefix.startsWith("@") && expansion.decidesConditions) {
      index = holds(prefix, expansion.configId) ? index + 1 : afterLine(tokens, index);
    } else if (prefix.startsWith("~") && depth < DEPTH_MAX) {
      repeatRest(expansion, source, index);
      index = afterLine(tokens, index);
    } else if (kind === "word" && index >= settledTo && token.source.includes("$") && depth < DEPTH_MAX) {
      settledTo = afterLine(tokens, index);
      if (!replaceRest(expansion, source, index, atStart)) continue;
      index = settledTo;
      atStart = true;
    } else if (
      kind === "word" &&
      atStart &&
      token.value.startsWith("include") &&
      include(expansion, source, index)
    ) {
      index = afterLine(tokens, index);
    } else {
      expansion.tokens.push(kind === token.kind ? token : { ...token, kind });
      if (origin !== undefined) expansion.tokensLeft -= 1;
      atStart = token.endsLine || kind === "open" || kind === "close" || kind === "prefix";
      index += 1;
    }
  }
}

/** Remembers the definition and gives the number of its tokens. */
function expandDefinition(expansion: Expansion, source: Source, index: number): number {
  const { tokens, origin, depth, file } = source;
  const token = tokens[index]!;
  if (!DEFINITION.test(token.source)) {
    // The rest of a definition whose first line a condition has taken away: text like any other (2.2.7).
    const span = origin ?? token.span;
    expandTokens(expansion, { tokens: scan(`${token.source}\n`, span), origin: span, depth, file });
    return 1;
  }
  const lines = definitionLines(tokens, index);
  if (expansion.tokens.at(-1)?.kind === "prefix") {
    // Whether its condition holds is not known, so neither is its value.
    for (const line of lines) expansion.tokens.push(line);
  } else {
    const { name, value } = definitionOf([], lines);
    expansion.definitions.set(name, value);
  }
  return lines.length;
}

const DEFINITION = /^\$[A-Za-z_]\w*=/;

/** `@ID` holds where ID is the host's, `@^ID` everywhere else. */
function holds(condition: string, configId: string | undefined): boolean {
  return condition.startsWith("@^") ? condition.slice(2) !== configId : condition.slice(1) === configId;
}

function rememberCondition({ conditionIds }: Expansion, condition: string): void {
  const id = condition.replace(/^@\^?/, "");
  if (id !== "") conditionIds.add(id);
}

/**
 * Puts the files that the line includes in its place; gives false, and adds nothing, where it is no include or its files are not known. An
 * include that is no line of its own (behind a condition or a brace, or out of a definition) is read twice by the process that runs VRRP,
 * since the first one writes down both the line and what it includes (2.2.7, 2.3.3): it says "already defined" of the second. Here it is put in once.
 */
function include(expansion: Expansion, source: Source, index: number): boolean {
  const { files, includes } = expansion;
  const { text, span } = restOfLine(source.tokens, index, source.origin);
  const line = includeLine(substituteAll(expansion, text, span));
  if (line === undefined) {
    const [keyword, ...words] = text.split(/\s+/);
    if (keyword === "include_check") setIncludeCheck(includes, words);
    return false;
  }
  // Whether its condition holds is not known, so neither is what it includes.
  if (expansion.tokens.at(-1)?.kind === "prefix") return false;
  const found = openInclude(includes, line, source.file, span);
  if (found === undefined) return false;
  const checksBefore = includes.checks;
  for (const file of found) {
    const base = addFile(files, file);
    const includedFrom = [...source.file.includedFrom, source.file.source];
    expandTokens(expansion, {
      tokens: tokensOfFile(file, base),
      depth: source.depth,
      file: { source: file, includedFrom },
    });
    includes.checks = checksBefore;
  }
  return true;
}

/** The file's tokens, their spans counted from `base`. What comes after them is a new line. */
function tokensOfFile({ text }: SourceText, base: number): Scanned[] {
  const lines = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  return scan(lines).map((token) => ({
    ...token,
    span: { start: token.span.start + base, end: token.span.end + base },
  }));
}

/** The index after the line's last token. */
function afterLine(tokens: readonly Scanned[], index: number): number {
  for (let next = index; next < tokens.length; next += 1) {
    if (tokens[next]?.endsLine === true) return next + 1;
  }
  return tokens.length;
}

interface Rest {
  /** The code from a token to the end of its line, without the comment. */
  readonly text: string;
  readonly span: Span;
}

function restOfLine(tokens: readonly Scanned[], index: number, origin: Span | undefined): Rest {
  const pieces: string[] = [];
  const start = tokens[index]?.span.start ?? 0;
  let end = start;
  for (let next = index; next < tokens.length; next += 1) {
    const token = tokens[next]!;
    if (token.kind === "comment") break;
    pieces.push(next === index ? token.source : token.before + token.source);
    end = token.span.end;
    if (token.endsLine) break;
  }
  return { text: pieces.join(""), span: origin ?? { start, end } };
}

/**
 * Adds what the line is from this token on, if a definition changes it; else gives false and adds nothing. Definitions in what was put in are
 * replaced line by line: a line of a definition may define what the next one uses.
 */
function replaceRest(expansion: Expansion, source: Source, index: number, atStart: boolean): boolean {
  const { text, span, pieces } = templateOf(expansion, source, index);
  const endless = (name: string | undefined): boolean =>
    name !== undefined && containsItself(expansion.definitions, name);
  if (
    expansion.tokensLeft <= 0 ||
    (source.depth >= DEPTH_SUSPECT && pieces.some(({ name }) => endless(name)))
  ) {
    expansion.cutAt ??= span;
    return false;
  }
  const replacement = substitute(expansion, pieces, span);
  if (replacement === text) return false;
  const tokens = scanInserted(expansion, replacement, span);
  expandTokens(expansion, { tokens, origin: span, depth: source.depth + 1, file: source.file }, atStart);
  return true;
}

/** What a repetition puts in at one place: the same lines again and again, so their tokens and what stands in them is found once. */
interface Inserted {
  readonly origin: Span;
  readonly tokens: Map<string, readonly Scanned[]>;
  readonly templates: Map<Scanned, Template>;
}

function insertedAt(expansion: Expansion, origin: Span): Inserted {
  if (expansion.inserted?.origin === origin) return expansion.inserted;
  return (expansion.inserted = { origin, tokens: new Map(), templates: new Map() });
}

/** The tokens of a text put in at `origin`. */
function scanInserted(expansion: Expansion, text: string, origin: Span): readonly Scanned[] {
  const known = insertedAt(expansion, origin).tokens;
  let tokens = known.get(text);
  if (tokens === undefined) {
    tokens = scan(`${text}\n`, origin);
    known.set(text, tokens);
  }
  return tokens;
}

/** The rest of a line in pieces: as they stand, or references to definitions. */
interface Template extends Rest {
  readonly pieces: readonly Piece[];
}

function templateOf(expansion: Expansion, { tokens, origin }: Source, index: number): Template {
  const token = tokens[index]!;
  const known = origin === undefined ? undefined : insertedAt(expansion, origin).templates;
  let template = known?.get(token);
  if (template === undefined) {
    const rest = restOfLine(tokens, index, origin);
    template = { ...rest, pieces: piecesOf(rest.text) };
    known?.set(token, template);
  }
  return template;
}

/** The text with each definition in it replaced once, in quotes too. Unknown names stay, and all of it where there is no room for it. */
function substitute(expansion: Expansion, pieces: readonly Piece[], span: Span): string {
  let text = "";
  for (const { source, name, random } of pieces) {
    const value = name === undefined ? random : expansion.definitions.get(name);
    if (value === undefined) {
      text += source;
      continue;
    }
    if (value.length > Math.min(expansion.charactersLeft, LINE_CHARACTERS_MAX - text.length)) {
      expansion.cutAt ??= span;
      return pieces.map((piece) => piece.source).join("");
    }
    expansion.charactersLeft -= value.length;
    text += value;
  }
  return text;
}

function substituteAll(expansion: Expansion, text: string, span: Span): string {
  let current = text;
  for (let pass = 0; pass < DEPTH_MAX; pass += 1) {
    const next = substitute(expansion, piecesOf(current), span);
    if (next === current) break;
    current = next;
  }
  return current;
}

/** Adds the rest of the line once for every value of its `~SEQ` or `~LST`; a faulty one leaves nothing. */
function repeatRest(expansion: Expansion, source: Source, index: number): void {
  const prefix = source.tokens[index]?.source ?? "";
  const { text, span } = restOfLine(source.tokens, index, source.origin);
  const tokens = scan(`${text.slice(prefix.length)}\n`, span);
  const { definitions } = expansion;
  const outside = new Map(definitions);
  const specification = substituteAll(expansion, prefix, span);
  for (const variables of repetitions(specification, expansion.repetitionsLeft + 1)) {
    if (expansion.repetitionsLeft <= 0 || expansion.tokensLeft <= 0) {
      expansion.cutAt ??= span;
      break;
    }
    expansion.repetitionsLeft -= 1;
    for (const [name, value] of variables) definitions.set(name, value);
    expandTokens(expansion, { tokens, origin: span, depth: source.depth + 1, file: source.file });
    for (const name of variables.keys()) restore(definitions, name, outside.get(name));
  }
}

function restore(definitions: Map<string, string>, name: string, value: string | undefined): void {
  if (value === undefined) definitions.delete(name);
  else definitions.set(name, value);
}
