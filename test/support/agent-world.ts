// Two agents as values: knowledge, incidents and the events that they hand each other over a link with delay and loss. No clock, no socket, no randomness but a seed.
// Rule: an agent judges only when it learned something or asked to be woken, as the real one does, so that a wake-up that is missing is found here.

import type { AgentSettings, FactKind, Incident } from "../../src/agent-api/index.ts";
import type { AgentEvent } from "../../src/agent-api/index.ts";
import {
  type IncidentState,
  incidentReport,
  nextWakeMs,
  noIncidents,
  stepIncidents,
} from "../../src/agent/incidents.ts";
import {
  applyEvent,
  applyReport,
  beginRun,
  emptyKnowledge,
  isFresh,
  type Knowledge,
  noteBeat,
} from "../../src/agent/knowledge.ts";

export const STARTED_MS = Date.parse("2026-11-22T10:42:00Z");
const TICK_MS = 10;
const BEAT_MS = 200;
const SILENT_MS = 1000;
/** Few, so that after a silence a peer is heard for a while before everything of it is known. */
const EVENTS_PER_MESSAGE = 3;
export const NODES = ["extlb-01", "extlb-02"] as const;
export type NodeName = (typeof NODES)[number];

export function worldSettings(node: string, change: Partial<AgentSettings> = {}): AgentSettings {
  return {
    version: 1,
    pair: "ext-lb",
    node,
    nodes: NODES.map((name, index) => ({
      name,
      address: `10.150.160.3${index}`,
      interface: "ens192",
    })),
    routers: [
      {
        name: "ext-lb",
        vrid: 50,
        prefer: NODES,
        advertIntervalMs: 1000,
        takeoverMs: 3600,
        vips: [{ name: "ext-lb-VIP", address: "10.150.160.32", interface: "ens192" }],
      },
    ],
    haproxy: {
      runtimeSocket: "/run/haproxy/admin.sock",
      healthUrl: "http://127.0.0.1:8405/healthz",
      pollMs: 250,
      timeLimitMs: 500,
      slowMs: 200,
    },
    rules: [
      {
        name: "web-servers",
        limit: { kind: "servers-up", backend: "web", atLeast: 2 },
        moves: true,
        fall: 2,
        rise: 4,
      },
    ],
    peers: { port: 5405, key: "0123456789abcdef", beatMs: BEAT_MS, silentMs: SILENT_MS, consentMs: 3000 },
    alerts: {
      routes: [],
      quietTimes: [],
      patienceMs: {},
      retryForMs: 86_400_000,
      retryFirstMs: 1000,
      retryMaxMs: 300_000,
      takeOverAfterMs: 30_000,
      logBytesMax: 64_000_000,
      certificateDays: 14,
    },
    paths: {
      stateDirectory: "/var/lib/hapair",
      controlSocket: "/run/hapair/agent.sock",
      notifyFifo: "/run/hapair/notify",
      watchDirectory: "/run/hapair/watch",
      keepalivedConf: "/etc/keepalived/keepalived.conf",
      haproxyConf: "/etc/haproxy/haproxy.cfg",
      appliedMark: "/var/lib/hapair/applied",
      maintenance: "/etc/hapair/maintenance",
      lastResort: "/run/hapair/last-resort",
      drainDirectory: "/run/hapair/drain",
    },
    sources: { journal: [], addresses: [], units: [] },
    ...change,
  };
}

interface Agent {
  readonly name: NodeName;
  readonly knowledge: Knowledge;
  readonly settings: AgentSettings;
  readonly log: AgentEvent[];
  /** How many of the peer's events have arrived. */
  taken: number;
  state: IncidentState;
  heardMs: number | undefined;
  running: boolean;
  startedMs: number;
  mustJudge: boolean;
}

export interface Told {
  readonly atMs: number;
  readonly by: NodeName;
  readonly incident: Incident;
}

export interface WorldOptions {
  readonly delayMs?: number;
  /** Share of the messages that are lost, 0 to 1. */
  readonly loss?: number;
  /** However much is lost, the last message before a silence arrives, so that the agents hear each other all the time. */
  readonly neverSilent?: boolean;
  readonly seed?: number;
  /** How far extlb-02's clock is ahead. */
  readonly clockAheadMs?: number;
  readonly settings?: Partial<AgentSettings>;
}

