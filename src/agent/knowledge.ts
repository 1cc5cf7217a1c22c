// What is known of every node: the facts as they stand, the newest events, and whether each peer is heard. It is the fold of this node's log and its peers' events.
// Rules: it changes by reports, events and beats alone, in place, and by nothing else; the order in which a log's events arrive, and whether they arrive twice, makes no difference.

import {
  type AgentEvent,
  CAUSE_AGE_MAX_MS,
  causeOf,
  type Fact,
  type FactKind,
  type FactReport,
  FACTS_MAX,
  type Incident,
  incidentFromDetail,
} from "../agent-api/index.ts";

export interface NodeKnowledge {
  /** By {@link factKey}; changed by {@link setFact} and {@link deleteFact} alone. */
  readonly facts: Map<string, Fact>;
  /** The subjects of its facts, by kind: conditions ask for one kind among thousands of facts. */
  readonly subjects: Map<string, Set<string>>;
  /** The log its facts come from; absent: none of its events is known. */
  log?: string;
  /** The highest sequence number of that log that is known. */
  sequence: number;
  /** Logs that this node has lost; their events say nothing any more. The newest {@link PAST_LOGS_MAX}. */
  readonly pastLogs: string[];
  /** Facts that were not taken because there are {@link FACTS_MAX}. */
  refused: number;
}

/** A peer's agent, as its beats tell. */
export interface Liveness {
  /** By this node's clock. */
  readonly lastHeardMs: number;
  /** How far the peer's clock is ahead of this node's. */
  readonly clockAheadMs: number;
  /** Everything is known here that the peer had recorded, but for what may be on its way. */
  readonly caughtUp: boolean;
  /** When nothing was on its way, by this node's clock. */
  readonly caughtUpMs?: number;
}

/** What is on its way for no longer than this leaves what is known of a peer fresh: while events flow, some always are. */
const BEHIND_MS = 1_000;

export interface Knowledge {
  /** The node that knows. */
  readonly node: string;
  /** Every node of the pair; events of others are not taken. */
  readonly nodes: ReadonlyMap<string, NodeKnowledge>;
  readonly liveness: Map<string, Liveness>;
  /** The newest events of all nodes, in the order in which they became known; about {@link RECENT_MAX}. */
  readonly recent: AgentEvent[];
  /** Incidents that are over, and at which revision: an older event does not open them again. The newest {@link RESOLVED_MAX}. */
  readonly resolved: Map<string, number>;
  /** Rises with every event that a story may be told from. */
  version: number;
}

export const RECENT_MAX = 2_000;
/** Dropping is done in steps of this many, so that not every event moves the whole list. */
const RECENT_STEP = 250;
export const RESOLVED_MAX = 500;
const PAST_LOGS_MAX = 8;

/** Kinds that come in floods and explain little later: they go first. */
const chatty: ReadonlySet<FactKind> = new Set(["server", "notice", "incident", "certificate"]);

/** `nodes`: the names of all nodes of the pair, `node` among them. */
export function emptyKnowledge(node: string, nodes: readonly string[]): Knowledge {
  return {
    node,
    nodes: new Map(
      nodes.map((name) => [
        name,
        { facts: new Map(), subjects: new Map(), sequence: 0, pastLogs: [], refused: 0 },
      ]),
    ),
    liveness: new Map(),
    recent: [],
    resolved: new Map(),
    version: 0,
  };
}

/** Of notices only the last of each route stands: whether the route tells what it is given. */
export function factKey(kind: FactKind, subject: string): string {
  return kind === "notice" ? `notice/${subject.replace(/^.*\//, "")}` : `${kind}/${subject}`;
}

export function factOf(
  knowledge: Knowledge,
  node: string,
  kind: FactKind,
  subject: string,
): Fact | undefined {
  return knowledge.nodes.get(node)?.facts.get(factKey(kind, subject));
}

/** The facts of one kind, by subject. */
export function factsOf(
  knowledge: Knowledge,
  node: string,
  kind: FactKind,
): readonly (readonly [subject: string, fact: Fact])[] {
  const known = knowledge.nodes.get(node);
  return [...(known?.subjects.get(kind) ?? [])].flatMap((subject) => {
    const fact = known?.facts.get(`${kind}/${subject}`);
    return fact === undefined ? [] : [[subject, fact] as const];
  });
}

export function setFact(node: NodeKnowledge, key: string, fact: Fact): void {
  node.facts.set(key, fact);
  const slash = key.indexOf("/");
  const kind = key.slice(0, slash);
  const subjects = node.subjects.get(kind);
  if (subjects === undefined) node.subjects.set(kind, new Set([key.slice(slash + 1)]));
  else subjects.add(key.slice(slash + 1));
}

