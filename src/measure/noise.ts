// How good a measurement is, from its own record: late starts, answers before the fault, slots never started.
// Rule: a limit is a row of a table with the reason for its value; a run over any limit is noisy and says over which.

import {
  firstSlotFrom,
  outcomeOf,
  type ProbeRecord,
  recordEndUs,
  slotCount,
  startOf,
} from "./probe-record.ts";
import type { TimeWindow } from "./outage.ts";
import { quantile, sortedAscending } from "./quantile.ts";

export interface NoiseFigures {
  /** Lateness of starts against the schedule, over the whole window. 0 without starts. */
  readonly latenessP50Us: number;
  readonly latenessP99Us: number;
  readonly latenessMaxUs: number;
  /** Good answers that were complete before the fault. */
  readonly baselineRequests: number;
  readonly baselineLatencyP50Us: number;
  readonly baselineLatencyP99Us: number;
  readonly missedSlots: number;
  /** Requests that failed and were over before the fault, in outages that ended before it: an outage that goes on into the fault is the pair's state. */
  readonly failedBeforeFault: number;
}

export interface NoiseExcess {
  readonly name: string;
  readonly measured: number;
  readonly limit: number;
  readonly unit: "us" | "count";
}

export interface Noise extends NoiseFigures {
  readonly verdict: "clean" | "noisy";
  readonly exceeded: readonly NoiseExcess[];
}

export interface NoiseLimit {
  readonly name: string;
  readonly figure: keyof NoiseFigures;
  readonly limit: number;
  readonly unit: "us" | "count";
  readonly why: string;
}

export const NOISE_LIMITS: readonly NoiseLimit[] = [
  {
    name: "start lateness, median",
    figure: "latenessP50Us",
    limit: 2000,
    unit: "us",
    why: "Node's timers have 1 ms steps; above one interval the client cannot keep its schedule",
  },
  {
    name: "start lateness, 99 %",
    figure: "latenessP99Us",
    limit: 8000,
    unit: "us",
    why: "the tightest promise is 10 ms; the client's own delay must stay below it",
  },
  {
    name: "start lateness, largest",
    figure: "latenessMaxUs",
    limit: 40_000,
    unit: "us",
    why: "a stall of the client can hide or lengthen an outage by its own length",
  },
  {
    name: "answer time before the fault, 99 %",
    figure: "baselineLatencyP99Us",
    limit: 25_000,
    unit: "us",
    why: "above half the slow threshold, slow answers are the machine's and not the fault's",
  },
  {
    name: "slots not started",
    figure: "missedSlots",
    limit: 0,
    unit: "count",
    why: "what was not asked cannot be lost: the count of lost requests would be too small",
  },
  {
    name: "requests failed before the fault",
    figure: "failedBeforeFault",
    limit: 0,
    unit: "count",
    why: "the pair was not serving well when the fault was made, so the outage is not the fault's alone",
  },
];

/** The measurement's own noise in a window; `faultAtUs` ends the baseline (absent: the whole window is baseline). */
export function noise(record: ProbeRecord, faultAtUs?: number, window: TimeWindow = {}): Noise {
  const toUs = Math.min(window.toUs ?? Infinity, recordEndUs(record));
  const baselineEndUs = faultAtUs ?? Infinity;
  const lateness: number[] = [];
  const latency: number[] = [];
  let missedSlots = 0;
  let failedBeforeFault = 0;
  let failedInARow = 0;
  for (let slot = firstSlotFrom(record, window.fromUs ?? 0); slot < slotCount(record); slot += 1) {
    const startUs = startOf(record, slot);
    if (startUs > toUs) break;
    const outcome = outcomeOf(record, slot);
    if (outcome === "missed") {
      missedSlots += 1;
      continue;
    }
    lateness.push(record.latenessUs[slot] ?? 0);
    const durationUs = record.durationUs[slot] ?? 0;
    if (startUs + durationUs > baselineEndUs) continue;
    if (outcome === "ok") {
      latency.push(durationUs);
      failedBeforeFault += failedInARow;
      failedInARow = 0;
    } else {
      failedInARow += 1;
    }
  }
  const latenessAscending = sortedAscending(lateness);
  const latencyAscending = sortedAscending(latency);
  return judgeNoise({
    latenessP50Us: quantile(latenessAscending, 0.5) ?? 0,
    latenessP99Us: quantile(latenessAscending, 0.99) ?? 0,
    latenessMaxUs: latenessAscending.at(-1) ?? 0,
    baselineRequests: latency.length,
    baselineLatencyP50Us: quantile(latencyAscending, 0.5) ?? 0,
    baselineLatencyP99Us: quantile(latencyAscending, 0.99) ?? 0,
    missedSlots,
    failedBeforeFault,
  });
}

/** The figures held against {@link NOISE_LIMITS}. */
export function judgeNoise(figures: NoiseFigures, limits: readonly NoiseLimit[] = NOISE_LIMITS): Noise {
  const exceeded = limits
    .filter(({ figure, limit }) => figures[figure] > limit)
    .map(({ name, figure, limit, unit }) => ({ name, measured: figures[figure], limit, unit }));
  return { ...figures, verdict: exceeded.length === 0 ? "clean" : "noisy", exceeded };
}
