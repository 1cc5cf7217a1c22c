// The journals of several nodes as one, by time. Pure. Rule: every line names its node; a node's clock that is off is corrected and said.

import { withoutControls } from "./plain-text.ts";

export interface LogEntry {
  readonly node: string;
  /** Milliseconds of the asking machine's clock, as well as it is known. */
  readonly atMs: number;
  /** keepalived, haproxy, systemd ...: who wrote it. */
  readonly source: string;
  readonly text: string;
  /** syslog's: 0 emergency to 7 debug. */
  readonly priority: number;
}

/** How far a node's clock is ahead, and by how much that may be wrong. */
export interface ClockDifference {
  readonly node: string;
  readonly aheadMs: number;
  readonly uncertaintyMs: number;
}

/** Below this a difference is not corrected: it cannot be told from the time the asking took. */
const TOLERANCE_MS = 50;

/** What to take off a node's times. */
export function correctionMs(clock: ClockDifference | undefined): number {
  if (clock === undefined) return 0;
  return Math.abs(clock.aheadMs) > clock.uncertaintyMs + TOLERANCE_MS ? clock.aheadMs : 0;
}

/** A line for each node whose times were corrected. */
export function clockRemarks(clocks: readonly ClockDifference[]): string[] {
  return clocks
    .filter((clock) => correctionMs(clock) !== 0)
    .map((clock) => {
      const seconds = (Math.abs(clock.aheadMs) / 1000).toFixed(2);
      const [wrong, shown] = clock.aheadMs > 0 ? ["ahead of", "earlier"] : ["behind", "later"];
      return `the clock of ${clock.node} is ${seconds} s ${wrong} this machine's (give or take ${(clock.uncertaintyMs / 1000).toFixed(2)} s): its lines are shown ${seconds} s ${shown}`;
    });
}

/**
 * One line of `journalctl -o json`; undefined where it is none. `secrets` are masked wherever they occur.
 * A message that is not text (journald gives it as a list of bytes) is decoded.
 */
export function readLogLine(
  node: string,
  line: string,
  offMs: number,
  secrets: readonly string[],
): LogEntry | undefined {
  const entry = parsedObject(line);
  const realtimeUs = Number(entry?.["__REALTIME_TIMESTAMP"]);
  if (entry === undefined || !Number.isFinite(realtimeUs)) return undefined;
  return {
    node,
    atMs: realtimeUs / 1000 - offMs,
    source:
      [entry["SYSLOG_IDENTIFIER"], entry["_COMM"]].find((name) => typeof name === "string") ?? "journal",
    text: masked(withoutControls(messageText(entry["MESSAGE"])), secrets),
    priority: Number(entry["PRIORITY"] ?? 6),
  };
}

/** By time; at the same time in the order of the nodes, and within a node in the journal's order. */
export function mergeLogs(journals: readonly (readonly LogEntry[])[]): LogEntry[] {
  return journals.flat().toSorted((left, right) => left.atMs - right.atMs);
}

function messageText(message: unknown): string {
  if (typeof message === "string") return message;
  const bytes = Array.isArray(message) ? message.map(Number).filter((byte) => byte >= 0 && byte < 256) : [];
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

const MASK = "[masked]";

function masked(text: string, secrets: readonly string[]): string {
  let result = text.replaceAll(/(auth_pass\s+)"?(?!to\b)[^\s"]+"?/g, `$1${MASK}`);
  for (const secret of secrets) if (secret !== "") result = result.replaceAll(secret, MASK);
  return result;
}

function parsedObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
