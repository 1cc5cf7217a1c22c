// From the record of a probe run to what its client saw: outages, lost, slow and reset requests.
// Rule: a request counts at the moment it was really started, and a slot that was never started counts as nothing.

import {
  firstSlotFrom,
  type Outcome,
  outcomeOf,
  type ProbeRecord,
  recordEndUs,
  slotCount,
  startOf,
} from "./probe-record.ts";

/** Part of a record: requests started in [fromUs, toUs), absolute monotonic time. An absent bound is the record's own. */
export interface TimeWindow {
  readonly fromUs?: number;
  readonly toUs?: number;
}

export interface OutageWindow extends TimeWindow {
  /** When something was done to the pair: an outage that was there before is inherited, not caused. Absent: every outage counts. */
  readonly faultAtUs?: number;
}

/** From the first failed start to the next good start. */
export interface Outage {
  readonly fromUs: number;
  /** The next good start; the end of the window when there was none. */
  readonly toUs: number;
  /** false: no request started in the rest of the window was answered. */
  readonly recovered: boolean;
  /** Its first failed request was over before the fault, so the fault is not its cause. Not in the sums, nor are its requests. */
  readonly inherited: boolean;
  /** Failed requests in it. */
  readonly lost: number;
  /** The target was surely away for this long: first failed start to last failed start. */
  readonly atLeastUs: number;
  /** It cannot have been away longer than this: last good start before to next good start after. */
  readonly atMostUs: number;
}

export interface OutageSummary {
  readonly fromUs: number;
  readonly toUs: number;
  /** All that reach into the window, in order. */
  readonly intervals: readonly Outage[];
  /** Sum of the intervals that are not inherited. */
  readonly totalUs: number;
  readonly longestUs: number;
  /** Requests started, without those of inherited outages. */
  readonly requests: number;
  /** Requests without a whole good answer in time. */
  readonly lost: number;
  /** Answered well, but later than the threshold. */
  readonly slow: number;
  readonly reset: number;
  /** Slots that were not started. */
  readonly missed: number;
  readonly byOutcome: Readonly<Record<Outcome, number>>;
  /** The window ended in an outage, inherited or not; `capUs` is how long recovery was waited for. */
  readonly neverRecovered: boolean;
  readonly capUs: number | undefined;
}

/** An answer later than this is slow. */
export const SLOW_OVER_US = 50_000;

interface OpenOutage {
  readonly fromUs: number;
  readonly inherited: boolean;
  readonly lastGoodUs: number;
  lastFailedUs: number;
  lost: number;
}

/**
 * The outages in a window. A request under way when the fault strikes is lost by its start, which lies before the fault: let the window begin at least the
 * record's time limit before it. In the same way a request that fails after the window's end, first of its outage, belongs to what comes after.
 */
export function outages(
  record: ProbeRecord,
  window: OutageWindow = {},
  slowOverUs: number = SLOW_OVER_US,
): OutageSummary {
  const endUs = recordEndUs(record);
  const fromUs = Math.max(window.fromUs ?? record.startedAtUs, record.startedAtUs);
  const toUs = Math.max(fromUs, Math.min(window.toUs ?? Infinity, endUs));
  const counts = noOutcomes();
  const intervals: Outage[] = [];
  let slow = 0;
  let open = openOutageBefore(record, fromUs, window.faultAtUs);
  let lastGoodUs = fromUs;
  const close = (atUs: number, recovered: boolean): void => {
    if (open !== undefined) intervals.push(closed(open, atUs, recovered));
    open = undefined;
  };
  for (let slot = firstSlotFrom(record, fromUs); slot < slotCount(record); slot += 1) {
    const startUs = startOf(record, slot);
    if (startUs >= toUs) break;
    const outcome = outcomeOf(record, slot);
    const overUs = startUs + (record.durationUs[slot] ?? 0);
    if (outcome === "missed") {
      counts.missed += 1;
    } else if (outcome === "ok") {
      close(startUs, true);
      lastGoodUs = startUs;
      counts.ok += 1;
      if (overUs - startUs > slowOverUs) slow += 1;
    } else {
      if (open === undefined && overUs > toUs && toUs < endUs) continue;
      open ??= {
        fromUs: startUs,
        inherited: window.faultAtUs !== undefined && overUs < window.faultAtUs,
        lastGoodUs,
        lastFailedUs: startUs,
        lost: 0,
      };
      open.lastFailedUs = startUs;
      open.lost += 1;
      if (!open.inherited) counts[outcome] += 1;
    }
  }
  const capUs = open === undefined ? undefined : toUs - Math.max(open.fromUs, window.faultAtUs ?? 0, fromUs);
  close(toUs, false);
  return summaryOf({ fromUs, toUs }, intervals, counts, slow, capUs);
}

/** An outage that the window begins in, when it is known to have been there before the fault. */
function openOutageBefore(
  record: ProbeRecord,
  fromUs: number,
  faultAtUs: number | undefined,
): OpenOutage | undefined {
  if (faultAtUs === undefined) return undefined;
  for (let slot = firstSlotFrom(record, fromUs) - 1; slot >= 0; slot -= 1) {
    const outcome = outcomeOf(record, slot);
    if (outcome === "missed") continue;
    if (outcome === "ok") return undefined;
    const startUs = startOf(record, slot);
    if (startUs + (record.durationUs[slot] ?? 0) >= faultAtUs) continue;
    return { fromUs, inherited: true, lastGoodUs: fromUs, lastFailedUs: fromUs, lost: 0 };
  }
  return undefined;
}

function closed(open: OpenOutage, atUs: number, recovered: boolean): Outage {
  return {
    fromUs: open.fromUs,
    toUs: atUs,
    recovered,
    inherited: open.inherited,
    lost: open.lost,
    atLeastUs: open.lastFailedUs - open.fromUs,
    atMostUs: atUs - open.lastGoodUs,
  };
}

function summaryOf(
  window: { readonly fromUs: number; readonly toUs: number },
  intervals: readonly Outage[],
  counts: Readonly<Record<Outcome, number>>,
  slow: number,
  capUs: number | undefined,
): OutageSummary {
  const lengths = intervals.filter(({ inherited }) => !inherited).map(({ fromUs, toUs }) => toUs - fromUs);
  const requests = Object.values(counts).reduce((sum, count) => sum + count, 0) - counts.missed;
  return {
    ...window,
    intervals,
    totalUs: lengths.reduce((sum, length) => sum + length, 0),
    longestUs: Math.max(0, ...lengths),
    requests,
    lost: requests - counts.ok,
    slow,
    reset: counts.reset,
    missed: counts.missed,
    byOutcome: counts,
    neverRecovered: capUs !== undefined,
    capUs,
  };
}

function noOutcomes(): Record<Outcome, number> {
  return {
    missed: 0,
    ok: 0,
    refused: 0,
    reset: 0,
    timeout: 0,
    unreachable: 0,
    "bad-answer": 0,
    truncated: 0,
  };
}
