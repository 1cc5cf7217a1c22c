// What agents of the page's pair answer when asked: a healthy holder and standby, and ways to change them.

import type { AgentStatus } from "../../src/agent-api/index.ts";

/** The wall clock of every status here, milliseconds. */
export const agentNowMs = 1_795_370_900_000;

const nodes = ["extlb-01", "extlb-02"] as const;
const vip = "10.150.160.32";

/** A node's status in a healthy pair where `holder` has the VIP. `changes` replaces whole fields. */
export function agentStatus(
  node: (typeof nodes)[number],
  changes: Partial<AgentStatus> = {},
  holder: string = "extlb-01",
): AgentStatus {
  const view = [{ router: "ext-lb", holders: [holder], unknown: [] }];
  const fine = { answer: "ok", value: "0", sinceMs: agentNowMs - 900_000 } as const;
  return {
    version: 1,
    program: "0.1.0",
    pair: "ext-lb",
    node,
    nodes,
    startedAtMs: agentNowMs - 900_000,
    nowMs: agentNowMs,
    instances: [
      {
        router: "ext-lb",
        state: node === holder ? "MASTER" : "BACKUP",
        sinceMs: agentNowMs - 850_000,
        priority: node === "extlb-01" ? 150 : 100,
        held: node === holder ? [vip] : [],
      },
    ],
    holders: view,
    health: { process: fine, service: { ...fine, value: "200" }, traffic: fine, hold: fine },
    opinion: { value: "kept", sinceMs: agentNowMs - 900_000 },
    rules: [
      { name: "answering", grade: "whole", moves: true, sinceMs: agentNowMs - 890_000 },
      { name: "web-servers", grade: "whole", moves: true, sinceMs: agentNowMs - 890_000 },
    ],
    backends: [
      { name: "web", serversUp: 3, serversTotal: 3, atLeast: 2 },
      { name: "api", serversUp: 1, serversTotal: 1 },
    ],
    incidents: [],
    spool: { depth: 0 },
    routes: [
      {
        name: "ops",
        kind: "smtp",
        last: { result: "delivered", atMs: agentNowMs - 600_000, said: "250 2.0.0 Ok: queued" },
      },
      { name: "chat", kind: "webhook" },
    ],
    peers: nodes
      .filter((name) => name !== node)
      .map((name) => ({
        node: name,
        heard: true,
        lastHeardMsAgo: 120,
        roundTripMs: 0.4,
        clockAheadMs: 1.5,
        holders: view,
        agrees: true,
      })),
    log: { bytes: 120_000 },
    checks: { count: 3600, lastMs: 0.8, p50Ms: 0.7, p99Ms: 2.5 },
    looks: { count: 3600, lastMs: 0.5, p50Ms: 0.4, p99Ms: 1.5 },
    certificates: [{ name: "/etc/haproxy/certs/ext-lb.pem", endsAtMs: agentNowMs + 60 * 86_400_000 }],
    ...changes,
  };
}

/** An open incident of the pair. */
export function openIncident(
  changes: Partial<AgentStatus["incidents"][number]> = {},
): AgentStatus["incidents"][number] {
  return {
    id: "5f1c0a9be2d34478",
    condition: "standby-not-ready",
    scope: "extlb-02",
    severity: "warning",
    title: "ext-lb: extlb-02 could not take over: HAProxy is stopped there",
    openedAtMs: agentNowMs - 180_000,
    owner: "extlb-01",
    ...changes,
  };
}
