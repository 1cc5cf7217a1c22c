import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readMoment } from "./moment.ts";

const nowMs = Date.parse("2026-11-22T12:00:00.000Z");

test.each([
  ["10:42:07", "2026-11-22T10:42:07.000Z", "2026-11-22T10:42:07.999Z"],
  ["10:42:07.113Z", "2026-11-22T10:42:07.113Z", "2026-11-22T10:42:07.113Z"],
  ["10:42", "2026-11-22T10:42:00.000Z", "2026-11-22T10:42:59.999Z"],
  ["9:05", "2026-11-22T09:05:00.000Z", "2026-11-22T09:05:59.999Z"],
  // Not yet today, so it was yesterday.
  ["23:10", "2026-11-21T23:10:00.000Z", "2026-11-21T23:10:59.999Z"],
  ["2026-01-31 10:00", "2026-01-31T10:00:00.000Z", "2026-01-31T10:00:59.999Z"],
  ["2026-01-31", "2026-01-31T00:00:00.000Z", "2026-01-31T23:59:59.999Z"],
  ["2026-01-31T10:00:05.5+02:00", "2026-01-31T08:00:05.500Z", "2026-01-31T08:00:05.599Z"],
  ["2026-01-31 10:00:05 -0130", "2026-01-31T11:30:05.000Z", "2026-01-31T11:30:05.999Z"],
  ["today", "2026-11-22T00:00:00.000Z", "2026-11-22T23:59:59.999Z"],
  ["yesterday", "2026-11-21T00:00:00.000Z", "2026-11-21T23:59:59.999Z"],
  ["10 min ago", "2026-11-22T11:50:00.000Z", "2026-11-22T11:50:00.000Z"],
  ["-2h", "2026-11-22T10:00:00.000Z", "2026-11-22T10:00:00.000Z"],
  ["3 days ago", "2026-11-19T12:00:00.000Z", "2026-11-19T12:00:00.000Z"],
  ["now", "2026-11-22T12:00:00.000Z", "2026-11-22T12:00:00.000Z"],
])("%s", (text, from, to) => {
  const moment = readMoment(text, nowMs);
  expect([moment?.fromMs, moment?.toMs].map((ms) => new Date(ms ?? 0).toISOString())).toEqual([from, to]);
});

test.each(["", "soon", "25:00", "10:70", "2026-13-01", "5 parsecs ago", "10", "Z"])(
  "%s is no moment",
  (text) => {
    expect(readMoment(text, nowMs)).toBeUndefined();
  },
);

test("whatever is written, the answer is a stretch of time or none", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\d: TZ.+-]{0,30}$/)), (text) => {
      const moment = readMoment(text, nowMs);
      if (moment !== undefined) expect(moment.toMs).toBeGreaterThanOrEqual(moment.fromMs);
    }),
  );
});
