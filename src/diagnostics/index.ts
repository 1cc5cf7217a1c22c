// diagnostics: findings with source positions, and how they read. Pure.
export type { Diagnostic, Severity, Span } from "./diagnostic.ts";
export { type Paint, plainPaint, renderDiagnostic } from "./render-text.ts";
export { lineText, type Position, positionAt, type SourceText, sourceText } from "./source-text.ts";
