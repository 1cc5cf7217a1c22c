// What stands in the agent's log: records, each with what happened and what followed from it, and snapshots, which say all that came before them. Pure.
// Rule: the state after a restart is the fold of the newest snapshot and the records after it, and the same as the state before.

import type { AgentEvent, Notice } from "../agent-api/index.ts";
import { emptyKnowledge, applyEvent, type Knowledge } from "./knowledge.ts";
import { knowledgeFromSnapshot, knowledgeSnapshot, type KnowledgeSnapshot } from "./knowledge-snapshot.ts";
import { applied, emptyOutbox, type Outbox, type OutboxChange, restarted } from "./outbox.ts";
import { readEvent } from "./peers/message.ts";

export interface LogRecord {
  /** Where the journal was read up to, when this was recorded. */
  readonly cursor?: string;
  /** This node's and its peers', in the order in which they became known. */
  readonly events?: readonly AgentEvent[];
  readonly outbox?: readonly OutboxChange[];
}

export interface Snapshot {
  readonly cursor?: string;
  readonly bornAtMs: number;
  readonly knowledge: KnowledgeSnapshot;
  readonly outbox: Outbox;
  readonly told: readonly (readonly [incident: string, routes: readonly string[]])[];
}

/** Everything that outlives a run. */
export interface Memory {
  cursor: string | undefined;
  /** When this log was begun: what happened before is taken as it was found, and told to nobody. */
  readonly bornAtMs: number;
  readonly knowledge: Knowledge;
  outbox: Outbox;
  /** The routes that an incident was told along, or is to be. */
  readonly told: Map<string, readonly string[]>;
}

/** Incidents whose routes are remembered. */
const TOLD_MAX = 1000;

export function remembered(
  snapshot: unknown,
  records: readonly unknown[],
  node: string,
  nodes: readonly string[],
  nowMs: number,
): Memory {
  const read = snapshotOf(snapshot, node, nodes);
  const memory: Memory = {
    cursor: read?.snapshot.cursor,
    bornAtMs: read?.snapshot.bornAtMs ?? nowMs,
    knowledge: read?.knowledge ?? emptyKnowledge(node, nodes),
    outbox: read?.snapshot.outbox ?? emptyOutbox(),
    told: new Map(read?.snapshot.told ?? []),
  };
  for (const record of records) applyRecord(memory, record);
  memory.outbox = restarted(memory.outbox);
  return memory;
}

export function snapshotFrom(memory: Memory): Snapshot {
  return {
    ...(memory.cursor === undefined ? {} : { cursor: memory.cursor }),
    bornAtMs: memory.bornAtMs,
    knowledge: knowledgeSnapshot(memory.knowledge),
    outbox: restarted(memory.outbox),
    told: [...memory.told],
  };
}

/** Folds outbox changes, and which routes an incident has. */
export function applyOutbox(memory: Memory, changes: readonly OutboxChange[]): void {
  memory.outbox = applied(memory.outbox, changes);
  for (const change of changes) if (change.kind === "added") noteTold(memory.told, change.notice);
}

function noteTold(told: Map<string, readonly string[]>, notice: Notice): void {
  const { id } = notice.incident;
  const routes = told.get(id) ?? [];
  told.delete(id);
  told.set(id, routes.includes(notice.route) ? routes : [...routes, notice.route]);
  for (const [oldest] of told) {
    if (told.size <= TOLD_MAX) break;
    told.delete(oldest);
  }
}

/** The log's own checksum held, so a record is what an agent wrote; an older or newer one may have written it all the same. */
function applyRecord(memory: Memory, record: unknown): void {
  if (typeof record !== "object" || record === null) return;
  const { cursor, events, outbox } = record as { [Key in keyof LogRecord]?: unknown };
  if (typeof cursor === "string") memory.cursor = cursor;
  if (Array.isArray(events)) {
    for (const value of events) {
      const event = readEvent(value);
      if (event !== undefined) applyEvent(memory.knowledge, event);
    }
  }
  if (Array.isArray(outbox)) applyOutbox(memory, outbox.filter(isChange));
}

/** Whether this version can apply it: what it does not know must not keep it from starting. */
function isChange(value: unknown): value is OutboxChange {
  const { kind, notice } = (value ?? {}) as { kind?: unknown; notice?: Partial<Notice> };
  if (kind === "added") return typeof notice?.incident?.id === "string" && typeof notice.id === "string";
  return kind === "failed" || kind === "ended" || kind === "released";
}

function snapshotOf(
  value: unknown,
  node: string,
  nodes: readonly string[],
): { snapshot: Snapshot; knowledge: Knowledge } | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const snapshot = value as Snapshot;
  const knowledge = knowledgeFromSnapshot(snapshot.knowledge, node, nodes);
  const isWhole =
    typeof snapshot.bornAtMs === "number" &&
    Array.isArray(snapshot.told) &&
    Array.isArray(snapshot.outbox?.entries);
  return knowledge === undefined || !isWhole ? undefined : { snapshot, knowledge };
}
