// A configuration as the daemon takes it (lib/parser.c, process_stream): blocks closed where it closes them, lines it does not know gone, and
// what it complains of. Rule: it reads the file once for each of its processes, and so does this; each passes over the others' blocks.

import type { Complaint } from "./complaint.ts";
import type { Block, Item, KeepalivedCst, Statement, Token, Word } from "./cst.ts";
import { spanOf, tokensOf } from "./cst.ts";
import { allLines, type ValueLine, type ValueLines } from "./value-lines.ts";
import { isAtLeast, TESTED_VERSION } from "./version.ts";
import { ComplaintBook } from "./daemon-complaints.ts";
import {
  type DaemonLine,
  daemonLines,
  isGluedBackslash,
  emptyToken,
  lineSpan,
  matchingCloses,
  overlongLines,
} from "./daemon-lines.ts";
import { anything, type BlockNotes, type DefinedNames, type Problem } from "./keyword-checks.ts";
import { ROOT_KEYWORDS } from "./keyword-root.ts";
import { type Keyword, keywordIn, type KeywordTable, neededLines, type Process } from "./keywords.ts";
import { openQuotes } from "./open-quotes.ts";
import { addName, definedNames, NAMING_KEYWORDS, SHARED_NAMES } from "./daemon-names.ts";

export interface DaemonReading {
  /** Only what the daemon took, nested as it nested it. */
  readonly tree: KeepalivedCst;
  readonly complaints: readonly Complaint[];
  /** The lines of the tree's blocks of values, with those that the daemon refused. */
  readonly valueLines: ValueLines;
  /** Whether another version of keepalived would read the same text in another way. */
  readonly dependsOnVersion: boolean;
}

const PROCESSES: readonly Process[] = ["parent", "checker", "vrrp", "bfd"];

/**
 * Reads `effective` (conditions decided, definitions replaced: what `effectiveConfig` gives) as that version of keepalived does. Never fails,
 * linear in the length of the text. What only the machine could say (missing interfaces, scripts, users) is not told.
 */
export function readAsDaemon(effective: KeepalivedCst, options: { readonly version: string }): DaemonReading {
  const lines = daemonLines(effective.items, {
    gluesBackslash: !isAtLeast(options.version, DROPS_BACKSLASH),
  });
  const book = new ComplaintBook(options.version);
  const tokens = tokensOf(effective.items);
  if (tokens.some(isGluedBackslash)) book.dependsOnVersion = true;
  for (const span of overlongLines(tokens)) book.overlong(span);
  const anywhere = definedNames(lines);
  const quotes = openQuotes(lines);
  // Only where each line has to be looked at for a quote are the blocks of other processes read line by line.
  const closes = quotes.size === 0 ? matchingCloses(lines) : undefined;
  const refused: RefusedLines = new Map();
  const roots: RootItem[] = [];
  for (const process of PROCESSES) {
    const pass = new Pass(process, options.version, { book, anywhere, quotes, closes, refused });
    for (let index = 0; index < lines.length; index += 1) index = pass.take(lines[index]!, index);
    pass.finish();
    for (const item of pass.rootItems) roots.push(item);
  }
  roots.sort((left, right) => left.index - right.index);
  const tree: KeepalivedCst = { kind: "document", items: roots.map(({ item }) => item) };
  return {
    tree,
    complaints: book.complaints(),
    valueLines: (block) => refused.get(block) ?? allLines(block),
    dependsOnVersion: book.dependsOnVersion,
  };
}

/** From this version on a backslash at the end of a comment goes with the comment. */
const DROPS_BACKSLASH = "2.4.0";

/** Something at the top of the file, and which line it began in. */
interface RootItem {
  readonly index: number;
  readonly item: Item;
}

/** A block that is being read. */
interface Frame {
  readonly keyword: string;
  /** keywords: a block of keywords. values: its lines have none. skip: passed over, counting braces. */
  readonly mode: "keywords" | "values" | "skip";
  readonly table: KeywordTable;
  readonly entry: Keyword | undefined;
  readonly header: Statement | undefined;
  readonly index: number;
  readonly items: Item[];
  /** values: the lines, those too that the daemon does not take. */
  readonly lines: ValueLine[];
  readonly seen: Map<string, Word | undefined>;
  readonly notes: BlockNotes;
  /** The block does not become part of the tree. */
  readonly left: boolean;
  open: Token | undefined;
  needsOpen: boolean;
  /** skip: how many braces are open. */
  depth: number;
}

const NO_KEYWORDS: KeywordTable = new Map();