function deleteFact(node: NodeKnowledge, key: string): void {
  node.facts.delete(key);
  const slash = key.indexOf("/");
  node.subjects.get(key.slice(0, slash))?.delete(key.slice(slash + 1));
}

/** Who reports an incident's change, a notice's end or its own start has just made it happen: that is news each time. */
const alwaysNews: ReadonlySet<FactKind> = new Set(["incident", "notice", "agent"]);

/** Kinds whose details change while their value stands: a maintenance is prolonged. */
const detailCounts: ReadonlySet<FactKind> = new Set(["maintenance"]);

function saysMore({ detail: before = {} }: Fact, { kind, detail: now = {} }: FactReport): boolean {
  if (!detailCounts.has(kind)) return false;
  return [...Object.keys(before), ...Object.keys(now)].some((name) => before[name] !== now[name]);
}

/**
 * What a report changes: the event, already applied, with its cause among the events before it; undefined where it says what is known.
 * `log` and `nowMs` are this node's; the sequence number is the next one.
 */
export function applyReport(
  knowledge: Knowledge,
  report: FactReport,
  stamp: { readonly log: string; readonly nowMs: number },
): AgentEvent | undefined {
  const own = knowledge.nodes.get(knowledge.node);
  if (own === undefined) return undefined;
  const fact =
    own.log === stamp.log ? factOf(knowledge, knowledge.node, report.kind, report.subject) : undefined;
  if (fact?.value === report.value && !alwaysNews.has(report.kind) && !saysMore(fact, report))
    return undefined;
  if (fact === undefined && own.facts.size >= FACTS_MAX && !alwaysNews.has(report.kind)) {
    own.refused += 1;
    return undefined;
  }
  const { kind, subject, value, detail, evidence } = report;
  const event = {
    node: knowledge.node,
    log: stamp.log,
    sequence: own.log === stamp.log ? own.sequence + 1 : 1,
    atMs: report.atMs ?? stamp.nowMs,
    kind,
    subject,
    value,
    ...(fact === undefined ? {} : { previous: fact.value }),
    ...(detail === undefined ? {} : { detail }),
    ...(evidence === undefined ? {} : { evidence }),
  };
  const causedBy = causeOf(event, ownRecent(knowledge, event.atMs));
  const complete: AgentEvent = causedBy === undefined ? event : { ...event, causedBy };
  applyEvent(knowledge, complete);
  return complete;
}

/** This node's newest events, the last one first, as far back as a cause can lie. */
function* ownRecent(knowledge: Knowledge, atMs: number): Generator<AgentEvent> {
  for (let index = knowledge.recent.length - 1; index >= 0; index -= 1) {
    const event = knowledge.recent[index];
    if (event?.node !== knowledge.node) continue;
    // Sources stamp events a little out of order, so the look back is twice as far.
    if (event.atMs < atMs - 2 * CAUSE_AGE_MAX_MS) return;
    yield event;
  }
}

/** Takes an event of this node's log or a peer's; false where it was known, or is of no node or log that counts. */
export function applyEvent(knowledge: Knowledge, event: AgentEvent): boolean {
  const node = knowledge.nodes.get(event.node);
  if (node === undefined || node.pastLogs.includes(event.log)) return false;
  if (node.log !== event.log) beginLog(node, event.log);
  if (event.sequence <= node.sequence && isRecent(knowledge, event)) return false;
  node.sequence = Math.max(node.sequence, event.sequence);
  if (event.kind === "incident") applyIncident(knowledge, node, event);
  else applyFact(node, event);
  remember(knowledge.recent, event);
  if (!chatty.has(event.kind)) knowledge.version += 1;
  return true;
}

/** A node whose state directory was lost begins anew, and so does what is known of it. */
function beginLog(node: NodeKnowledge, log: string): void {
  if (node.log !== undefined) {
    node.pastLogs.push(node.log);
    node.pastLogs.splice(0, node.pastLogs.length - PAST_LOGS_MAX);
  }
  node.log = log;
  node.sequence = 0;
  node.facts.clear();
  node.subjects.clear();
}

function isRecent(knowledge: Knowledge, event: AgentEvent): boolean {
  return knowledge.recent.some(
    (known) => known.sequence === event.sequence && known.node === event.node && known.log === event.log,
  );
}

function applyFact(node: NodeKnowledge, event: AgentEvent): void {
  const key = factKey(event.kind, event.subject);
  const fact = node.facts.get(key);
  if (fact !== undefined && fact.sequence >= event.sequence) return;
  if (fact === undefined && node.facts.size >= FACTS_MAX) {
    node.refused += 1;
    return;
  }
  setFact(node, key, {
    value: event.value,
    sinceMs: event.atMs,
    sequence: event.sequence,
    ...(event.detail === undefined ? {} : { detail: event.detail }),
  });
}

