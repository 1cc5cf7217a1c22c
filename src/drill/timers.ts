// How long a pair may take to fail over and to fail back, from its own timers, so that a drill watches long enough and no longer.

import type { Pair, Router } from "../model/index.ts";

export interface WatchTimes {
  /** The slowest failover that the timers allow, with a margin. */
  readonly takeoverMs: number;
  /** Long enough that a returning node would have taken the VIP. */
  readonly failbackMs: number;
}

// A machine that is busy with three labs is late by a few hundred milliseconds at times.
const MARGIN_MS = 900;

/** Master-down time of the least preferred node: three intervals and its skew (keepalived-behaviour section 1.1). */
export function masterDownMs(router: Router): number {
  const intervalMs = router.advertIntervalUs / 1000;
  const lowest = Math.min(...router.priorities.values());
  const skewMs = ((256 - lowest) * (router.version === 3 ? intervalMs : 1000)) / 256;
  return 3 * intervalMs + skewMs;
}

/** Watch times of one router under the pair's check. */
export function watchTimes(pair: Pair, router: Router): WatchTimes {
  const { intervalS, fall, rise, timeLimitMs } = pair.check;
  const down = masterDownMs(router);
  const detectionMs = fall * intervalS * 1000 + timeLimitMs;
  return {
    takeoverMs: Math.max(down, detectionMs + down - (3 * router.advertIntervalUs) / 1000) + MARGIN_MS,
    failbackMs: down + rise * intervalS * 1000 + MARGIN_MS,
  };
}