/** The lines of the blocks of values of which the daemon refused some, those that it took among them. */
type RefusedLines = Map<Block, readonly ValueLine[]>;

/** What all passes over one file know. */
interface Reading {
  readonly book: ComplaintBook;
  readonly anywhere: ReadonlyMap<string, ReadonlySet<string>>;
  readonly quotes: ReadonlyMap<DaemonLine, Word>;
  readonly closes: ReadonlyMap<number, number> | undefined;
  readonly refused: RefusedLines;
}

/** One process reading the whole file. */
class Pass {
  readonly #process: Process;
  readonly #version: string;
  readonly #book: ComplaintBook;
  readonly #quotes: ReadonlyMap<DaemonLine, Word>;
  readonly #closes: ReadonlyMap<number, number> | undefined;
  readonly #refused: RefusedLines;
  readonly #names: DefinedNames;
  readonly #stack: Frame[] = [];
  readonly #root: Frame;
  readonly rootItems: RootItem[] = [];
  /** Braces open in the text, whatever the daemon makes of them. */
  #braces = 0;
  #position = 0;
  #wasUnknown = false;

  constructor(process: Process, version: string, { book, anywhere, quotes, closes, refused }: Reading) {
    this.#process = process;
    this.#version = version;
    this.#book = book;
    this.#quotes = quotes;
    this.#closes = closes;
    this.#refused = refused;
    this.#names = { before: new Map(), anywhere, left: new Set() };
    this.#root = newFrame({ keyword: "", mode: "keywords", table: ROOT_KEYWORDS, index: 0 });
    book.begin(process);
  }

  /** The next line of the file, which is its `index`th; gives the index of the last line that it is done with. */
  take(line: DaemonLine, index: number): number {
    this.#position = index;
    const quote = this.#quotes.get(line);
    if (quote !== undefined && line.kind === "words")
      this.#book.quotes(line.statement, this.#top().keyword, quote);
    if (line.kind === "words" && line.words.length === 0) {
      this.#top().lines.push({ statement: line.statement, refused: true });
      return index;
    }
    if (line.kind === "open") this.#braces += 1;
    if (line.kind === "close" && this.#braces === 0) this.#book.extraClose(line.token.span);
    else if (line.kind === "close") this.#braces -= 1;
    this.#wasUnknown = false;
    this.#dispatch(line);
    this.#book.settle(this.#braces === this.#openBlocks(), this.#wasUnknown);
    return this.#lastPassedOver(index, line.kind);
  }

  /** Where a block that is passed over has just begun, the line before its closing brace: nothing is said of those between. */
  #lastPassedOver(index: number, kind: DaemonLine["kind"]): number {
    const { mode, depth } = this.#top();
    if (kind !== "open" || mode !== "skip" || depth !== 1) return index;
    return (this.#closes?.get(index) ?? index + 1) - 1;
  }

  /** The end of the file: what is still open is closed there. */
  finish(): void {
    if (this.#braces > 0) {
      this.#book.missingClose(this.#stack.map(({ keyword, header, open }) => ({ keyword, header, open })));
    }
    for (let top = this.#stack.at(-1); top !== undefined; top = this.#stack.at(-1))
      this.#close(undefined, false);
  }

  #top(): Frame {
    return this.#stack.at(-1) ?? this.#root;
  }

  #dispatch(line: DaemonLine): void {
    const top = this.#top();
    if (top.mode === "skip") this.#skip(top, line);
    else if (top.mode === "values") this.#takeValue(top, line);
    else this.#takeKeyword(top, line);
  }

