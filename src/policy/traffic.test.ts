// Grades from plain numbers, and what many looks come to: nothing flaps, nothing is worse than its looks, and unknown is as if nobody had looked.

import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { TrafficLimit } from "./traffic-rule.ts";
import {
  type BackendNumbers,
  type Grade,
  gradeOf,
  isWorse,
  type ProxyNumbers,
  type Reading,
  type RuleState,
  stepRule,
  unseenRule,
} from "./traffic.ts";

const backend = (numbers: Partial<BackendNumbers>): ProxyNumbers => ({
  answering: true,
  frontends: new Map(),
  backends: new Map([["web", { serversUp: 2, serversUnverified: 0, serversTotal: 2, queue: 0, ...numbers }]]),
});
const frontends = (...open: readonly boolean[]): ProxyNumbers => ({
  answering: true,
  frontends: new Map(open.map((one, index) => [`f${index}`, { open: one, sessions: 80, sessionLimit: 100 }])),
  backends: new Map(),
});
const serversUp = (atLeast: number): TrafficLimit => ({ kind: "servers-up", backend: "web", atLeast });
const queue: TrafficLimit = { kind: "queue", backend: "web", atMost: 10 };
const errors: TrafficLimit = { kind: "error-share", backend: "web", atMost: 0.05, leastRequests: 20 };
const sessions = (atMost: number): TrafficLimit => ({ kind: "session-share", frontend: "f0", atMost });
const open: TrafficLimit = { kind: "frontends-open" };
const answering: TrafficLimit = { kind: "answering" };

describe("the grade of one look", () => {
  test.each<[string, TrafficLimit, ProxyNumbers, Reading]>([
    ["answers", answering, frontends(true), "whole"],
    ["does not answer", answering, { ...frontends(true), answering: false }, "dead"],
    ["is not there", answering, { ...frontends(true), answering: false, absent: true }, "unknown"],
    ["every frontend is open", open, frontends(true, true), "whole"],
    ["one of two is closed", open, frontends(true, false), "broken"],
    ["none is open", open, frontends(false, false), "dead"],
    ["there is no frontend", open, frontends(), "unknown"],
    ["just enough servers", serversUp(2), backend({}), "whole"],
    ["one too few", serversUp(2), backend({ serversUp: 1 }), "broken"],
    ["none left", serversUp(2), backend({ serversUp: 0 }), "dead"],
    ["no servers at all", serversUp(1), backend({ serversUp: 0, serversTotal: 0 }), "broken"],
    ["none asked for, none up", serversUp(0), backend({ serversUp: 0 }), "whole"],
    ["just reloaded", serversUp(2), backend({ serversUp: 0, serversUnverified: 2 }), "unknown"],
    ["enough are checked", serversUp(1), backend({ serversUp: 1, serversUnverified: 1 }), "whole"],
    ["too few however it turns out", serversUp(3), backend({ serversUp: 1, serversUnverified: 1 }), "broken"],
    ["too few, all unchecked", serversUp(3), backend({ serversUp: 0, serversUnverified: 2 }), "broken"],
    ["no such back end", serversUp(1), frontends(true), "unknown"],
    ["queue at its limit", queue, backend({ queue: 10 }), "whole"],
    ["queue above it", queue, backend({ queue: 11 }), "broken"],
    ["no such queue", queue, frontends(true), "unknown"],
    ["errors at the limit", errors, backend({ recent: { requests: 20, errors: 1 } }), "whole"],
    ["errors above it", errors, backend({ recent: { requests: 20, errors: 2 } }), "broken"],
    ["few requests", errors, backend({ recent: { requests: 19, errors: 19 } }), "unknown"],
    ["no look but one yet", errors, backend({}), "unknown"],
    [
      "no requests, none asked for",
      { ...errors, leastRequests: 0 },
      backend({ recent: { requests: 0, errors: 0 } }),
      "unknown",
    ],
    ["sessions at the limit", sessions(0.8), frontends(true), "whole"],
    ["sessions above it", sessions(0.79), frontends(true), "broken"],
    ["no such frontend", sessions(0.5), backend({}), "unknown"],
  ])("%s", (_, limit, numbers, grade) => {
    expect(gradeOf(limit, numbers)).toBe(grade);
  });

  it("of a frontend without a limit of sessions is unknown", () => {
    const numbers = new Map([["f0", { open: true, sessions: 5, sessionLimit: 0 }]]);
    expect(gradeOf(sessions(0.5), { ...backend({}), frontends: numbers })).toBe("unknown");
  });

  it("is unknown for every other limit when HAProxy does not answer", () => {
    for (const limit of [open, serversUp(1), queue, errors, sessions(0.5)])
      expect(gradeOf(limit, { ...backend({ serversUp: 0 }), answering: false })).toBe("unknown");
  });
});

