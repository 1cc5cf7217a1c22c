// Which promise a phase is judged by: the pair's own figures, the document's words, or none.

import { describe, expect, test } from "vitest";
import { pairNamed } from "../../test/support/pairs.ts";
import { type Phase, scenarios } from "../scenario/index.ts";
import { promisedByNobody, promisedByPage, promisedByPair } from "./promised.ts";

const phases = scenarios.flatMap((scenario) => scenario.phases);

function phase(name: string): Phase {
  const found = phases.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`there is no phase ${name}`);
  return found;
}

const classic = pairNamed("classic").promises;
const fast = pairNamed("fast").promises;

describe("a pair's own promises", () => {
  test.each([
    ["haproxy-stop", "serviceStopMs"],
    ["haproxy-kill", "serviceCrashMs"],
    ["haproxy-hang", "serviceHangMs"],
    ["node-power-off", "nodeLossMs"],
    ["cable-cut", "nodeLossMs"],
    ["keepalived-stop", "keepalivedStopMs"],
  ] as const)("%s is judged by %s, of either profile", (name, key) => {
    expect(promisedByPair(classic)(phase(name), undefined)).toEqual([
      { kind: "outage", limitMs: classic[key] },
    ]);
    expect(promisedByPair(fast)(phase(name), undefined)).toEqual([{ kind: "outage", limitMs: fast[key] }]);
  });

  test("the figures are the file's where it gives them", () => {
    const own = { ...classic, nodeLossMs: 12_345 };
    expect(promisedByPair(own)(phase("cable-cut"), undefined)).toEqual([{ kind: "outage", limitMs: 12_345 }]);
  });

  test("the manual switch moves the VIP, and keepalived killed leaves one holder", () => {
    expect(promisedByPair(fast)(phase("switch-back"), undefined)).toEqual([
      { kind: "moves", limitMs: fast.keepalivedStopMs },
    ]);
    expect(promisedByPair(fast)(phase("keepalived-kill"), undefined)).toMatchObject([{ kind: "one-holder" }]);
  });

  test.each([
    ["switch", "moves"],
    ["maintenance-on", "moves"],
    ["roll", "rests"],
  ] as const)("%s is unnoticed whatever the file's figures are: the VIP %s", (name, holder) => {
    for (const promises of [classic, { ...fast, failback: "allowed" as const }])
      expect(promisedByPair(promises)(phase(name), undefined)).toEqual([
        { kind: "unnoticed", holder, slowerByMs: 100 },
      ]);
  });

  test("what returns leaves the VIP where it is; with failback allowed that is promised nowhere", () => {
    const returning = [
      "haproxy-returns",
      "haproxy-resumes",
      "node-returns",
      "cable-restored",
      "maintenance-off",
    ];
    for (const name of returning)
      expect(promisedByPair(classic)(phase(name), undefined), name).toEqual([{ kind: "stays" }]);
    const allowed = promisedByPair({ ...classic, failback: "allowed" });
    for (const one of phases)
      expect(allowed(one, { splitBrain: true }).map((promise) => promise.kind)).not.toContain("stays");
  });

  test.each(["vrrp-blocked-one-way", "vrrp-blocked"])(
    "%s: a split brain has to be named, and only where there was one",
    (name) => {
      const promised = promisedByPair(classic);
      expect(promised(phase(name), { splitBrain: true, namedAfterMs: 300 })).toEqual([
        { kind: "named", withinMs: 2000, namedAfterMs: 300 },
      ]);
      // Not named: no time is made up, so that the judge sees a broken promise.
      expect(promised(phase(name), { splitBrain: true })).toEqual([{ kind: "named", withinMs: 2000 }]);
      expect(promised(phase(name), { splitBrain: false, namedAfterMs: 300 })).toEqual([]);
      expect(promised(phase(name), undefined)).toEqual([]);
    },
  );
});

describe("the document's promises", () => {
  test("are about HAProxy, returning nodes and the manual switch, at about two seconds", () => {
    const named = phases.filter((one) => promisedByPage(one, undefined).length > 0).map((one) => one.name);
    expect(named.toSorted()).toEqual([
      "cable-restored",
      "haproxy-returns",
      "haproxy-stop",
      "keepalived-returns",
      "node-returns",
      "switch-back",
    ]);
    expect(promisedByPage(phase("haproxy-stop"), undefined)).toEqual([{ kind: "outage", limitMs: 2500 }]);
    expect(promisedByPage(phase("switch-back"), undefined)).toEqual([{ kind: "moves", limitMs: 2500 }]);
    expect(promisedByPage(phase("haproxy-returns"), undefined)).toEqual([{ kind: "stays" }]);
  });
});

test("somebody else's files promise nothing", () => {
  for (const one of phases) expect(promisedByNobody(one, { splitBrain: true })).toEqual([]);
});
