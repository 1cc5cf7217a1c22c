// Judges one run by what was promised for it.
// Rule: every run is judged by its own figures; a median never hides a run that broke its promise.

import { unreachable } from "../base/index.ts";
import { type RunMeasurement } from "../measure/index.ts";

/** What a run is judged by, in plain figures. */
export type RunPromise =
  | { readonly kind: "outage"; readonly limitMs: number }
  /** The VIP stays where it is and no request is lost. */
  | { readonly kind: "stays" }
  /** Two nodes hold the VIP for no longer than this at a stretch. */
  | { readonly kind: "one-holder"; readonly longestMs: number }
  /** The trouble is named within this time of asking; `namedAfterMs` absent: it was not. */
  | { readonly kind: "named"; readonly withinMs: number; readonly namedAfterMs?: number }
  /** The VIP stays where it is; requests may fail. */
  | { readonly kind: "holder-stays" }
  /** The VIP moves to another node once and stays there, with at most this outage. */
  | { readonly kind: "moves"; readonly limitMs: number }
  /** No request is lost, none takes longer than the slowest before and `slowerByMs`. moves: the VIP moves once; rests: one node has it in the end. */
  | { readonly kind: "unnoticed"; readonly holder: "moves" | "rests"; readonly slowerByMs: number };

export type Kept = "yes" | "no" | "not-promised";

export interface PromiseVerdict {
  readonly kind: RunPromise["kind"];
  /** What was promised: "outage at most 650 ms". */
  readonly text: string;
  readonly limitMs?: number;
  readonly kept: "yes" | "no";
  /** What was found, in the promise's own terms: "outage 3612 ms". */
  readonly found: string;
}

/** One promise held against one run. */
export function judgePromise(promise: RunPromise, measurement: RunMeasurement): PromiseVerdict {
  const { kind } = promise;
  switch (kind) {
    case "outage":
      return {
        kind,
        text: `outage at most ${milliseconds(promise.limitMs)}`,
        limitMs: promise.limitMs,
        kept: yesNo(keepsOutage(measurement, promise.limitMs)),
        found: outageFound(measurement),
      };
    case "stays":
      return {
        kind,
        text: "the VIP stays, no request is lost",
        kept: yesNo(
          stayed(measurement) && measurement.outage.lost === 0 && !measurement.outage.neverRecovered,
        ),
        found: `${moveFound(measurement)}, ${lostFound(measurement)}`,
      };
    case "holder-stays":
      return { kind, text: "the VIP stays", kept: yesNo(stayed(measurement)), found: moveFound(measurement) };
    case "one-holder": {
      const longestMs = measurement.holder.longestTwoHolderUs / 1000;
      return {
        kind,
        text: `two holders for at most ${milliseconds(promise.longestMs)}`,
        limitMs: promise.longestMs,
        kept: yesNo(longestMs <= promise.longestMs),
        found: longestMs === 0 ? "never two holders" : `two holders for ${milliseconds(longestMs)}`,
      };
    }
    case "named":
      return {
        kind,
        text: `named within ${milliseconds(promise.withinMs)} of asking`,
        limitMs: promise.withinMs,
        kept: yesNo(promise.namedAfterMs !== undefined && promise.namedAfterMs <= promise.withinMs),
        found:
          promise.namedAfterMs === undefined
            ? "not named"
            : `named after ${milliseconds(promise.namedAfterMs)}`,
      };
    case "moves":
      return {
        kind,
        text: `the VIP moves and stays there, outage at most ${milliseconds(promise.limitMs)}`,
        limitMs: promise.limitMs,
        kept: yesNo(movedOnce(measurement) && keepsOutage(measurement, promise.limitMs)),
        found: `${moveFound(measurement)}, ${outageFound(measurement)}`,
      };
    case "unnoticed":
      return {
        kind,
        text: `${promise.holder === "moves" ? "the VIP moves and stays there" : "one node has the VIP in the end"}, no request is lost, none slower than the slowest before and ${milliseconds(promise.slowerByMs)}`,
        kept: yesNo(
          (promise.holder === "moves" ? movedOnce(measurement) : measurement.holderAfter.length === 1) &&
            measurement.outage.lost === 0 &&
            !begunUnanswered(measurement) &&
            !measurement.outage.neverRecovered &&
            slowerByMs(measurement) <= promise.slowerByMs,
        ),
        found: begunUnanswered(measurement)
          ? outageFound(measurement)
          : `${moveFound(measurement)}, ${lostFound(measurement)}, ${slowestFound(measurement)}`,
      };
    default:
      return unreachable(kind);
  }
}

