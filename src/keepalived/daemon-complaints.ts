// What the daemon complains of while it reads, each complaint once, and which of them only follow from another one.
// Rule: braces decide what follows from what. While the daemon's blocks are not the text's, everything it says has one cause.

import type { Span } from "../diagnostics/index.ts";
import type { Complaint, ComplaintKind } from "./complaint.ts";
import { spanOf, type Statement, type Token, type Word } from "./cst.ts";
import type { Problem } from "./keyword-checks.ts";
import { contextsOf, FORMER_KEYWORDS } from "./keyword-root.ts";
import { type KeywordTable, nearestKeyword, type Process } from "./keywords.ts";

/** A block that is open at the end of the file. */
export interface OpenBlock {
  readonly keyword: string;
  readonly header: Statement | undefined;
  readonly open: Token | undefined;
}

interface Entry {
  readonly complaint: Complaint;
  cause: Span | undefined;
}

// The nearest keyword is looked for this often; more unknown words than that are no misspellings.
const SUGGESTIONS_MAX = 400;
const SECRET_KEYWORDS = new Set(["auth_pass", "password", "key"]);
/** Where the daemon crashes on a quote that never closes (2.2.7 and 2.3.3; the code is the same up to 2.4.3). */
const CRASHING_KEYWORDS: ReadonlySet<string> = new Set(["script", "misc_path"]);

export class ComplaintBook {
  readonly #version: string;
  readonly #entries = new Map<string, Entry>();
  /** The entries of the process that is reading, in the order of the file. */
  #ofProcess: Entry[] = [];
  #suggestionsLeft = SUGGESTIONS_MAX;
  /** Why the daemon's blocks are not the text's now. */
  #cause: Span | undefined;
  /** The keyword on the line before that nobody knew. */
  #unknown: Span | undefined;
  /** The block at the top that was closed last, and by which brace. */
  #lastClosed: { readonly keyword: string; readonly table: KeywordTable; readonly token: Token } | undefined;
  /** That brace, if lines after it show that it closed the block too early. */
  #fallenOut: Span | undefined;
  /** The first line that belongs to a block further out than the one it stands in. */
  #suspicion: { readonly header: Statement; readonly keyword: string; readonly from: number } | undefined;
  #missingClose: { readonly block: OpenBlock; readonly sure: boolean } | undefined;
  readonly #overlong: Span[] = [];
  dependsOnVersion = false;

  constructor(version: string) {
    this.#version = version;
  }

  /** A process begins to read the file. */
  begin(_process: Process): void {
    this.#ofProcess = [];
    this.#cause = undefined;
    this.#unknown = undefined;
    this.#lastClosed = undefined;
    this.#fallenOut = undefined;
    this.#suspicion = undefined;
  }

  /** After each line: whether the daemon has as many blocks open as the text has braces. */
  settle(inStep: boolean, wasUnknown: boolean): void {
    if (inStep) this.#cause = undefined;
    if (!wasUnknown) this.#unknown = undefined;
  }

