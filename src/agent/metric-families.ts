// Every family of the agent's metrics: its name, kind, labels and meaning, and how its series follow from a status and the counts. Pure.
// Rule: this table alone names metrics; docs/reference/metrics.md is generated from it, and alert rules are tried against it.

import { type AgentStatus, healthLayers, instanceStates, ruleGrades } from "../agent-api/index.ts";
import {
  type AgentCounters,
  combinations,
  countOf,
  deliveryResults,
  eventKinds,
  type Tally,
} from "./counters.ts";
import { durationBoundsS, type Durations } from "./durations.ts";

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** _bucket, _sum, _count. */
  readonly suffix?: string;
}

/** What the process costs, as the caller reads it from its own process. */
export interface AgentProcess {
  readonly residentBytes: number;
  readonly cpuSeconds: number;
}

export interface MetricSource {
  readonly status: AgentStatus;
  readonly counters: AgentCounters;
  readonly process: AgentProcess;
}

export interface MetricFamily {
  readonly name: string;
  readonly type: "gauge" | "counter" | "histogram";
  /** Beside pair and node, which every series has. */
  readonly labels: readonly string[];
  /** One sentence, without a full stop. */
  readonly help: string;
  samples(source: MetricSource): Sample[];
}

const one = (value: number | undefined): Sample[] => (value === undefined ? [] : [{ labels: {}, value }]);
const truth = (value: boolean): number => (value ? 1 : 0);
const secondsOf = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000);
const labelled = (labels: Labels, value: number | undefined): Sample[] =>
  value === undefined ? [] : [{ labels, value }];

/** One series for each word, 1 for the one that holds. */
function oneHot(name: string, words: readonly string[], held: string, labels: Labels): Sample[] {
  return words.map((word) => ({ labels: { ...labels, [name]: word }, value: truth(word === held) }));
}

/** The tally, with 0 for combinations that are known to be possible: a rate needs a beginning. */
function counted(tally: Tally, possible: readonly (readonly string[])[]): Sample[] {
  const zero = possible
    .filter((values) => countOf(tally, ...values) === 0)
    .map((values) => ({
      labels: Object.fromEntries(tally.labels.map((label, index) => [label, values[index] ?? ""])),
      value: 0,
    }));
  return [...zero, ...combinations(tally)];
}

function pairsOf(left: readonly string[], right: readonly string[]): string[][] {
  return left.flatMap((first) => right.map((second) => [first, second]));
}

function histogram(durations: Durations): Sample[] {
  let cumulative = 0;
  const buckets = [...durationBoundsS, Number.POSITIVE_INFINITY].map((bound, index): Sample => {
    cumulative += durations.buckets[index] ?? 0;
    return {
      suffix: "_bucket",
      labels: { le: Number.isFinite(bound) ? String(bound) : "+Inf" },
      value: cumulative,
    };
  });
  return [
    ...buckets,
    { suffix: "_sum", labels: {}, value: durations.sumS },
    { suffix: "_count", labels: {}, value: durations.count },
  ];
}

/** Holders of each router as they are known; a node that is not known has no series. */
function holderSamples({ status }: MetricSource): Sample[] {
  return status.holders.flatMap(({ router, holders, unknown }) =>
    status.nodes
      .filter((node) => !unknown.includes(node))
      .map((node) => ({ labels: { router, holder: node }, value: truth(holders.includes(node)) })),
  );
}

function openIncidents({ status }: MetricSource): Sample[] {
  const open = new Map<string, Sample>();
  for (const { condition, severity } of status.incidents) {
    const value = (open.get(`${condition} ${severity}`)?.value ?? 0) + 1;
    open.set(`${condition} ${severity}`, { labels: { condition, severity }, value });
  }
  return [...open.values()];
}

