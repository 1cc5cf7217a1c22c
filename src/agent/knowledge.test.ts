import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AgentEvent, type FactKind, FACTS_MAX } from "../agent-api/index.ts";
import {
  applyEvent,
  applyReport,
  beginRun,
  emptyKnowledge,
  factOf,
  hearingOf,
  incidentsTold,
  isFresh,
  type Knowledge,
  noteBeat,
  RECENT_MAX,
  RESOLVED_MAX,
} from "./knowledge.ts";
import { knowledgeFromSnapshot, knowledgeSnapshot } from "./knowledge-snapshot.ts";

const NODES = ["extlb-01", "extlb-02"];

function known(): Knowledge {
  return emptyKnowledge("extlb-01", NODES);
}

let nowMs = 1000;
function report(knowledge: Knowledge, kind: FactKind, subject: string, value: string, log = "a") {
  nowMs += 1;
  return applyReport(knowledge, { kind, subject, value }, { log, nowMs });
}

function incident(node: string, sequence: number, phase: string, revision: number): AgentEvent {
  return {
    node,
    log: "b",
    sequence,
    atMs: sequence,
    kind: "incident",
    subject: "0123456789abcdef",
    value: phase,
    detail: {
      condition: "no-holder",
      scope: "ext-lb",
      severity: "critical",
      revision: String(revision),
      openedAtMs: "0",
      changedAtMs: "0",
      title: "t",
      text: "x",
      owner: node,
    },
  };
}

describe("a report", () => {
  test("becomes an event when it changes something, with number, value before and cause", () => {
    const knowledge = known();
    expect(report(knowledge, "watched", "process", "0")).toMatchObject({
      node: "extlb-01",
      log: "a",
      sequence: 1,
    });
    expect(report(knowledge, "watched", "process", "0")).toBeUndefined();
    expect(report(knowledge, "watched", "process", "1")).toMatchObject({ sequence: 2, previous: "0" });
    expect(report(knowledge, "instance", "ext-lb", "FAULT")).toMatchObject({ sequence: 3, causedBy: 2 });
    expect(factOf(knowledge, "extlb-01", "watched", "process")).toMatchObject({ value: "1", sequence: 2 });
  });

  test("of an incident or a notice is news each time; of notices the last of each route stands", () => {
    const knowledge = known();
    expect(report(knowledge, "notice", "0123456789abcdef/1/ops", "delivered")).toBeDefined();
    expect(report(knowledge, "notice", "0123456789abcdef/2/ops", "delivered")).toBeDefined();
    expect(report(knowledge, "notice", "0123456789abcdef/2/mail", "expired")).toBeDefined();
    expect(knowledge.nodes.get("extlb-01")?.facts.size).toBe(2);
  });

  test("is not taken when there are too many facts, and that is counted", () => {
    const knowledge = known();
    for (let index = 0; index < FACTS_MAX; index += 1) report(knowledge, "server", `web/s${index}`, "up");
    expect(report(knowledge, "server", "web/more", "up")).toBeUndefined();
    expect(report(knowledge, "server", "web/s1", "down")).toBeDefined();
    expect(knowledge.nodes.get("extlb-01")?.refused).toBe(1);
    expect(knowledge.recent.length).toBeLessThan(RECENT_MAX + 251);
  });

  test("a new log begins with number 1 and nothing known", () => {
    const knowledge = known();
    report(knowledge, "watched", "hold", "0");
    expect(report(knowledge, "watched", "hold", "0", "c")).toMatchObject({ log: "c", sequence: 1 });
  });
});

