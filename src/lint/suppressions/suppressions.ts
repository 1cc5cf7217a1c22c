// Comments that silence findings: `# hapair-ignore HP405: why`, on the line or on the one before it, and `# hapair-ignore-file` at the top.
// Rule: nothing is silenced without a code and a reason, and a comment that silences nothing is itself a finding.

import type { Diagnostic, SourceText, Span } from "../../diagnostics/index.ts";
import { positionAt } from "../../diagnostics/index.ts";
import { commentsAndCode, type FileLanguage, languageOf } from "./comments.ts";
import { malformedFinding, type MalformedKind, unusedFinding } from "./suppression-rules.ts";

/** One code of one comment. */
export interface Suppression {
  readonly code: string;
  readonly reason: string;
  readonly file: string;
  /** The whole comment, with its mark. */
  readonly comment: Span;
  /** The code in it. */
  readonly span: Span;
  /** The line it covers; "file" for all of them; undefined where no line with a setting follows. */
  readonly covers: number | "file" | undefined;
}

export interface ReadSuppressions {
  readonly suppressions: readonly Suppression[];
  /** What looks like such a comment and counts for nothing (HP991). */
  readonly findings: readonly Diagnostic[];
}

export interface SuppressedFinding {
  readonly diagnostic: Diagnostic;
  readonly reason: string;
  /** The comment that silenced it; the first of several. */
  readonly by: { readonly file: string; readonly span: Span };
}

export interface SuppressionOptions {
  /** Every code there is; absent: any HP and three digits. */
  readonly knownCodes?: ReadonlySet<string>;
  /** The codes by name, for who writes `hapair-ignore check-asks-process-only`. */
  readonly codesByName?: ReadonlyMap<string, string>;
  /** Whether the rule was asked about the file: a comment for one that was not is no finding. Absent: all were. */
  readonly wasAsked?: (code: string, file: string) => boolean;
  /** Where the file's name does not tell. */
  readonly languages?: ReadonlyMap<string, FileLanguage>;
}

export interface AppliedSuppressions {
  readonly kept: readonly Diagnostic[];
  readonly suppressed: readonly SuppressedFinding[];
  /** Comments that count for nothing (HP991) or silenced nothing (HP990). */
  readonly findings: readonly Diagnostic[];
}