const pairFamilies: readonly MetricFamily[] = [
  {
    name: "hapair_pair_nodes",
    type: "gauge",
    labels: [],
    help: "Nodes of the pair",
    samples: ({ status }) => one(status.nodes.length),
  },
  {
    name: "hapair_instance_state",
    type: "gauge",
    labels: ["router", "state"],
    help: "1 for the state that keepalived is in on this node: MASTER, BACKUP, FAULT or STOPPED",
    samples: ({ status }) =>
      status.instances.flatMap(({ router, state }) => oneHot("state", instanceStates, state, { router })),
  },
  {
    name: "hapair_instance_state_since_timestamp_seconds",
    type: "gauge",
    labels: ["router"],
    help: "When this node went into its present state",
    samples: ({ status }) =>
      status.instances.flatMap(({ router, sinceMs }) => labelled({ router }, secondsOf(sinceMs))),
  },
  {
    name: "hapair_instance_priority",
    type: "gauge",
    labels: ["router"],
    help: "The effective priority, where keepalived has told it",
    samples: ({ status }) =>
      status.instances.flatMap(({ router, priority }) => labelled({ router }, priority)),
  },
  {
    name: "hapair_addresses_held",
    type: "gauge",
    labels: ["router"],
    help: "Virtual addresses of the router that are on an interface of this node",
    samples: ({ status }) =>
      status.instances.map(({ router, held }) => ({ labels: { router }, value: held.length })),
  },
  {
    name: "hapair_holder",
    type: "gauge",
    labels: ["router", "holder"],
    help: "1 for each node that has the router's virtual addresses, as this agent knows it; no series for a node whose agent is not heard",
    samples: holderSamples,
  },
  {
    name: "hapair_holders",
    type: "gauge",
    labels: ["router"],
    help: "How many nodes have the router's virtual addresses; no series while that is not known of every node",
    samples: ({ status }) =>
      status.holders
        .filter(({ unknown }) => unknown.length === 0)
        .map(({ router, holders }) => ({ labels: { router }, value: holders.length })),
  },
  {
    name: "hapair_transitions_total",
    type: "counter",
    labels: ["router", "to"],
    help: "Changes of keepalived's state on this node, by the state it went to",
    samples: ({ status, counters }) =>
      counted(
        counters.transitions,
        pairsOf(
          status.instances.map(({ router }) => router),
          instanceStates,
        ),
      ),
  },
];

const healthFamilies: readonly MetricFamily[] = [
  {
    name: "hapair_health",
    type: "gauge",
    labels: ["layer"],
    help: "1 where the layer lets this node hold the virtual addresses, 0 where it forbids it; no series where that is not known",
    samples: ({ status }) =>
      healthLayers
        .filter((layer) => status.health[layer].answer !== "unknown")
        .map((layer) => ({ labels: { layer }, value: truth(status.health[layer].answer === "ok") })),
  },
  {
    name: "hapair_rule_grade",
    type: "gauge",
    labels: ["rule", "grade"],
    help: "1 for the grade that a traffic rule has: whole, broken, dead or unknown",
    samples: ({ status }) =>
      status.rules.flatMap(({ name, grade }) => oneHot("grade", ruleGrades, grade, { rule: name })),
  },
  {
    name: "hapair_traffic_given_up",
    type: "gauge",
    labels: [],
    help: "1 while the agent gives the virtual addresses up for a better node",
    samples: ({ status }) => one(truth(status.opinion.value === "given-up")),
  },
  {
    name: "hapair_backend_servers",
    type: "gauge",
    labels: ["backend"],
    help: "Servers of a back end, without those in maintenance",
    samples: ({ status }) =>
      status.backends.map(({ name, serversTotal }) => ({ labels: { backend: name }, value: serversTotal })),
  },
  {
    name: "hapair_backend_servers_up",
    type: "gauge",
    labels: ["backend"],
    help: "Servers of a back end that HAProxy sees up",
    samples: ({ status }) =>
      status.backends.map(({ name, serversUp }) => ({ labels: { backend: name }, value: serversUp })),
  },
  {
    name: "hapair_backend_servers_minimum",
    type: "gauge",
    labels: ["backend"],
    help: "Servers that a traffic rule asks to be up; no series where no rule asks",
    samples: ({ status }) =>
      status.backends.flatMap(({ name, atLeast }) => labelled({ backend: name }, atLeast)),
  },
  {
    name: "hapair_check_duration_seconds",
    type: "histogram",
    labels: ["le"],
    help: "How long the health address took to answer, as the check asks it",
    samples: ({ counters }) => histogram(counters.checks),
  },
  {
    name: "hapair_haproxy_look_duration_seconds",
    type: "histogram",
    labels: ["le"],
    help: "How long HAProxy's runtime socket took to answer one look",
    samples: ({ counters }) => histogram(counters.looks),
  },
  {
    name: "hapair_certificate_end_timestamp_seconds",
    type: "gauge",
    labels: ["certificate"],
    help: "When a certificate that HAProxy has loaded ends",
    samples: ({ status }) =>
      status.certificates.map(({ name, endsAtMs }) => ({
        labels: { certificate: name },
        value: endsAtMs / 1000,
      })),
  },
];

