// Outages against a search over letters, and the record's text form against what a cut or altered file may hold.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { outages, type OutageWindow } from "./outage.ts";
import {
  decodeProbeRecord,
  encodeProbeRecord,
  firstSlotFrom,
  type Outcome,
  OUTCOMES,
  type Probe,
  probeAt,
  type ProbeRecord,
  recordEndUs,
  slotCount,
  startOf,
} from "./probe-record.ts";

const INTERVAL_US = 10;
const STARTED_US = 1000;

interface Slot {
  readonly outcome: Outcome;
  readonly latenessUs?: number;
  readonly durationUs?: number;
}

function recordOf(slots: readonly Slot[]): ProbeRecord {
  return {
    target: { address: "192.0.2.1", port: 80, kind: "http" },
    intervalUs: INTERVAL_US,
    timeLimitUs: 50,
    startedAtUs: STARTED_US,
    latenessUs: slots.map(({ latenessUs }) => latenessUs ?? 0),
    durationUs: slots.map(({ durationUs }) => durationUs ?? 1),
    outcomes: slots.map(({ outcome }) => OUTCOMES.indexOf(outcome)),
    answeredBy: slots.map(({ outcome }) => (outcome === "ok" ? 1 : 0)),
    names: ["", "lb1"],
  };
}

/** One letter per slot: o ok, f refused, r reset, . missed. */
function drawn(picture: string): ProbeRecord {
  const outcomeOfLetter: Readonly<Record<string, Outcome>> = {
    o: "ok",
    f: "refused",
    r: "reset",
    ".": "missed",
  };
  return recordOf(Array.from(picture, (letter) => ({ outcome: outcomeOfLetter[letter] ?? "missed" })));
}

const slots = fc.array(
  fc.record({
    outcome: fc.constantFrom<Outcome>("ok", "ok", "refused", "reset", "timeout", "missed"),
    // Up to an interval late, so that starts never fall.
    latenessUs: fc.integer({ min: 0, max: INTERVAL_US }),
    durationUs: fc.integer({ min: 0, max: 50 }),
  }),
  { maxLength: 40 },
);

const window = fc.record({
  fromUs: fc.integer({ min: STARTED_US - 50, max: STARTED_US + 450 }),
  lengthUs: fc.integer({ min: 0, max: 450 }),
  faultUs: fc.integer({ min: 0, max: 400 }),
  hasFault: fc.boolean(),
});

interface Expected {
  readonly intervals: readonly (readonly [fromUs: number, toUs: number, lost: number, inherited: boolean])[];
}

/** The same by letters and a regular expression: every maximal stretch of failures among the started requests of the window. */
function byBruteForce(
  record: ProbeRecord,
  { fromUs = STARTED_US, toUs = Infinity, faultAtUs }: OutageWindow,
): Expected {
  const all = Array.from({ length: slotCount(record) }, (_, slot) => probeAt(record, slot)).filter(
    ({ outcome }) => outcome !== "missed",
  );
  const end = recordEndUs(record);
  const from = Math.max(fromUs, STARTED_US);
  const to = Math.max(from, Math.min(toUs, end));
  const wasOver = (probe: Probe): boolean =>
    faultAtUs !== undefined && probe.startUs + probe.durationUs < faultAtUs;
  const before = all.filter(({ startUs }) => startUs < from);
  const inside = all.filter(({ startUs }) => startUs >= from && startUs < to);
  const tail = before.slice(before.findLastIndex(({ outcome }) => outcome === "ok") + 1);
  const openBefore = tail.some(wasOver);
  // Failures known only after the end count only in a stretch that had begun to fail before.
  const kept: Probe[] = [];
  for (const probe of inside) {
    const failing = kept.length > 0 ? kept.at(-1)?.outcome !== "ok" : openBefore;
    const late = probe.outcome !== "ok" && probe.startUs + probe.durationUs > to && to < end;
    if (failing || !late) kept.push(probe);
  }
  const letters = kept.map(({ outcome }) => (outcome === "ok" ? "o" : "f")).join("");
  const intervals: [number, number, number, boolean][] = [];
  if (openBefore && !letters.startsWith("f")) intervals.push([from, kept[0]?.startUs ?? to, 0, true]);
  for (const match of letters.matchAll(/f+/g)) {
    const first = kept[match.index];
    const next = kept[match.index + match[0].length];
    if (first === undefined) continue;
    const continued = openBefore && match.index === 0;
    intervals.push([
      continued ? from : first.startUs,
      next?.startUs ?? to,
      match[0].length,
      continued || wasOver(first),
    ]);
  }
  return { intervals };
}

