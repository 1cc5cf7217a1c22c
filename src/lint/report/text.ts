// The report for a person at a terminal: findings pair by pair with their frames, then how many there are, and how to go on.
// Rule: every finding is at least counted here with its file; what is said over and over is said in full a few times only.

import { counted, sentenceList } from "../../base/index.ts";
import {
  type Diagnostic,
  PAGE_COLUMNS,
  type Paint,
  plainPaint,
  positionAt,
  printable,
  renderDiagnostic,
  renderDiagnosticHead,
  severitiesWorstFirst,
  type SourceText,
  wrapped,
} from "../../diagnostics/index.ts";
import {
  allDiagnostics,
  allSources,
  countsBySeverity,
  groupedBy,
  type LintReport,
  type PairFindings,
} from "./reported.ts";

/** Of one rule in one file: more than this many are folded ... */
const ALIKE_IN_FILE_MAX = 5;
/** ... down to this many. */
const ALIKE_SHOWN = 3;
/** Of one rule in the whole run: further errors come without frame and advice, others as one line for each file. */
const ALIKE_IN_FULL_MAX = 10;
const FILES_NAMED_MAX = 4;
const LINES_NAMED_MAX = 20;
const CODES_NAMED_MAX = 4;

/** The whole report, ending with a newline. */
export function renderText(report: LintReport, paint: Paint = plainPaint): string {
  const diagnostics = allDiagnostics(report);
  if (diagnostics.length === 0) return `${nothingFound(report)}\n`;
  const inFull = new Map<string, number>();
  const blocks: Block[] = [];
  for (const result of report.results) {
    if (result.diagnostics.length === 0) continue;
    // A single file's findings name it; of a pair the heading says which files were compared.
    if (report.results.length > 1 && result.sources.size > 1)
      blocks.push({ text: paint("strong", headingOf(result)), short: false });
    blocks.push(...findingBlocks(result, inFull, paint));
  }
  if (report.results.length > 1) blocks.push({ text: ruleTable(report, paint).join("\n"), short: false });
  blocks.push({ text: summary(report, paint).join("\n"), short: false });
  return `${blocks.map(({ text, short }, index) => separator(blocks[index - 1], short) + text).join("")}\n`;
}

interface Block {
  readonly text: string;
  /** A finding without frame and advice: such ones follow each other without a gap. */
  readonly short: boolean;
}

function separator(before: Block | undefined, short: boolean): string {
  if (before === undefined) return "";
  return before.short && short ? "\n" : "\n\n";
}

function findingBlocks(result: PairFindings, inFull: Map<string, number>, paint: Paint): Block[] {
  const sourceOf = (file: string): SourceText | undefined => result.sources.get(file);
  const blocks: (Block & { readonly diagnostic: Diagnostic })[] = [];
  const brief: Diagnostic[][] = [];
  for (const alike of groupedBy(result.diagnostics, alikeKey).values()) {
    const [first] = alike;
    if (first === undefined) continue;
    const full = inFull.get(first.code) ?? 0;
    const short = full >= ALIKE_IN_FULL_MAX;
    // What an error says of its file is never left out.
    if (short && first.severity !== "error") {
      brief.push(alike);
      continue;
    }
    const shown = alike.length > ALIKE_IN_FILE_MAX ? alike.slice(0, ALIKE_SHOWN) : alike;
    inFull.set(first.code, full + shown.length);
    for (const diagnostic of shown) {
      const lines = [(short ? renderDiagnosticHead : renderDiagnostic)(diagnostic, sourceOf, paint)];
      if (diagnostic === shown.at(-1)) lines.push(...foldLines(alike.slice(shown.length), sourceOf, paint));
      blocks.push({ text: lines.join("\n"), short, diagnostic });
    }
  }
  const place = new Map(result.diagnostics.map((diagnostic, index) => [diagnostic, index]));
  return [
    ...blocks.toSorted((a, b) => (place.get(a.diagnostic) ?? 0) - (place.get(b.diagnostic) ?? 0)),
    ...briefBlocks(brief, sourceOf),
  ];
}

// The severity belongs to it: an error is never folded away behind a warning.
function alikeKey({ code, severity, file }: Diagnostic): string {
  return `${code} ${severity} ${file ?? ""}`;
}

function foldLines(
  rest: readonly Diagnostic[],
  sourceOf: (file: string) => SourceText | undefined,
  paint: Paint,
): string[] {
  const [first] = rest;
  if (first === undefined) return [];
  const where = linesNamed(rest, sourceOf);
  const text = `and ${rest.length} more ${first.code} like this in ${printable(first.file ?? "")}${where === "" ? "" : `: ${where}`}`;
  return wrapped(text, PAGE_COLUMNS - 4).map((line) => paint("dim", `    ${line}`));
}

/** A paragraph for each file: what was said in full of other files, with the lines. */
function briefBlocks(
  groups: readonly (readonly Diagnostic[])[],
  sourceOf: (file: string) => SourceText | undefined,
): Block[] {
  return [...groupedBy(groups, ([first]) => first?.file ?? "")].map(([file, own]) => {
    const parts = own.map((alike) => {
      const { severity = "", code = "" } = alike[0] ?? {};
      return [`${severity} ${code}`, linesNamed(alike, sourceOf)].filter((part) => part !== "").join(" in ");
    });
    const lines = wrapped(`${printable(file)}: ${parts.join("; ")}`, PAGE_COLUMNS - 4);
    return { text: lines.map((line, index) => (index === 0 ? line : `    ${line}`)).join("\n"), short: true };
  });
}

