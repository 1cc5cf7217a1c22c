// keepalived's and HAProxy's journals of all nodes, read at once or followed, merged by time. Changes nothing.

import { HapairError, messageOf } from "../base/index.ts";
import type { Paint } from "../diagnostics/index.ts";
import { type Host, type LineStream, shellWord } from "../host/index.ts";
import type { Pair } from "../model/index.ts";
import {
  type ClockDifference,
  clockRemarks,
  correctionMs,
  type LogEntry,
  mergeLogs,
  readLogLine,
} from "./merge-logs.ts";
import type { PairHosts } from "./observe.ts";

export interface LogOptions {
  /** As journalctl understands it: "10 min ago", "2026-01-31 10:00". */
  readonly since?: string;
  /** At most this many lines of each node, the newest. Default 100. */
  readonly lines?: number;
  /** Values that must not be shown (passwords). */
  readonly secrets?: readonly string[];
}

export interface LogReport {
  readonly entries: readonly LogEntry[];
  readonly clocks: readonly ClockDifference[];
  /** Clock differences, and nodes that could not be asked. */
  readonly remarks: readonly string[];
}

const LINES_DEFAULT = 100;
const LINES_MAX = 100_000;
const LIMIT_MS = 20_000;
/** Lines that come later than this after an earlier one of another node may stand out of order. */
const REORDER_MS = 300;
const POLL_MS = 100;
/** Lines held back for order; beyond half of it the oldest are shown at once. */
const HELD_MAX = 2000;

function journalScript(options: LogOptions, follow: boolean): string {
  const lines = Math.min(LINES_MAX, Math.max(0, options.lines ?? LINES_DEFAULT));
  const since = options.since === undefined ? "" : ` --since ${shellWord(options.since)}`;
  return [
    'date "+clock %s.%N"',
    `exec journalctl -u keepalived -u haproxy -o json --output-fields=MESSAGE,SYSLOG_IDENTIFIER,_COMM,PRIORITY --no-pager --quiet -n ${lines}${since}${follow ? " --follow" : ""}`,
  ].join("\n");
}

/** The journals up to now. A node that cannot be asked is a remark; all nodes unreachable is the first one's error. */
export async function readLogs(pair: Pair, hosts: PairHosts, options: LogOptions = {}): Promise<LogReport> {
  const answers = await Promise.all(
    pair.nodes.map((node) => readNode(node.name, hosts.get(node.name), options)),
  );
  const failures = answers.flatMap((answer) => (answer.error === undefined ? [] : [answer.error]));
  const [firstFailure] = failures;
  if (firstFailure !== undefined && failures.length === answers.length) throw firstFailure;
  const clocks = answers.flatMap((answer) => (answer.clock === undefined ? [] : [answer.clock]));
  return {
    entries: mergeLogs(answers.map((answer) => answer.entries)),
    clocks,
    remarks: [...clockRemarks(clocks), ...failures.map((failure) => `not shown: ${failure.message}`)],
  };
}

interface NodeAnswer {
  readonly entries: readonly LogEntry[];
  readonly clock?: ClockDifference;
  readonly error?: HapairError;
}

async function readNode(node: string, host: Host | undefined, options: LogOptions): Promise<NodeAnswer> {
  if (host === undefined)
    return failedAnswer(logFailure("status-no-host", `no connection was made to ${node}`));
  try {
    const sentMs = Date.now();
    const result = await host.run(journalScript(options, false), { timeoutMs: LIMIT_MS });
    const [first = "", ...lines] = result.stdout.split("\n");
    const clock = clockOf(node, first, sentMs, Date.now());
    if (result.exitCode !== 0 || clock === undefined) {
      const said = result.stderr.trim().split("\n").at(-1) ?? "";
      return failedAnswer(
        logFailure("logs-refused", `${node}: journalctl said: ${said || `exit ${result.exitCode}`}`),
      );
    }
    const off = correctionMs(clock);
    return {
      clock,
      entries: lines.flatMap((line) => readLogLine(node, line, off, options.secrets ?? []) ?? []),
    };
  } catch (thrown) {
    return failedAnswer(
      thrown instanceof HapairError ? thrown : logFailure("logs-failed", `${node}: ${messageOf(thrown)}`),
    );
  }
}

function failedAnswer(error: HapairError): NodeAnswer {
  return { entries: [], error };
}