describe("rise and fall", () => {
  /** Grades after each look, by first letters: w, b, d, and ? for unknown. */
  function grades(rule: { fall: number; rise: number }, looks: string, from: RuleState = unseenRule): string {
    const readings: Record<string, Reading> = { w: "whole", b: "broken", d: "dead", "?": "unknown" };
    let state = from;
    return looks
      .split("")
      .map((letter) => {
        state = stepRule(rule, state, readings[letter] ?? "unknown");
        return state.grade === "unknown" ? "?" : state.grade[0];
      })
      .join("");
  }
  const three = { fall: 3, rise: 2 };

  test.each([
    ["one look is enough for whole", "w", "w"],
    ["one is not for worse", "bbb", "??b"],
    ["the start may be whole after all", "bbwbb", "??www"],
    ["a row that breaks begins anew", "wbbwbbb", "wwwwwwb"],
    ["the mildest of the row counts", "wbddddd", "wwwbbbd"],
    ["dead at once when all of the row are", "wddd", "wwwd"],
    ["better takes its own row", "wbbbwbww", "wwwbbbbw"],
    ["to broken before whole", "wdddbwww", "wwwddbbw"],
    ["unknown neither counts nor breaks a row", "wb?b???b", "wwwwwwwb"],
    ["a reload of something whole changes nothing", "w????w??", "wwwwwwww"],
  ])("%s", (_, looks, expected) => {
    expect(grades(three, looks)).toBe(expected);
  });

  it("a restarted agent calls nothing broken after a single look, even with fall 1", () => {
    expect(grades({ fall: 1, rise: 1 }, "dd")).toBe("?d");
    expect(grades({ fall: 1, rise: 1 }, "wd")).toBe("wd");
  });

  const readings = fc.array(fc.constantFrom<Reading>("whole", "broken", "dead", "unknown"), {
    maxLength: 40,
  });
  const rules = fc.record({ fall: fc.integer({ min: 1, max: 5 }), rise: fc.integer({ min: 1, max: 5 }) });
  const after = (rule: { fall: number; rise: number }, looks: readonly Reading[]): RuleState =>
    looks.reduce((state, reading) => stepRule(rule, state, reading), unseenRule);

  it("unknown looks can be left out", () => {
    fc.assert(
      fc.property(rules, readings, (rule, looks) => {
        expect(after(rule, looks)).toEqual(
          after(
            rule,
            looks.filter((reading) => reading !== "unknown"),
          ),
        );
      }),
    );
  });

  it("a grade changes only after a row of looks that all are at least as far", () => {
    fc.assert(
      fc.property(rules, readings, (rule, looks) => {
        const said = looks.filter((reading): reading is Grade => reading !== "unknown");
        for (const index of said.keys()) {
          const before = after(rule, said.slice(0, index)).grade;
          const now = after(rule, said.slice(0, index + 1)).grade;
          if (now === before || before === "unknown" || now === "unknown") continue;
          const worsens = isWorse(now, before);
          const row = said.slice(index + 1 - (worsens ? rule.fall : rule.rise), index + 1);
          expect(row).toHaveLength(worsens ? rule.fall : rule.rise);
          for (const look of row) expect(worsens ? isWorse(now, look) : isWorse(look, now)).toBe(false);
        }
      }),
    );
  });

  it("the same look again and again is believed", () => {
    fc.assert(
      fc.property(rules, readings, fc.constantFrom<Grade>("whole", "broken", "dead"), (rule, looks, last) => {
        const enough = Array.from({ length: 12 }, () => last);
        expect(after(rule, [...looks, ...enough])).toEqual({ grade: last, looks: 0 });
      }),
    );
  });
});
