// The wall clock with fractions: never further from the coarse one than its coarseness, and at once where that one is set.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wallClock } from "./wall-clock.ts";

const BEGAN_MS = 1_795_344_120_000;

describe("the wall clock", () => {
  it("stays within the coarse clock's millisecond, whatever that does", () => {
    const step = fc.record({
      passedMs: fc.double({ min: 0, max: 50, noNaN: true }),
      setMs: fc.constantFrom(0, 0, 0, 0.3, -3_600_000, 3_600_000),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let [trueMs, steadyMs] = [BEGAN_MS + 0.7, 12.25];
        const nowMs = wallClock(
          () => Math.floor(trueMs),
          () => steadyMs,
        );
        for (const { passedMs, setMs } of steps) {
          trueMs += passedMs + setMs;
          steadyMs += passedMs;
          const told = nowMs();
          expect(Math.abs(told - trueMs)).toBeLessThanOrEqual(1.001);
          expect(told).toBeGreaterThan(Math.floor(trueMs) - 0.001);
        }
      }),
    );
  });

  it("goes on with fractions while nothing is set", () => {
    let passedMs = 0;
    const nowMs = wallClock(
      () => Math.floor(BEGAN_MS + 0.9 + passedMs),
      () => passedMs,
    );
    const told = Array.from({ length: 40 }, () => {
      passedMs += 0.3;
      return nowMs();
    });
    expect(told.every((moment, index) => index === 0 || moment > (told[index - 1] ?? 0))).toBe(true);
    expect(told.at(-1)).toBeCloseTo(BEGAN_MS + 0.9 + passedMs, 0);
  });
});
