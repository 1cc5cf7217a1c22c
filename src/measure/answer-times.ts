// How long good answers took at the worst, before something was done to the pair and from then on: what says whether clients noticed planned work.
// Rule: only good answers have a time here; what was lost is counted by the outages.

import type { TimeWindow } from "./outage.ts";
import { firstSlotFrom, outcomeOf, type ProbeRecord, slotCount, startOf } from "./probe-record.ts";

export interface AnswerTimes {
  /** The slowest answer that was complete before; 0 without any. */
  readonly slowestBeforeUs: number;
  /** The slowest answer of those that came later, or were under way at the moment itself; 0 without any. */
  readonly slowestUs: number;
}

/** Of the requests started in the window; `atUs` parts them. */
export function answerTimes(record: ProbeRecord, atUs: number, window: TimeWindow = {}): AnswerTimes {
  let slowestBeforeUs = 0;
  let slowestUs = 0;
  for (let slot = firstSlotFrom(record, window.fromUs ?? 0); slot < slotCount(record); slot += 1) {
    const startUs = startOf(record, slot);
    if (startUs >= (window.toUs ?? Infinity)) break;
    if (outcomeOf(record, slot) !== "ok") continue;
    const durationUs = record.durationUs[slot] ?? 0;
    if (startUs + durationUs <= atUs) slowestBeforeUs = Math.max(slowestBeforeUs, durationUs);
    else slowestUs = Math.max(slowestUs, durationUs);
  }
  return { slowestBeforeUs, slowestUs };
}