/** `line 5`, `lines 5, 9 and 12`; empty where no line is known. */
function linesNamed(
  diagnostics: readonly Diagnostic[],
  sourceOf: (file: string) => SourceText | undefined,
): string {
  const numbers = diagnostics.flatMap(({ file, span }) => {
    const source = file === undefined ? undefined : sourceOf(file);
    return source === undefined || span === undefined ? [] : [positionAt(source, span.start).line];
  });
  const named = [...new Set(numbers)];
  if (named.length === 0) return "";
  const hidden = named.length - LINES_NAMED_MAX;
  const lines = [
    ...named.slice(0, LINES_NAMED_MAX).map(String),
    ...(hidden > 0 ? [counted(hidden, "further line")] : []),
  ];
  return `${lines.length === 1 ? "line" : "lines"} ${sentenceList(lines)}`;
}

function headingOf(result: PairFindings): string {
  const title = filesNamed([...result.sources.keys()]);
  return `== ${title} ${"=".repeat(Math.max(2, PAGE_COLUMNS - title.length - 4))}`;
}

function nothingFound(report: LintReport): string {
  const silenced = silencedIn(report);
  const note = silenced === 0 ? "" : `, ${counted(silenced, "finding")} silenced`;
  return `${filesNamed([...allSources(report).keys()])}: nothing found (${counted(report.rules.length, "rule")}${note})`;
}

/** The findings of many pairs, rule by rule: worst first, then most frequent. */
function ruleTable(report: LintReport, paint: Paint): string[] {
  const names = new Map<string, string>(report.rules.map(({ code, name }) => [code, name]));
  const groups = [
    ...groupedBy(allDiagnostics(report), ({ severity, code }) => `${severity} ${code}`).values(),
  ];
  const rows = groups.flatMap((found) => {
    const [first] = found;
    if (first === undefined) return [];
    const { severity, code } = first;
    const files = new Set(found.map(({ file }) => file)).size;
    const name = names.get(code) ?? "";
    return [{ severity, code, count: found.length, rest: `${name}, in ${counted(files, "file")}` }];
  });
  const order = rows.toSorted(
    (a, b) =>
      severitiesWorstFirst.indexOf(a.severity) - severitiesWorstFirst.indexOf(b.severity) ||
      b.count - a.count ||
      a.code.localeCompare(b.code),
  );
  const countWidth = Math.max(...rows.map(({ count }) => String(count).length));
  return order.map(({ severity, code, count, rest }) => {
    const padded = " ".repeat("warning".length - severity.length);
    return `  ${String(count).padStart(countWidth)} ${paint(severity, severity)}${padded} ${code} ${rest}`;
  });
}

function summary(report: LintReport, paint: Paint): string[] {
  const diagnostics = allDiagnostics(report);
  const counts = countsBySeverity(diagnostics);
  const files = [...allSources(report).keys()];
  const silenced = silencedIn(report);
  const total = severitiesWorstFirst
    .filter((severity) => counts[severity] > 0)
    .map((severity) =>
      paint(severity, counted(counts[severity], severity, severity === "advice" ? "advice" : `${severity}s`)),
    )
    .join(", ");
  const clean = report.results.filter((result) => result.diagnostics.length === 0).length;
  const notes = [
    ...(clean > 0 ? [`nothing found in ${clean} of ${report.results.length} pairs or single nodes`] : []),
    ...(silenced > 0 ? [`${silenced} silenced`] : []),
  ];
  const mendable = diagnostics.filter(({ fix }) => fix !== undefined).length;
  const ways = [
    ...(mendable > 0 ? [`hapair lint --fix mends ${mendable} of them`] : []),
    ...explainHint(report, diagnostics),
  ];
  return [
    `${total} in ${filesNamed(files)}${notes.length === 0 ? "" : ` (${notes.join(", ")})`}`,
    ...ways.map((line) => paint("dim", line)),
  ];
}

function explainHint(report: LintReport, diagnostics: readonly Diagnostic[]): string[] {
  const known = new Set<string>(report.rules.map(({ code }) => code));
  const found = new Set(
    severitiesWorstFirst.flatMap((severity) =>
      diagnostics
        .filter((each) => each.severity === severity && known.has(each.code))
        .map(({ code }) => code),
    ),
  );
  const [first, ...others] = [...found];
  if (first === undefined) return [];
  if (others.length > CODES_NAMED_MAX) return ["hapair explain CODE says why"];
  return [`hapair explain ${first} says why${others.length === 0 ? "" : ` (also ${others.join(", ")})`}`];
}

/** A few names, or how many there are. */
function filesNamed(files: readonly string[]): string {
  if (files.length > FILES_NAMED_MAX) return counted(files.length, "file");
  return files.map(printable).join(", ");
}

function silencedIn(report: LintReport): number {
  return report.results.reduce((sum, { suppressed }) => sum + suppressed.length, 0);
}
