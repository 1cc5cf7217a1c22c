// What the agent answers when it is asked how it is: a reading of what is known, and nothing else. Pure.

import {
  AGENT_STATUS_VERSION,
  type AgentHolderView,
  type AgentInstance,
  type AgentInstanceState,
  type AgentLayer,
  type AgentPeer,
  type AgentRuleGrade,
  type AgentSettings,
  type AgentStatus,
  type HealthLayer,
  instanceStates,
  ruleGrades,
  STATUS_LIST_MAX,
} from "../agent-api/index.ts";
import type { ProxyNumbers } from "../policy/index.ts";
import type { AgentCounters } from "./counters.ts";
import type { Attempt } from "./deliveries.ts";
import { summaryOf } from "./durations.ts";
import type { IncidentState } from "./incidents.ts";
import { factOf, factsOf, isFresh, type Knowledge } from "./knowledge.ts";
import type { Outbox } from "./outbox.ts";
import type { PeerView } from "./peers/exchange.ts";

export interface StatusParts {
  readonly settings: AgentSettings;
  readonly version: string;
  readonly startedAtMs: number;
  readonly nowMs: number;
  readonly knowledge: Knowledge;
  readonly incidents: IncidentState;
  readonly outbox: Outbox;
  readonly attempts: ReadonlyMap<string, Attempt>;
  readonly numbers: ProxyNumbers | undefined;
  readonly peers: readonly PeerView[];
  readonly log: { readonly sizeBytes: number; readonly trouble: string | undefined };
  readonly counters: AgentCounters;
}

export function statusAnswer(parts: StatusParts): AgentStatus {
  const { settings, knowledge, log } = parts;
  const waiting = parts.outbox.entries.map(({ notice }) => notice.createdAtMs);
  const nodes = settings.nodes.map(({ name }) => name);
  return {
    version: AGENT_STATUS_VERSION,
    program: parts.version,
    pair: settings.pair,
    node: settings.node,
    nodes,
    startedAtMs: parts.startedAtMs,
    nowMs: parts.nowMs,
    instances: settings.routers.flatMap((router) => instanceOf(parts, router) ?? []),
    holders: holdersOf(parts, nodes),
    health: {
      process: watchedLayer(parts, "process"),
      service: serviceLayer(parts),
      traffic: watchedLayer(parts, "traffic"),
      hold: watchedLayer(parts, "hold"),
    },
    opinion: opinionOf(parts),
    rules: settings.rules.slice(0, STATUS_LIST_MAX).map(({ name, moves }) => {
      const fact = factOf(knowledge, settings.node, "rule", name);
      const grade: AgentRuleGrade = ruleGrades.find((one) => one === fact?.value) ?? "unknown";
      return { name, grade, moves, ...(fact === undefined ? {} : { sinceMs: fact.sinceMs }) };
    }),
    backends: backendsOf(parts),
    incidents: [...parts.incidents.open.values()]
      .slice(0, STATUS_LIST_MAX)
      .map(({ id, condition, scope, severity, title, openedAtMs, owner }) => ({
        id,
        condition,
        scope,
        severity,
        title,
        openedAtMs,
        owner,
      })),
    spool: { depth: waiting.length, ...(waiting.length === 0 ? {} : { oldestAtMs: Math.min(...waiting) }) },
    routes: settings.alerts.routes.map(({ name, target }) => {
      const attempt = parts.attempts.get(name);
      const last =
        attempt === undefined
          ? undefined
          : { result: attempt.result, atMs: attempt.atMs, said: attempt.said };
      return { name, kind: target.kind, ...(last === undefined ? {} : { last }) };
    }),
    peers: parts.peers.map((peer) => peerOf(parts, peer, nodes)),
    log: { bytes: log.sizeBytes, ...(log.trouble === undefined ? {} : { trouble: log.trouble }) },
    checks: summaryOf(parts.counters.checks),
    looks: summaryOf(parts.counters.looks),
    certificates: factsOf(knowledge, settings.node, "certificate")
      .map(([name, fact]) => ({ name, endsAtMs: Date.parse(fact.value) }))
      .filter(({ endsAtMs }) => Number.isFinite(endsAtMs))
      .slice(0, STATUS_LIST_MAX),
  };
}

type RouterSettings = AgentSettings["routers"][number];

