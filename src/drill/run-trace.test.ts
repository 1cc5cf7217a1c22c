import { expect, test } from "vitest";
import type { TimedEvent } from "../scenario/index.ts";
import { type DrilledTrace, refuseUndrillable, traceRows } from "./run-trace.ts";

function traceOf(...actions: readonly TimedEvent["action"][]): DrilledTrace {
  const events = actions.map((action, index) => ({
    atUs: index * 1_000_000,
    action,
    on: { node: "lb1" },
  }));
  return {
    scenario: { name: "t", title: "t", lengthUs: 9_000_000, events },
    atRest: events.map((_event, index) => index === 0),
  };
}

test("a trace has a row for each event, in the words of a simulation", () => {
  const trace = traceOf({ kind: "freeze-service", service: "haproxy" }, { kind: "power-off" });
  expect(traceRows(trace)).toEqual([
    { name: "trace-1", title: "1. haproxy hangs (SIGSTOP) on lb1" },
    { name: "trace-2", title: "2. the power goes on lb1" },
  ]);
});

test("what only a simulation can do is refused, each thing named once; what a proof does is not", () => {
  const trace = traceOf(
    { kind: "fail-check", check: "chk" },
    { kind: "isolate" },
    { kind: "fail-check", check: "chk" },
  );
  expect(() => refuseUndrillable(trace)).toThrow(
    "the lab cannot do what this trace has: chk fails from now on and everything from and to it is lost",
  );
  expect(() => refuseUndrillable(traceOf({ kind: "reload", config: "other" }))).toThrow("now with other");
  expect(() =>
    refuseUndrillable(traceOf({ kind: "reload" }, { kind: "power-on" }, { kind: "switch" })),
  ).not.toThrow();
});
