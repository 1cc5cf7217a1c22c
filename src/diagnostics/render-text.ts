// Findings as text for a person: file:line:column, the line with a mark under the value, the consequence, the cure.

import type { Diagnostic, Severity } from "./diagnostic.ts";
import { lineText, positionAt, type SourceText } from "./source-text.ts";

/** How words of a kind are shown; the command line passes colours, everything else the identity. */
export type Paint = (kind: Severity | "dim" | "strong", text: string) => string;

export const plainPaint: Paint = (_kind, text) => text;

// A line longer than this is cut around the mark, so that a file of noise does not fill the terminal.
const FRAME_COLUMNS_MAX = 100;

/** One finding with its code frame, several lines, no newline at the end. `source` is absent where the file could not be read. */
export function renderDiagnostic(
  diagnostic: Diagnostic,
  source: SourceText | undefined,
  paint: Paint = plainPaint,
): string {
  const { span } = diagnostic;
  const position = source !== undefined && span !== undefined ? positionAt(source, span.start) : undefined;
  const file = diagnostic.file ?? source?.file;
  const place = [file, position?.line, position?.column].filter((part) => part !== undefined).join(":");
  const head = `${place === "" ? "" : `${place}: `}${paint(diagnostic.severity, diagnostic.severity)} ${diagnostic.code}: ${diagnostic.message}`;
  const lines = [paint("strong", head)];
  if (source !== undefined && span !== undefined && position !== undefined) {
    lines.push(...codeFrame(source, span.start, span.end, paint));
  }
  if (diagnostic.consequence !== undefined) lines.push(`    in service: ${diagnostic.consequence}`);
  if (diagnostic.advice !== undefined) lines.push(`    write: ${diagnostic.advice}`);
  return lines.join("\n");
}

function codeFrame(source: SourceText, start: number, end: number, paint: Paint): string[] {
  const { line, column } = positionAt(source, start);
  // A tab would move the mark away from what it marks.
  const text = lineText(source, line).replaceAll("\t", " ");
  const from = column > FRAME_COLUMNS_MAX - 20 ? column - 40 : 0;
  const shown = text.slice(from, from + FRAME_COLUMNS_MAX);
  const width = Math.max(1, Math.min(end - start, from + shown.length - column + 1));
  const gutter = String(line);
  return [
    paint("dim", `  ${gutter} | `) + shown,
    paint("dim", `  ${" ".repeat(gutter.length)} | `) + " ".repeat(column - 1 - from) + "^".repeat(width),
  ];
}
