// What every kind of report is made from: the findings of one or more pairs, the rules they come from, and where things are in the files.

import type { Diagnostic, Severity, SourceText, Span } from "../../diagnostics/index.ts";
import { positionAt } from "../../diagnostics/index.ts";
import type { LintResult } from "../engine.ts";
import type { DescribedRule } from "../rule.ts";

/** The findings on files that were linted together. */
export type PairFindings = Pick<LintResult, "diagnostics" | "suppressed" | "sources">;

export interface LintReport {
  /** One for every pair, or single node. */
  readonly results: readonly PairFindings[];
  /** Those that were asked. */
  readonly rules: readonly DescribedRule[];
}

/** A stretch of a file in lines and columns, from 1; the end is behind the last character. */
export interface Region {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** Where `span` is; undefined without a text. */
export function regionOf(source: SourceText | undefined, span: Span | undefined): Region | undefined {
  if (source === undefined || span === undefined) return undefined;
  const { line, column } = positionAt(source, span.start);
  const end = positionAt(source, Math.max(span.start, span.end));
  return { line, column, endLine: end.line, endColumn: end.column };
}

/** Every file of every pair, in order, with its text as it may be shown. */
export function allSources(report: LintReport): Map<string, SourceText> {
  return new Map(report.results.flatMap(({ sources }) => [...sources]));
}

export function allDiagnostics(report: LintReport): Diagnostic[] {
  return report.results.flatMap(({ diagnostics }) => diagnostics);
}

/** How many findings there are of each severity, none left out. */
export function countsBySeverity(diagnostics: readonly Diagnostic[]): Record<Severity, number> {
  const counts: Record<Severity, number> = { error: 0, warning: 0, advice: 0 };
  for (const { severity } of diagnostics) counts[severity] += 1;
  return counts;
}

/** The rules by code. */
export function rulesByCode(rules: readonly DescribedRule[]): Map<string, DescribedRule> {
  return new Map(rules.map((rule) => [rule.code, rule]));
}

/** Message, consequence and advice as one text for readers that know no such parts. */
export function wholeMessage({ message, consequence, advice }: Diagnostic): string {
  return [
    message,
    ...(consequence === undefined ? [] : [`In service: ${consequence}`]),
    ...(advice === undefined ? [] : [`Write: ${advice}`]),
  ].join("\n");
}

/** The items by what `keyOf` says of them, in the order of each key's first item. */
export function groupedBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
