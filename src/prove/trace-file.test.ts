// Traces as files: what is written reads back as the same trace, and no text makes the reader throw.

import { anything, assert, double, integer, json, oneof, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { siteNamed } from "../../test/support/simulated-site.ts";
import { answer } from "./answer.ts";
import { itfText } from "./itf.ts";
import { provenStart } from "./start.ts";
import { playTrace, type Trace } from "./trace.ts";
import { readTrace, writeTrace } from "./trace-file.ts";

const site = siteNamed("classic");
const start = provenStart(site);
const known = { nodes: site.nodes.map(({ name }) => name) };
const [broken] = answer(site, start, {
  ...{ depth: 2, overlap: 2, overlaps: 1, statesMax: 100_000 },
  // Nobody keeps this, so that there is something to write.
  limits: { twoHoldersUs: 900_000, settlesUs: 60_000_000, noFailback: true, outageUs: {} },
  promises: ["one-holder"],
}).broken.values();
const trace = broken!.trace;
const text = writeTrace(trace);

function changed(change: (document: Record<string, unknown>) => void): string {
  const document = JSON.parse(text) as Record<string, unknown>;
  change(document);
  return JSON.stringify(document);
}

describe("a trace", () => {
  it("reads back as it was written, and plays the same run", () => {
    const read = readTrace("one-holder.trace.json", text, known);
    expect(read).toEqual({ kind: "read", trace });
    const { trace: again } = read as { readonly trace: Trace };
    expect(playTrace(site, start, again).entries).toEqual(broken!.run.entries);
  });

  it.each([
    ["it is not JSON", "one-holder: {"],
    ["it is no JSON object", "[1, 2]"],
    ["its schema is not hapair-trace/1", changed((document) => (document["schema"] = "hapair-trace/9"))],
    [
      "its promise is none that this version of hapair knows",
      changed((document) => (document["promise"] = "peace")),
    ],
    ["its scenario is no text", changed((document) => (document["scenario"] = {}))],
    [
      `its phases are not one for each of the scenario's ${trace.scenario.events.length} events`,
      changed((document) => (document["phases"] = [])),
    ],
    [
      `its phases are not one for each of the scenario's ${trace.scenario.events.length} events`,
      changed((document) => (document["phases"] = trace.phases.map(() => ({ advertShare: 2 })))),
    ],
  ])("that is none is told apart: %s", (problem, given) => {
    expect(readTrace("some.json", given, known)).toEqual({ kind: "wrong", problem });
  });

  it("of another pair names the node that is not there", () => {
    const read = readTrace("some.json", text, { nodes: ["lb1", "lb2"] });
    expect(read.kind).toBe("scenario");
    const [finding] = read.kind === "scenario" ? read.diagnostics : [];
    expect(finding?.message).toContain("extlb-0");
  });

  it("takes any text and any values without failing", () => {
    assert(
      property(oneof(string(), json()), (given) => {
        expect(readTrace("some.json", given, known).kind).toBe("wrong");
      }),
    );
    const value = oneof(anything(), integer(), double());
    assert(
      property(value, value, (first, second) => {
        const phases = [{ advertShare: first, checksUs: { node: second, sinceUs: first } }, first, second];
        const given = changed((document) => (document["phases"] = phases));
        expect(["wrong", "read"]).toContain(readTrace("some.json", given, known).kind);
      }),
    );
  });
});

it("is an ITF trace for other tools: the same variables in every state, times that rise", () => {
  const document = JSON.parse(itfText(broken!.run, "a test")) as {
    readonly vars: readonly string[];
    readonly states: readonly Record<string, { readonly "#bigint"?: string }>[];
  };
  expect(document.states.length).toBe(broken!.run.moments.length);
  for (const state of document.states) expect(Object.keys(state)).toEqual(["#meta", ...document.vars]);
  const times = document.states.map((state) => Number(state["time_us"]?.["#bigint"]));
  expect(times).toEqual(times.toSorted((left, right) => left - right));
  expect(document.states[0]!["holders"]).toEqual({ "#map": [["ext-lb", { "#set": ["extlb-01"] }]] });
});
