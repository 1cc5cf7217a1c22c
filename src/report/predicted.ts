// What a simulation said would be measured, beside what was measured. Rule: information only; nothing here makes a drill fail.

import { median } from "../measure/index.ts";
import type { DrillRun } from "./report.ts";
import { holderText } from "./summary.ts";

/** What the simulator says of one phase, over many beginnings: where in its intervals a pair is at a fault nobody chooses. */
export interface Prediction {
  readonly outageMs: { readonly min: number; readonly median: number; readonly max: number };
  readonly beginnings: number;
  /** In so many of them clients were still not answered at the end of the watch. */
  readonly neverRecovered: number;
  /** The VIP goes from one node to another so often, in the median beginning. */
  readonly moves: number;
  /** One node alone has it at the end, and another one, or more than one, had it at the fault. */
  readonly moved: boolean;
  /** Who holds the VIP at the end: the most frequent first. */
  readonly holdersAfter: readonly {
    readonly nodes: readonly string[];
    readonly beginnings: number;
  }[];
}

/** One cell of the table scenario x configuration, the prediction beside the measurement. */
export interface PredictedRow {
  readonly scenario: string;
  readonly configuration: string;
  /** Over all nodes that held the VIP when a repeat began. */
  readonly predicted: Prediction;
  /** Median of the repeats. */
  readonly measuredMs: number;
  readonly asPredicted: boolean;
  /** What the measured median lies near to: the predicted median, another outage of the predicted range, or none. */
  readonly outageWithin: "median" | "range" | "neither";
  /** `as predicted`, how far it hangs on the moment of the fault, or `NOT as predicted: ...` with the figures. */
  readonly text: string;
}

/** A prediction is met by a measurement this near to it. */
export const PREDICTION_TOLERANCE_MS = 100;

/** A row for each scenario and configuration that has predictions. */
export function predictedRows(runs: readonly DrillRun[]): PredictedRow[] {
  const cells = new Map<string, DrillRun[]>();
  for (const run of runs) {
    if (run.predicted === undefined) continue;
    const key = `${run.configuration}\n${run.scenario}`;
    cells.set(key, [...(cells.get(key) ?? []), run]);
  }
  return [...cells.values()].map(rowOf);
}

function rowOf(runs: readonly DrillRun[]): PredictedRow {
  const [first] = runs as [DrillRun];
  const predicted = joined(runs.flatMap((run) => (run.predicted === undefined ? [] : [run.predicted])));
  const measuredMs = median(runs.map(({ outageMs }) => outageMs)) ?? 0;
  const outageWithin = nearness(runs, predicted, measuredMs);
  const wrong = [
    ...(outageWithin === "neither" ? [outageDifference(runs, predicted, measuredMs)] : []),
    ...holderDifferences(runs),
  ];
  const noisy = runs.some(({ noise }) => noise.verdict === "noisy") ? " (the measurement was noisy)" : "";
  return {
    scenario: first.scenario,
    configuration: first.configuration,
    predicted,
    measuredMs,
    asPredicted: wrong.length === 0,
    outageWithin,
    text: wrong.length > 0 ? `NOT as predicted: ${wrong.join("; ")}${noisy}` : agreement(outageWithin),
  };
}

function agreement(within: PredictedRow["outageWithin"]): string {
  return within === "median"
    ? "as predicted"
    : "as predicted (within the range: the moment of the fault within the intervals decides)";
}

/** Repeats may strike different holders, each with its own prediction. */
function joined(predictions: readonly Prediction[]): Prediction {
  const counts = new Map<string, { nodes: readonly string[]; beginnings: number }>();
  for (const { nodes, beginnings } of predictions.flatMap(({ holdersAfter }) => holdersAfter)) {
    const key = nodes.join("+");
    counts.set(key, { nodes, beginnings: beginnings + (counts.get(key)?.beginnings ?? 0) });
  }
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
  return {
    outageMs: {
      min: Math.min(...predictions.map(({ outageMs }) => outageMs.min)),
      median: median(predictions.map(({ outageMs }) => outageMs.median)) ?? 0,
      max: Math.max(...predictions.map(({ outageMs }) => outageMs.max)),
    },
    beginnings: sum(predictions.map(({ beginnings }) => beginnings)),
    neverRecovered: sum(predictions.map(({ neverRecovered }) => neverRecovered)),
    moves: median(predictions.map(({ moves }) => moves)) ?? 0,
    moved: predictions.every(({ moved }) => moved),
    holdersAfter: [...counts.values()].toSorted((left, right) => right.beginnings - left.beginnings),
  };
}