/**
 * An incident is a fact of the node that told it last, and when it is over all that was told of it before is forgotten. That it is over stays, in few
 * words: a peer that was away for longer than events are kept learns it from that.
 */
function applyIncident(knowledge: Knowledge, node: NodeKnowledge, event: AgentEvent): void {
  const { subject: id, detail, value } = event;
  if (value !== "resolved") {
    if (!knowledge.resolved.has(id)) applyFact(node, event);
    return;
  }
  const revision = Number(detail?.["revision"] ?? 0);
  noteResolved(knowledge, id, Number.isFinite(revision) ? revision : 0);
  const key = factKey("incident", id);
  for (const each of knowledge.nodes.values()) deleteFact(each, key);
  applyFact(node, { ...event, detail: { revision: String(revision) } });
  forgetResolved(node);
}

/** What is over is kept for the newest {@link RESOLVED_MAX}. */
function forgetResolved(node: NodeKnowledge): void {
  const told = node.subjects.get("incident");
  if (told === undefined || told.size <= RESOLVED_MAX) return;
  const over = [...told].filter(
    (subject) => node.facts.get(factKey("incident", subject))?.value === "resolved",
  );
  for (const oldest of over.slice(0, Math.max(0, over.length - RESOLVED_MAX)))
    deleteFact(node, factKey("incident", oldest));
}

function noteResolved({ resolved }: Knowledge, id: string, revision: number): void {
  const known = resolved.get(id) ?? 0;
  resolved.delete(id);
  resolved.set(id, Math.max(known, revision));
  for (const oldest of resolved.keys()) {
    if (resolved.size <= RESOLVED_MAX) break;
    resolved.delete(oldest);
  }
}

function remember(recent: AgentEvent[], event: AgentEvent): void {
  recent.push(event);
  if (recent.length < RECENT_MAX + RECENT_STEP) return;
  let chattyLeft = RECENT_STEP;
  const kept = recent.filter((each) => {
    if (chattyLeft === 0 || !chatty.has(each.kind)) return true;
    chattyLeft -= 1;
    return false;
  });
  recent.splice(0, recent.length, ...kept.slice(Math.max(0, kept.length - RECENT_MAX)));
}

/** What the open incidents say that a node has told; unreadable ones are left out. */
export function incidentsTold(knowledge: Knowledge, node: string): Incident[] {
  return factsOf(knowledge, node, "incident").flatMap(([id, fact]) => {
    const incident = incidentFromDetail(id, fact.value, fact.detail);
    return incident === undefined ? [] : [incident];
  });
}

/** A new run of the agent: who was heard in the last one is not known to be heard now. */
export function beginRun(knowledge: Knowledge): void {
  const own = knowledge.nodes.get(knowledge.node);
  for (const name of knowledge.nodes.keys()) if (own !== undefined) deleteFact(own, factKey("peer", name));
  knowledge.version += 1;
  knowledge.liveness.clear();
}

/**
 * Takes a peer's beat; it is no event, and is not recorded. `caughtUp`: everything is known here that the peer had recorded when it said this.
 * The fact that the peer is heard is reported before its events are applied.
 */
export function noteBeat(knowledge: Knowledge, node: string, beat: Omit<Liveness, "caughtUpMs">): void {
  if (!knowledge.nodes.has(node) || node === knowledge.node) return;
  const { lastHeardMs, clockAheadMs } = beat;
  const before = knowledge.liveness.get(node)?.caughtUpMs;
  const caughtUpMs = beat.caughtUp ? lastHeardMs : before;
  knowledge.liveness.set(node, {
    lastHeardMs,
    clockAheadMs,
    caughtUp: caughtUpMs !== undefined && lastHeardMs - caughtUpMs <= BEHIND_MS,
    ...(caughtUpMs === undefined ? {} : { caughtUpMs }),
  });
}

/** Whether a node's agent is heard. unknown: this run has not found out yet. */
export type Hearing = "heard" | "silent" | "unknown";

export function hearingOf(knowledge: Knowledge, node: string): Hearing {
  if (node === knowledge.node) return "heard";
  const fact = factOf(knowledge, knowledge.node, "peer", node);
  if (fact === undefined) return "unknown";
  return fact.value === "heard" ? "heard" : "silent";
}

/** Whether what is known of a node is how it is now. */
export function isFresh(knowledge: Knowledge, node: string): boolean {
  if (node === knowledge.node) return true;
  return hearingOf(knowledge, node) === "heard" && knowledge.liveness.get(node)?.caughtUp === true;
}

/** A moment of a node's clock by this node's clock. */
export function ownTimeMs(knowledge: Knowledge, node: string, atMs: number): number {
  return atMs - (knowledge.liveness.get(node)?.clockAheadMs ?? 0);
}
