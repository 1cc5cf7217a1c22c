// `include` and its kinds: which files a line asks for, and what the daemon says where they are not there (keepalived-behaviour 6.1).
// Rule: following includes ends, whatever the files say.

import type { SourceText, Span } from "../diagnostics/index.ts";
import type { Complaint } from "./complaint.ts";

/**
 * The files that an include's pattern names, in the order in which glob(3) gives them; relative patterns are relative to the directory of
 * `fromFile`. Files that are executable, or no regular files, are not among them: the daemon skips them. `[]`: nothing matches.
 * `undefined`: not known, and the line stays as it is.
 */
export type ResolveInclude = (pattern: string, fromFile: string) => readonly SourceText[] | undefined;

// The daemon has no such bounds (it would read on until it has no more files to open); no configuration comes near them.
const FILES_MAX = 100;
const DEPTH_MAX = 20;

/** What must be there, or the daemon does not start: one letter for each, as in `include_check`. */
type Check = "read" | "match" | "wildcard_match" | "brace_match";

const CHECKS: readonly Check[] = ["read", "match", "wildcard_match", "brace_match"];

const CHECKS_OF_KIND: Readonly<Record<string, readonly Check[]>> = {
  "": [],
  r: ["read"],
  m: ["read", "match"],
  w: ["read", "match", "wildcard_match"],
  b: ["read", "brace_match"],
  a: CHECKS,
};

export interface IncludeLine {
  readonly keyword: string;
  /** The rest of the line, quotes and braces in it: the daemon takes it for the pattern as it stands. */
  readonly pattern: string;
}

const INCLUDE_LINE = /^(include[rmwba]?)[ \t\v\f\r]([\s\S]*)$/;

/** The include that a line is; undefined for any other line, and for an include without a pattern. */
export function includeLine(line: string): IncludeLine | undefined {
  const match = INCLUDE_LINE.exec(line.trimEnd());
  const keyword = match?.[1];
  const pattern = match?.[2]?.replace(/^[ \t]+/, "") ?? "";
  return keyword === undefined || pattern === "" ? undefined : { keyword, pattern };
}

/** A file being read and the ones that include it, the outermost first. */
export interface OpenFile {
  readonly source: SourceText;
  readonly includedFrom: readonly SourceText[];
}

/** What following includes needs to remember of one configuration. */
export interface Includes {
  readonly resolve: ResolveInclude | undefined;
  readonly complaints: Complaint[];
  checks: ReadonlySet<Check>;
  filesLeft: number;
  /** There was a line whose files are not known. */
  incomplete: boolean;
}

/** The state before the first line. */
export function noIncludes(resolve: ResolveInclude | undefined): Includes {
  return { resolve, complaints: [], checks: new Set(), filesLeft: FILES_MAX, incomplete: false };
}

/** `include_check` with its arguments: what is an error from here to the end of the file. Unknown words are passed over. */
export function setIncludeCheck(includes: Includes, words: readonly string[]): void {
  if (words.length === 0) includes.checks = new Set(CHECKS);
  for (const [index, word] of words.entries()) {
    const sign = /^[+-]/.exec(word)?.[0] ?? "";
    const check = CHECKS.find((each) => each === word.slice(sign.length));
    // Only the first word may set; the daemon says "Duplicate include_check" of a later one.
    if (sign === "" && index > 0) continue;
    const before = sign === "" ? [] : includes.checks;
    const without = [...before].filter((each) => each !== check);
    const added: Check[] = check === undefined || sign === "-" ? [] : sign === "" ? ["read", check] : [check];
    includes.checks = new Set([...without, ...added]);
  }
}

/** The files to read in the line's place; undefined where that is not known, and the line stays. What is missing is complained of. */
export function openInclude(
  includes: Includes,
  line: IncludeLine,
  from: OpenFile,
  span: Span,
): readonly SourceText[] | undefined {
  const found = includes.resolve?.(line.pattern, from.source.file);
  if (found === undefined) {
    includes.incomplete = true;
    complain(includes, line, span, NOT_FOLLOWED);
    return undefined;
  }
  if (found.length === 0) complain(includes, line, span, missing(includes, line));
  const open = [...from.includedFrom, from.source].map((each) => each.file);
  const files: SourceText[] = [];
  for (const file of found) {
    if (open.includes(file.file) || open.length > DEPTH_MAX || includes.filesLeft <= 0) {
      complain(includes, line, span, {
        what: open.includes(file.file)
          ? `is not followed: it includes ${file.file} from within itself`
          : `is not followed: it leads to more than ${FILES_MAX} files, or ${DEPTH_MAX} within each other`,
        fatal: false,
        silent: true,
      });
      break;
    }
    includes.filesLeft -= 1;
    files.push(file);
  }
  return files;
}

interface Outcome {
  readonly what: string;
  readonly fatal: boolean;
  readonly silent: boolean;
}

const NOT_FOLLOWED: Outcome = {
  what: "was not followed: what it includes is not known here",
  fatal: false,
  silent: true,
};

/** A pattern that matches nothing. Where the kind of include does not ask for it, the daemon goes on, and `-t` exits 0. */
function missing({ checks }: Includes, { keyword, pattern }: IncludeLine): Outcome {
  const asked: readonly Check[] = [...checks, ...(CHECKS_OF_KIND[keyword.slice("include".length)] ?? [])];
  const hasBrace = /(?<!\\)\{/.test(pattern);
  const hasWildcard = /(?<!\\)[*?[]/.test(pattern);
  const check: Check = hasBrace ? "brace_match" : hasWildcard ? "wildcard_match" : "match";
  const fatal = asked.includes(check);
  return {
    what: fatal ? "names no file that is there: keepalived does not start" : "names no file that is there",
    fatal,
    silent: !fatal,
  };
}

function complain(includes: Includes, { keyword, pattern }: IncludeLine, span: Span, outcome: Outcome): void {
  includes.complaints.push({
    kind: "include",
    keyword,
    context: "",
    value: pattern,
    span,
    message: `${keyword} ${pattern} ${outcome.what}.`,
    fatal: outcome.fatal,
    silent: outcome.silent,
  });
}
