// The answer to how the agent is: read back by the command line it is the same, and it says what is known, with what is stale marked so.

import { describe, expect, it } from "vitest";
import { asJson, CoreLife, emptyDisk, loneSettings, STARTED_MS } from "../../test/support/agent-core.ts";
import { worldSettings } from "../../test/support/agent-world.ts";
import { type AgentEvent, type FactKind, readAgentStatus } from "../agent-api/index.ts";
import { newCounters } from "./counters.ts";
import { recordDuration } from "./durations.ts";
import { type StatusParts, statusAnswer } from "./status-answer.ts";

const NODE = "extlb-01";
const PEER = "extlb-02";
const VIP = "10.150.160.32";

const settings = {
  ...worldSettings(NODE),
  alerts: { ...loneSettings().alerts, patienceMs: { "haproxy-reload-failed": 0 } },
};

type Said = readonly [kind: FactKind, subject: string, value: string, detail?: Record<string, string>];

const OWN: readonly Said[] = [
  ["instance", "ext-lb", "MASTER", { priority: "150" }],
  ["vip", VIP, "ens192"],
  ["unit", "keepalived", "active"],
  ["watched", "process", "0"],
  ["watched", "traffic", "1"],
  ["watched", "hold", "missing"],
  ["health", "haproxy", "slow"],
  ["rule", "web-servers", "broken"],
  ["opinion", "traffic", "given-up", { to: PEER, rule: "web-servers" }],
  ["certificate", "www.example.com", "2027-01-01T00:00:00.000Z"],
  ["reload", "haproxy", "failed"],
];

/** An agent that knows these facts of its own and its peer's, and is heard by it. */
function agentWith(own: readonly Said[], peer: readonly Said[]): CoreLife {
  const agent = new CoreLife({ settings, disk: emptyDisk(), nowMs: STARTED_MS });
  agent.report([{ kind: "agent", subject: "self", value: "running" }]);
  agent.passes(1000);
  agent.report(
    own.map(([kind, subject, value, detail]) => ({
      kind,
      subject,
      value,
      ...(detail === undefined ? {} : { detail }),
    })),
  );
  agent.report([{ kind: "peer", subject: PEER, value: "heard" }]);
  const list = peer.map(([kind, subject, value], index): AgentEvent => ({
    ...{ node: PEER, log: "00000000000000b1", sequence: index + 1, atMs: agent.nowMs, kind, subject, value },
  }));
  agent.core.told({ from: 1, next: 1 + list.length, list });
  agent.core.beat(PEER, { lastHeardMs: agent.nowMs, clockAheadMs: 0, caughtUp: true });
  return agent;
}

function partsOf(agent: CoreLife, more: Partial<StatusParts> = {}): StatusParts {
  const { knowledge, outbox } = agent.memory;
  return {
    ...{ settings, version: "1.2.3", startedAtMs: STARTED_MS, nowMs: agent.nowMs + 0.125, knowledge, outbox },
    incidents: agent.core.incidents,
    attempts: new Map(),
    numbers: undefined,
    peers: [{ node: PEER }],
    log: { sizeBytes: 0, trouble: undefined },
    counters: newCounters(),
    ...more,
  };
}

