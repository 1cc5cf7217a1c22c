// The report as JUnit XML, so that CI shows a drill like any test: a configuration is a suite, a run a test case, a broken promise a failure.
// Source of the format: the schema that Jenkins publishes (testsuites, testsuite, testcase, failure, error, system-out).

import { outageRangeText, predictedHolderText } from "./predicted.ts";
import { milliseconds } from "./promise.ts";
import type { DrillReport, DrillRun, RunFailure } from "./report.ts";
import { noiseOf, predictedRowOf, titleOf } from "./sentences.ts";
import { holderText } from "./summary.ts";

/** The whole document, with its XML declaration, ending with a newline. */
export function renderJunit(report: DrillReport): string {
  const suites = report.configurations.flatMap(({ name }) => suiteLines(report, name));
  const total = countsOf(report.runs, report.failures);
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<testsuites ${attributes({ name: `hapair drill of ${report.pair.name}`, ...total, time: seconds(report.durationMs) })}>`,
    ...suites,
    `</testsuites>`,
    "",
  ].join("\n");
}

function suiteLines(report: DrillReport, configuration: string): string[] {
  const runs = report.runs.filter((run) => run.configuration === configuration);
  const failures = report.failures.filter((failure) => failure.configuration === configuration);
  const time = seconds(runs.reduce((sum, run) => sum + watchedMs(run), 0));
  return [
    `  <testsuite ${attributes({ name: configuration, ...countsOf(runs, failures), time, timestamp: report.startedAt })}>`,
    ...runs.flatMap((run) => runLines(report, run)),
    ...failures.flatMap((failure) => failureLines(report, failure)),
    `  </testsuite>`,
  ];
}

function countsOf(runs: readonly DrillRun[], failures: readonly RunFailure[]): Record<string, number> {
  return {
    tests: runs.length + failures.length,
    failures: runs.filter(({ kept }) => kept === "no").length,
    errors: failures.length,
  };
}

function runLines(report: DrillReport, run: DrillRun): string[] {
  const broken = run.promises.filter(({ kept }) => kept === "no");
  return [
    `    <testcase ${caseAttributes(report, run, watchedMs(run))}>`,
    ...broken.map(
      ({ text, found }) =>
        `      <failure ${attributes({ type: "broken-promise", message: `${found}; promised: ${text}` })}/>`,
    ),
    `      <system-out>${escape(figures(report, run))}</system-out>`,
    `    </testcase>`,
  ];
}

function failureLines(report: DrillReport, failure: RunFailure): string[] {
  return [
    `    <testcase ${caseAttributes(report, failure, 0)}>`,
    `      <error ${attributes({ type: "not-run", message: failure.message })}/>`,
    `    </testcase>`,
  ];
}

function caseAttributes(report: DrillReport, run: DrillRun | RunFailure, timeMs: number): string {
  const repeat = run.repeat > 1 ? ` (run ${run.repeat})` : "";
  return attributes({
    classname: `${report.pair.name}.${run.configuration}`,
    name: `${titleOf(report, run.scenario)} [${run.scenario}]${repeat}`,
    time: seconds(timeMs),
  });
}

function figures(report: DrillReport, run: DrillRun): string {
  const lines = [
    run.neverRecovered
      ? `not answering again in ${milliseconds(run.capMs ?? run.outageMs)}`
      : `outage ${milliseconds(run.outageMs)}`,
    `lost ${run.lost} of ${run.requests}, slow ${run.slow}, reset ${run.reset}`,
    `VIP before: ${run.holderBefore.join("+") || "none"}; after: ${holderText(run)}`,
    `two holders ${milliseconds(run.twoHolderMs)}, no holder ${milliseconds(run.noHolderMs)}`,
    ...predictedLines(report, run),
    ...run.promises.map(({ text, kept }) => `promised: ${text}: ${kept === "yes" ? "kept" : "broken"}`),
    run.noise.verdict === "clean" ? "measurement clean" : `measurement noisy: ${noiseOf(run)}`,
    ...run.notes,
    ...(run.recordFile === undefined ? [] : [`record: ${run.recordFile}`]),
  ];
  return lines.join("\n");
}

/** What was predicted for this run, and what that came to over all repeats. */
function predictedLines(report: DrillReport, { predicted, scenario, configuration }: DrillRun): string[] {
  const row = predictedRowOf(report, scenario, configuration);
  if (predicted === undefined || row === undefined) return [];
  const outage = outageRangeText(predicted);
  return [
    `predicted: ${outage === "never" ? "no answer again" : `outage ${outage} ms`}, VIP ${predictedHolderText(predicted)}`,
    row.text,
  ];
}

function watchedMs({ fromUs, toUs }: DrillRun): number {
  return (toUs - fromUs) / 1000;
}

function seconds(valueMs: number): string {
  return (valueMs / 1000).toFixed(3);
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escape(String(value))}"`)
    .join(" ");
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Also drops what XML 1.0 does not allow even escaped (control characters other than tab, newline and return). */
function escape(text: string): string {
  // oxlint-disable-next-line no-control-regex -- the characters XML forbids are exactly these
  const allowed = text.replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, "");
  return allowed.replaceAll(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign);
}
