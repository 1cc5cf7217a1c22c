// diagnostics: findings with source positions, and how they read. Pure.
export {
  type Diagnostic,
  type Edit,
  type Fix,
  type RelatedPlace,
  severitiesWorstFirst,
  type Severity,
  type Span,
} from "./diagnostic.ts";
export {
  adviceLines,
  type Paint,
  plainPaint,
  renderDiagnostic,
  renderDiagnosticHead,
  type SourceLookup,
} from "./render-text.ts";
export { lineText, type Position, positionAt, type SourceText, sourceText } from "./source-text.ts";
export { labelled, PAGE_COLUMNS, printable, wrapped } from "./wrapped-text.ts";