describe("a status", () => {
  it("that says everything is read back as it was said", () => {
    const agent = agentWith(OWN, [["vip", VIP, "-"]]);
    agent.core.report([{ kind: "reload", subject: "keepalived", value: "failed" }]);
    const counters = newCounters();
    for (const tookMs of [1.5, 2.5, 300]) recordDuration(counters.checks, tookMs);
    const status = statusAnswer(
      partsOf(agent, {
        counters,
        attempts: new Map([
          ["hook", { route: "hook", result: "failed", atMs: agent.nowMs, said: "HTTP 500: busy" }],
        ]),
        numbers: {
          ...{ answering: true, frontends: new Map() },
          backends: new Map([["web", { serversUp: 1, serversUnverified: 0, serversTotal: 4, queue: 0 }]]),
        },
        peers: [{ node: PEER, heardMsAgo: 12.5, roundTripMs: 0.75, clockAheadMs: -3 }],
        log: { sizeBytes: 4096, trouble: "the log in /var/lib/hapair/log cannot be written: no space" },
      }),
    );
    expect(readAgentStatus(JSON.stringify(status))).toEqual(asJson(status));
    expect(status).toMatchObject({
      ...{ node: NODE, nodes: [NODE, PEER], program: "1.2.3" },
      instances: [{ router: "ext-lb", state: "MASTER", priority: 150, held: [VIP] }],
      holders: [{ router: "ext-lb", holders: [NODE], unknown: [] }],
      health: {
        process: { answer: "ok", value: "0" },
        service: { answer: "ok", value: "slow" },
        traffic: { answer: "bad", value: "1" },
        hold: { answer: "unknown", value: "missing" },
      },
      opinion: { value: "given-up", to: PEER, rule: "web-servers" },
      rules: [{ name: "web-servers", grade: "broken", moves: true }],
      backends: [{ name: "web", serversUp: 1, serversTotal: 4, atLeast: 2 }],
      incidents: [{ condition: "haproxy-reload-failed", scope: NODE, owner: NODE }],
      routes: [{ name: "hook", kind: "webhook", last: { result: "failed", said: "HTTP 500: busy" } }],
      peers: [{ node: PEER, heard: true, agrees: true, clockAheadMs: -3 }],
      checks: { count: 3, lastMs: 300 },
      certificates: [{ name: "www.example.com", endsAtMs: Date.parse("2027-01-01T00:00:00.000Z") }],
    });
  });

  it("of an agent that knows nothing says nothing, and is one all the same", () => {
    const agent = new CoreLife({ settings, disk: emptyDisk(), nowMs: STARTED_MS });
    const status = statusAnswer(partsOf(agent));
    expect(readAgentStatus(JSON.stringify(status))).toEqual(asJson(status));
    expect(status).toMatchObject({
      instances: [],
      holders: [{ holders: [], unknown: [PEER] }],
      opinion: { value: "kept" },
      rules: [{ name: "web-servers", grade: "unknown" }],
      spool: { depth: 0 },
      peers: [{ node: PEER, heard: false }],
    });
    expect(status.peers[0]).not.toHaveProperty("agrees");
  });

  it("says STOPPED where keepalived does not run, whatever it said last", () => {
    const agent = agentWith([...OWN, ["unit", "keepalived", "failed"]], []);
    expect(statusAnswer(partsOf(agent)).instances).toMatchObject([{ router: "ext-lb", state: "STOPPED" }]);
  });

  it("marks what is known of a silent peer as unknown, and does not agree with two holders or none", () => {
    const two = agentWith(OWN, [["vip", VIP, "ens192"]]);
    expect(statusAnswer(partsOf(two))).toMatchObject({
      holders: [{ holders: [NODE, PEER] }],
      peers: [{ heard: true, agrees: false, holders: [{ holders: [PEER] }] }],
    });
    two.report([{ kind: "peer", subject: PEER, value: "silent" }]);
    const status = statusAnswer(partsOf(two));
    expect(status.holders).toEqual([{ router: "ext-lb", holders: [NODE], unknown: [PEER] }]);
    expect(status.peers[0]).toMatchObject({ heard: false, holders: [{ holders: [PEER] }] });
    expect(status.peers[0]).not.toHaveProperty("agrees");
  });

  it("counts the notices that wait, and since when the oldest does", () => {
    const agent = agentWith(OWN, []);
    agent.core.report([{ kind: "reload", subject: "haproxy", value: "ok" }]);
    const beganMs = agent.nowMs;
    const { spool } = statusAnswer(partsOf(agent));
    expect(spool.depth).toBeGreaterThan(0);
    expect(spool.oldestAtMs).toBeLessThanOrEqual(beganMs);
    agent.deliver();
    expect(statusAnswer(partsOf(agent)).spool).toEqual({ depth: 0 });
  });
});