describe("events", () => {
  const event: fc.Arbitrary<Pick<AgentEvent, "kind" | "subject" | "value">> = fc.record({
    kind: fc.constantFrom<FactKind>("instance", "vip", "watched", "unit"),
    subject: fc.constantFrom("ext-lb", "process", "haproxy"),
    value: fc.constantFrom("1", "0", "MASTER", "failed"),
  });
  const log = (node: string, all: readonly Pick<AgentEvent, "kind" | "subject" | "value">[]): AgentEvent[] =>
    all.map((each, index) => ({ node, log: "b", sequence: index + 1, atMs: index * 10, ...each }));

  test("of two logs, in any order and any number of times, come to the same knowledge", () => {
    const facts = (knowledge: Knowledge) => NODES.map((node) => knowledge.nodes.get(node)?.facts);
    const names = (knowledge: Knowledge) =>
      new Set(knowledge.recent.map(({ node, sequence }) => `${node} ${sequence}`));
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 20 }),
        fc.array(event, { maxLength: 20 }),
        fc.infiniteStream(fc.nat()),
        (first, second, dice) => {
          const all = [...log("extlb-01", first), ...log("extlb-02", second)];
          const inOrder = known();
          for (const each of all) applyEvent(inOrder, each);
          const shuffled = [...all, ...all].map((each) => ({ each, key: dice.next().value }));
          shuffled.sort((left, right) => left.key - right.key);
          const anyhow = known();
          for (const { each } of shuffled) applyEvent(anyhow, each);
          expect(facts(anyhow)).toEqual(facts(inOrder));
          expect(names(anyhow)).toEqual(names(inOrder));
          expect(anyhow.recent).toHaveLength(inOrder.recent.length);
        },
      ),
    );
  });

  test("of a node that is not of the pair, or of a log that the node has lost, say nothing", () => {
    const knowledge = known();
    const [one] = log("extlb-02", [{ kind: "vip", subject: "10.0.0.1", value: "-" }]);
    if (one === undefined) throw new Error("one event was made");
    expect(applyEvent(knowledge, { ...one, node: "stranger" })).toBe(false);
    expect(applyEvent(knowledge, one)).toBe(true);
    expect(applyEvent(knowledge, one)).toBe(false);
    expect(applyEvent(knowledge, { ...one, log: "c" })).toBe(true);
    expect(applyEvent(knowledge, { ...one, sequence: 2 })).toBe(false);
  });

  test("an incident that is over is not opened again by what was told of it before", () => {
    for (const order of [
      [0, 1, 2],
      [2, 0, 1],
      [1, 2, 0],
    ]) {
      const knowledge = known();
      const all = [
        incident("extlb-02", 1, "opened", 1),
        incident("extlb-01", 5, "updated", 2),
        incident("extlb-01", 6, "resolved", 3),
      ];
      for (const index of order) {
        const each = all[index];
        if (each !== undefined) applyEvent(knowledge, each);
      }
      expect(NODES.flatMap((node) => incidentsTold(knowledge, node))).toEqual([]);
      expect(knowledge.resolved.get("0123456789abcdef")).toBe(3);
      // A peer that was away learns of the end from the fact, when the events are gone.
      expect(factOf(knowledge, "extlb-01", "incident", "0123456789abcdef")?.value).toBe("resolved");
    }
  });

  test("of incidents that are over only so many are remembered", () => {
    const knowledge = known();
    for (let index = 1; index <= RESOLVED_MAX + 20; index += 1)
      applyEvent(knowledge, { ...incident("extlb-02", index, "resolved", 2), subject: `incident ${index}` });
    expect(knowledge.resolved.size).toBe(RESOLVED_MAX);
    expect(knowledge.nodes.get("extlb-02")?.facts.size).toBe(RESOLVED_MAX);
  });

  test("a flood of servers does not drive out who became MASTER", () => {
    const knowledge = known();
    report(knowledge, "instance", "ext-lb", "MASTER");
    for (let index = 0; index < 3 * RECENT_MAX; index += 1)
      report(knowledge, "server", "web/s1", index % 2 === 0 ? "up" : "down");
    expect(knowledge.recent.length).toBeLessThanOrEqual(RECENT_MAX + 250);
    expect(knowledge.recent.some(({ kind }) => kind === "instance")).toBe(true);
  });
});

describe("who is heard", () => {
  test("is not known at first, and known anew in each run", () => {
    const knowledge = known();
    expect(hearingOf(knowledge, "extlb-01")).toBe("heard");
    expect(hearingOf(knowledge, "extlb-02")).toBe("unknown");
    report(knowledge, "peer", "extlb-02", "heard");
    noteBeat(knowledge, "extlb-02", { lastHeardMs: 1000, clockAheadMs: 0, caughtUp: true });
    expect([hearingOf(knowledge, "extlb-02"), isFresh(knowledge, "extlb-02")]).toEqual(["heard", true]);
    beginRun(knowledge);
    expect([hearingOf(knowledge, "extlb-02"), isFresh(knowledge, "extlb-02")]).toEqual(["unknown", false]);
    expect(report(knowledge, "peer", "extlb-02", "heard")).toBeDefined();
  });

  test("what is on its way for a moment leaves knowledge fresh; what stays behind does not, nor does what follows a silence", () => {
    const knowledge = known();
    report(knowledge, "peer", "extlb-02", "heard");
    const beats = (...all: readonly [lastHeardMs: number, caughtUp: boolean][]): boolean[] =>
      all.map(([lastHeardMs, caughtUp]) => {
        noteBeat(knowledge, "extlb-02", { lastHeardMs, clockAheadMs: 0, caughtUp });
        return isFresh(knowledge, "extlb-02");
      });
    expect(beats([0, false], [200, true], [400, false], [1200, false])).toEqual([false, true, true, true]);
    expect(beats([1201, false], [1300, true], [9000, false])).toEqual([false, true, false]);
    report(knowledge, "peer", "extlb-02", "silent");
    expect(beats([9200, true])).toEqual([false]);
  });
});

describe("a snapshot", () => {
  test("gives the same knowledge back, but for who is heard", () => {
    const knowledge = known();
    report(knowledge, "instance", "ext-lb", "MASTER");
    applyEvent(knowledge, incident("extlb-02", 1, "opened", 1));
    applyEvent(knowledge, { ...incident("extlb-02", 2, "resolved", 2), subject: "fedcba9876543210" });
    const text = JSON.stringify(knowledgeSnapshot(knowledge));
    const again = knowledgeFromSnapshot(JSON.parse(text), "extlb-01", NODES);
    expect(again && knowledgeSnapshot(again)).toEqual(knowledgeSnapshot(knowledge));
  });

  test("that is none is none, whatever it is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(knowledgeFromSnapshot(value, "extlb-01", NODES)).toBeUndefined();
      }),
    );
  });
});
