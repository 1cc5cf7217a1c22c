// Every kind of promise against runs that keep it and runs that break it, by a hair and by far.

import { describe, expect, it } from "vitest";
import {
  type HolderSample,
  measureRun,
  type Outcome,
  OUTCOMES,
  type ProbeRecord,
  type RunMeasurement,
} from "../measure/index.ts";
import { judgePromise, keptOf, milliseconds, type PromiseVerdict, type RunPromise } from "./promise.ts";

const FAULT_US = 1_020_000;

const QUICK_US = 100;
const SLOW_US = 5100;

/** One letter per 2 ms: o ok, s ok after 5.1 ms, f refused. The fault is at the eleventh. */
function run(picture: string, holders: readonly HolderSample[] = held("lb1")): RunMeasurement {
  const outcomes = Array.from(picture, (letter): Outcome => (letter === "f" ? "refused" : "ok"));
  const record: ProbeRecord = {
    target: { address: "192.0.2.1", port: 80, kind: "http" },
    intervalUs: 2000,
    timeLimitUs: 200_000,
    startedAtUs: 1_000_000,
    latenessUs: outcomes.map(() => 0),
    durationUs: Array.from(picture, (letter) => (letter === "s" ? SLOW_US : QUICK_US)),
    outcomes: outcomes.map((outcome) => OUTCOMES.indexOf(outcome)),
    answeredBy: outcomes.map(() => 0),
    names: [""],
  };
  return measureRun({ record, samples: holders, faultAtUs: FAULT_US });
}

/** lb1 and lb2, of which one holds from the start; then changes in milliseconds after the fault. */
function held(
  first: string,
  changes: readonly (readonly [node: string, afterMs: number, holds: boolean | null])[] = [],
): HolderSample[] {
  return [
    ...["lb1", "lb2"].map((node) => ({ node, atUs: 0, holds: node === first })),
    ...changes.map(([node, afterMs, holds]) => ({ node, atUs: FAULT_US + afterMs * 1000, holds })),
  ];
}

const quiet = "o".repeat(30);
const threeLost = `${"o".repeat(11)}fff${"o".repeat(16)}`;
const oneSlow = `${"o".repeat(14)}s${"o".repeat(15)}`;
const slowBeforeToo = `ooos${"o".repeat(10)}s${"o".repeat(15)}`;
const neverAgain = `${"o".repeat(11)}${"f".repeat(19)}`;
const moved = held("lb1", [
  ["lb1", 2, false],
  ["lb2", 4, true],
]);
const movedAndBack = held("lb1", [
  ["lb1", 2, false],
  ["lb2", 4, true],
  ["lb2", 20, false],
  ["lb1", 21, true],
]);

