// What a report says in sentences: broken promises, two holders, runs that could not be made, how good the measurement was.
// Rule: every sentence names the configuration and the scenario, and gives the figure and its limit.

import { counted } from "../base/index.ts";
import { PREDICTION_TOLERANCE_MS, type PredictedRow } from "./predicted.ts";
import { milliseconds, type PromiseVerdict } from "./promise.ts";
import type { DrillReport, DrillRun } from "./report.ts";
import { summarise } from "./summary.ts";

/** The title of a row. */
export function titleOf(report: DrillReport, scenario: string): string {
  return report.scenarios.find(({ name }) => name === scenario)?.title ?? scenario;
}

function placeOf(report: DrillReport, run: Pick<DrillRun, "scenario" | "configuration" | "repeat">): string {
  const repeat = report.runs.some((other) => other.repeat > 1) ? ` (run ${run.repeat})` : "";
  return `${run.configuration}, ${titleOf(report, run.scenario)}${repeat}`;
}

/** How many promises there were, over all runs. */
export function promiseCount(report: DrillReport): number {
  return report.runs.reduce((sum, run) => sum + run.promises.length, 0);
}

export function brokenCount(report: DrillReport): number {
  return report.runs.reduce((sum, run) => sum + run.promises.filter(isBroken).length, 0);
}

function isBroken({ kept }: PromiseVerdict): boolean {
  return kept === "no";
}

/** One sentence for each broken promise; repeats of one scenario together, with what the worst of them found. */
export function brokenSentences(report: DrillReport): string[] {
  const sentences: string[] = [];
  for (const scenario of report.scenarios) {
    for (const configuration of report.configurations) {
      const runs = summarise(report, scenario.name, configuration.name)?.runs ?? [];
      const texts = new Set(runs.flatMap((run) => run.promises.filter(isBroken).map(({ text }) => text)));
      for (const text of texts) {
        const broken = runs.filter((run) =>
          run.promises.some((promise) => promise.text === text && isBroken(promise)),
        );
        const worst = broken.toSorted((left, right) => right.outageMs - left.outageMs)[0];
        const found = worst?.promises.find((promise) => promise.text === text)?.found ?? "";
        const share = runs.length > 1 ? ` (the worst run; ${broken.length} of ${runs.length} broke it)` : "";
        sentences.push(`${configuration.name}, ${scenario.title}: ${found}${share}; promised: ${text}`);
      }
    }
  }
  return sentences;
}

// Notices from two nodes reach the observer over two paths; a shorter overlap may be the difference between those.
const OVERLAP_SEEN_MS = 10;

/** One sentence for each scenario in which two nodes held the VIP at once for 10 ms or longer. */
export function twoHolderSentences(report: DrillReport): string[] {
  return report.scenarios.flatMap((scenario) => {
    const parts = report.configurations.flatMap((configuration) => {
      const cell = summarise(report, scenario.name, configuration.name);
      const longest = Math.max(0, ...(cell?.runs ?? []).map(({ longestTwoHolderMs }) => longestTwoHolderMs));
      if (cell === undefined || longest < OVERLAP_SEEN_MS) return [];
      const toTheEnd = cell.runs.some(({ holderAfter }) => holderAfter.length > 1);
      return [`${configuration.name} ${milliseconds(longest)}${toTheEnd ? ", to the end" : ""}`];
    });
    return parts.length === 0 ? [] : [`${scenario.title}: ${parts.join("; ")}`];
  });
}

/** The prediction of one cell; undefined where there is none. */
export function predictedRowOf(
  report: DrillReport,
  scenario: string,
  configuration: string,
): PredictedRow | undefined {
  return report.predictions?.find((row) => row.scenario === scenario && row.configuration === configuration);
}

/** One sentence for each cell that is not as predicted. */
export function unpredictedSentences(report: DrillReport): string[] {
  return report.scenarios.flatMap(({ name, title }) =>
    report.configurations.flatMap((configuration) => {
      const row = predictedRowOf(report, name, configuration.name);
      return row === undefined || row.asPredicted ? [] : [`${configuration.name}, ${title}: ${row.text}`];
    }),
  );
}

/** How many cells are as predicted, and by what; undefined where nothing was predicted. */
export function predictionSentence(report: DrillReport): string | undefined {
  const rows = report.predictions ?? [];
  if (rows.length === 0) return undefined;
  const right = rows.filter(({ asPredicted }) => asPredicted);
  const inRange = right.filter(({ outageWithin }) => outageWithin === "range").length;
  const range =
    inRange === 0
      ? ""
      : `, ${inRange} of them within the predicted range, where the moment of the fault within the intervals decides`;
  return `As predicted by the simulator: ${right.length} of ${rows.length} (within ${PREDICTION_TOLERANCE_MS} ms of the median${range}).`;
}

export function failureSentences(report: DrillReport): string[] {
  return report.failures.map((failure) => `${placeOf(report, failure)}: ${failure.message}`);
}

/** How good the measurement was, over all runs. */
export function measurementSentence(report: DrillReport): string {
  if (report.runs.length === 0) return "No run was made.";
  const clean = report.runs.filter(({ noise }) => noise.verdict === "clean").length;
  const worst = (figure: "latenessP99Us" | "latenessMaxUs" | "baselineLatencyP99Us"): string =>
    `${(Math.max(...report.runs.map(({ noise }) => noise[figure])) / 1000).toFixed(1)} ms`;
  const missed = report.runs.reduce((sum, { noise }) => sum + noise.missedSlots, 0);
  return [
    `Measurement: ${clean} of ${counted(report.runs.length, "run")} clean; requests started late by at most ${worst("latenessP99Us")}`,
    ` (99 % in the worst run; largest ${worst("latenessMaxUs")}), answers before the fault within ${worst("baselineLatencyP99Us")} (99 %),`,
    ` ${counted(missed, "slot", "slots")} not started.`,
  ].join("");
}

/** One sentence for each noisy run: over which limits, by what. */
export function noiseSentences(report: DrillReport): string[] {
  return report.runs
    .filter(({ noise }) => noise.verdict === "noisy")
    .map((run) => `${placeOf(report, run)}: ${noiseOf(run)}`);
}

/** What makes a run noisy: "start lateness, largest 55.0 ms (limit 40 ms)"; empty when it is clean. */
export function noiseOf({ noise }: Pick<DrillRun, "noise">): string {
  return noise.exceeded
    .map(({ name, measured, limit, unit }) =>
      unit === "us"
        ? `${name} ${(measured / 1000).toFixed(1)} ms (limit ${limit / 1000} ms)`
        : `${name} ${measured} (limit ${limit})`,
    )
    .join("; ");
}
