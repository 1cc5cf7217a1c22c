// When a delivery is tried again: later each time, within bounds, never before the receiver asked for it.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextAttemptAtMs, RETRY_AFTER_MS_MAX } from "./retry-schedule.ts";

const SETTINGS = { retryFirstMs: 1000, retryMaxMs: 60_000 };

describe("nextAttemptAtMs", () => {
  it("doubles up to the bound", () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8, 2000].map((attempt) => nextAttemptAtMs(attempt, 0, SETTINGS, 1));
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    expect(nextAttemptAtMs(Number.POSITIVE_INFINITY, 0, SETTINGS, 1)).toBe(60_000);
  });

  it("spreads between half the wait and all of it", () => {
    expect([0, 0.5, 1].map((random01) => nextAttemptAtMs(2, 100, SETTINGS, random01))).toEqual([
      1100, 1600, 2100,
    ]);
  });

  it("waits as long as the receiver asked, within reason", () => {
    expect(nextAttemptAtMs(1, 100, SETTINGS, 0, 30_000)).toBe(30_100);
    expect(nextAttemptAtMs(8, 100, SETTINGS, 1, 30_000)).toBe(60_100);
    expect(nextAttemptAtMs(1, 0, SETTINGS, 0, 1e12)).toBe(RETRY_AFTER_MS_MAX);
  });

  it("is always in the future, and never further than the bound", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(),
        (attempt, random01, retryAfterMs) => {
          const atMs = nextAttemptAtMs(attempt, 0, SETTINGS, random01, retryAfterMs);
          expect(atMs).toBeGreaterThanOrEqual(SETTINGS.retryFirstMs / 2);
          expect(atMs).toBeLessThanOrEqual(Math.max(SETTINGS.retryMaxMs, RETRY_AFTER_MS_MAX));
        },
      ),
    );
  });
});
