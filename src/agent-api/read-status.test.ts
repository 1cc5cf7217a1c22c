import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { agentNowMs, agentStatus, openIncident } from "../../test/support/agent-status.ts";
import { AGENT_STATUS_BYTES_MAX, readAgentEvent, readAgentStatus, readAlertTestResult } from "./index.ts";

const whole = agentStatus("extlb-01", {
  incidents: [openIncident()],
  spool: { depth: 2, oldestAtMs: agentNowMs - 5000 },
  log: { bytes: 7, trouble: "no space left on device" },
});

/** The object with one part of it, at any depth, replaced by a value of another kind. */
function spoiled(value: unknown, path: readonly number[], by: unknown): unknown {
  const [at, ...further] = path;
  if (at === undefined || typeof value !== "object" || value === null) return by;
  const names = Object.keys(value);
  const name = names[at % Math.max(1, names.length)];
  if (name === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  copy[name] = spoiled(copy[name], further, by);
  return copy;
}

const path = fc.array(fc.nat(50), { maxLength: 4 });

describe("readAgentStatus", () => {
  test("gives back what was written, and passes over what a newer agent adds", () => {
    expect(readAgentStatus(JSON.stringify(whole))).toEqual(whole);
    expect(readAgentStatus(JSON.stringify({ ...whole, novelty: [1] }))).toEqual(whole);
  });

  test("another version, another kind of text, or too much of it is no status", () => {
    expect(readAgentStatus(JSON.stringify({ ...whole, version: 2 }))).toBeUndefined();
    expect(readAgentStatus(JSON.stringify({ ...whole, nowMs: 1e300 }))).toBeUndefined();
    for (const text of ["", "{}", "[]", "null", '"status"', "{", '{"version":1}'])
      expect(readAgentStatus(text), text).toBeUndefined();
    const long = JSON.stringify({ ...whole, novelty: "x".repeat(AGENT_STATUS_BYTES_MAX) });
    expect(readAgentStatus(long)).toBeUndefined();
  });

  test("a part that cannot be read costs that part alone", () => {
    const odd = { ...whole, rules: [{ name: 7 }, ...whole.rules], peers: "none", health: { hold: [] } };
    expect(readAgentStatus(JSON.stringify(odd))).toMatchObject({
      node: "extlb-01",
      rules: whole.rules,
      peers: [],
      health: { hold: { answer: "unknown" } },
    });
  });

  test("whatever is written where, nothing is thrown, and no list, text or control character is let through unbounded", () => {
    fc.assert(
      fc.property(path, fc.jsonValue(), (place, by) => {
        const read = readAgentStatus(JSON.stringify(spoiled(whole, place, by)));
        if (read === undefined) return;
        expect(new Date(read.nowMs).toISOString()).toContain("T");
        expect(JSON.stringify(read)).not.toMatch(/\\u00[01]/);
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.string(), (text) => readAgentStatus(text) === undefined));
  });
});

describe("readAgentEvent", () => {
  const event = {
    node: "extlb-01",
    log: "a1b2",
    sequence: 12,
    atMs: agentNowMs,
    kind: "instance",
    subject: "ext-lb",
    value: "MASTER",
    previous: "BACKUP",
    detail: { priority: "150" },
    evidence: 'INSTANCE "ext-lb" MASTER 150',
    causedBy: 11,
  } as const;

  test("gives back what was written", () => {
    expect(readAgentEvent(JSON.stringify(event))).toEqual(event);
  });

  test("a kind that is not known, a missing field or another text is no event, and nothing throws", () => {
    expect(readAgentEvent(JSON.stringify({ ...event, kind: "weather" }))).toBeUndefined();
    expect(readAgentEvent(JSON.stringify({ ...event, atMs: "now" }))).toBeUndefined();
    expect(readAgentEvent("")).toBeUndefined();
    fc.assert(
      fc.property(path, fc.jsonValue(), (place, by) => {
        readAgentEvent(JSON.stringify(spoiled(event, place, by)));
      }),
    );
  });
});

test("readAlertTestResult reads a line of the answer and nothing else", () => {
  const result = { node: "extlb-01", route: "ops", result: "failed", tookMs: 12.5, said: "550 no such user" };
  expect(readAlertTestResult(JSON.stringify(result))).toEqual(result);
  expect(readAlertTestResult(JSON.stringify({ ...result, result: "maybe" }))).toBeUndefined();
  expect(readAlertTestResult("hapair-agent: stopping")).toBeUndefined();
});
