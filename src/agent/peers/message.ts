// What agents say to each other, as values, and how a datagram that claims to be such a message is read: strictly, bounded, never with an exception.
// Rule: nothing of a message is used before its signature and its freshness are proved (codec.ts, session.ts).

import {
  type AgentEvent,
  EVIDENCE_LENGTH_MAX,
  type FactKind,
  factKinds,
  SUBJECT_LENGTH_MAX,
  VALUE_LENGTH_MAX,
} from "../../agent-api/index.ts";

/** The sender's events, told in order. */
export interface ToldEvents {
  /** The first sequence number that this part speaks for; the receiver takes it only when it waits for exactly this one. */
  readonly from: number;
  /** The sequence number to go on from. */
  readonly next: number;
  /** May have gaps: where the log no longer holds every event, only each fact's last one is told. */
  readonly list: readonly AgentEvent[];
}

/** A position in a log. */
export interface LogPosition {
  readonly log: string;
  readonly next: number;
}

export interface PeerMessage {
  readonly pair: string;
  readonly from: string;
  readonly to: string;
  /** Random, one for each run of an agent. */
  readonly session: string;
  /** Rises with each message of the session, whoever it goes to. */
  readonly counter: number;
  /** The receiver's session as the sender knows it; only a message that names the receiver's present session is fresh. */
  readonly echo?: { readonly session: string; readonly counter: number; readonly heldMs: number };
  /** The sender's wall clock. */
  readonly sentMs: number;
  /** Where the sender's own log ends. */
  readonly log: LogPosition;
  /** What the sender has of the receiver's log. */
  readonly have?: LogPosition;
  readonly events?: ToldEvents;
  /** The decision's part (policy/give-up.ts); read by whoever uses it. */
  readonly decision?: unknown;
}

/** Told events of this size have their longest texts cut. */
export const EVENT_BYTES_MAX = 6_000;
const EVENTS_PER_MESSAGE_MAX = 200;
/** Of an event's detail; the core cuts what goes beyond before it is recorded. */
export const DETAILS_MAX = 40;
export const DETAIL_LENGTH_MAX = 3_000;
export const NAME_LENGTH_MAX = 64;
const TOKEN = /^[0-9a-f]{16}$/;

type Json = Readonly<Record<string, unknown>>;

/** The message in a JSON text; undefined where it is none. Unknown keys are ignored, so that a newer peer is understood. */
export function readPeerMessage(text: string): PeerMessage | undefined {
  const value = parsed(text);
  if (!isObject(value)) return undefined;
  const { pair, from, to, session, counter, sentMs, decision } = value;
  const log = readPosition(value["log"]);
  const echo = value["echo"] === undefined ? undefined : readEcho(value["echo"]);
  const have = value["have"] === undefined ? undefined : readPosition(value["have"]);
  const events = value["events"] === undefined ? undefined : readToldEvents(value["events"]);
  if (!isName(pair) || !isName(from) || !isName(to) || !isToken(session) || !isCount(counter))
    return undefined;
  if (!isTime(sentMs) || log === undefined) return undefined;
  if (value["echo"] !== undefined && echo === undefined) return undefined;
  if (value["have"] !== undefined && have === undefined) return undefined;
  if (value["events"] !== undefined && events === undefined) return undefined;
  return {
    pair,
    from,
    to,
    session,
    counter,
    sentMs,
    log,
    ...(echo === undefined ? {} : { echo }),
    ...(have === undefined ? {} : { have }),
    ...(events === undefined ? {} : { events }),
    ...(decision === undefined ? {} : { decision }),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function readPosition(value: unknown): LogPosition | undefined {
  if (!isObject(value)) return undefined;
  const { log, next } = value;
  return isToken(log) && isCount(next) ? { log, next } : undefined;
}

function readEcho(value: unknown): PeerMessage["echo"] {
  if (!isObject(value)) return undefined;
  const { session, counter, heldMs } = value;
  return isToken(session) && isCount(counter) && isTime(heldMs) ? { session, counter, heldMs } : undefined;
}

function readToldEvents(value: unknown): ToldEvents | undefined {
  if (!isObject(value)) return undefined;
  const { from, next, list } = value;
  if (!isCount(from) || !isCount(next) || next < from || !Array.isArray(list)) return undefined;
  if (list.length > EVENTS_PER_MESSAGE_MAX) return undefined;
  const events: AgentEvent[] = [];
  for (const item of list) {
    const event = readEvent(item);
    // Many long ones would fill the memory of a node that has to keep them.
    if (event === undefined || Buffer.byteLength(JSON.stringify(event)) > EVENT_BYTES_MAX) return undefined;
    events.push(event);
  }
  return { from, next, list: events };
}

/** One event; undefined where a part is missing, of another kind or too long. Used for what peers tell and for what the log holds. */
export function readEvent(value: unknown): AgentEvent | undefined {
  if (!isObject(value)) return undefined;
  const { node, log, sequence, atMs, kind, subject, previous, evidence, causedBy } = value;
  const text = value["value"];
  const detail = value["detail"] === undefined ? undefined : readDetail(value["detail"]);
  if (!isName(node) || !isToken(log) || !isCount(sequence) || !isTime(atMs) || !isKind(kind))
    return undefined;
  if (!isText(subject, SUBJECT_LENGTH_MAX) || !isText(text, VALUE_LENGTH_MAX)) return undefined;
  if (previous !== undefined && !isText(previous, VALUE_LENGTH_MAX)) return undefined;
  if (evidence !== undefined && !isText(evidence, EVIDENCE_LENGTH_MAX)) return undefined;
  if (causedBy !== undefined && !isCount(causedBy)) return undefined;
  if (value["detail"] !== undefined && detail === undefined) return undefined;
  return {
    node,
    log,
    sequence,
    atMs,
    kind,
    subject,
    value: text,
    ...(previous === undefined ? {} : { previous }),
    ...(detail === undefined ? {} : { detail }),
    ...(evidence === undefined ? {} : { evidence }),
    ...(causedBy === undefined ? {} : { causedBy }),
  };
}

function readDetail(value: unknown): Record<string, string> | undefined {
  if (!isObject(value)) return undefined;
  const entries = Object.entries(value);
  if (entries.length > DETAILS_MAX) return undefined;
  const detail: Record<string, string> = {};
  for (const [name, text] of entries) {
    if (name.length > NAME_LENGTH_MAX || name === "__proto__" || !isText(text, DETAIL_LENGTH_MAX))
      return undefined;
    detail[name] = text;
  }
  return detail;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown, lengthMax: number): value is string {
  return typeof value === "string" && value.length <= lengthMax;
}

function isName(value: unknown): value is string {
  return isText(value, NAME_LENGTH_MAX) && value !== "";
}

function isToken(value: unknown): value is string {
  return typeof value === "string" && TOKEN.test(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function isKind(value: unknown): value is FactKind {
  return typeof value === "string" && Object.hasOwn(factKinds, value);
}
