// measure: what a client and the nodes saw, and the numbers computed from it. Pure.
export { type AnswerTimes, answerTimes } from "./answer-times.ts";
export {
  type HolderFeed,
  type HolderSample,
  type HolderSegment,
  type HolderTimeline,
  holdersAt,
  holderTimeline,
} from "./holder-timeline.ts";
export {
  judgeNoise,
  noise,
  NOISE_LIMITS,
  type Noise,
  type NoiseExcess,
  type NoiseFigures,
  type NoiseLimit,
} from "./noise.ts";
export {
  type Outage,
  outages,
  type OutageSummary,
  type OutageWindow,
  SLOW_OVER_US,
  type TimeWindow,
} from "./outage.ts";
export {
  decodeProbeRecord,
  encodeProbeRecord,
  firstSlotFrom,
  type Outcome,
  OUTCOMES,
  outcomeOf,
  type Probe,
  PROBE_INTERVAL_US,
  PROBE_NAMES_MAX,
  PROBE_SLOTS_MAX,
  PROBE_TIME_LIMIT_US,
  probeAt,
  type ProbeKind,
  type ProbeRecord,
  type ProbeTarget,
  recordEndUs,
  slotCount,
  startOf,
} from "./probe-record.ts";
export { median, quantile, sortedAscending } from "./quantile.ts";
export { measureRun, type RunMeasurement, type RunObservation } from "./run-measurement.ts";
