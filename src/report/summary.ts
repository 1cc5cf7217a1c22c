// One cell of the table scenario x configuration: what the repeats of one scenario came to.
// Rule: figures are medians over the repeats with their smallest and largest; a promise is kept only if every repeat kept it.

import { median } from "../measure/index.ts";
import type { Kept, PromiseVerdict } from "./promise.ts";
import type { DrillReport, DrillRun, RunFailure } from "./report.ts";

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface CellSummary {
  readonly scenario: string;
  readonly configuration: string;
  /** By repeat; empty when no run could be made. */
  readonly runs: readonly DrillRun[];
  readonly failures: readonly RunFailure[];
  readonly outageMs: Spread;
  readonly lost: Spread;
  readonly slow: Spread;
  readonly reset: Spread;
  readonly twoHolderMs: Spread;
  readonly noHolderMs: Spread;
  /** Repeats that never recovered. */
  readonly neverRecovered: number;
  /** A promise about the length of an outage was broken. */
  readonly outageBroken: boolean;
  readonly kept: Kept;
  readonly noisyRuns: number;
  /** Who held the VIP at the end: a name or another of holderText's words; where repeats differ in the name: `moved`, `stayed` or `differs`. */
  readonly holderAfter: string;
  /** The single holder at the end of every run is another one than at its fault. */
  readonly moved: boolean;
}

/** The cell; undefined when this scenario was not run with this configuration at all. */
export function summarise(
  report: DrillReport,
  scenario: string,
  configuration: string,
): CellSummary | undefined {
  const isHere = (entry: { readonly scenario: string; readonly configuration: string }): boolean =>
    entry.scenario === scenario && entry.configuration === configuration;
  const runs = report.runs.filter(isHere).toSorted((left, right) => left.repeat - right.repeat);
  const failures = report.failures.filter(isHere);
  if (runs.length === 0 && failures.length === 0) return undefined;
  const broken = runs.some(({ kept }) => kept === "no");
  const promised = runs.some(({ kept }) => kept !== "not-promised");
  return {
    scenario,
    configuration,
    runs,
    failures,
    outageMs: spread(runs.map(({ outageMs }) => outageMs)),
    lost: spread(runs.map(({ lost }) => lost)),
    slow: spread(runs.map(({ slow }) => slow)),
    reset: spread(runs.map(({ reset }) => reset)),
    twoHolderMs: spread(runs.map(({ twoHolderMs }) => twoHolderMs)),
    noHolderMs: spread(runs.map(({ noHolderMs }) => noHolderMs)),
    neverRecovered: runs.filter(({ neverRecovered }) => neverRecovered).length,
    outageBroken: runs.some(({ promises }) => promises.some(breaksOutage)),
    kept: broken ? "no" : promised ? "yes" : "not-promised",
    noisyRuns: runs.filter(({ noise }) => noise.verdict === "noisy").length,
    holderAfter: commonHolder(runs),
    moved: runs.length > 0 && runs.every((run) => run.holderAfter.length === 1 && !sameHolder(run)),
  };
}

/** The run nearest to the cell's median outage, to be shown for all of them. */
export function typicalRun(cell: CellSummary): DrillRun | undefined {
  const distance = (run: DrillRun): number => Math.abs(run.outageMs - cell.outageMs.median);
  return cell.runs.reduce<DrillRun | undefined>(
    (best, run) => (best === undefined || distance(run) < distance(best) ? run : best),
    undefined,
  );
}

/** Who held the VIP after a run: a name, `none`, `both` (of two nodes), the names, or `?` where a node could not be asked. */
export function holderText(run: Pick<DrillRun, "holderAfter" | "nodes" | "holderSegments">): string {
  const { holderAfter, nodes } = run;
  if (holderAfter.length === 0)
    return (run.holderSegments.at(-1)?.unknown ?? nodes).length === 0 ? "none" : "?";
  if (holderAfter.length === 2 && nodes.length === 2) return "both";
  return holderAfter.join("+");
}

// Each repeat strikes the holder of its moment, so the name that matters there is "the same node" or "the other one".
function commonHolder(runs: readonly DrillRun[]): string {
  const texts = new Set(runs.map(holderText));
  const [only] = texts;
  if (texts.size === 1 && only !== undefined) return only;
  const changes = new Set(
    runs.map((run) =>
      run.holderAfter.length !== 1 ? holderText(run) : sameHolder(run) ? "stayed" : "moved",
    ),
  );
  const [change] = changes;
  return changes.size === 1 && change !== undefined ? change : runs.length === 0 ? "" : "differs";
}

function sameHolder({ holderBefore, holderAfter }: DrillRun): boolean {
  return holderBefore.join("+") === holderAfter.join("+");
}

function spread(values: readonly number[]): Spread {
  if (values.length === 0) return { median: 0, min: 0, max: 0 };
  return { median: median(values) ?? 0, min: Math.min(...values), max: Math.max(...values) };
}

function breaksOutage({ kind, kept }: PromiseVerdict): boolean {
  return kept === "no" && (kind === "outage" || kind === "moves");
}
