// One line of `journalctl --output=json` to facts. Pure: what cannot be read gives nothing.
// Rule: who speaks is told by fields that journald sets (`_PID`, `_SYSTEMD_UNIT`); anybody may write a text into the journal.

import type { FactReport } from "../../agent-api/index.ts";
import { type LastAlert, readHaproxyMessage } from "./haproxy-message.ts";
import { readKeepalivedMessage } from "./keepalived-message.ts";
import { evidence } from "./source.ts";
import { type EndingUnit, readSystemdEntry, UNITS } from "./systemd-message.ts";

/** A longer entry is skipped as a line. */
export const ENTRY_BYTES_MAX = 256 * 1024;
/** Of a message no more is read. */
const MESSAGE_LENGTH_MAX = 2_000;
/** A sender's own time is taken when it lies this much before the journal's at most. */
const SENDER_TIME_MAX_MS = 10_000;
const CURSOR_LENGTH_MAX = 500;

export interface JournalEntry {
  readonly cursor: string;
  /** Wall clock, milliseconds with three decimals. */
  readonly atMs: number;
  readonly message: string;
  /** A field's text; "" where it is missing or no text. */
  readonly field: (name: string) => string;
}

/** Reads one line; undefined where it is no entry. */
export function parseJournalLine(line: string): JournalEntry | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) return undefined;
  const values = fields as Readonly<Record<string, unknown>>;
  const field = (name: string): string => (Object.hasOwn(values, name) ? textOf(values[name]) : "");
  const cursor = field("__CURSOR");
  const receivedMs = Number(field("__REALTIME_TIMESTAMP")) / 1000;
  if (!isCursor(cursor) || !Number.isFinite(receivedMs) || receivedMs <= 0) return undefined;
  const sentMs = Number(field("_SOURCE_REALTIME_TIMESTAMP")) / 1000;
  const near = sentMs > 0 && sentMs <= receivedMs && sentMs > receivedMs - SENDER_TIME_MAX_MS;
  return { cursor, atMs: near ? sentMs : receivedMs, message: field("MESSAGE"), field };
}

/** Whether it may be given to journalctl. */
export function isCursor(text: string): boolean {
  return text.length <= CURSOR_LENGTH_MAX && /^[\w=;:+/.-]+$/.test(text);
}

/** journalctl gives null for a huge value, numbers for bytes that are no text, and an array of values for a field that stands twice. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value.slice(0, MESSAGE_LENGTH_MAX);
  if (!Array.isArray(value)) return "";
  const items = value.slice(0, MESSAGE_LENGTH_MAX) as unknown[];
  if (items.every((item): item is number => typeof item === "number")) {
    return Buffer.from(items).toString("utf8");
  }
  return typeof items[0] === "string" ? items[0].slice(0, MESSAGE_LENGTH_MAX) : "";
}

export interface JournalFacts {
  /** The facts of the next entry. */
  read(entry: JournalEntry): FactReport[];
}

/** Reads entries in their order; `routers`: the instances that stop when keepalived does. */
export function journalFacts(routers: readonly string[]): JournalFacts {
  const endings: Record<"haproxy" | "keepalived", EndingUnit> = { haproxy: {}, keepalived: {} };
  const alert: LastAlert = {};
  const factsOf = (entry: JournalEntry): FactReport[] => {
    if (entry.field("_PID") === "1") {
      const unit = unitOf(entry.field("UNIT"));
      if (unit === undefined) return [];
      const facts = readSystemdEntry(entry, unit, endings[unit]);
      return facts.flatMap((fact) => [fact, ...stoppedInstances(fact, routers)]);
    }
    const unit = unitOf(entry.field("_SYSTEMD_UNIT"));
    if (unit === "keepalived") return readKeepalivedMessage(entry.message);
    return unit === "haproxy" ? readHaproxyMessage(entry.message, alert) : [];
  };
  return {
    read: (entry) =>
      factsOf(entry).map((fact) => ({
        ...fact,
        atMs: entry.atMs,
        evidence: evidence(fact.evidence ?? entry.message),
      })),
  };
}

function unitOf(name: string): "haproxy" | "keepalived" | undefined {
  return Object.hasOwn(UNITS, name) ? UNITS[name] : undefined;
}

/** A keepalived that is gone says STOP for none of its instances when it was killed. */
export function stoppedInstances(fact: FactReport, routers: readonly string[]): FactReport[] {
  const gone =
    fact.kind === "unit" &&
    fact.subject === "keepalived" &&
    (fact.value === "inactive" || fact.value === "failed");
  return gone ? routers.map((subject) => ({ kind: "instance", subject, value: "STOPPED" })) : [];
}
