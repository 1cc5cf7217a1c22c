// The files of one configuration laid end to end, so that one offset says which file and where in it.
// Rule: a file stands in the row once, however often it is included; between two files there is one offset that belongs to the first.

import type { SourceText, Span } from "../diagnostics/index.ts";
import type { ConfigFiles } from "./configuration.ts";

/** Where a span is: the file, and the span inside that file. */
export interface LocatedSpan {
  readonly source: SourceText;
  readonly span: Span;
}

/** A row of files to which more can be added. The main file is its first, at 0. */
export interface GrowingFiles extends ConfigFiles {
  readonly parts: { readonly source: SourceText; readonly base: number }[];
}

/** The row that holds the main file alone. */
export function filesOf(main: SourceText): GrowingFiles {
  return { parts: [{ source: main, base: 0 }] };
}

/** Adds a file unless one of its name is there; gives the offset at which it begins. */
export function addFile(files: GrowingFiles, source: SourceText): number {
  const known = files.parts.find((part) => part.source.file === source.file);
  if (known !== undefined) return known.base;
  const last = files.parts.at(-1);
  const base = last === undefined ? 0 : last.base + last.source.text.length + 1;
  files.parts.push({ source, base });
  return base;
}

/** The file that a span is in, and the span inside it. A span that reaches over a file's end (a block that another file closes) is cut there. */
export function locate(files: ConfigFiles, span: Span): LocatedSpan {
  const part = files.parts.findLast((each) => each.base <= span.start) ?? files.parts[0];
  if (part === undefined) throw new RangeError("a configuration has a main file");
  const length = part.source.text.length;
  const start = Math.min(Math.max(0, span.start - part.base), length);
  return {
    source: part.source,
    span: { start, end: Math.min(Math.max(start, span.end - part.base), length) },
  };
}