  /** How many blocks the daemon has begun to read or to pass over. */
  #openBlocks(): number {
    const top = this.#stack.at(-1);
    if (top === undefined) return 0;
    return this.#stack.length - 1 + (top.needsOpen ? 0 : top.mode === "skip" ? top.depth : 1);
  }

  #skip(frame: Frame, line: DaemonLine): void {
    if (frame.needsOpen) {
      if (line.kind === "open") {
        frame.needsOpen = false;
        frame.open = line.token;
        frame.depth = 1;
        return;
      }
      // No block after all: the line is one of the block around it.
      this.#stack.pop();
      if (frame.table.size > 0 && frame.header !== undefined) this.#book.notBegun(frame.header);
      this.#dispatch(line);
      return;
    }
    if (line.kind === "open") frame.depth += 1;
    if (line.kind === "close") frame.depth -= 1;
    if (frame.depth > 0) return;
    this.#stack.pop();
    if (line.kind === "close") this.#book.closed(frame.keyword, frame.table, line.token);
    // A block of values that is passed over takes the block around it along.
    if (frame.entry?.form === "values" && this.#stack.length > 0) this.#stack.pop();
  }

  #takeValue(frame: Frame, line: DaemonLine): void {
    if (line.kind === "open" && frame.needsOpen) {
      frame.needsOpen = false;
      frame.open = line.token;
      return;
    }
    // A missing brace is only logged here; the line counts.
    if (frame.needsOpen) this.#book.missingOpen(lineSpan(line), frame.keyword, frame.header, true);
    frame.needsOpen = false;
    if (line.kind === "close") {
      this.#close(line.token, true);
      return;
    }
    if (line.kind === "open") {
      this.#book.unexpectedOpen(line.token.span, frame.keyword, frame.entry?.check === anything);
      return;
    }
    this.#suspect(frame, line.statement, line.words[0]?.value ?? "");
    const place = { keyword: frame.keyword, version: this.#version, notes: frame.notes, names: this.#names };
    const problem = frame.entry?.check(line.words, place);
    if (problem !== undefined) {
      this.#report(problem, line.statement, line.words[0]?.value ?? "", frame.keyword);
    }
    const refused = problem?.dropped === true;
    if (!refused) frame.items.push(line.statement);
    frame.lines.push({ statement: line.statement, refused });
  }

  /** Remembers the first line that belongs further out than it stands: before it a brace may be missing. */
  #suspect(frame: Frame, statement: Statement, name: string): void {
    const outer = this.#stack.at(-2)?.table ?? ROOT_KEYWORDS;
    if (outer.has(name) || ROOT_KEYWORDS.has(name))
      this.#book.suspect(frame.header, frame.keyword, statement);
  }

  #takeKeyword(frame: Frame, line: DaemonLine): void {
    if (frame.needsOpen) {
      frame.needsOpen = false;
      if (line.kind === "open") {
        frame.open = line.token;
        return;
      }
      this.#book.missingOpen(lineSpan(line), frame.keyword, frame.header, false);
    } else if (line.kind === "open") {
      this.#book.unexpectedOpen(line.token.span, frame.keyword);
      return;
    }
    if (line.kind === "close") {
      if (this.#stack.length > 0) this.#close(line.token, true);
      else this.#book.extraClose(line.token.span);
      return;
    }
    const name = line.words[0]?.value ?? "";
    const entry = keywordIn(frame.table, name, this.#version);
    if (
      entry === undefined ? frame.table.has(name) : !isAtLeast(TESTED_VERSION, entry.since ?? TESTED_VERSION)
    )
      this.#book.dependsOnVersion = true;
    if (entry === undefined) {
      this.#wasUnknown = true;
      if (frame !== this.#root) this.#suspect(frame, line.statement, name);
      const within = this.#stack[0]?.keyword ?? "";
      this.#book.unknown(line.statement, name, { context: frame.keyword, table: frame.table, within });
      return;
    }
    if (frame === this.#root) this.#book.resumed();
    this.#obey(frame, entry, line.statement, line.words);
  }

  #obey(frame: Frame, entry: Keyword, statement: Statement, words: readonly Word[]): void {
    const name = words[0]?.value ?? "";
    if (entry.process !== undefined && entry.process !== this.#process) {
      // More than one process reads these, if only to know their names.
      if (SHARED_NAMES.has(name) && words[1] !== undefined) addName(this.#names.before, name, words[1].value);
      this.#pass(name, undefined, statement, entry.inner);
      return;
    }
    const place = { keyword: name, version: this.#version, notes: frame.notes, names: this.#names };
    const check = entry.form === "values" ? entry.header : entry.check;
    if (entry.varies?.test(words[1]?.value ?? "") === true) this.#book.dependsOnVersion = true;
    const second = frame.seen.has(name);
    if (second && entry.repeat === "first") {
      this.#book.second(statement, name, frame.keyword, words[1]);
      if (entry.form === "values") this.#pass(name, entry, statement);
      return;
    }
    const problem = check?.(words.slice(1), place);
    if (problem !== undefined && problem.unsaid !== true)
      this.#report(problem, statement, name, frame.keyword);
    if (entry.form === "line") {
      if (second && entry.repeat === "last")
        this.#book.repeated(statement, name, frame.keyword, frame.seen.get(name), words[1]);
      // The daemon has crashed on an open quote, and does not get to miss the line.
      if (problem?.unsaid === true && statement.arguments.length > 0) frame.seen.set(name, undefined);
      if (problem?.dropped === true) return;
      this.#add(frame, statement, this.#position);
      frame.seen.set(name, words[1]);
      return;
    }
    frame.seen.set(name, words[1]);
    if (problem?.dropped === true && problem.silent !== true) {
      this.#pass(name, entry, statement);
      return;
    }
    this.#begin(name, entry, statement, words[1], frame, problem?.dropped === true);
  }

  /** Passes over the block that is about to begin. */
  #pass(
    name: string,
    entry: Keyword | undefined,
    header: Statement,
    table: KeywordTable = NO_KEYWORDS,
  ): void {
    this.#stack.push(
      newFrame({ keyword: name, mode: "skip", table, entry, header, index: this.#position, needsOpen: true }),
    );
  }

  #begin(
    keyword: string,
    entry: Keyword,
    header: Statement,
    name: Word | undefined,
    parent: Frame,
    left: boolean,
  ): void {
    if (NAMING_KEYWORDS.has(keyword) && name !== undefined) addName(this.#names.before, keyword, name.value);
    const named = parent === this.#root;
    this.#stack.push(
      newFrame({
        keyword,
        mode: entry.form === "values" ? "values" : "keywords",
        entry,
        header,
        index: this.#position,
        needsOpen: true,
        left,
        table: entry.inner ?? NO_KEYWORDS,
        notes: named ? newNotes(name?.value ?? keyword, keyword) : parent.notes,
      }),
    );
  }

  /** Closes the innermost block; `properly`: at a brace, so that the daemon looks at what it has. */
  #close(token: Token | undefined, properly: boolean): void {
    const frame = this.#stack.pop();
    if (frame === undefined || frame.mode === "skip") return;
    const missing = properly ? missingLine(frame) : undefined;
    if (missing !== undefined)
      this.#book.incomplete(frame.keyword, frame.notes.name, missing, token, frame.header);
    if (properly && frame.keyword === "vrrp_instance" && frame.seen.has("unicast_ttl") && !hasPeers(frame)) {
      this.#book.unusedTtl(frame.notes.name, token, frame.header);
    }
    if (properly && frame.entry?.saysEmpty === true && frame.items.length === 0) {
      this.#book.empty(frame.keyword, token, frame.header);
    }
    if (token !== undefined) this.#book.closed(frame.keyword, frame.table, token);
    if (frame.left) return;
    if (missing !== undefined) {
      this.#names.before.get(frame.keyword)?.delete(frame.notes.name);
      this.#names.left.add(frame.notes.name);
    }
    const { header } = frame;
    if (header === undefined) return;
    const block: Block = {
      kind: "block",
      header,
      between: [],
      open: frame.open ?? emptyToken(spanOf(header).end),
      items: frame.items,
      ...(token === undefined ? {} : { close: token }),
    };
    // Where the opening brace is missing, nobody knows what the lines were to be.
    if (frame.open !== undefined && frame.lines.some((line) => line.refused))
      this.#refused.set(block, frame.lines);
    this.#add(this.#top(), block, frame.index);
  }

  #add(frame: Frame, item: Item, index: number): void {
    if (frame === this.#root) this.rootItems.push({ index, item });
    else frame.items.push(item);
  }

  #report(problem: Problem, statement: Statement, keyword: string, context: string): void {
    if (problem.since !== undefined) {
      this.#book.dependsOnVersion = true;
      if (!isAtLeast(this.#version, problem.since)) return;
    }
    this.#book.problem(problem, statement, keyword, context);
  }
}

/** A line the block cannot do without and has not. */
function missingLine({ table, seen }: Frame): string | undefined {
  const alternatives = neededLines(table);
  for (const [needed, names] of alternatives) if (!names.some((name) => seen.has(name))) return needed;
  return undefined;
}

function hasPeers({ items }: Frame): boolean {
  return items.some(
    (item) => item.kind === "block" && item.header?.keyword.value === "unicast_peer" && item.items.length > 0,
  );
}

function newNotes(name: string, keyword: string): BlockNotes {
  return { name, keyword, tracked: new Set(), addresses: new Set(), numbers: new Map() };
}

function newFrame(given: Partial<Frame> & Pick<Frame, "keyword" | "mode" | "index">): Frame {
  return {
    table: NO_KEYWORDS,
    entry: undefined,
    header: undefined,
    items: [],
    lines: [],
    seen: new Map(),
    notes: given.notes ?? newNotes(given.keyword, given.keyword),
    left: false,
    open: undefined,
    needsOpen: false,
    depth: 0,
    ...given,
  };
}
