import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { QuietTime } from "../agent-api/index.ts";
import { quietMinutes } from "./quiet-times.ts";

const night: QuietTime = { fromMinute: 22 * 60, toMinute: 7 * 60, except: "critical" };
const weekend: QuietTime = { fromMinute: 0, toMinute: 0, days: [6, 0], except: "critical" };
const at = (weekday: number, hour: number, minute = 0) => ({ weekday, minuteOfDay: hour * 60 + minute });

describe("quietMinutes", () => {
  test.each([
    ["in the evening before it", [night], at(2, 21, 59), 0],
    ["as it begins", [night], at(2, 22), 540],
    ["after midnight", [night], at(3, 3), 240],
    ["as it ends", [night], at(3, 7), 0],
    ["from Saturday night into Sunday night", [night], at(6, 23, 30), 450],
    ["a whole Saturday, then Sunday", [weekend], at(6, 12), 36 * 60],
    ["the weekend and the night before Monday", [weekend, night], at(0, 23), 8 * 60],
    ["a day it does not begin on", [{ ...night, days: [5] }], at(4, 23), 0],
    ["the morning after the day it begins on", [{ ...night, days: [5] }], at(6, 6, 30), 30],
  ])("%s", (_, quietTimes, local, minutes) => {
    expect(quietMinutes(quietTimes, "warning", local)).toBe(minutes);
  });

  test("what is severe enough is told at once", () => {
    expect(quietMinutes([night], "critical", at(3, 3))).toBe(0);
    expect(quietMinutes([{ ...night, except: "warning" }], "warning", at(3, 3))).toBe(0);
    expect(quietMinutes([{ ...night, except: "warning" }], "info", at(3, 3))).toBe(240);
  });

  test("at the end of the wait it is not quiet, unless it always is", () => {
    const quiet: fc.Arbitrary<QuietTime> = fc.record({
      fromMinute: fc.nat(1439),
      toMinute: fc.nat(1439),
      days: fc.uniqueArray(fc.nat(6), { maxLength: 4 }),
      except: fc.constant("critical" as const),
    });
    fc.assert(
      fc.property(fc.array(quiet, { maxLength: 3 }), fc.nat(7 * 1440 - 1), (quietTimes, minute) => {
        const local = (atMinute: number) => ({
          weekday: Math.floor(atMinute / 1440) % 7,
          minuteOfDay: atMinute % 1440,
        });
        const waited = quietMinutes(quietTimes, "info", local(minute));
        if (waited < 7 * 1440) expect(quietMinutes(quietTimes, "info", local(minute + waited))).toBe(0);
      }),
    );
  });
});
