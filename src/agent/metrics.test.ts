import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { agentNowMs, agentStatus, openIncident } from "../../test/support/agent-status.ts";
import type { AgentEvent } from "../agent-api/index.ts";
import { count, countEvent, countOf, newCounters } from "./counters.ts";
import { durationBoundsS, newDurations, recordDuration, RECENT_MAX, summaryOf } from "./durations.ts";
import { metricFamilies } from "./metric-families.ts";
import { exposition } from "./metrics.ts";

const process = { residentBytes: 52_428_800, cpuSeconds: 12.75 };

function event(changes: Partial<AgentEvent>): AgentEvent {
  return {
    node: "extlb-01",
    log: "a1",
    sequence: 1,
    atMs: agentNowMs,
    kind: "instance",
    subject: "ext-lb",
    value: "MASTER",
    ...changes,
  };
}

/** name{labels} value, as Prometheus' own grammar has it. */
const SERIES =
  /^[a-z_]+\{[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\[\\"n])*")*\} (?:NaN|[+-]?Inf|-?[\d.]+(?:e[+-]?\d+)?)$/u;

function seriesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

describe("exposition", () => {
  test("of a holder with a fault in its peer, a stuck notice and a rule that broke", async () => {
    const counters = newCounters();
    recordDuration(counters.checks, 0.8);
    recordDuration(counters.checks, 40);
    recordDuration(counters.looks, 3000);
    countEvent(counters, event({ previous: "BACKUP" }));
    countEvent(counters, event({ kind: "notice", subject: "5f1c/1/ops", value: "delivered" }));
    count(counters.deliveries, "chat", "failed");
    count(counters.refusedMessages, "signature");
    const status = agentStatus("extlb-01", {
      incidents: [openIncident(), openIncident({ id: "7", scope: "other" })],
      spool: { depth: 1, oldestAtMs: agentNowMs - 60_000 },
      rules: [{ name: "web-servers", grade: "broken", moves: true }],
      peers: [{ node: "extlb-02", heard: false, lastHeardMsAgo: 4000, holders: [] }],
      holders: [{ router: "ext-lb", holders: ["extlb-01"], unknown: ["extlb-02"] }],
    });
    await expect(exposition(status, counters, process)).toMatchFileSnapshot(
      "../../test/golden/agent/metrics.txt",
    );
  });

  test("whatever things are called, every line is well formed and no series stands twice", () => {
    const name = fc.oneof(fc.string(), fc.constantFrom('a"b', "a\\", "a\nb", "é\u001F", ""));
    const backends = fc.array(
      fc.record({ name, serversUp: fc.nat(), serversTotal: fc.nat(), atLeast: fc.double() }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(name, backends, fc.double(), (pair, list, bytes) => {
        const status = { ...agentStatus("extlb-01"), pair, backends: list };
        const counters = newCounters();
        count(counters.refusedMessages, pair);
        const series = seriesOf(exposition(status, counters, { residentBytes: bytes, cpuSeconds: 0 }));
        for (const line of series) expect(line).toMatch(SERIES);
        const names = series.map((line) => line.slice(0, line.lastIndexOf(" ")));
        expect(new Set(names).size).toBe(names.length);
      }),
      { numRuns: 200 },
    );
  });

  test("no family grows without bound, and what is left out is counted", () => {
    const backends = Array.from({ length: 5000 }, (_, index) => ({
      name: `b${index}`,
      serversUp: 1,
      serversTotal: 1,
    }));
    const text = exposition(agentStatus("extlb-01", { backends }), newCounters(), process);
    expect(seriesOf(text).length).toBeLessThan(1500);
    expect(text).toContain('hapair_agent_series_left_out{pair="ext-lb",node="extlb-01"} 8800\n');
  });

  test("each family has a name of its own, and its series have the labels that the table says", () => {
    expect(new Set(metricFamilies.map(({ name }) => name)).size).toBe(metricFamilies.length);
    const counters = newCounters();
    count(counters.refusedMessages, "signature");
    const status = agentStatus("extlb-01", { incidents: [openIncident()] });
    for (const family of metricFamilies) {
      const samples = family.samples({ status, counters, process });
      expect(samples.length, family.name).toBeGreaterThan(0);
      for (const { suffix, labels } of samples)
        if (suffix === undefined || suffix === "_bucket")
          expect(Object.keys(labels), family.name).toEqual(family.labels);
    }
  });
});

describe("counters", () => {
  test("the first state after a start is no transition; a notice's end counts for its route, whatever the route is called", () => {
    const counters = newCounters();
    countEvent(counters, event({}));
    expect(countOf(counters.transitions, "ext-lb", "MASTER")).toBe(0);
    countEvent(counters, event({ kind: "notice", subject: "5f/2/ops/night", value: "expired" }));
    expect(countOf(counters.deliveries, "ops/night", "expired")).toBe(1);
    expect(countOf(counters.events, "instance")).toBe(1);
  });

  test("more combinations than there is room for are counted together", () => {
    const { refusedMessages } = newCounters();
    for (let index = 0; index < 10_000; index += 1) count(refusedMessages, `reason ${index}`);
    expect(refusedMessages.counts.size).toBeLessThanOrEqual(501);
    expect(countOf(refusedMessages, "other")).toBe(9500);
  });
});

describe("durations", () => {
  test("each falls into the bucket whose bound it does not exceed", () => {
    const durations = newDurations();
    for (const ms of [0, 0.5, 0.6, 2500, 2501, -1, Number.NaN]) recordDuration(durations, ms);
    expect(durations.buckets).toEqual([
      2,
      1,
      ...Array.from({ length: durationBoundsS.length - 3 }, () => 0),
      1,
      1,
    ]);
    expect(durations.count).toBe(5);
  });

  test("figures are of the newest, by nearest rank", () => {
    const durations = newDurations();
    expect(summaryOf(durations)).toEqual({ count: 0 });
    recordDuration(durations, 9000);
    for (let ms = 1; ms <= RECENT_MAX; ms += 1) recordDuration(durations, ms);
    expect(durations.recent.length).toBe(RECENT_MAX);
    expect(summaryOf(durations)).toEqual({
      count: RECENT_MAX + 1,
      lastMs: RECENT_MAX,
      p50Ms: RECENT_MAX / 2,
      p99Ms: RECENT_MAX * 0.99,
    });
  });
});