  overlong(span: Span): void {
    this.#overlong.push(span);
    this.#add(
      "line-too-long",
      { keyword: "", context: "", span },
      "the line is longer than 1023 bytes, where the daemon goes on as with a new line",
      { silent: true },
    );
  }

  /** The line has a quote that never closes; `open` is the word with which it opens. */
  quotes(statement: Statement, context: string, open: Word): void {
    const keyword = statement.keyword.closed ? statement.keyword.value : "";
    const fatal = CRASHING_KEYWORDS.has(keyword);
    this.#add(
      "unterminated-quote",
      { keyword, context, span: open.span },
      "a quotation mark opens here and never closes",
      { fatal },
    );
  }

  /** A line that no block of this kind knows. */
  unknown(statement: Statement, name: string, frame: UnknownPlace): void {
    const { context, table, within } = frame;
    const at = { keyword: name, context, span: statement.keyword.span };
    const former = FORMER_KEYWORDS.get(name);
    const here = table.get(name);
    if (here?.since !== undefined) {
      this.#add("unknown-keyword", at, `${name} is a keyword from keepalived ${here.since} on`);
    } else if (former === undefined) {
      const contexts = contextsOf(name, within);
      if (contexts.length > 0) this.#misplaced(at, contexts);
      else this.#nobodyKnows(at, table);
    } else {
      this.#add("unknown-keyword", at, `${name} was a keyword of older versions; now it is ${former}`, {
        suggestion: former,
      });
    }
    this.#unknown = this.#cause ?? this.#fallenOut ?? at.span;
  }

  #misplaced(at: Place, contexts: readonly string[]): void {
    const closed = this.#lastClosed;
    if (at.context === "" && closed?.table.has(at.keyword) === true && this.#cause === undefined)
      this.#fallOut(closed, at.keyword);
    const home = closestContext(contexts, at.context === "" ? (closed?.keyword ?? "") : at.context);
    const block = home === "" ? "the top of the file" : home.split("/").join(" > ");
    const where = at.context === "" ? "the top of the file" : at.context;
    this.#add("misplaced-keyword", at, `${at.keyword} belongs in ${block}, not in ${where}`, {
      suggestion: home,
    });
  }

  #nobodyKnows(at: Place, table: KeywordTable): void {
    this.#suggestionsLeft -= 1;
    const suggestion =
      this.#suggestionsLeft < 0 ? undefined : nearestKeyword(table, at.keyword, this.#version);
    const where = at.context === "" ? "at the top of the file" : `in ${at.context}`;
    const message = `${at.keyword} is no keyword ${where}`;
    this.#add("unknown-keyword", at, message, suggestion === undefined ? {} : { suggestion });
  }

  /** Lines after the brace show that it closed the block too early: it, or one before it, is one too many. */
  #fallOut(closed: { readonly keyword: string; readonly token: Token }, keyword: string): void {
    if (this.#fallenOut !== undefined) return;
    const message = `this brace closes ${closed.keyword}, and ${keyword} comes after it`;
    this.#add("extra-close", { keyword: "}", context: closed.keyword, span: closed.token.span }, message, {
      silent: true,
    });
    this.#fallenOut = closed.token.span;
  }

  /** The daemon has found a keyword at the top of the file. */
  resumed(): void {
    this.#fallenOut = undefined;
  }

  closed(keyword: string, table: KeywordTable, token: Token): void {
    this.#lastClosed = { keyword, table, token };
  }

  /** The line in the block begins with a keyword of a block further out: if a brace is missing, it is missing before this line. */
  suspect(header: Statement | undefined, keyword: string, line: Statement): void {
    if (this.#cause !== undefined || header === undefined) return;
    this.#suspicion ??= { header, keyword, from: spanOf(line).start };
  }

  unexpectedOpen(span: Span, context: string, silent = false): void {
    const cause = this.#cause ?? this.#unknown ?? this.#fallenOut;
    const where = context === "" ? "at the top of the file" : `in ${context}`;
    this.#add(
      "unexpected-open",
      { keyword: "{", context, span },
      `no block begins with this brace ${where}`,
      { cause, silent },
    );
    this.#cause = cause ?? span;
  }

  missingOpen(span: Span, keyword: string, header: Statement | undefined, silent: boolean): void {
    const message = `${keyword} is not followed by an opening brace`;
    this.#add(
      "missing-open",
      { keyword, context: keyword, span: header === undefined ? span : spanOf(header) },
      message,
      { silent, line: span },
    );
    this.#cause ??= header === undefined ? span : spanOf(header);
  }

  /** A block that another process reads has no brace after its header: what follows is no part of it for this one. */
  notBegun(header: Statement): void {
    this.#fallenOut ??= spanOf(header);
  }

  extraClose(span: Span): void {
    const cause = this.#cause ?? this.#fallenOut;
    this.#add("extra-close", { keyword: "}", context: "", span }, "this closing brace closes nothing", {
      cause,
    });
  }

  /** The end of the file comes with these blocks open. */
  missingClose(open: readonly OpenBlock[]): void {
    const suspicion = this.#suspicion;
    const innermost = open.at(-1);
    if (suspicion === undefined) {
      if (innermost !== undefined && this.#missingClose === undefined)
        this.#missingClose = { block: innermost, sure: false };
      return;
    }
    if (this.#missingClose?.sure !== true) {
      this.#missingClose = {
        block: { keyword: suspicion.keyword, header: suspicion.header, open: undefined },
        sure: true,
      };
    }
    const cause = spanOf(suspicion.header);
    for (const entry of this.#ofProcess) {
      if (entry.complaint.span.start >= suspicion.from) entry.cause ??= cause;
    }
  }

  problem(problem: Problem, statement: Statement, keyword: string, context: string): void {
    const { kind, message, value, used, fatal = false, silent = false, word } = problem;
    const details = {
      fatal,
      silent,
      cause: this.#cause,
      ...(value === undefined || SECRET_KEYWORDS.has(keyword) ? {} : { value }),
      ...(used === undefined ? {} : { used }),
    };
    this.#add(kind, { keyword, context, span: word?.span ?? spanOf(statement) }, message, details);
  }

  /** A keyword of which the first line counts. */
  second(statement: Statement, keyword: string, context: string, first: Word | undefined): void {
    const used = first === undefined || SECRET_KEYWORDS.has(keyword) ? {} : { used: first.value };
    const message = `${keyword} is in this block already, and the first one counts`;
    this.#add("repeated-keyword", { keyword, context, span: spanOf(statement) }, message, used);
  }

  /** A keyword of which the last line counts. */
  repeated(
    statement: Statement,
    keyword: string,
    context: string,
    before: Word | undefined,
    now: Word | undefined,
  ): void {
    const known = before !== undefined && now !== undefined && !SECRET_KEYWORDS.has(keyword);
    const texts = known ? { value: before.value, used: now.value } : {};
    const message = `${keyword} is in this block already, and the last one counts`;
    this.#add("repeated-keyword", { keyword, context, span: spanOf(statement) }, message, {
      silent: true,
      ...texts,
    });
  }

  /** A block that ends without a line it cannot do without. */
  incomplete(
    keyword: string,
    name: string,
    missing: string,
    token: Token | undefined,
    header: Statement | undefined,
  ): void {
    const span = token?.span ?? (header === undefined ? { start: 0, end: 0 } : spanOf(header));
    const what = name === keyword ? keyword : `${keyword} ${name}`;
    this.#add(
      "dropped",
      { keyword, context: keyword, span },
      `${what} has no line ${missing}, and is left out`,
      { value: name, cause: this.#cause },
    );
  }

  /** unicast_ttl in an instance without a peer. */
  unusedTtl(name: string, token: Token | undefined, header: Statement | undefined): void {
    const span = token?.span ?? (header === undefined ? { start: 0, end: 0 } : spanOf(header));
    const message = `unicast_ttl of ${name} has no effect without unicast_peer`;
    this.#add("overruled", { keyword: "unicast_ttl", context: "vrrp_instance", span }, message);
  }

  /** A block of values without a value. */
  empty(keyword: string, token: Token | undefined, header: Statement | undefined): void {
    const span = token?.span ?? (header === undefined ? { start: 0, end: 0 } : spanOf(header));
    this.#add("dropped", { keyword, context: keyword, span }, `${keyword} is empty`);
  }

  /** Everything, in the order of the file. */
  complaints(): Complaint[] {
    this.#addMissingClose();
    const entries = [...this.#entries.values()];
    const causes = new Map<number, Span>();
    for (const { complaint, cause } of entries)
      if (cause !== undefined) causes.set(complaint.span.start, cause);
    const all = entries.map(({ complaint, cause: own }) => {
      const cause = firstCause(own, causes);
      return cause === undefined || cause.start === complaint.span.start
        ? complaint
        : { ...complaint, cause };
    });
    return all.toSorted((left, right) => left.span.start - right.span.start);
  }

  #addMissingClose(): void {
    const missing = this.#missingClose;
    if (missing === undefined) return;
    const { keyword, header, open } = missing.block;
    const span = header === undefined ? (open?.span ?? { start: 0, end: 0 }) : spanOf(header);
    this.#add("missing-close", { keyword, context: keyword, span }, `${keyword} is never closed by a brace`);
    this.#missingClose = undefined;
  }

  #add(
    kind: ComplaintKind,
    place: Place,
    message: string,
    details: Details & { readonly line?: Span } = {},
  ): void {
    const { line, cause, ...rest } = details;
    const key = `${kind} ${(line ?? place.span).start} ${place.keyword}`;
    const broken = this.#overlong.find(
      (each) => each.start < place.span.start && place.span.start < each.end,
    );
    const why = broken ?? cause ?? (BRACE_KINDS.has(kind) ? (this.#cause ?? this.#fallenOut) : undefined);
    const before = this.#entries.get(key);
    if (before !== undefined) {
      // Another process, which passes over the block where it began, sees no cause.
      before.cause ??= why;
      this.#ofProcess.push(before);
      return;
    }
    const complaint: Complaint = { kind, ...place, message, fatal: false, silent: false, ...rest };
    const entry: Entry = { complaint, cause: why };
    this.#entries.set(key, entry);
    this.#ofProcess.push(entry);
  }
}