describe("outages", () => {
  it("finds what a search over letters finds, in any window and with any fault", () => {
    fc.assert(
      fc.property(slots, window, (list, { fromUs, lengthUs, faultUs, hasFault }) => {
        const record = recordOf(list);
        const asked: OutageWindow = {
          fromUs,
          toUs: fromUs + lengthUs,
          ...(hasFault ? { faultAtUs: fromUs + faultUs } : {}),
        };
        const expected = byBruteForce(record, asked);
        const found = outages(record, asked);
        expect(found.intervals.map((one) => [one.fromUs, one.toUs, one.lost, one.inherited])).toEqual(
          expected.intervals,
        );
        const own = expected.intervals.filter(([, , , inherited]) => !inherited);
        expect(found.totalUs).toBe(own.reduce((sum, [from, to]) => sum + to - from, 0));
        expect(found.lost).toBe(own.reduce((sum, [, , lost]) => sum + lost, 0));
      }),
      { numRuns: 500 },
    );
  });

  it("runs from the first failed start to the next good start", () => {
    const found = outages(drawn("ooofffoo"));
    expect(found).toMatchObject({ totalUs: 30, longestUs: 30, lost: 3, requests: 8, neverRecovered: false });
    expect(found.intervals).toEqual([
      { fromUs: 1030, toUs: 1060, recovered: true, inherited: false, lost: 3, atLeastUs: 20, atMostUs: 40 },
    ]);
  });

  it("adds separate outages up and keeps the longest", () => {
    expect(outages(drawn("ofoffffo"))).toMatchObject({ totalUs: 50, longestUs: 40, lost: 5 });
  });

  it("does not take a slot that was not started for an answer or a failure", () => {
    expect(outages(drawn("of..fo"))).toMatchObject({ totalUs: 40, lost: 2, missed: 2, requests: 4 });
    expect(outages(drawn("o..o"))).toMatchObject({ totalUs: 0, lost: 0, missed: 2 });
  });

  it("says that nothing recovered, and how long that was waited for", () => {
    expect(outages(drawn("ooffff"))).toMatchObject({ neverRecovered: true, capUs: 40, totalUs: 40 });
    expect(outages(drawn("ooffffo"), { toUs: 1050 })).toMatchObject({ neverRecovered: true, capUs: 30 });
  });

  it("counts slow answers and resets", () => {
    const record = recordOf([
      { outcome: "ok", durationUs: 51 },
      { outcome: "ok", durationUs: 50 },
      { outcome: "reset" },
    ]);
    expect(outages(record, {}, 50)).toMatchObject({ slow: 1, reset: 1, lost: 1 });
  });

  it("gives an outage that was there before the fault to what came before", () => {
    // The fault (a return) comes at 1035, in the middle of an outage; a second, new one follows.
    const found = outages(drawn("offfffoofo"), { fromUs: 1020, faultAtUs: 1035 });
    expect(found).toMatchObject({ lost: 1, totalUs: 10, neverRecovered: false });
    expect(found.intervals.map(({ inherited }) => inherited)).toEqual([true, false]);
  });

  it("gives a request under way at the fault to the fault", () => {
    const record = recordOf([{ outcome: "ok" }, { outcome: "reset", durationUs: 8 }, { outcome: "ok" }]);
    expect(outages(record, { faultAtUs: 1015 })).toMatchObject({ lost: 1, totalUs: 10 });
  });

  it("leaves a request that fails after the window's end to what comes after", () => {
    const record = recordOf([
      { outcome: "ok" },
      { outcome: "ok" },
      { outcome: "reset", durationUs: 9 },
      { outcome: "ok" },
    ]);
    expect(outages(record, { toUs: 1025 })).toMatchObject({ lost: 0, neverRecovered: false });
    expect(outages(record, { fromUs: 1015, toUs: 1040, faultAtUs: 1025 })).toMatchObject({ lost: 1 });
  });
});

describe("a probe record", () => {
  it("survives being written and read", () => {
    fc.assert(
      fc.property(slots, (list) => {
        const record = recordOf(list);
        expect(decodeProbeRecord(encodeProbeRecord(record))).toEqual(record);
      }),
    );
  });

  it("is as small as five characters a time", () => {
    const record = recordOf(
      Array.from({ length: 10_000 }, () => ({ outcome: "ok", latenessUs: 4, durationUs: 1234 })),
    );
    expect(encodeProbeRecord(record).length).toBeLessThan(10_000 * 7.5);
  });

  it("finds the first slot started from a moment on", () => {
    fc.assert(
      fc.property(slots, fc.integer({ min: 900, max: 1500 }), (list, atUs) => {
        const record = recordOf(list);
        const starts = Array.from({ length: slotCount(record) }, (_, slot) => startOf(record, slot));
        const expected = starts.findIndex((startUs) => startUs >= atUs);
        expect(firstSlotFrom(record, atUs)).toBe(expected < 0 ? slotCount(record) : expected);
      }),
    );
  });

  it.each([
    ["", "it is not JSON (cut off while it was written?)"],
    ["7", "it is not a JSON object"],
    ["{}", `"format" is not "hapair-probe-record"`],
    [`{"format":"hapair-probe-record","version":2}`, "version 2 is not one this hapair reads (1)"],
    [
      encodeProbeRecord(drawn("oo")).replace(`"latenessUs":[0,0]`, `"latenessUs":[0]`),
      `"latenessUs" is not a list of 2 whole numbers`,
    ],
    [
      encodeProbeRecord(drawn("oo")).replace(`["ok",2]`, `["fine",2]`),
      `"outcomes" does not describe 2 slots`,
    ],
    [encodeProbeRecord(drawn("oo")).replace(`["ok",2]`, `["ok",3]`), `"outcomes" does not describe 2 slots`],
    [
      encodeProbeRecord(drawn("oo")).replace(`"latenessUs":[0,0]`, `"latenessUs":[11,0]`),
      "slot 1 starts before the one ahead of it",
    ],
  ])("refuses %j", (text, wrong) => {
    expect(() => decodeProbeRecord(text, "a.json")).toThrow(`a.json is not a probe record: ${wrong}`);
  });
});
