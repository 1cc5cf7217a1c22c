// Puts the changes that findings offer into the files' texts. Rule: a change is made whole or not at all, and nothing else is touched.

import type { Diagnostic, Edit, Fix } from "../diagnostics/index.ts";

export interface AppliedFixes {
  /** By file name: only the files that changed. */
  readonly texts: ReadonlyMap<string, string>;
  readonly applied: readonly Diagnostic[];
  /** Their change meets one that was made: lint the new texts and try again. */
  readonly skipped: readonly Diagnostic[];
}

/** Makes the changes of `diagnostics` in their order. Findings without a change are in neither list. `texts` are the whole files, nothing masked. */
export function applyFixes(
  diagnostics: readonly Diagnostic[],
  texts: ReadonlyMap<string, string>,
): AppliedFixes {
  const accepted = new Map<string, Edit[]>();
  const applied: Diagnostic[] = [];
  const skipped: Diagnostic[] = [];
  for (const diagnostic of diagnostics) {
    if (diagnostic.fix === undefined) continue;
    const edits = tidyEdits(diagnostic.fix, texts);
    const fits =
      edits !== undefined && edits.every((edit) => fitsBeside(edit, accepted.get(edit.file) ?? []));
    (fits ? applied : skipped).push(diagnostic);
    if (!fits) continue;
    for (const edit of edits) {
      const own = accepted.get(edit.file) ?? [];
      if (!own.some((other) => same(edit, other))) accepted.set(edit.file, [...own, edit]);
    }
  }
  const changed = new Map<string, string>();
  for (const [file, edits] of accepted) {
    const before = texts.get(file) ?? "";
    const after = edited(before, edits);
    if (after !== before) changed.set(file, after);
  }
  return { texts: changed, applied, skipped };
}

/** The edits as they are made; undefined where they cannot be: a file or place that is not there, or edits that meet each other. */
function tidyEdits(fix: Fix, texts: ReadonlyMap<string, string>): Edit[] | undefined {
  const edits: Edit[] = [];
  for (const edit of fix.edits) {
    const text = texts.get(edit.file);
    if (text === undefined || !isWithin(edit, text)) return undefined;
    const tidy = tidyEdit(edit, text);
    if (edits.some((other) => other.file === tidy.file && meets(other, tidy))) return undefined;
    edits.push(tidy);
  }
  return edits.length === 0 ? undefined : edits;
}

function isWithin({ span }: Edit, text: string): boolean {
  return 0 <= span.start && span.start <= span.end && span.end <= text.length;
}

/**
 * A removal takes along what would be left behind: the whole line where nothing else stands on it, the blanks before it at a line's end, the
 * blanks between it and a comment that stays.
 */
export function tidyEdit(edit: Edit, text: string): Edit {
  const { start, end } = edit.span;
  if (edit.replacement !== "" || start === end || text.charAt(end - 1) === "\n") return edit;
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const newline = text.indexOf("\n", end);
  const lineEnd = newline === -1 ? text.length : newline;
  const startsLine = text.slice(lineStart, start).trim() === "";
  const rest = text.slice(end, lineEnd);
  // In the file's last line there is no newline to take; the one before it belongs to the line above.
  if (startsLine && rest.trim() === "")
    return { ...edit, span: { start: lineStart, end: newline === -1 ? lineEnd : newline + 1 } };
  if (startsLine && /^\s+[#!]/.test(rest))
    return { ...edit, span: { start, end: end + rest.length - rest.trimStart().length } };
  if (!startsLine && rest.trim() === "")
    return { ...edit, span: { start: text.slice(lineStart, start).trimEnd().length + lineStart, end } };
  return edit;
}

function fitsBeside(edit: Edit, accepted: readonly Edit[]): boolean {
  return accepted.every((other) => same(edit, other) || !meets(edit, other));
}

/** Whether the order of two edits would matter. An insertion at the border of a replacement counts: which of them comes first is open. */
function meets(one: Edit, other: Edit): boolean {
  const empty = one.span.start === one.span.end || other.span.start === other.span.end;
  const gap = Math.max(one.span.start, other.span.start) - Math.min(one.span.end, other.span.end);
  return empty ? gap <= 0 : gap < 0;
}

function same(one: Edit, other: Edit): boolean {
  return (
    one.span.start === other.span.start &&
    one.span.end === other.span.end &&
    one.replacement === other.replacement
  );
}

// From the end to the beginning: what was changed moves nothing that is still to be.
function edited(text: string, edits: readonly Edit[]): string {
  let result = text;
  for (const { span, replacement } of edits.toSorted((a, b) => b.span.start - a.span.start)) {
    result = result.slice(0, span.start) + replacement + result.slice(span.end);
  }
  return result;
}
