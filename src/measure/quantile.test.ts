// Quantiles and medians against their definitions, value by value.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { median, quantile, sortedAscending } from "./quantile.ts";

const values = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 30 });

describe("quantile", () => {
  it("is the smallest observed value that enough of the values do not exceed", () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 0, max: 100 }), (list, percent) => {
        const enough = (candidate: number): boolean =>
          list.filter((value) => value <= candidate).length >= (percent / 100) * list.length;
        const expected = Math.min(...list.filter(enough));
        expect(quantile(sortedAscending(list), percent / 100)).toBe(expected);
      }),
    );
  });

  it("says nothing about no values", () => {
    expect(quantile([], 0.5)).toBeUndefined();
    expect(median([])).toBeUndefined();
  });
});

describe("median", () => {
  it("has as many values below it as above it, and lies between observed ones", () => {
    fc.assert(
      fc.property(values, (list) => {
        const middle = median(list) ?? Number.NaN;
        expect(list.filter((value) => value < middle).length).toBeLessThanOrEqual(list.length / 2);
        expect(list.filter((value) => value > middle).length).toBeLessThanOrEqual(list.length / 2);
      }),
    );
  });

  it("is the mean of the two middle values of an even count", () => {
    expect(median([40, 10, 30, 20])).toBe(25);
    expect(median([3, 1, 2])).toBe(2);
  });
});