function instanceOf({ settings, knowledge }: StatusParts, router: RouterSettings): AgentInstance | undefined {
  const instance = factOf(knowledge, settings.node, "instance", router.name);
  const unit = factOf(knowledge, settings.node, "unit", "keepalived");
  const known: AgentInstanceState | undefined = instanceStates.find((state) => state === instance?.value);
  const isStopped = unit !== undefined && unit.value !== "active" && unit.value !== "reloading";
  const state = isStopped ? "STOPPED" : known;
  const sinceMs = isStopped ? unit.sinceMs : instance?.sinceMs;
  if (state === undefined || sinceMs === undefined) return undefined;
  const priority = Number(instance?.detail?.["priority"] ?? Number.NaN);
  return {
    router: router.name,
    state,
    sinceMs,
    ...(Number.isFinite(priority) ? { priority } : {}),
    held: router.vips
      .map(({ address }) => address)
      .filter((address) => isHeld(knowledge, settings.node, address)),
  };
}

function isHeld(knowledge: Knowledge, node: string, address: string): boolean {
  const place = factOf(knowledge, node, "vip", address.replace(/\/\d+$/, ""))?.value;
  return place !== undefined && place !== "-";
}

/** Who has each router's addresses, told from the nodes whose knowledge is fresh. */
function holdersOf({ settings, knowledge }: StatusParts, nodes: readonly string[]): AgentHolderView[] {
  return settings.routers.map((router) => ({
    router: router.name,
    holders: nodes.filter(
      (node) =>
        isFresh(knowledge, node) && router.vips.some(({ address }) => isHeld(knowledge, node, address)),
    ),
    unknown: nodes.filter((node) => !isFresh(knowledge, node)),
  }));
}

function watchedLayer(
  { settings, knowledge }: StatusParts,
  name: Exclude<HealthLayer, "service">,
): AgentLayer {
  const fact = factOf(knowledge, settings.node, "watched", name);
  if (fact === undefined) return { answer: "unknown", value: "" };
  const isFine = fact.value.trim() === "0" || fact.value === "";
  const answer = fact.value === "missing" ? "unknown" : isFine ? "ok" : "bad";
  return { answer, value: fact.value, sinceMs: fact.sinceMs };
}

function serviceLayer({ settings, knowledge }: StatusParts): AgentLayer {
  const fact = factOf(knowledge, settings.node, "health", "haproxy");
  if (fact === undefined) return { answer: "unknown", value: "" };
  return { answer: fact.value === "silent" ? "bad" : "ok", value: fact.value, sinceMs: fact.sinceMs };
}

function opinionOf({ settings, knowledge }: StatusParts): AgentStatus["opinion"] {
  const fact = factOf(knowledge, settings.node, "opinion", "traffic");
  if (fact?.value !== "given-up")
    return { value: "kept", ...(fact === undefined ? {} : { sinceMs: fact.sinceMs }) };
  const { to, rule } = fact.detail ?? {};
  return {
    value: "given-up",
    sinceMs: fact.sinceMs,
    ...(to === undefined ? {} : { to }),
    ...(rule === undefined ? {} : { rule }),
  };
}

function backendsOf({ settings, numbers }: StatusParts): AgentStatus["backends"] {
  return [...(numbers?.backends ?? [])]
    .slice(0, STATUS_LIST_MAX)
    .map(([name, { serversUp, serversTotal }]) => {
      const limits = settings.rules.map(({ limit }) => limit);
      const limit = limits.find((one) => one.kind === "servers-up" && one.backend === name);
      return {
        name,
        serversUp,
        serversTotal,
        ...(limit?.kind === "servers-up" ? { atLeast: limit.atLeast } : {}),
      };
    });
}

/** What a peer itself sees is what it has told of itself, together with what it was told of us: both agree when nobody holds twice and somebody holds. */
function peerOf(parts: StatusParts, peer: PeerView, nodes: readonly string[]): AgentPeer {
  const { settings, knowledge } = parts;
  const heard = factOf(knowledge, settings.node, "peer", peer.node)?.value === "heard";
  const view = holdersOf(parts, nodes);
  const isFull = heard && view.every(({ unknown }) => unknown.length === 0);
  return {
    node: peer.node,
    heard,
    ...(peer.heardMsAgo === undefined ? {} : { lastHeardMsAgo: peer.heardMsAgo }),
    ...(peer.roundTripMs === undefined ? {} : { roundTripMs: peer.roundTripMs }),
    ...(peer.clockAheadMs === undefined ? {} : { clockAheadMs: peer.clockAheadMs }),
    holders: settings.routers.map((router) => ({
      router: router.name,
      holders: router.vips.some(({ address }) => isHeld(knowledge, peer.node, address)) ? [peer.node] : [],
      unknown: nodes.filter((node) => node !== peer.node),
    })),
    ...(isFull ? { agrees: view.every(({ holders }) => holders.length === 1) } : {}),
  };
}