/** All of a run's promises as one word: a single broken one is "no"; none at all is "not-promised". */
export function keptOf(verdicts: readonly PromiseVerdict[]): Kept {
  if (verdicts.length === 0) return "not-promised";
  return verdicts.every(({ kept }) => kept === "yes") ? "yes" : "no";
}

/** `3614 ms`; tenths below a second, so that 650.4 is not shown as the 650 it was to stay under. */
export function milliseconds(value: number): string {
  return `${value < 1000 && !Number.isInteger(value) ? value.toFixed(1).replace(/\.0$/, "") : Math.round(value)} ms`;
}

/** `10.0 s`, for times that were waited and not measured. */
function seconds(valueMs: number): string {
  return `${(valueMs / 1000).toFixed(1)} s`;
}

function yesNo(condition: boolean): "yes" | "no" {
  return condition ? "yes" : "no";
}

/** Clients were unanswered when the fault was made: whatever it did to them cannot be told, so no figure may be called kept. */
function begunUnanswered({ outage }: RunMeasurement): boolean {
  return outage.intervals.some(({ inherited }) => inherited);
}

function keepsOutage(measurement: RunMeasurement, limitMs: number): boolean {
  const { outage } = measurement;
  return !begunUnanswered(measurement) && !outage.neverRecovered && outage.totalUs <= limitMs * 1000;
}

function sameNames(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name, index) => name === right[index]);
}

function stayed({ holder, holderBefore, holderAfter }: RunMeasurement): boolean {
  return holder.moves === 0 && sameNames(holderBefore, holderAfter);
}

function movedOnce({ holder, holderBefore, holderAfter }: RunMeasurement): boolean {
  return holder.moves === 1 && holderAfter.length === 1 && !sameNames(holderBefore, holderAfter);
}

function moveFound(measurement: RunMeasurement): string {
  const { holder, holderBefore, holderAfter } = measurement;
  if (stayed(measurement)) return "the VIP stayed";
  if (holderAfter.length === 0) {
    const unknown = holder.segments.at(-1)?.unknown ?? holder.nodes;
    return unknown.length === 0
      ? "no holder at the end"
      : `holder not known (${unknown.join(", ")} could not be asked)`;
  }
  if (holderAfter.length > 1) return `held by ${holderAfter.join(" and ")} at the end`;
  if (sameNames(holderBefore, holderAfter)) return `the VIP moved ${holder.moves} times and came back`;
  return `the VIP moved to ${holderAfter.join("")}${holder.moves > 1 ? ` after ${holder.moves} moves` : ""}`;
}

function lostFound({ outage }: RunMeasurement): string {
  if (outage.neverRecovered) return "not answering at the end";
  return outage.lost === 0 ? "none lost" : `${outage.lost} lost`;
}

function slowerByMs({ answers }: RunMeasurement): number {
  return (answers.slowestUs - answers.slowestBeforeUs) / 1000;
}

function slowestFound({ answers }: RunMeasurement): string {
  const [slowest, before] = [answers.slowestUs, answers.slowestBeforeUs].map((valueUs) =>
    milliseconds(valueUs / 1000),
  );
  return `slowest ${slowest} (${before} before)`;
}

function outageFound(measurement: RunMeasurement): string {
  const { outage } = measurement;
  if (begunUnanswered(measurement)) return "clients were unanswered before it began";
  if (outage.neverRecovered) return `not answering again in ${seconds((outage.capUs ?? 0) / 1000)}`;
  return outage.totalUs === 0 ? "no outage" : `outage ${milliseconds(outage.totalUs / 1000)}`;
}
