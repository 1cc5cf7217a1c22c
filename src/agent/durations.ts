// Durations as they are measured: counted into fixed buckets for Prometheus, and the newest kept for the figures of a status.
// Rule: nothing grows; a duration costs one step through twelve bounds and one place in a ring.

import type { AgentDurations } from "../agent-api/index.ts";

/** Upper bounds of the buckets, seconds: from what a healthy HAProxy needs to what every check takes for silence. */
export const durationBoundsS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
] as const;

/** Five minutes at four a second. */
export const RECENT_MAX = 1200;

export interface Durations {
  /** How many fell into each bucket of {@link durationBoundsS}, and last those beyond. Not cumulative. */
  readonly buckets: number[];
  count: number;
  sumS: number;
  /** Milliseconds; once full, the oldest is overwritten. */
  readonly recent: number[];
}

export function newDurations(): Durations {
  return { buckets: [...durationBoundsS, 0].map(() => 0), count: 0, sumS: 0, recent: [] };
}

/** A negative or broken duration (a clock that was set) is not counted. */
export function recordDuration(durations: Durations, ms: number): void {
  if (!Number.isFinite(ms) || ms < 0) return;
  const seconds = ms / 1000;
  const found = durationBoundsS.findIndex((bound) => seconds <= bound);
  const bucket = found === -1 ? durationBoundsS.length : found;
  durations.buckets[bucket] = (durations.buckets[bucket] ?? 0) + 1;
  durations.recent[durations.count % RECENT_MAX] = ms;
  durations.count += 1;
  durations.sumS += seconds;
}

/** Count and figures of the newest {@link RECENT_MAX}; quantiles by nearest rank. */
export function summaryOf(durations: Durations): AgentDurations {
  const { recent, count } = durations;
  const lastMs = count === 0 ? undefined : recent[(count - 1) % RECENT_MAX];
  if (lastMs === undefined) return { count };
  const ordered = Float64Array.from(recent);
  ordered.sort();
  const quantile = (share: number): number => ordered[Math.ceil(share * ordered.length) - 1] ?? lastMs;
  return { count, lastMs, p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
}