type Fact = readonly [kind: FactKind, subject: string, value: string, detail?: Record<string, string>];

const FIT: readonly Fact[] = [
  ["agent", "self", "running"],
  ["unit", "keepalived", "active"],
  ["unit", "haproxy", "active"],
  ["answering", "haproxy", "yes"],
  ["health", "haproxy", "ok"],
  ["link", "ens192", "up"],
  ["watched", "process", "0"],
  ["watched", "traffic", "0"],
  ["watched", "hold", "0"],
  ["rule", "web-servers", "whole"],
];

export class AgentWorld {
  nowMs = STARTED_MS;
  linkUp = true;
  readonly told: Told[] = [];
  readonly #agents: Record<NodeName, Agent>;
  readonly #options: WorldOptions;
  #random: number;

  /** Both agents run, extlb-01 holds the address, and a few seconds have passed. */
  constructor(options: WorldOptions = {}) {
    this.#options = options;
    this.#random = options.seed ?? 1;
    this.#agents = { "extlb-01": this.#begun("extlb-01"), "extlb-02": this.#begun("extlb-02") };
    for (const node of NODES) for (const fact of FIT) this.happens(node, ...fact);
    this.happens("extlb-01", "instance", "ext-lb", "MASTER");
    this.happens("extlb-01", "vip", "10.150.160.32", "ens192");
    this.happens("extlb-02", "instance", "ext-lb", "BACKUP");
    this.happens("extlb-02", "vip", "10.150.160.32", "-");
    this.passes(5000);
  }

  #begun(name: NodeName): Agent {
    return {
      name,
      knowledge: emptyKnowledge(name, NODES),
      settings: worldSettings(name, this.#options.settings),
      log: [],
      taken: 0,
      state: noIncidents,
      heardMs: undefined,
      running: true,
      startedMs: this.nowMs,
      mustJudge: false,
    };
  }

  agent(node: NodeName): Pick<Agent, "knowledge" | "state" | "log"> {
    return this.#agents[node];
  }

  settingsOf(node: NodeName): AgentSettings {
    return this.#agents[node].settings;
  }

  /** Something is seen on a node; nothing is recorded where its agent does not run. */
  happens(
    node: NodeName,
    kind: FactKind,
    subject: string,
    value: string,
    detail?: Readonly<Record<string, string>>,
  ): void {
    const agent = this.#agents[node];
    if (!agent.running) return;
    this.#record(agent, { kind, subject, value, ...(detail === undefined ? {} : { detail }) });
    this.#judge(agent);
  }

  /** The agent is killed, or its node is. */
  kill(node: NodeName): void {
    this.#agents[node].running = false;
  }

  /** It runs again, with what its log and its peer's told events hold. */
  restart(node: NodeName): void {
    const agent = this.#agents[node];
    agent.running = true;
    agent.state = noIncidents;
    agent.heardMs = undefined;
    agent.startedMs = this.nowMs;
    beginRun(agent.knowledge);
    this.happens(node, "agent", "self", "running", { before: "it was killed" });
  }

