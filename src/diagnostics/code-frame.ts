// Lines of a file with marks under what a finding is about, and words beside the marks.

import type { Span } from "./diagnostic.ts";
import { lineText, positionAt, type SourceText } from "./source-text.ts";
import { PAGE_COLUMNS, printable, wrapped } from "./wrapped-text.ts";

export interface Mark {
  readonly source: SourceText;
  readonly span: Span;
  /** Stands beside the mark. */
  readonly label?: string;
  /** What the finding is about; the others belong to it. */
  readonly primary: boolean;
}

/** How a frame's parts are shown: its gutter, and the row of a mark. */
export interface FramePaint {
  readonly gutter: (text: string) => string;
  readonly mark: (text: string, primary: boolean) => string;
}

// A label with less room than this goes under its mark.
const LABEL_COLUMNS_MIN = 30;
const COLUMNS_BEFORE_MARK = 40;

/** How many digits the line numbers of these marks have. */
export function gutterWidth(marks: readonly Mark[]): number {
  return Math.max(1, ...marks.map(({ source, span }) => String(positionAt(source, span.start).line).length));
}

/** The lines of one file's marks in the order of the file; dots where lines are left out. */
export function codeFrame(marks: readonly Mark[], gutter: number, paint: FramePaint): string[] {
  const lines: string[] = [];
  // Not toSorted: the agent runs on Node 18.
  const ordered = [...marks];
  ordered.sort((a, b) => a.span.start - b.span.start);
  let before: number | undefined;
  for (const mark of ordered) {
    const { line, column } = positionAt(mark.source, mark.span.start);
    if (line !== before) {
      if (before !== undefined && line > before + 1) lines.push(paint.gutter(`  ${".".repeat(gutter)}`));
      lines.push(paint.gutter(`  ${String(line).padStart(gutter)} | `) + shownLine(mark, line, gutter).text);
    }
    lines.push(...markRows(mark, line, column, gutter, paint));
    before = line;
  }
  return lines;
}

/** A line too long for the page is cut around the mark, so that a file of noise does not fill the terminal. */
function shownLine(mark: Mark, line: number, gutter: number): { text: string; from: number } {
  const whole = printable(lineText(mark.source, line));
  const room = PAGE_COLUMNS - gutter - 5;
  const { column } = positionAt(mark.source, mark.span.start);
  const end = column - 1 + Math.min(COLUMNS_BEFORE_MARK, mark.span.end - mark.span.start);
  const from = end < room ? 0 : column - COLUMNS_BEFORE_MARK;
  return { text: whole.slice(from, from + room), from };
}

function markRows(mark: Mark, line: number, column: number, gutter: number, paint: FramePaint): string[] {
  const { text, from } = shownLine(mark, line, gutter);
  const { start, end } = mark.span;
  const width = Math.max(1, Math.min(end - start, from + text.length - column + 1));
  const indent = " ".repeat(column - 1 - from);
  const sign = (mark.primary ? "^" : "-").repeat(width);
  const edge = paint.gutter(`  ${" ".repeat(gutter)} | `);
  const { label } = mark;
  if (label === undefined || label === "") return [edge + indent + paint.mark(sign, mark.primary)];
  const page = PAGE_COLUMNS - gutter - 5;
  const beside = page - indent.length - width - 1;
  if (beside >= LABEL_COLUMNS_MIN) {
    const [first = "", ...rest] = wrapped(printable(label), beside);
    const hanging = edge + indent + " ".repeat(width + 1);
    return [
      edge + indent + paint.mark(`${sign} ${first}`, mark.primary),
      ...rest.map((each) => hanging + paint.mark(each, mark.primary)),
    ];
  }
  const under = indent.slice(0, Math.max(0, page - LABEL_COLUMNS_MIN * 2));
  return [
    edge + indent + paint.mark(sign, mark.primary),
    ...wrapped(printable(label), page - under.length).map(
      (each) => edge + under + paint.mark(each, mark.primary),
    ),
  ];
}
