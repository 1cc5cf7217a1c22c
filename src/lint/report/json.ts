// The report for programs. Rule: within one version of the shape, keys are added and never change their meaning.

import { printable, type SourceText, type Span } from "../../diagnostics/index.ts";
import type { Diagnostic, Severity } from "../../diagnostics/index.ts";
import {
  allDiagnostics,
  allSources,
  countsBySeverity,
  type LintReport,
  type Region,
  regionOf,
  rulesByCode,
} from "./reported.ts";
import type { DescribedRule } from "../rule.ts";
import { rulePagePath } from "./rule-page.ts";

/** Lines and columns count from 1, in UTF-16 units; the end is behind the last character. Absent where the text is not known. */
export interface JsonPlace extends Partial<Region> {
  /** As it was given to hapair. */
  readonly file?: string;
}

export interface JsonFinding extends JsonPlace {
  /** HP108: permanent. */
  readonly code: string;
  /** weight-under-nopreempt: for people. */
  readonly name?: string;
  readonly severity: Severity;
  /** What is wrong. */
  readonly message: string;
  /** What will happen in service. */
  readonly consequence?: string;
  /** What to write instead. */
  readonly advice?: string;
  /** Other places that belong to it, such as the peer's line. */
  readonly related: readonly (JsonPlace & { readonly message: string })[];
  /** What --fix would do: all of the edits, or none. An edit that ends where it begins inserts. */
  readonly fix?: {
    readonly title: string;
    readonly edits: readonly (JsonPlace & { readonly replacement: string })[];
  };
  /** The rule's page in hapair's documentation. */
  readonly docs?: string;
}

export interface JsonReport {
  readonly version: 1;
  /** Every file that was read, in order. */
  readonly files: readonly string[];
  /** The rules that were asked. */
  readonly rules: readonly string[];
  readonly counts: Readonly<Record<Severity, number>>;
  readonly findings: readonly JsonFinding[];
  /** Silenced by a comment in a file, with the reason given there. */
  readonly silenced: readonly (JsonFinding & { readonly reason: string })[];
}

/** The report as a value; print it with JSON.stringify. */
export function jsonReport(report: LintReport): JsonReport {
  const sources = allSources(report);
  const rules = rulesByCode(report.rules);
  const finding = (diagnostic: Diagnostic): JsonFinding => jsonFinding(diagnostic, rules, sources);
  return {
    version: 1,
    files: [...sources.keys()],
    rules: report.rules.map(({ code }) => code),
    counts: countsBySeverity(allDiagnostics(report)),
    findings: allDiagnostics(report).map(finding),
    silenced: report.results.flatMap(({ suppressed }) =>
      suppressed.map(({ diagnostic, reason }) => ({ ...finding(diagnostic), reason })),
    ),
  };
}

/** The document, ending with a newline. */
export function renderJson(report: LintReport): string {
  return `${JSON.stringify(jsonReport(report), undefined, 2)}\n`;
}

function jsonFinding(
  diagnostic: Diagnostic,
  rules: ReadonlyMap<string, DescribedRule>,
  sources: ReadonlyMap<string, SourceText>,
): JsonFinding {
  const { code, severity, message, file, span, consequence, advice, related = [], fix } = diagnostic;
  const rule = rules.get(code);
  return {
    code,
    ...(rule === undefined ? {} : { name: rule.name }),
    severity,
    ...placeOf(file, span, sources),
    message: printable(message),
    ...(consequence === undefined ? {} : { consequence: printable(consequence) }),
    ...(advice === undefined ? {} : { advice: printable(advice) }),
    related: related.map((place) => ({
      ...placeOf(place.file, place.span, sources),
      message: printable(place.message),
    })),
    ...(fix === undefined
      ? {}
      : {
          fix: {
            title: fix.title,
            edits: fix.edits.map((edit) => ({
              ...placeOf(edit.file, edit.span, sources),
              replacement: edit.replacement,
            })),
          },
        }),
    ...(rule === undefined ? {} : { docs: rulePagePath(code) }),
  };
}

function placeOf(
  file: string | undefined,
  span: Span | undefined,
  sources: ReadonlyMap<string, SourceText>,
): JsonPlace {
  if (file === undefined) return {};
  return { file, ...regionOf(sources.get(file), span) };
}
