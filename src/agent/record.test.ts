// Records and snapshots: whatever happens and wherever the log is cut into snapshot and records, what is remembered is what was known.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  asJson,
  CoreLife,
  type Disk,
  emptyDisk,
  loneSettings,
  STARTED_MS,
} from "../../test/support/agent-core.ts";
import { worldSettings } from "../../test/support/agent-world.ts";
import { tries } from "../../test/support/tries.ts";
import type { AgentEvent, FactKind, FactReport } from "../agent-api/index.ts";
import { type Memory, remembered, snapshotFrom } from "./record.ts";

const NODE = "extlb-01";
const PEER = "extlb-02";
const NODES = [NODE, PEER];

/** A pair's node whose incidents open at once. */
const settings = {
  ...worldSettings(NODE),
  alerts: { ...loneSettings().alerts, patienceMs: { "haproxy-reload-failed": 0, "no-holder": 0 } },
};

function rememberedFrom({ snapshot, records }: Disk, nodes: readonly string[] = NODES): Memory {
  const read = asJson({ snapshot, records });
  return remembered(read.snapshot, read.records, NODE, nodes, STARTED_MS);
}

/** Everything that a snapshot says, as JSON. */
const said = (memory: Memory): unknown => asJson(snapshotFrom(memory));

type Deed = (agent: CoreLife, sequence: number) => void;

const facts: readonly (readonly [FactKind, string, string])[] = [
  ["reload", "haproxy", "failed"],
  ["reload", "haproxy", "ok"],
  ["instance", "ext-lb", "MASTER"],
  ["instance", "ext-lb", "BACKUP"],
  ["vip", "10.150.160.32", "-"],
  ["vip", "10.150.160.32", "ens192"],
  ["peer", PEER, "heard"],
  ["peer", PEER, "silent"],
];

const peerEvent = (sequence: number, kind: FactKind, subject: string, value: string): AgentEvent => ({
  ...{ node: PEER, log: "00000000000000b1", sequence, atMs: STARTED_MS + sequence },
  ...{ kind, subject, value },
});

const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.constantFrom(...facts).map(([kind, subject, value]): Deed => {
    const report: FactReport = { kind, subject, value };
    return (agent) => agent.report([report]);
  }),
  fc.constantFrom(...facts.slice(0, 6)).map(([kind, subject, value]): Deed => {
    return (agent, sequence) =>
      agent.core.told({ from: 1, next: sequence + 1, list: [peerEvent(sequence, kind, subject, value)] });
  }),
  fc.constantFrom(10, 400, 10_000, 400_000).map((lengthMs): Deed => {
    return (agent) => agent.passes(lengthMs);
  }),
  fc.constant<Deed>((agent) => {
    for (const notice of agent.core.takeDue(() => true))
      agent.core.deliveryEnded(notice.id, { kind: "failed", retryable: true });
  }),
  fc.constant<Deed>((agent, sequence) => {
    agent.report(
      [{ kind: "check", subject: "chk", value: `${sequence}`, atMs: agent.nowMs }],
      `s=${sequence}`,
    );
  }),
);

describe("what is remembered", () => {
  it("is what was known, wherever the snapshot stands", () => {
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 25 }), fc.nat(25), (deeds, rollAt) => {
        const disk = emptyDisk();
        const agent = new CoreLife({ settings, disk, nowMs: STARTED_MS });
        for (const [index, one] of deeds.entries()) {
          one(agent, index + 1);
          if (index === rollAt) agent.roll();
          expect(said(rememberedFrom(disk))).toEqual(said(agent.memory));
        }
      }),
      { numRuns: tries(20, 60) },
    );
  });

  it("of a notice under way is that it waits", () => {
    const disk = emptyDisk();
    const agent = new CoreLife({
      settings: loneSettings({ patienceMs: { "haproxy-reload-failed": 0 } }),
      disk,
      nowMs: STARTED_MS,
    });
    agent.passes(1_000);
    agent.core.report([{ kind: "reload", subject: "haproxy", value: "failed" }]);
    expect(agent.core.takeDue(() => true)).toHaveLength(1);
    agent.roll();
    expect(rememberedFrom(disk, [NODE]).outbox).toMatchObject({ entries: [{ attempts: 0 }], inFlight: [] });
  });

  it("of a node that left the pair is nothing", () => {
    const disk = emptyDisk();
    const agent = new CoreLife({ settings, disk, nowMs: STARTED_MS });
    agent.core.told({ from: 1, next: 2, list: [peerEvent(1, "instance", "ext-lb", "MASTER")] });
    for (const rolled of [false, true]) {
      if (rolled) agent.roll();
      const { knowledge } = rememberedFrom(disk, [NODE]);
      expect([...knowledge.nodes.keys()]).toEqual([NODE]);
      expect(knowledge.recent).toEqual([]);
    }
  });

  it("of records that are none is nothing, and nothing throws", () => {
    const record = fc.oneof(
      fc.jsonValue(),
      fc.record({
        outbox: fc.array(fc.oneof(fc.jsonValue(), fc.record({ kind: fc.constantFrom("added", "of later") }))),
      }),
    );
    fc.assert(
      fc.property(fc.jsonValue(), fc.array(record), (snapshot, records) => {
        const memory = remembered(snapshot, records, NODE, NODES, STARTED_MS);
        expect(memory.bornAtMs).toBe(STARTED_MS);
        expect(memory.outbox.entries).toEqual([]);
      }),
    );
  });
});
