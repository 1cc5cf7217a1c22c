// Findings as text for a person: file:line:column, the lines with marks under the values, the consequence, the cure.

import { codeFrame, type FramePaint, gutterWidth, type Mark } from "./code-frame.ts";
import type { Diagnostic, RelatedPlace, Severity } from "./diagnostic.ts";
import { positionAt, type SourceText } from "./source-text.ts";
import { labelled, PAGE_COLUMNS, printable, wrapped } from "./wrapped-text.ts";

/** How words of a kind are shown; the command line passes colours, everything else the identity. */
export type Paint = (kind: Severity | "dim" | "strong", text: string) => string;

export const plainPaint: Paint = (_kind, text) => text;

/** The text a finding is in, or where the texts of all files are; undefined where a file could not be read. */
export type SourceLookup = SourceText | undefined | ((file: string) => SourceText | undefined);

// A finding with more places than this is one about the whole file.
const RELATED_SHOWN_MAX = 6;

/** One finding with its code frames, several lines, no newline at the end. */
export function renderDiagnostic(
  diagnostic: Diagnostic,
  sources: SourceLookup,
  paint: Paint = plainPaint,
): string {
  return [
    ...headLines(diagnostic, sources, paint),
    ...frameLines(diagnostic, sources, paint),
    ...adviceLines(diagnostic),
  ].join("\n");
}

/** Only where it is and what it says: what is left of a finding whose like was shown before. */
export function renderDiagnosticHead(
  diagnostic: Diagnostic,
  sources: SourceLookup,
  paint: Paint = plainPaint,
): string {
  return headLines(diagnostic, sources, paint).join("\n");
}

function headLines(diagnostic: Diagnostic, sources: SourceLookup, paint: Paint): string[] {
  const { severity, span } = diagnostic;
  const source = sourceOf(sources, diagnostic.file);
  const position = source !== undefined && span !== undefined ? positionAt(source, span.start) : undefined;
  const file = diagnostic.file ?? source?.file;
  const parts = [file === undefined ? undefined : printable(file), position?.line, position?.column];
  const place = parts.filter((part) => part !== undefined).join(":");
  const start = place === "" ? "" : `${place}: `;
  const code = ` ${diagnostic.code}: `;
  const indent = "    ";
  const [first = "", ...rest] = wrapped(
    printable(diagnostic.message),
    PAGE_COLUMNS - indent.length,
    start.length + severity.length + code.length - indent.length,
  );
  return [
    // One after another: a colour's end would end the one around it.
    (start === "" ? "" : paint("strong", start)) + paint(severity, severity) + paint("strong", code + first),
    ...rest.map((line) => paint("strong", indent + line)),
  ];
}

function frameLines(diagnostic: Diagnostic, sources: SourceLookup, paint: Paint): string[] {
  const { span, related = [] } = diagnostic;
  const source = sourceOf(sources, diagnostic.file);
  const marksByFile = new Map<string, Mark[]>();
  if (source !== undefined && span !== undefined)
    marksByFile.set(source.file, [{ source, span, primary: true }]);
  const unread: RelatedPlace[] = [];
  for (const place of related.slice(0, RELATED_SHOWN_MAX)) {
    const other = sourceOf(sources, place.file);
    if (other === undefined) unread.push(place);
    else {
      const mark = { source: other, span: place.span, label: place.message, primary: false };
      marksByFile.set(other.file, [...(marksByFile.get(other.file) ?? []), mark]);
    }
  }
  const gutter = gutterWidth([...marksByFile.values()].flat());
  const framePaint: FramePaint = {
    gutter: (text) => paint("dim", text),
    mark: (text, primary) => (primary ? paint(diagnostic.severity, text) : paint("dim", text)),
  };
  const lines: string[] = [];
  for (const [file, marks] of marksByFile) {
    const [first] = marks;
    if (first?.primary === false) {
      const { line, column } = positionAt(first.source, first.span.start);
      lines.push(paint("dim", `  --> ${printable(file)}:${line}:${column}`));
    }
    lines.push(...codeFrame(marks, gutter, framePaint));
  }
  for (const { file, message } of unread) lines.push(...labelled(`--> ${file}`, printable(message), 2));
  const hidden = related.length - RELATED_SHOWN_MAX;
  if (hidden > 0) lines.push(paint("dim", `  --> and ${hidden} more ${hidden === 1 ? "place" : "places"}`));
  return lines;
}

/** What happens in service, what to write, and what --fix would do, their texts under each other. */
export function adviceLines(diagnostic: Pick<Diagnostic, "consequence" | "advice" | "fix">): string[] {
  const { consequence, advice, fix } = diagnostic;
  const rows = (
    [
      ["in service", consequence],
      ["write", advice],
      ["--fix", fix?.title],
    ] as const
  ).flatMap(([label, text]) => (text === undefined ? [] : [{ label, text: printable(text) }]));
  const width = Math.max(0, ...rows.map(({ label }) => label.length));
  return rows.flatMap(({ label, text }) => labelled(label, text, 4, width));
}

/** A single text is the finding's own file, whatever that file is called; a place in another file is not in it. */
function sourceOf(sources: SourceLookup, file: string | undefined): SourceText | undefined {
  if (typeof sources === "function") return file === undefined ? undefined : sources(file);
  return file === undefined || sources === undefined || sources.file === file ? sources : undefined;
}
