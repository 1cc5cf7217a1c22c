// Which part of a run's time a plot shows: from a little before the fault to a little after the last thing that happened.

import type { DrillRun } from "./report.ts";

export interface TimeSpan {
  readonly fromUs: number;
  readonly toUs: number;
}

// A switch without an outage still deserves a look at single requests around it.
const SPAN_US_MIN = 60_000;
const PAD_BEFORE = 0.16;
const PAD_AFTER = 0.3;
// A detail that leaves out less than this part of the run is not worth a second picture.
const DETAIL_SHARE_MAX = 0.6;

/** The detail to show, and whether it leaves out enough for an overview of the whole run above it. */
export function focusOf(run: DrillRun): { readonly detail: TimeSpan; readonly overview: boolean } {
  const whole = { fromUs: run.fromUs, toUs: run.toUs };
  const moments = [
    run.faultAtUs,
    ...run.outages.flatMap(({ fromUs, toUs }) => [fromUs, toUs]),
    ...run.holderSegments.slice(1).map(({ fromUs }) => fromUs),
    ...run.events.map(({ atUs }) => atUs),
  ].filter((atUs) => atUs >= run.fromUs && atUs <= run.toUs);
  // Nothing but the fault: nothing happened, and the whole run is there to show it.
  if (new Set(moments).size < 2 || endsInTrouble(run)) return { detail: whole, overview: false };
  const first = Math.min(...moments);
  const last = Math.max(...moments);
  const span = Math.max(last - first, SPAN_US_MIN);
  const detail = {
    fromUs: Math.max(run.fromUs, first - span * PAD_BEFORE),
    toUs: Math.min(run.toUs, Math.max(last, first + SPAN_US_MIN) + span * PAD_AFTER),
  };
  const share = (detail.toUs - detail.fromUs) / (whole.toUs - whole.fromUs);
  return share > DETAIL_SHARE_MAX ? { detail: whole, overview: false } : { detail, overview: true };
}

/** What goes on to the end of the watch is shown to the end. */
function endsInTrouble({ neverRecovered, holderAfter }: DrillRun): boolean {
  return neverRecovered || holderAfter.length !== 1;
}

/** `3.62 s`, `629 ms` after the fault, with a sign; for axes and labels. */
export function relativeTime(milliseconds: number, stepMs: number): string {
  const sign = milliseconds > 0 ? "+" : milliseconds < 0 ? "−" : "";
  const value = Math.abs(milliseconds);
  if (value === 0) return "0";
  if (stepMs >= 1000) return `${sign}${Math.round(value / 1000)} s`;
  if (stepMs >= 100) return `${sign}${(value / 1000).toFixed(1)} s`;
  return `${sign}${Math.round(value * 10) / 10} ms`;
}
