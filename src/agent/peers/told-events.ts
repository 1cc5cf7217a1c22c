// What is told to a peer of this node's log, from a position on: every event that is still at hand, and, for what is older, each fact's last one. Pure.
// Rule: only what is durable is told, in the order of its numbers; a part ends where a datagram is full, and the next one goes on from there.

import type { AgentEvent, FactKind } from "../../agent-api/index.ts";
import type { Knowledge } from "../knowledge.ts";
import { EVENT_BYTES_MAX, type ToldEvents } from "./message.ts";

/** A datagram of this size is in few fragments on any network. */
export const TOLD_BYTES_MAX = 7_000;
const TOLD_EVENTS_MAX = 100;
/** Of an event that would not fit into a datagram, no text is longer. */
const CUT_LENGTH = 100;

/** The next part; undefined where the peer has everything up to `durable`, the highest number that is on the disk. */
export function eventsToTell(knowledge: Knowledge, from: number, durable: number): ToldEvents | undefined {
  if (from > durable) return undefined;
  const list: AgentEvent[] = [];
  let bytes = 0;
  for (const known of ownEvents(knowledge, from, durable)) {
    const event = bytesOf(known) > EVENT_BYTES_MAX ? cut(known) : known;
    const size = bytesOf(event);
    if (list.length > 0 && (bytes + size > TOLD_BYTES_MAX || list.length >= TOLD_EVENTS_MAX)) {
      return { from, next: event.sequence, list };
    }
    list.push(event);
    bytes += size;
  }
  return { from, next: durable + 1, list };
}

function bytesOf(event: AgentEvent): number {
  return Buffer.byteLength(JSON.stringify(event));
}

/** A part that is refused for its size would be told again and again, and nothing after it. */
function cut(event: AgentEvent): AgentEvent {
  const texts = Object.entries(event.detail ?? {}).map(([name, text]) => [name, text.slice(0, CUT_LENGTH)]);
  const detail = Object.fromEntries(texts) as Record<string, string>;
  const shorter = { ...event, detail, evidence: (event.evidence ?? "").slice(0, CUT_LENGTH) };
  return bytesOf(shorter) > EVENT_BYTES_MAX ? { ...shorter, detail: {} } : shorter;
}

/** This node's events in the order of their numbers, as far as they are known. */
function ownEvents(knowledge: Knowledge, from: number, durable: number): AgentEvent[] {
  const own = knowledge.nodes.get(knowledge.node);
  if (own?.log === undefined) return [];
  const { log } = own;
  const wanted = (sequence: number): boolean => sequence >= from && sequence <= durable;
  const events = new Map<number, AgentEvent>();
  for (const event of knowledge.recent) {
    if (event.node === knowledge.node && event.log === log && wanted(event.sequence))
      events.set(event.sequence, event);
  }
  for (const [key, fact] of own.facts) {
    if (!wanted(fact.sequence) || events.has(fact.sequence)) continue;
    const { value, sinceMs: atMs, sequence, detail } = fact;
    const slash = key.indexOf("/");
    const kind = key.slice(0, slash) as FactKind;
    // A notice's fact is kept by its route alone, and says nothing to a peer without its incident.
    if (kind === "notice") continue;
    const event = { node: knowledge.node, log, sequence, atMs, kind, subject: key.slice(slash + 1), value };
    events.set(sequence, detail === undefined ? event : { ...event, detail });
  }
  const ordered = [...events.values()];
  ordered.sort((left, right) => left.sequence - right.sequence);
  return ordered;
}
