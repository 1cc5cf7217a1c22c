// What is told of a log: all that is at hand in order, of what is not each fact's last word, in parts that fit into a datagram and join without a gap.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tries } from "../../../test/support/tries.ts";
import type { AgentEvent, FactKind } from "../../agent-api/index.ts";
import { applyEvent, applyReport, emptyKnowledge, type Knowledge } from "../knowledge.ts";
import { decode, DATAGRAM_BYTES_MAX, encode, signingKey } from "./codec.ts";
import { eventsToTell, TOLD_BYTES_MAX } from "./told-events.ts";

const NODES = ["lb1", "lb2"];
const LOG = "00000000000000a1";

function known(): Knowledge {
  return emptyKnowledge("lb1", NODES);
}

function happens(
  knowledge: Knowledge,
  kind: FactKind,
  subject: string,
  value: string,
  detail?: Record<string, string>,
): void {
  const report = { kind, subject, value, ...(detail === undefined ? {} : { detail }) };
  applyReport(knowledge, report, { log: LOG, nowMs: 1_800_000_000_000 });
}

/** All parts from a number on, as a peer would ask for them. */
function parts(knowledge: Knowledge, from: number, durable: number): AgentEvent[][] {
  const lists: AgentEvent[][] = [];
  let next = from;
  for (;;) {
    const part = eventsToTell(knowledge, next, durable);
    if (part === undefined) break;
    expect(part.from).toBe(next);
    expect(part.next).toBeGreaterThan(next);
    expect(part.list.every(({ sequence }) => sequence >= part.from && sequence < part.next)).toBe(true);
    next = part.next;
    lists.push([...part.list]);
  }
  expect(next).toBe(Math.max(from, durable + 1));
  return lists;
}

describe("what is told", () => {
  it("is nothing beyond what is on the disk, and nothing to whom knows it", () => {
    const knowledge = known();
    for (const value of ["up", "down", "maint"]) happens(knowledge, "server", "web/a", value);
    expect(
      parts(knowledge, 1, 2)
        .flat()
        .map(({ value }) => value),
    ).toEqual(["up", "down"]);
    expect(
      parts(knowledge, 3, 3)
        .flat()
        .map(({ value }) => value),
    ).toEqual(["maint"]);
    expect(eventsToTell(knowledge, 4, 3)).toBeUndefined();
    expect(eventsToTell(knowledge, 1, 0)).toBeUndefined();
  });

  it("joins to every event in order, each part within its bound", () => {
    const happening = fc.record({
      subject: fc.constantFrom("a", "b", "c", "d"),
      value: fc.constantFrom("up", "down"),
      text: fc.string({ maxLength: 2_000, unit: "binary" }),
    });
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 60 }), fc.integer({ min: 1, max: 30 }), (list, from) => {
        const knowledge = known();
        for (const { subject, value, text } of list) happens(knowledge, "server", subject, value, { text });
        const { sequence } = knowledge.nodes.get("lb1")!;
        const told = parts(knowledge, from, sequence);
        expect(told.flat().map((event) => event.sequence)).toEqual(
          knowledge.recent.map((event) => event.sequence).filter((number) => number >= from),
        );
        for (const part of told.filter(({ length }) => length > 1)) {
          const bytes = part.reduce((sum, event) => sum + Buffer.byteLength(JSON.stringify(event)), 0);
          expect(bytes).toBeLessThanOrEqual(TOLD_BYTES_MAX);
        }
      }),
      { numRuns: tries(20, 60) },
    );
  });

  it("has gaps where numbers were left out", () => {
    const knowledge = known();
    happens(knowledge, "unit", "haproxy", "active");
    knowledge.nodes.get("lb1")!.sequence += 1000;
    expect(parts(knowledge, 2, 1001).flat()).toEqual([]);
    happens(knowledge, "unit", "haproxy", "failed");
    expect(
      parts(knowledge, 2, 1002)
        .flat()
        .map(({ sequence }) => sequence),
    ).toEqual([1002]);
  });

  it("is each fact's last word where the events are no longer at hand, and nothing of notices then", () => {
    const knowledge = known();
    happens(knowledge, "instance", "ext-lb", "MASTER", { priority: "150" });
    happens(knowledge, "server", "web/a", "up");
    happens(knowledge, "notice", "0123456789abcdef/1/hook", "delivered");
    happens(knowledge, "server", "web/a", "down");
    knowledge.recent.splice(0);
    const told = parts(knowledge, 1, 4).flat();
    expect(told.map(({ kind, sequence, value }) => `${sequence} ${kind} ${value}`)).toEqual([
      "1 instance MASTER",
      "4 server down",
    ]);
    expect(told[0]?.detail).toEqual({ priority: "150" });
    // The peer ends with the same facts.
    const peer = emptyKnowledge("lb2", NODES);
    for (const event of told) applyEvent(peer, event);
    const facts = [...knowledge.nodes.get("lb1")!.facts].filter(([key]) => !key.startsWith("notice/"));
    expect(new Map(peer.nodes.get("lb1")?.facts)).toEqual(new Map(facts));
  });

  it("is of this log and this node alone", () => {
    const knowledge = known();
    applyEvent(knowledge, {
      node: "lb2",
      log: "00000000000000b1",
      sequence: 1,
      atMs: 1,
      kind: "unit",
      subject: "haproxy",
      value: "active",
    });
    happens(knowledge, "unit", "haproxy", "failed");
    expect(
      parts(knowledge, 1, 1)
        .flat()
        .map(({ node }) => node),
    ).toEqual(["lb1"]);
    expect(eventsToTell(known(), 1, 5)).toEqual({ from: 1, next: 6, list: [] });
  });

  it("fits into a datagram that the peer takes, however long the texts are", () => {
    const knowledge = known();
    const long = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`name${index}`, "\u{1F525}\n".repeat(1000)]),
    );
    happens(knowledge, "unit", "haproxy", "failed", long);
    const [event] = eventsToTell(knowledge, 1, 1)?.list ?? [];
    expect(event).toMatchObject({ sequence: 1, value: "failed" });
    const key = signingKey("a secret of this test", "ext-lb");
    const message = {
      ...{
        pair: "ext-lb",
        from: "lb1",
        to: "lb2",
        session: LOG,
        counter: 1,
        sentMs: 1,
        log: { log: LOG, next: 2 },
      },
      events: { from: 1, next: 2, list: [event!] },
    };
    const datagram = encode(message, key);
    expect(datagram.length).toBeLessThan(DATAGRAM_BYTES_MAX);
    expect(decode(datagram, key)).toEqual(message);
  });
});