const MARK = /^[#!]+[ \t]*hapair-ignore([\w-]*)(.*)$/s;
const CODE = /^HP\d{3}$/;
/** What the comments' own findings are; silencing them would make them pointless. */
const NEVER_SILENCED = new Set(["HP990", "HP991"]);

/** The suppressions in one file, in its order. Never fails, whatever the text is. */
export function readSuppressions(source: SourceText, options: SuppressionOptions = {}): ReadSuppressions {
  const suppressions: Suppression[] = [];
  const findings: Diagnostic[] = [];
  // Most files have none, and need not be taken apart.
  if (!source.text.includes("hapair-ignore")) return { suppressions, findings };
  const language = options.languages?.get(source.file) ?? languageOf(source.file);
  const { comments, codeLines } = commentsAndCode(source, language);
  for (const comment of comments) {
    const match = MARK.exec(source.text.slice(comment.start, comment.end));
    if (match === null) continue;
    const [whole, word = "", rest = ""] = match;
    const complain = (kind: MalformedKind, span: Span, value = ""): void => {
      findings.push(malformedFinding(kind, { file: source.file, span, value }));
    };
    const lines = { own: positionAt(source, comment.start).line, code: codeLines };
    if (word !== "" && word !== "-file") complain("unknown-word", comment);
    else if (word === "-file" && !isAboveCode(lines)) complain("file-not-at-top", comment);
    else {
      const place = { file: source.file, comment, start: comment.start + whole.length - rest.length };
      const covers: Suppression["covers"] =
        word === "-file" ? "file" : coveredLine(lines, source.lineStarts.length);
      suppressions.push(
        ...suppressionsIn(rest, place, options, complain).map((each) => ({ ...each, covers })),
      );
    }
  }
  return { suppressions, findings };
}

interface Lines {
  readonly own: number;
  readonly code: ReadonlySet<number>;
}

function isAboveCode({ own, code }: Lines): boolean {
  for (let line = 1; line <= own; line += 1) if (code.has(line)) return false;
  return true;
}

function coveredLine({ own, code }: Lines, lineCount: number): number | undefined {
  for (let line = own; line <= lineCount; line += 1) if (code.has(line)) return line;
  return undefined;
}

/** `HP405, HP103: reason`: one for each code that counts. */
function suppressionsIn(
  text: string,
  { file, comment, start }: { readonly file: string; readonly comment: Span; readonly start: number },
  options: SuppressionOptions,
  complain: (kind: MalformedKind, span: Span, value?: string) => void,
): Omit<Suppression, "covers">[] {
  const colon = text.indexOf(":");
  const codes = [...text.slice(0, colon === -1 ? text.length : colon).matchAll(/[^\s,]+/g)];
  const reason = colon === -1 ? "" : text.slice(colon + 1).trim();
  const [first] = codes;
  if (first === undefined) {
    complain("no-code", comment);
    return [];
  }
  if (!/[\p{L}\p{N}]/u.test(reason)) {
    complain("no-reason", comment, CODE.test(first[0].toUpperCase()) ? first[0].toUpperCase() : "");
    return [];
  }
  return codes.flatMap((match) => {
    const code = match[0].toUpperCase();
    const span = { start: start + match.index, end: start + match.index + match[0].length };
    if (NEVER_SILENCED.has(code)) complain("never-silenced", span, code);
    else if (!CODE.test(code)) complain("no-such-code", span, options.codesByName?.get(match[0]) ?? "");
    else if (options.knownCodes?.has(code) === false) complain("unknown-code", span, code);
    else return [{ code, reason, file, comment, span }];
    return [];
  });
}

/** Takes out what the files' comments silence: a finding of the code with any of its places, also in the peer's file, on a covered line. */
export function applySuppressions(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, SourceText>,
  options: SuppressionOptions = {},
): AppliedSuppressions {
  const read = [...sources.values()].map((source) => readSuppressions(source, options));
  const byCode = new Map<string, Suppression[]>();
  for (const suppression of read.flatMap(({ suppressions }) => suppressions)) {
    byCode.set(suppression.code, [...(byCode.get(suppression.code) ?? []), suppression]);
  }
  const used = new Set<Suppression>();
  const kept: Diagnostic[] = [];
  const suppressed: SuppressedFinding[] = [];
  for (const diagnostic of diagnostics) {
    const matching = (byCode.get(diagnostic.code) ?? []).filter((each) =>
      isCovered(each, diagnostic, sources),
    );
    for (const each of matching) used.add(each);
    const [first] = matching;
    if (first === undefined) kept.push(diagnostic);
    else {
      const by = { file: first.file, span: first.comment };
      suppressed.push({ diagnostic, reason: first.reason, by });
    }
  }
  const unused = [...byCode.values()]
    .flat()
    .filter((each) => !used.has(each) && options.wasAsked?.(each.code, each.file) !== false);
  const all = [...byCode.values()].flat();
  const findings = [
    ...read.flatMap((each) => each.findings),
    ...unused.map((each) => unusedFinding(each, editOf(each, all, unused, sources))),
  ];
  return { kept, suppressed, findings: inFileOrder(findings, [...sources.keys()]) };
}

function isCovered(
  suppression: Suppression,
  { file, span, related = [] }: Diagnostic,
  sources: ReadonlyMap<string, SourceText>,
): boolean {
  return [{ file, span }, ...related].some((place) => {
    if (place.file !== suppression.file) return false;
    if (suppression.covers === "file") return true;
    const source = sources.get(suppression.file);
    if (place.span === undefined || source === undefined) return false;
    return positionAt(source, place.span.start).line === suppression.covers;
  });
}

/** What to delete: the comment, or of a comment that is still good for something, the code with its comma. */
function editOf(
  suppression: Suppression,
  all: readonly Suppression[],
  unused: readonly Suppression[],
  sources: ReadonlyMap<string, SourceText>,
): Span {
  const { file, comment, span } = suppression;
  const isUsed = all.some(
    (each) => each.file === file && each.comment.start === comment.start && !unused.includes(each),
  );
  if (!isUsed) return comment;
  const text = sources.get(file)?.text ?? "";
  const behind = /^[\s,]*/.exec(text.slice(span.end, comment.end))?.[0].length ?? 0;
  if (behind > 0 && text.charAt(span.end + behind) !== ":")
    return { start: span.start, end: span.end + behind };
  const before = /[\s,]*$/.exec(text.slice(comment.start, span.start))?.[0].length ?? 0;
  return { start: span.start - before, end: span.end };
}

function inFileOrder(findings: readonly Diagnostic[], files: readonly string[]): Diagnostic[] {
  return findings.toSorted(
    (a, b) =>
      files.indexOf(a.file ?? "") - files.indexOf(b.file ?? "") ||
      (a.span?.start ?? 0) - (b.span?.start ?? 0) ||
      a.code.localeCompare(b.code),
  );
}
