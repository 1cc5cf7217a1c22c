// Everything one run of a scenario's phase is measured by, from its raw record and the looks at its nodes. A drill calls this once per run.

import { type AnswerTimes, answerTimes } from "./answer-times.ts";
import {
  type HolderFeed,
  holdersAt,
  type HolderSample,
  holderTimeline,
  type HolderTimeline,
} from "./holder-timeline.ts";
import { noise, type Noise } from "./noise.ts";
import { outages, type OutageSummary } from "./outage.ts";
import { type ProbeRecord, recordEndUs } from "./probe-record.ts";

export interface RunMeasurement {
  readonly fromUs: number;
  readonly toUs: number;
  readonly faultAtUs: number;
  readonly outage: OutageSummary;
  readonly answers: AnswerTimes;
  readonly holder: HolderTimeline;
  /** Who held the VIP when the fault was made. */
  readonly holderBefore: readonly string[];
  readonly holderAfter: readonly string[];
  readonly noise: Noise;
}

export interface RunObservation {
  readonly record: ProbeRecord;
  readonly samples: readonly HolderSample[];
  /** How the samples were taken. Default events. */
  readonly feed?: HolderFeed;
  /** When the fault (or the return) was made. */
  readonly faultAtUs: number;
  /** The part of the record that is this run; should begin well before the fault, for the baseline. Default: the whole record. */
  readonly fromUs?: number;
  readonly toUs?: number;
}

/** All times absolute, of the clock of the record. */
export function measureRun(observation: RunObservation): RunMeasurement {
  const { record, samples, faultAtUs } = observation;
  const window = {
    fromUs: observation.fromUs ?? record.startedAtUs,
    toUs: observation.toUs ?? recordEndUs(record),
  };
  const holder = holderTimeline(samples, window, observation.feed ?? "events");
  return {
    ...window,
    faultAtUs,
    outage: outages(record, { ...window, faultAtUs }),
    answers: answerTimes(record, faultAtUs, window),
    holder,
    // A power cut is noted at the moment of the fault itself, so the answer is the one just before it.
    holderBefore: holdersAt(holder, faultAtUs - 1),
    holderAfter: holder.holdersAfter,
    noise: noise(record, faultAtUs, window),
  };
}