const alertFamilies: readonly MetricFamily[] = [
  {
    name: "hapair_incidents_open",
    type: "gauge",
    labels: ["condition", "severity"],
    help: "Open incidents of the pair, as this agent knows them",
    samples: openIncidents,
  },
  {
    name: "hapair_spool_notices",
    type: "gauge",
    labels: [],
    help: "Notices that wait for their delivery on this node",
    samples: ({ status }) => one(status.spool.depth),
  },
  {
    name: "hapair_spool_oldest_age_seconds",
    type: "gauge",
    labels: [],
    help: "Age of the oldest notice that waits, 0 where none does",
    samples: ({ status: { nowMs, spool } }) => one(Math.max(0, (nowMs - (spool.oldestAtMs ?? nowMs)) / 1000)),
  },
  {
    name: "hapair_deliveries_total",
    type: "counter",
    labels: ["route", "result"],
    help: "Notices delivered, expired or dropped, and single attempts that failed",
    samples: ({ status, counters }) =>
      counted(
        counters.deliveries,
        pairsOf(
          status.routes.map(({ name }) => name),
          deliveryResults,
        ),
      ),
  },
];

/** A family with one series for each peer. */
function peerFamily(
  name: string,
  help: string,
  value: (peer: AgentStatus["peers"][number]) => number | undefined,
): MetricFamily {
  return {
    name,
    type: "gauge",
    labels: ["peer"],
    help,
    samples: ({ status }) => status.peers.flatMap((peer) => labelled({ peer: peer.node }, value(peer))),
  };
}

const peerFamilies: readonly MetricFamily[] = [
  peerFamily("hapair_peer_up", "1 while the peer's agent is heard", (peer) => truth(peer.heard)),
  peerFamily(
    "hapair_peer_agreement",
    "1 while the peer's agent sees the same holders as this one; no series while it is not heard",
    (peer) => (peer.heard && peer.agrees !== undefined ? truth(peer.agrees) : undefined),
  ),
  peerFamily("hapair_peer_last_heard_age_seconds", "Time since the peer's agent was last heard", (peer) =>
    secondsOf(peer.lastHeardMsAgo),
  ),
  peerFamily("hapair_peer_round_trip_seconds", "To the peer's agent and back", (peer) =>
    secondsOf(peer.roundTripMs),
  ),
  peerFamily("hapair_peer_clock_offset_seconds", "How far the peer's clock is ahead of this node's", (peer) =>
    secondsOf(peer.clockAheadMs),
  ),
  {
    name: "hapair_peer_messages_refused_total",
    type: "counter",
    labels: ["reason"],
    help: "Messages on the peers' port that were not taken: without the key, too old, too long",
    samples: ({ counters }) => counted(counters.refusedMessages, []),
  },
];

const agentFamilies: readonly MetricFamily[] = [
  {
    name: "hapair_agent_info",
    type: "gauge",
    labels: ["version"],
    help: "1, with the agent's version",
    samples: ({ status }) => [{ labels: { version: status.program }, value: 1 }],
  },
  {
    name: "hapair_agent_start_timestamp_seconds",
    type: "gauge",
    labels: [],
    help: "When the agent was started",
    samples: ({ status }) => one(status.startedAtMs / 1000),
  },
  {
    name: "hapair_events_total",
    type: "counter",
    labels: ["kind"],
    help: "Facts of this node that changed",
    samples: ({ counters }) =>
      counted(
        counters.events,
        eventKinds.map((kind) => [kind]),
      ),
  },
  {
    name: "hapair_log_bytes",
    type: "gauge",
    labels: [],
    help: "Bytes of events and notices on the disk",
    samples: ({ status }) => one(status.log.bytes),
  },
  {
    name: "hapair_log_errors_total",
    type: "counter",
    labels: [],
    help: "Writes of the log that failed",
    samples: ({ counters }) => one(counters.logErrors),
  },
  {
    name: "hapair_agent_resident_memory_bytes",
    type: "gauge",
    labels: [],
    help: "Memory of the agent that is resident",
    samples: ({ process }) => one(process.residentBytes),
  },
  {
    name: "hapair_agent_cpu_seconds_total",
    type: "counter",
    labels: [],
    help: "Time that processors worked for the agent",
    samples: ({ process }) => one(process.cpuSeconds),
  },
];

/** Every family but the one that says how many series were left out. */
export const metricFamilies: readonly MetricFamily[] = [
  ...pairFamilies,
  ...healthFamilies,
  ...alertFamilies,
  ...peerFamilies,
  ...agentFamilies,
];