function nearness(
  runs: readonly DrillRun[],
  predicted: Prediction,
  measuredMs: number,
): PredictedRow["outageWithin"] {
  const { outageMs } = predicted;
  // How long the watch was, in the one and the other, says nothing.
  if (neverMeasured(runs)) {
    if (neverPredicted(predicted)) return "median";
    return predicted.neverRecovered > 0 ? "range" : "neither";
  }
  if (!neverPredicted(predicted) && Math.abs(measuredMs - outageMs.median) <= PREDICTION_TOLERANCE_MS)
    return "median";
  if (predicted.neverRecovered === predicted.beginnings) return "neither";
  const inRange =
    measuredMs >= outageMs.min - PREDICTION_TOLERANCE_MS &&
    measuredMs <= outageMs.max + PREDICTION_TOLERANCE_MS;
  return inRange ? "range" : "neither";
}

function neverMeasured(runs: readonly DrillRun[]): boolean {
  return runs.filter(({ neverRecovered }) => neverRecovered).length * 2 > runs.length;
}

function neverPredicted({ neverRecovered, beginnings }: Prediction): boolean {
  return neverRecovered * 2 > beginnings;
}

function outageDifference(runs: readonly DrillRun[], predicted: Prediction, measuredMs: number): string {
  const measured = neverMeasured(runs)
    ? "not answered again while it was watched"
    : `outage ${Math.round(measuredMs)} ms`;
  const text = outageRangeText(predicted);
  return `${measured}, predicted ${text === "never" ? "never answered again" : `${text} ms`}`;
}

function holderDifferences(runs: readonly DrillRun[]): string[] {
  const wrong = runs.filter((run) => !holderAsPredicted(run));
  const [first] = wrong;
  if (first === undefined) return [];
  const where = new Set(wrong.map((run) => `VIP on ${holderText(run)}, predicted ${holdersText(run)}`));
  const share = runs.length > 1 ? ` (${wrong.length} of ${runs.length} runs)` : "";
  return [`${[...where].join(", ")}${share}`];
}

function holderAsPredicted(run: DrillRun): boolean {
  // A node that could not be asked may hold it or not.
  if (run.predicted === undefined || holderText(run) === "?") return true;
  const held = run.holderAfter.toSorted().join("+");
  return run.predicted.holdersAfter.some(({ nodes }) => nodes.toSorted().join("+") === held);
}

function holdersText({ predicted }: DrillRun): string {
  return (predicted?.holdersAfter ?? []).map((one) => nodesText(one.nodes)).join(" or ");
}

/** As a table calls who holds the VIP: a name, `both`, the names of more, `none`. */
function nodesText(nodes: readonly string[]): string {
  if (nodes.length === 0) return "none";
  return nodes.length === 2 ? "both" : nodes.join("+");
}

/** Where the predicted VIP is in the end, with an arrow where it moves: "→ extlb-02", "extlb-01 or extlb-02", "both". */
export function predictedHolderText({ moved, holdersAfter }: Prediction): string {
  const where = holdersAfter.map(({ nodes }) => nodesText(nodes)).join(" or ");
  return `${moved ? "→ " : ""}${where}`;
}

/** The predicted outage in whole milliseconds: `609`, `2639-3606` where the moment of the fault decides, `never`. */
export function outageRangeText(prediction: Prediction): string {
  if (neverPredicted(prediction)) return "never";
  const { min, max } = prediction.outageMs;
  const [least, most] = [Math.round(min), Math.round(max)];
  return least === most ? String(least) : `${least}-${prediction.neverRecovered > 0 ? "never" : most}`;
}

/** The predicted median alone, for narrow tables: `~` before it where the moment of the fault decides. */
export function outageMedianText(prediction: Prediction): string {
  const range = outageRangeText(prediction);
  return range.includes("-") ? `~${Math.round(prediction.outageMs.median)}` : range;
}