const CHAIN_MAX = 8;

/** The cause of the cause, as far as that goes. */
function firstCause(cause: Span | undefined, causes: ReadonlyMap<number, Span>): Span | undefined {
  let first = cause;
  for (let step = 0; step < CHAIN_MAX && first !== undefined; step += 1) {
    const before = causes.get(first.start);
    if (before === undefined || before.start === first.start) break;
    first = before;
  }
  return first;
}

/** Complaints that braces in the wrong place bring about. */
const BRACE_KINDS: ReadonlySet<ComplaintKind> = new Set(["unknown-keyword", "misplaced-keyword"]);

/** Where a word stands that nobody knows: the block, what that knows, and the block at the top around it. */
interface UnknownPlace {
  readonly context: string;
  readonly table: KeywordTable;
  readonly within: string;
}

interface Place {
  readonly keyword: string;
  readonly context: string;
  readonly span: Span;
}

type Details = Partial<Pick<Complaint, "value" | "used" | "fatal" | "silent" | "suggestion">> & {
  readonly cause?: Span | undefined;
};

/** Of the blocks that know a keyword the most likely one: where it stands, or in it; then the instance; then the first. */
function closestContext(contexts: readonly string[], context: string): string {
  return (
    contexts.find((each) => each !== "" && each.split("/").includes(context)) ??
    contexts.find((each) => each.startsWith("vrrp_instance")) ??
    contexts[0] ??
    ""
  );
}