/** `date` ran somewhere between sending and answering. */
function clockOf(
  node: string,
  line: string,
  sentMs: number,
  answeredMs: number,
): ClockDifference | undefined {
  const seconds = Number(/^clock (\d+\.\d+)$/.exec(line)?.[1]);
  if (!Number.isFinite(seconds)) return undefined;
  return {
    node,
    aheadMs: Math.round(seconds * 1000 - (sentMs + answeredMs) / 2),
    uncertaintyMs: Math.round((answeredMs - sentMs) / 2),
  };
}

function logFailure(code: string, message: string): HapairError {
  return new HapairError({ kind: "unreachable", code, message });
}

export interface FollowedLogs {
  /** Entries nearly in order of time, and remarks (a clock that is off, a node that is lost) as they arise. Ends when every node's journal ended. */
  readonly events: AsyncIterable<{ readonly entry: LogEntry } | { readonly remark: string }>;
  stop(): Promise<void>;
}

/** The journals from now on (and the last `lines`), until stop() or until every connection ended. */
export function followLogs(pair: Pair, hosts: PairHosts, options: LogOptions = {}): FollowedLogs {
  const following: Following = { streams: [], held: [], remarks: [], running: 0, stopped: false };
  for (const node of pair.nodes) {
    const host = hosts.get(node.name);
    if (host === undefined) following.remarks.push(`${node.name}: no connection was made`);
    else void followNode(following, node.name, host, options);
  }
  return {
    events: eventsOf(following),
    async stop() {
      following.stopped = true;
      await Promise.all(following.streams.map((stream) => stream.stop()));
    },
  };
}

interface Following {
  readonly streams: LineStream[];
  /** Read, and held back for order. */
  readonly held: LogEntry[];
  readonly remarks: string[];
  /** Journals that have not ended. */
  running: number;
  stopped: boolean;
}

/** Reads one node's journal into `following` until it ends. Never rejects. */
async function followNode(
  following: Following,
  node: string,
  host: Host,
  options: LogOptions,
): Promise<void> {
  const startedMs = Date.now();
  let clock: ClockDifference | undefined;
  following.running += 1;
  try {
    const stream = host.follow(journalScript(options, true));
    following.streams.push(stream);
    for await (const line of stream.lines) {
      if (clock === undefined && line.startsWith("clock ")) {
        clock = clockOf(node, line, startedMs, Date.now());
        following.remarks.push(...clockRemarks(clock === undefined ? [] : [clock]));
        continue;
      }
      // A reader that is slower than the journals holds the journals back, not the memory.
      while (following.held.length >= HELD_MAX && !following.stopped) await delay(POLL_MS);
      const entry = readLogLine(node, line, correctionMs(clock), options.secrets ?? []);
      if (entry !== undefined) following.held.push(entry);
    }
    if (!following.stopped) following.remarks.push(`${node}: its journal ended`);
  } catch (thrown) {
    if (!following.stopped) following.remarks.push(`${node}: ${messageOf(thrown)}`);
  } finally {
    following.running -= 1;
  }
}

async function* eventsOf(following: Following): AsyncGenerator<{ entry: LogEntry } | { remark: string }> {
  while (following.running > 0 || following.held.length > 0 || following.remarks.length > 0) {
    const untilMs = following.running > 0 ? Date.now() - REORDER_MS : Number.POSITIVE_INFINITY;
    for (const remark of following.remarks.splice(0)) yield { remark };
    for (const entry of ripe(following.held, untilMs)) yield { entry };
    if (following.running > 0) await delay(POLL_MS);
  }
}

/** Takes the entries that nothing older can be expected before, in order. */
function ripe(held: LogEntry[], untilMs: number): LogEntry[] {
  held.sort((left, right) => left.atMs - right.atMs);
  const late = held.findIndex((entry) => entry.atMs > untilMs);
  const count = Math.max(late === -1 ? held.length : late, held.length - HELD_MAX / 2);
  return held.splice(0, count);
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** One line: time (UTC, to the millisecond), node, who, text. `nodeColumns`: the longest node's name. */
export function renderLogEntry(entry: LogEntry, nodeColumns: number, paint: Paint): string {
  const time = new Date(entry.atMs).toISOString().slice(0, 23).replace("T", " ");
  const important = entry.priority <= 3 ? "error" : entry.priority === 4 ? "warning" : undefined;
  const text = important === undefined ? entry.text : paint(important, entry.text);
  return `${paint("dim", `${time}Z`)}  ${paint("strong", entry.node.padEnd(nodeColumns))}  ${entry.source}: ${text}`;
}
