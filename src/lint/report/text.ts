// The report for a person at a terminal: findings pair by pair with their frames, then how many there are, and how to go on.
// Rule: every finding is at least a line number here; what is said over and over is said in full a few times only.

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
  severitiesWorstFirst,
} from "./reported.ts";

/** Of one rule in one file: more than this many are folded ... */
const ALIKE_IN_FILE_MAX = 5;
/** ... down to this many. */
const ALIKE_SHOWN = 3;
/** Of one rule in the whole run: further ones come without frame and advice. */
const ALIKE_IN_FULL_MAX = 10;
const FILES_NAMED_MAX = 4;
const LINES_NAMED_MAX = 40;
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
  const alike = groupedBy(result.diagnostics, alikeKey);
  const shown = new Map<string, number>();
  const blocks: Block[] = [];
  for (const diagnostic of result.diagnostics) {
    const key = alikeKey(diagnostic);
    const all = alike.get(key) ?? [];
    const before = shown.get(key) ?? 0;
    const folded = all.length > ALIKE_IN_FILE_MAX;
    if (folded && before >= ALIKE_SHOWN) continue;
    shown.set(key, before + 1);
    const full = inFull.get(diagnostic.code) ?? 0;
    inFull.set(diagnostic.code, full + 1);
    const short = full >= ALIKE_IN_FULL_MAX;
    const lines = [(short ? renderDiagnosticHead : renderDiagnostic)(diagnostic, sourceOf, paint)];
    if (folded && before + 1 === ALIKE_SHOWN)
      lines.push(...foldLines(all.slice(ALIKE_SHOWN), sourceOf, paint));
    blocks.push({ text: lines.join("\n"), short });
  }
  return blocks;
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
  const numbers = rest.flatMap(({ file, span }) => {
    const source = file === undefined ? undefined : sourceOf(file);
    return source === undefined || span === undefined ? [] : [positionAt(source, span.start).line];
  });
  const named = [...new Set(numbers)];
  const hidden = named.length - LINES_NAMED_MAX;
  const lines = [
    ...named.slice(0, LINES_NAMED_MAX).map(String),
    ...(hidden > 0 ? [`${hidden} further lines`] : []),
  ];
  const where = lines.length === 0 ? "" : `: ${lines.length === 1 ? "line" : "lines"} ${sentenceList(lines)}`;
  const text = `and ${rest.length} more ${first?.code ?? ""} like this in ${printable(first?.file ?? "")}${where}`;
  return wrapped(text, PAGE_COLUMNS - 4).map((line) => paint("dim", `    ${line}`));
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
  const also =
    others.length === 0
      ? ""
      : others.length <= CODES_NAMED_MAX
        ? ` (also ${others.join(", ")})`
        : " (any code)";
  return [`hapair explain ${first} says why${also}`];
}

/** A few names, or how many there are. */
function filesNamed(files: readonly string[]): string {
  if (files.length > FILES_NAMED_MAX) return counted(files.length, "file");
  return files.map(printable).join(", ");
}

function silencedIn(report: LintReport): number {
  return report.results.reduce((sum, { suppressed }) => sum + suppressed.length, 0);
}
