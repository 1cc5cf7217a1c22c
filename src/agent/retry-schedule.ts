// When a delivery that failed is tried again: sooner at first, then ever later up to a bound, each time a little different.
// Rule: pure; the dice are an argument, so that the time that was thrown can be recorded and stays.

import type { AlertSettings } from "../agent-api/index.ts";

export type RetrySettings = Pick<AlertSettings, "retryFirstMs" | "retryMaxMs">;

/** A receiver that asks for more patience than this is asked again after this. */
export const RETRY_AFTER_MS_MAX = 60 * 60 * 1000;

/**
 * The time of the next attempt, milliseconds. `attempt`: how many have failed, 1 or more; Infinity gives the slowest pace. The wait doubles
 * from `retryFirstMs` to `retryMaxMs`, and between half of it and all of it is taken by `random01` (0 to 1), so that many notices that failed
 * together do not come back together. What the receiver asked for (`Retry-After`) is kept, up to {@link RETRY_AFTER_MS_MAX}.
 */
export function nextAttemptAtMs(
  attempt: number,
  nowMs: number,
  settings: RetrySettings,
  random01: number,
  retryAfterMs = 0,
): number {
  const doubled = settings.retryFirstMs * 2 ** (Math.max(1, attempt) - 1);
  const longest = Math.min(settings.retryMaxMs, doubled);
  const wait = longest * (0.5 + 0.5 * Math.min(1, Math.max(0, random01)));
  return nowMs + Math.max(wait, Math.min(RETRY_AFTER_MS_MAX, retryAfterMs));
}
