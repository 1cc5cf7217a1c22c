// The slowest answers before and after a moment, and what is none.

import { describe, expect, it } from "vitest";
import { answerTimes } from "./answer-times.ts";
import { type Outcome, OUTCOMES, type ProbeRecord } from "./probe-record.ts";

/** Requests every 10 us from 1000 us on: how each ended, and after how long. */
function recordOf(answers: readonly (readonly [outcome: Outcome, durationUs: number])[]): ProbeRecord {
  return {
    target: { address: "192.0.2.1", port: 80, kind: "http" },
    intervalUs: 10,
    timeLimitUs: 500,
    startedAtUs: 1000,
    latenessUs: answers.map(() => 0),
    durationUs: answers.map(([, durationUs]) => durationUs),
    outcomes: answers.map(([outcome]) => OUTCOMES.indexOf(outcome)),
    answeredBy: answers.map(() => 0),
    names: [""],
  };
}

describe("answerTimes", () => {
  it("parts them by the moment they were complete", () => {
    const record = recordOf([
      ["ok", 4],
      ["ok", 7],
      // Begun at 1020, answered at 1045.
      ["ok", 25],
      ["ok", 5],
    ]);
    expect(answerTimes(record, 1044)).toEqual({ slowestBeforeUs: 7, slowestUs: 25 });
    expect(answerTimes(record, 1045)).toEqual({ slowestBeforeUs: 25, slowestUs: 0 });
  });

  it("has no time for what was not answered well", () => {
    const record = recordOf([
      ["ok", 4],
      ["timeout", 500],
      ["refused", 90],
      ["missed", 80],
      ["ok", 6],
    ]);
    expect(answerTimes(record, 1015)).toEqual({ slowestBeforeUs: 4, slowestUs: 6 });
  });

  it("keeps to its window, which a request is in by its start", () => {
    const record = recordOf([
      ["ok", 90],
      ["ok", 4],
      ["ok", 6],
      ["ok", 80],
    ]);
    expect(answerTimes(record, 1015, { fromUs: 1010, toUs: 1030 })).toEqual({
      slowestBeforeUs: 4,
      slowestUs: 6,
    });
  });

  it("is nothing where nothing was answered", () => {
    expect(answerTimes(recordOf([]), 1000)).toEqual({ slowestBeforeUs: 0, slowestUs: 0 });
  });
});