describe("judgePromise", () => {
  it.each<[string, RunPromise, RunMeasurement, "yes" | "no", string]>([
    ["no outage", { kind: "outage", limitMs: 5 }, run(quiet), "yes", "no outage"],
    ["an outage of just the limit", { kind: "outage", limitMs: 6 }, run(threeLost), "yes", "outage 6 ms"],
    ["an outage over the limit", { kind: "outage", limitMs: 5 }, run(threeLost), "no", "outage 6 ms"],
    [
      "an outage without end, however short its watch",
      { kind: "outage", limitMs: 1000 },
      run(neverAgain),
      "no",
      "not answering again in 0.0 s",
    ],
    ["staying", { kind: "stays" }, run(quiet), "yes", "the VIP stayed, none lost"],
    ["staying with a loss", { kind: "stays" }, run(threeLost), "no", "the VIP stayed, 3 lost"],
    ["moving without a loss", { kind: "stays" }, run(quiet, moved), "no", "the VIP moved to lb2, none lost"],
    [
      "moving and coming back",
      { kind: "stays" },
      run(quiet, movedAndBack),
      "no",
      "the VIP moved 2 times and came back, none lost",
    ],
    [
      "moving",
      { kind: "moves", limitMs: 10 },
      run(threeLost, moved),
      "yes",
      "the VIP moved to lb2, outage 6 ms",
    ],
    [
      "moving too slowly",
      { kind: "moves", limitMs: 5 },
      run(threeLost, moved),
      "no",
      "the VIP moved to lb2, outage 6 ms",
    ],
    ["not moving", { kind: "moves", limitMs: 10 }, run(quiet), "no", "the VIP stayed, no outage"],
    [
      "not staying there",
      { kind: "moves", limitMs: 10 },
      run(quiet, movedAndBack),
      "no",
      "the VIP moved 2 times and came back, no outage",
    ],
    [
      "a move that nobody notices",
      { kind: "unnoticed", holder: "moves", slowerByMs: 5 },
      run(oneSlow, moved),
      "yes",
      "the VIP moved to lb2, none lost, slowest 5.1 ms (0.1 ms before)",
    ],
    [
      "a move that makes one wait",
      { kind: "unnoticed", holder: "moves", slowerByMs: 4.9 },
      run(oneSlow, moved),
      "no",
      "the VIP moved to lb2, none lost, slowest 5.1 ms (0.1 ms before)",
    ],
    [
      "one that waited before as well",
      { kind: "unnoticed", holder: "moves", slowerByMs: 0 },
      run(slowBeforeToo, moved),
      "yes",
      "the VIP moved to lb2, none lost, slowest 5.1 ms (5.1 ms before)",
    ],
    [
      "a move with a loss, however long requests may take",
      { kind: "unnoticed", holder: "moves", slowerByMs: 1000 },
      run(threeLost, moved),
      "no",
      "the VIP moved to lb2, 3 lost, slowest 0.1 ms (0.1 ms before)",
    ],
    [
      "no move where one was promised",
      { kind: "unnoticed", holder: "moves", slowerByMs: 5 },
      run(quiet),
      "no",
      "the VIP stayed, none lost, slowest 0.1 ms (0.1 ms before)",
    ],
    [
      "coming to rest after a detour",
      { kind: "unnoticed", holder: "rests", slowerByMs: 5 },
      run(quiet, movedAndBack),
      "yes",
      "the VIP moved 2 times and came back, none lost, slowest 0.1 ms (0.1 ms before)",
    ],
    [
      "the same where it was to move",
      { kind: "unnoticed", holder: "moves", slowerByMs: 5 },
      run(quiet, movedAndBack),
      "no",
      "the VIP moved 2 times and came back, none lost, slowest 0.1 ms (0.1 ms before)",
    ],
    [
      "resting on both",
      { kind: "unnoticed", holder: "rests", slowerByMs: 5 },
      run(quiet, held("lb1", [["lb2", 5, true]])),
      "no",
      "held by lb1 and lb2 at the end, none lost, slowest 0.1 ms (0.1 ms before)",
    ],
    ["one holder", { kind: "one-holder", longestMs: 1 }, run(quiet, moved), "yes", "never two holders"],
    [
      "two for the time allowed",
      { kind: "one-holder", longestMs: 10 },
      run(
        quiet,
        held("lb1", [
          ["lb2", 5, true],
          ["lb1", 15, false],
        ]),
      ),
      "yes",
      "two holders for 10 ms",
    ],
    [
      "two for longer",
      { kind: "one-holder", longestMs: 9 },
      run(
        quiet,
        held("lb1", [
          ["lb2", 5, true],
          ["lb1", 15, false],
        ]),
      ),
      "no",
      "two holders for 10 ms",
    ],
    [
      "a name in time",
      { kind: "named", withinMs: 2000, namedAfterMs: 2000 },
      run(quiet),
      "yes",
      "named after 2000 ms",
    ],
    [
      "a name too late",
      { kind: "named", withinMs: 2000, namedAfterMs: 2001 },
      run(quiet),
      "no",
      "named after 2001 ms",
    ],
    ["no name", { kind: "named", withinMs: 2000 }, run(quiet), "no", "not named"],
    [
      "a node that could not be asked",
      { kind: "stays" },
      run(quiet, held("lb1", [["lb1", 5, null]])),
      "no",
      "holder not known (lb1 could not be asked), none lost",
    ],
    [
      "nobody at the end",
      { kind: "stays" },
      run(quiet, held("lb1", [["lb1", 5, false]])),
      "no",
      "no holder at the end, none lost",
    ],
    [
      "both at the end",
      { kind: "stays" },
      run(quiet, held("lb1", [["lb2", 5, true]])),
      "no",
      "held by lb1 and lb2 at the end, none lost",
    ],
  ])("judges %s", (_what, promise, measurement, kept, found) => {
    expect(judgePromise(promise, measurement)).toMatchObject({ kept, found });
  });

  it("takes the holder before a power cut from before it, not from its moment", () => {
    expect(
      run(
        quiet,
        held("lb1", [
          ["lb1", 0, false],
          ["lb2", 3, true],
        ]),
      ).holderBefore,
    ).toEqual(["lb1"]);
  });
});

function verdict(limitMs: number): PromiseVerdict {
  return judgePromise({ kind: "outage", limitMs }, run(threeLost));
}

describe("an outage from before the fault", () => {
  const unanswered = run(`oooooo${"f".repeat(6)}${"o".repeat(18)}`);
  const unansweredToTheEnd = run(`oooooo${"f".repeat(24)}`);

  it.each<[string, RunPromise, RunMeasurement, "yes" | "no", string]>([
    [
      "an outage cannot be measured",
      { kind: "outage", limitMs: 100 },
      unanswered,
      "no",
      "clients were unanswered before it began",
    ],
    [
      "nor can a move",
      { kind: "moves", limitMs: 100 },
      unanswered,
      "no",
      "the VIP stayed, clients were unanswered before it began",
    ],
    [
      "nor can it be told what was noticed",
      { kind: "unnoticed", holder: "rests", slowerByMs: 100 },
      unanswered,
      "no",
      "clients were unanswered before it began",
    ],
    ["staying can", { kind: "stays" }, unanswered, "yes", "the VIP stayed, none lost"],
    [
      "but not when nothing is answered",
      { kind: "stays" },
      unansweredToTheEnd,
      "no",
      "the VIP stayed, not answering at the end",
    ],
  ])("%s", (_what, promise, measurement, kept, found) => {
    expect(judgePromise(promise, measurement)).toMatchObject({ kept, found });
  });
});

describe("keptOf", () => {
  it("is broken by one of several, and nothing where nothing was promised", () => {
    expect(keptOf([verdict(6), verdict(7)])).toBe("yes");
    expect(keptOf([verdict(6), verdict(5)])).toBe("no");
    expect(keptOf([])).toBe("not-promised");
  });
});

describe("milliseconds", () => {
  it("never shows a value over a limit as the limit itself", () => {
    expect([milliseconds(650), milliseconds(650.4), milliseconds(0), milliseconds(3613.6)]).toEqual([
      "650 ms",
      "650.4 ms",
      "0 ms",
      "3614 ms",
    ]);
  });
});
