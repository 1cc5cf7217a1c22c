// What was observed of a case beside what was predicted of it.
// Rule: pure. Every notice of every instance on every node is compared, in order and in time; the only thing passed over is what stands so near to the
// case's end that one side alone could see it.

import { median, quantile, sortedAscending } from "../../../src/measure/index.ts";
import type { FidelityCase, Holding, Observation, Prediction, Transition } from "./case.ts";

/** A real transition may be this far from the predicted one, over and above the scheduling noise of its run. */
export const TIME_TOLERANCE_US = 60_000;

/** One side's story of one instance on one node. */
interface Lane {
  readonly label: string;
  readonly observed: readonly Step[];
  readonly predicted: readonly Step[];
}

interface Step {
  readonly what: string;
  readonly atUs: number;
}

export interface Difference {
  /** order: other states than predicted, or another order. time: the same, but one of them too early or too late. */
  readonly kind: "order" | "time";
  /** `node-1 one` or `node-1 one VIP`. */
  readonly lane: string;
  /** Both sides beside each other, a line each. */
  readonly text: string;
}

export interface Comparison {
  readonly differences: readonly Difference[];
  /** Observed minus predicted time of every transition of lanes whose order is the same. */
  readonly differencesUs: readonly number[];
}

/** Compares all lanes of a case. `toleranceUs`: {@link TIME_TOLERANCE_US} and the run's noise. */
export function compare(
  { nodes, instances, lengthUs }: Pick<FidelityCase, "nodes" | "instances" | "lengthUs">,
  observation: Pick<Observation, "transitions" | "holding">,
  prediction: Pick<Prediction, "transitions" | "holding">,
  toleranceUs: number,
): Comparison {
  const differences: Difference[] = [];
  const differencesUs: number[] = [];
  for (const { name: node } of nodes) {
    for (const { name: instance } of instances) {
      const of = { node, instance };
      const lanes = [
        laneOf(`${node} ${instance}`, of, observation.transitions, prediction.transitions),
        laneOf(`${node} ${instance} VIP`, of, observation.holding, prediction.holding),
      ];
      for (const lane of lanes) {
        const judged = judge(withoutEdge(lane, lengthUs, toleranceUs), toleranceUs);
        differencesUs.push(...judged.differencesUs);
        if (judged.difference !== undefined) differences.push(judged.difference);
      }
    }
  }
  return { differences, differencesUs };
}

function laneOf(
  label: string,
  of: { readonly node: string; readonly instance: string },
  observed: readonly (Transition | Holding)[],
  predicted: readonly (Transition | Holding)[],
): Lane {
  const steps = (list: readonly (Transition | Holding)[]): Step[] =>
    list
      .filter(({ node, instance }) => node === of.node && instance === of.instance)
      .map((one) => ({ what: "state" in one ? one.state : one.holds ? "holds" : "released", atUs: one.atUs }))
      .toSorted((left, right) => left.atUs - right.atUs);
  return { label, observed: steps(observed), predicted: steps(predicted) };
}

/** Both sides up to the case's end; a last step that one side alone has is left out where the end is too near for the other to have had it. */
function withoutEdge({ label, observed, predicted }: Lane, lengthUs: number, toleranceUs: number): Lane {
  const until = (steps: readonly Step[], endUs: number): Step[] => steps.filter(({ atUs }) => atUs <= endUs);
  const short = { observed: until(observed, lengthUs), predicted: until(predicted, lengthUs) };
  const fewer = Math.min(short.observed.length, short.predicted.length);
  const cut = (steps: readonly Step[]): Step[] =>
    steps.filter(({ atUs }, index) => index < fewer || atUs <= lengthUs - toleranceUs);
  return { label, observed: cut(short.observed), predicted: cut(short.predicted) };
}

function judge(
  lane: Lane,
  toleranceUs: number,
): { difference: Difference | undefined; differencesUs: number[] } {
  const { label, observed, predicted } = lane;
  const isSameOrder =
    observed.length === predicted.length &&
    observed.every(({ what }, index) => what === predicted[index]?.what);
  if (!isSameOrder)
    return {
      difference: { kind: "order", lane: label, text: sideBySide(lane, toleranceUs) },
      differencesUs: [],
    };
  const differencesUs = observed.map(({ atUs }, index) => atUs - (predicted[index]?.atUs ?? 0));
  const isInTime = differencesUs.every((each) => Math.abs(each) <= toleranceUs);
  return {
    difference: isInTime ? undefined : { kind: "time", lane: label, text: sideBySide(lane, toleranceUs) },
    differencesUs,
  };
}

/** The two stories line by line; what is the same step on both sides stands in one line. */
function sideBySide({ label, observed, predicted }: Lane, toleranceUs: number): string {
  const lines: string[] = [`${label.padEnd(24)} ${"real".padEnd(22)} simulated`];
  let real = 0;
  let simulated = 0;
  while (real < observed.length || simulated < predicted.length) {
    const left = observed[real];
    const right = predicted[simulated];
    const isPair =
      left !== undefined &&
      right !== undefined &&
      left.what === right.what &&
      (Math.abs(left.atUs - right.atUs) <= 10 * toleranceUs || isOnlyLate(observed, predicted));
    const takesLeft = left !== undefined && (isPair || right === undefined || left.atUs <= right.atUs);
    const takesRight = right !== undefined && (isPair || !takesLeft);
    const gapUs = isPair ? left.atUs - right.atUs : 0;
    const mark = !isPair ? "  <" : Math.abs(gapUs) > toleranceUs ? `  < ${milliseconds(gapUs)}` : "";
    lines.push(
      `${"".padEnd(24)} ${stepText(takesLeft ? left : undefined).padEnd(22)} ${stepText(takesRight ? right : undefined).padEnd(22)}${mark}`,
    );
    if (takesLeft) real += 1;
    if (takesRight) simulated += 1;
  }
  return lines.map((line) => line.trimEnd()).join("\n");
}

/** The order is the same, so each step's place tells what it belongs to. */
function isOnlyLate(observed: readonly Step[], predicted: readonly Step[]): boolean {
  return (
    observed.length === predicted.length &&
    observed.every(({ what }, index) => what === predicted[index]?.what)
  );
}

function stepText(step: Step | undefined): string {
  return step === undefined ? "-" : `${(step.atUs / 1_000_000).toFixed(3).padStart(7)} s ${step.what}`;
}

function milliseconds(us: number): string {
  return `${us > 0 ? "+" : ""}${(us / 1000).toFixed(1)} ms`;
}

export interface Distribution {
  readonly count: number;
  readonly medianUs: number;
  readonly p90Us: number;
  readonly p99Us: number;
  readonly largestUs: number;
  /** The share of differences within 15 ms. */
  readonly within15Ms: number;
}

/** How far apart times are, whichever way. */
export function distribution(differencesUs: readonly number[]): Distribution {
  const sizes = sortedAscending(differencesUs.map(Math.abs));
  return {
    count: sizes.length,
    medianUs: median(sizes) ?? 0,
    p90Us: quantile(sizes, 0.9) ?? 0,
    p99Us: quantile(sizes, 0.99) ?? 0,
    largestUs: sizes.at(-1) ?? 0,
    within15Ms: sizes.length === 0 ? 1 : sizes.filter((each) => each <= 15_000).length / sizes.length,
  };
}