  passes(lengthMs: number): void {
    const endMs = this.nowMs + lengthMs;
    while (this.nowMs < endMs) {
      this.nowMs = Math.min(this.#nextMs(), endMs);
      for (const node of NODES) this.#tick(this.#agents[node]);
    }
  }

  /** The next moment at which anything can happen: soon while something is on its way, else a beat, a wake-up or a silence. */
  #nextMs(): number {
    const soonMs = this.nowMs + TICK_MS;
    const running = NODES.map((node) => this.#agents[node]).filter((agent) => agent.running);
    const peers = (agent: Agent): Agent[] => running.filter((other) => other !== agent);
    const busy = running.some(
      (agent) =>
        agent.mustJudge || (this.linkUp && peers(agent).some((peer) => agent.taken < peer.log.length)),
    );
    if (busy) return soonMs;
    const moments = running.flatMap((agent) => {
      const wakeMs = nextWakeMs(agent.state);
      const aheadMs = this.#clock(agent.name) - this.nowMs;
      const silentMs = (agent.heardMs ?? agent.startedMs) + SILENT_MS + TICK_MS;
      return [wakeMs === undefined ? Infinity : Math.ceil(wakeMs - aheadMs), silentMs];
    });
    const beatMs = (Math.floor(this.nowMs / BEAT_MS) + 1) * BEAT_MS;
    return Math.min(beatMs, ...moments.filter((moment) => moment > this.nowMs));
  }

  #clock(node: NodeName): number {
    return this.nowMs + (node === "extlb-02" ? (this.#options.clockAheadMs ?? 0) : 0);
  }

  #tick(agent: Agent): void {
    if (!agent.running) return;
    const peer = this.#agents[agent.name === "extlb-01" ? "extlb-02" : "extlb-01"];
    if (this.linkUp && peer.running && !this.#isLost(agent)) {
      const took = this.#arriving(agent, peer);
      if (took.length > 0 || Math.round(this.nowMs) % BEAT_MS < TICK_MS) this.#take(agent, peer, took);
    }
    const unheardMs = this.#unheardMs(agent);
    if (unheardMs > SILENT_MS)
      this.#record(agent, {
        kind: "peer",
        subject: peer.name,
        value: "silent",
        detail: { lastHeardMs: String(this.#clock(agent.name) - unheardMs) },
      });
    const wake = nextWakeMs(agent.state);
    if (agent.mustJudge || (wake !== undefined && wake <= this.#clock(agent.name))) this.#judge(agent);
  }

  #arriving(agent: Agent, peer: Agent): AgentEvent[] {
    const sentMs = this.#clock(peer.name) - (this.#options.delayMs ?? 5);
    return peer.log
      .slice(agent.taken, agent.taken + EVENTS_PER_MESSAGE)
      .filter((event) => event.atMs <= sentMs);
  }

  /** One message of the peer, with or without events. */
  #take(agent: Agent, peer: Agent, events: readonly AgentEvent[]): void {
    agent.heardMs = this.nowMs;
    agent.taken += events.length;
    const caughtUp = agent.taken >= peer.log.length;
    const fresh = isFresh(agent.knowledge, peer.name);
    noteBeat(agent.knowledge, peer.name, {
      lastHeardMs: this.#clock(agent.name),
      clockAheadMs: this.#clock(peer.name) - this.#clock(agent.name),
      caughtUp,
    });
    this.#record(agent, { kind: "peer", subject: peer.name, value: "heard" });
    for (const event of events) applyEvent(agent.knowledge, event);
    if (events.length > 0 || fresh !== isFresh(agent.knowledge, peer.name)) agent.mustJudge = true;
  }

  #record(agent: Agent, report: Parameters<typeof applyReport>[1]): void {
    const event = applyReport(agent.knowledge, report, {
      log: `log-of-${agent.name}`,
      nowMs: this.#clock(agent.name),
    });
    if (event === undefined) return;
    agent.log.push(event);
    agent.mustJudge = true;
  }

  #judge(agent: Agent): void {
    agent.mustJudge = false;
    const { state, changes } = stepIncidents(
      agent.state,
      agent.knowledge,
      agent.settings,
      this.#clock(agent.name),
    );
    agent.state = state;
    for (const incident of changes) {
      this.told.push({ atMs: this.nowMs, by: agent.name, incident });
      this.#record(agent, incidentReport(incident));
    }
  }

  /** How long the agent has not heard its peer. */
  #unheardMs(agent: Agent): number {
    return this.nowMs - (agent.heardMs ?? agent.startedMs);
  }

  #isLost(agent: Agent): boolean {
    this.#random = (this.#random * 1_103_515_245 + 12_345) % 2 ** 31;
    if (this.#options.neverSilent === true && this.#unheardMs(agent) + BEAT_MS > SILENT_MS) return false;
    return this.#random / 2 ** 31 < (this.#options.loss ?? 0);
  }

  /** What people were told, one line each: seconds since the constructor's end of quiet, who, phase, severity, title. */
  lines(): string[] {
    return this.told.map(
      ({ atMs, by, incident }) =>
        `${((atMs - STARTED_MS - 5000) / 1000).toFixed(2)} ${by} ${incident.phase} ${incident.severity}: ${incident.title}`,
    );
  }
}
