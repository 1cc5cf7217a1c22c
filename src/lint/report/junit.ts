// Findings as JUnit XML, for whatever shows tests: a file is a suite, a finding a test case; errors and warnings fail it, advice does not.
// Source of the format: the schema that Jenkins publishes (testsuites, testsuite, testcase, failure, skipped, system-out).

import type { Diagnostic, SourceText } from "../../diagnostics/index.ts";
import { allSources, groupedBy, type LintReport, regionOf, rulesByCode, wholeMessage } from "./reported.ts";

/** What stands where a finding is in no file. */
const NO_FILE = "pair";

interface Case {
  readonly diagnostic: Diagnostic;
  /** Why it is silenced, where it is. */
  readonly reason?: string;
}

/** The whole document, with its XML declaration, ending with a newline. A file without findings is a suite with one test that passed. */
export function renderJunit(report: LintReport): string {
  const sources = allSources(report);
  const names = new Map<string, string>(
    [...rulesByCode(report.rules)].map(([code, { name }]) => [code, name]),
  );
  const cases: Case[] = report.results.flatMap(({ diagnostics, suppressed }) => [
    ...diagnostics.map((diagnostic) => ({ diagnostic })),
    ...suppressed.map(({ diagnostic, reason }) => ({ diagnostic, reason })),
  ]);
  const found = groupedBy(cases, ({ diagnostic }) => diagnostic.file ?? NO_FILE);
  const byFile = new Map([...sources.keys(), ...found.keys()].map((file) => [file, found.get(file) ?? []]));
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<testsuites ${attributes({ name: "hapair lint", ...countsOf([...byFile.values()].map(orOne).flat()) })}>`,
    ...[...byFile].flatMap(([file, own]) => suiteLines(file, own, names, sources.get(file))),
    `</testsuites>`,
    "",
  ].join("\n");
}

function orOne(found: readonly Case[]): readonly (Case | undefined)[] {
  return found.length === 0 ? [undefined] : found;
}

function countsOf(cases: readonly (Case | undefined)[]): Record<string, number> {
  return {
    tests: cases.length,
    failures: cases.filter((each) => each !== undefined && fails(each)).length,
    errors: 0,
    skipped: cases.filter((each) => each?.reason !== undefined).length,
  };
}

function fails({ diagnostic, reason }: Case): boolean {
  return reason === undefined && diagnostic.severity !== "advice";
}

function suiteLines(
  file: string,
  found: readonly Case[],
  names: ReadonlyMap<string, string>,
  source: SourceText | undefined,
): string[] {
  const cases =
    found.length === 0
      ? [`    <testcase ${attributes({ classname: file, name: "nothing found" })}/>`]
      : found.flatMap((each) => caseLines(each, names, source));
  return [
    `  <testsuite ${attributes({ name: file, ...countsOf(orOne(found)) })}>`,
    ...cases,
    `  </testsuite>`,
  ];
}

function caseLines(each: Case, names: ReadonlyMap<string, string>, source: SourceText | undefined): string[] {
  const { diagnostic, reason } = each;
  const { code, file, span, severity, message } = diagnostic;
  const region = regionOf(source, span);
  const place = region === undefined ? "" : ` (line ${region.line}, column ${region.column})`;
  const name = [code, names.get(code)].filter((part) => part !== undefined).join(" ") + place;
  const text = escaped([placeText(file, region), wholeMessage(diagnostic)].join("\n"));
  const kind = attributes({ type: severity, message });
  const content =
    reason !== undefined
      ? `      <skipped ${attributes({ message: `silenced: ${reason}` })}/>`
      : fails(each)
        ? `      <failure ${kind}>${text}</failure>`
        : `      <system-out>${text}</system-out>`;
  return [`    <testcase ${attributes({ classname: file ?? NO_FILE, name })}>`, content, `    </testcase>`];
}

function placeText(file: string | undefined, region: { line: number; column: number } | undefined): string {
  return [file ?? NO_FILE, region?.line, region?.column].filter((part) => part !== undefined).join(":");
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escaped(String(value)).replaceAll("\n", "&#10;")}"`)
    .join(" ");
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Also drops what XML 1.0 does not allow even escaped: control characters other than tab and newline, halves of a character. */
function escaped(text: string): string {
  const allowed = text
    // oxlint-disable-next-line no-control-regex -- the characters XML forbids are exactly these
    .replaceAll(/[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/g, "")
    .replaceAll(/\p{Surrogate}/gu, "\ufffd");
  return allowed.replaceAll(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign);
}
