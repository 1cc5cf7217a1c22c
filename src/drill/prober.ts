// The open-loop client: a new connection and request every interval on an absolute monotonic schedule, whatever the earlier ones do. Runs in its own process.
// Rule: every slot is recorded with its lateness; a slot the client could not start is `missed`, never silently skipped or made up for unseen.

import { execFile } from "node:child_process";
import { rename, writeFile } from "node:fs/promises";
import net from "node:net";
import { setPriority } from "node:os";
import { performance } from "node:perf_hooks";
import { promisify } from "node:util";
import { HapairError, messageOf } from "../base/index.ts";
import {
  encodeProbeRecord,
  type Outcome,
  OUTCOMES,
  PROBE_INTERVAL_US,
  PROBE_NAMES_MAX,
  PROBE_SLOTS_MAX,
  PROBE_TIME_LIMIT_US,
  type ProbeKind,
  type ProbeRecord,
  type ProbeTarget,
} from "../measure/index.ts";
import { type Answer, endAnswer, feedAnswer, newAnswer } from "./prober-answer.ts";

export interface ProbeOptions {
  readonly target: ProbeTarget;
  /** Default 2,000. */
  readonly intervalUs?: number;
  /** Default 200,000. */
  readonly timeLimitUs?: number;
  /** The client's own address to connect from. */
  readonly sourceAddress?: string;
  /** Default "/". */
  readonly path?: string;
  /** Default: the target's address. */
  readonly hostHeader?: string;
  /** The answer's header that says who answered. Default x-served-by. */
  readonly identityHeader?: string;
  /** Ends by itself after this long. Default 900,000 (15 minutes). */
  readonly maxDurationMs?: number;
}

export interface ProberOptions extends ProbeOptions {
  /** Where the record goes, written in one step at the end. */
  readonly outputFile: string;
}

export const PROBER_DURATION_MS_MAX = 15 * 60_000;

// A slot later than this is given up, so that a stall of the client does not end in a burst of connections.
const CATCH_UP_US = 50_000;
// Connections open at once. At the default interval and time limit 100 are in use when nothing answers.
const IN_FLIGHT_MAX = 2048;
const READ_BUFFER_BYTES = 65_536;
const FIRST_COLUMN_SLOTS = 32_768;
// A client that waits for its turn measures the queue and not the target: with four busy loops on two cores its starts were 46 ms late (99 %) as an
// ordinary process and 2 ms as a real-time one. It uses a sixth of a core. Niceness alone does not reach past its own session.
// The threads that compile and collect garbage come along, since the probing thread waits for them, but behind it.
const HELPERS_PRIORITY = "1";
const PROBING_PRIORITY = "2";
const NICENESS = -10;

const OUTCOME_OF_ERROR: Readonly<Record<string, Outcome>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "reset",
  ECONNABORTED: "reset",
  EPIPE: "reset",
  ETIMEDOUT: "timeout",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EHOSTDOWN: "unreachable",
  ENETDOWN: "unreachable",
  // The client's own limits say nothing about the target.
  EADDRNOTAVAIL: "missed",
  EADDRINUSE: "missed",
  EMFILE: "missed",
  ENFILE: "missed",
  ENOBUFS: "missed",
  ENOMEM: "missed",
};

/** `10.0.0.1:80`, `[2001:db8::1]:80`. Throws HapairError `probe-target` (usage). */
export function parseProbeTarget(text: string, kind: ProbeKind = "http"): ProbeTarget {
  const match = /^(?:\[(?<six>[^\]]+)\]|(?<four>[^:[\]]+)):(?<port>\d{1,5})$/.exec(text);
  const address = match?.groups?.["six"] ?? match?.groups?.["four"] ?? "";
  const port = Number(match?.groups?.["port"]);
  const family = match?.groups?.["six"] === undefined ? 4 : 6;
  if (net.isIP(address) !== family || !(port >= 1 && port <= 65_535)) {
    throw new HapairError({
      kind: "usage",
      code: "probe-target",
      message: `"${text}" is not an address and port`,
      hint: "write 10.150.160.32:80 or [2001:db8::32]:80; names are not looked up, so that the name service is not measured",
    });
  }
  return { address, port, kind };
}

interface Columns {
  latenessUs: Uint32Array;
  durationUs: Uint32Array;
  outcomes: Uint8Array;
  answeredBy: Uint8Array;
}

interface Request {
  readonly slot: number;
  readonly startedUs: number;
  readonly answer: Answer;
  socket: net.Socket | undefined;
  done: boolean;
}

/** The state of one probe run. Times are microseconds of performance.now(), which is the monotonic clock with another zero. */
interface Run {
  readonly options: ProbeOptions;
  readonly intervalUs: number;
  readonly timeLimitUs: number;
  readonly slotsMax: number;
  readonly connectOptions: net.TcpNetConnectOpts;
  readonly requestBytes: Buffer;
  readonly identityHeader: string;
  readonly readBuffer: Buffer;
  readonly zeroUs: number;
  readonly startedAtUs: number;
  readonly columns: Columns;
  readonly names: string[];
  /** Started, in order of their start; those before `oldest` are finished. */
  queue: Request[];
  oldest: number;
  open: number;
  nextSlot: number;
  stopping: boolean;
  readonly onFinished: (slot: number, outcome: Outcome) => void;
}

/** How the target is doing, as seen by the latest request that has an outcome. */
export type LiveState = "answering" | "failing";

/**
 * Probes until `signal` aborts (or the longest duration is over), waits for what is under way, and gives the record. `onChange`: the first request
 * has an outcome, and then each time the target begins or ceases to answer.
 */
export async function probe(
  options: ProbeOptions,
  signal: AbortSignal,
  onChange: (state: LiveState) => void,
): Promise<ProbeRecord> {
  // Outcomes come out of order (a time-out is known 200 ms late), so the latest slot decides, not the latest news.
  let state: LiveState | undefined;
  let latestSlot = -1;
  const run = newRun(options, (slot, outcome) => {
    if (slot < latestSlot || outcome === "missed") return;
    latestSlot = slot;
    const now = outcome === "ok" ? "answering" : "failing";
    if (now !== state) onChange(now);
    state = now;
  });
  await new Promise<void>((resolve) => {
    const tick = (): void => {
      if (signal.aborted) run.stopping = true;
      const waitUs = advance(run);
      if (waitUs === undefined) resolve();
      else setTimeout(tick, Math.max(1, Math.floor(waitUs / 1000)));
    };
    tick();
  });
  return toRecord(run);
}

function newRun(options: ProbeOptions, onFinished: Run["onFinished"]): Run {
  const { target } = options;
  const intervalUs = options.intervalUs ?? PROBE_INTERVAL_US;
  const maxDurationMs = Math.min(options.maxDurationMs ?? PROBER_DURATION_MS_MAX, PROBER_DURATION_MS_MAX);
  const host = options.hostHeader ?? (target.address.includes(":") ? `[${target.address}]` : target.address);
  const readBuffer = Buffer.allocUnsafe(READ_BUFFER_BYTES);
  // The zero of the schedule and its reading on the clock shared with the drill, taken together.
  const startedAtUs = Number(process.hrtime.bigint() / 1000n);
  const zeroUs = Math.round(performance.now() * 1000);
  return {
    options,
    intervalUs,
    timeLimitUs: options.timeLimitUs ?? PROBE_TIME_LIMIT_US,
    slotsMax: Math.min(PROBE_SLOTS_MAX, Math.ceil((maxDurationMs * 1000) / intervalUs)),
    connectOptions: {
      host: target.address,
      port: target.port,
      noDelay: true,
      allowHalfOpen: true,
      ...(options.sourceAddress === undefined ? {} : { localAddress: options.sourceAddress }),
    },
    requestBytes: Buffer.from(
      `GET ${options.path ?? "/"} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: hapair-prober\r\nConnection: close\r\n\r\n`,
      "latin1",
    ),
    identityHeader: (options.identityHeader ?? "x-served-by").toLowerCase(),
    readBuffer,
    zeroUs,
    startedAtUs,
    columns: newColumns(FIRST_COLUMN_SLOTS),
    names: [""],
    queue: [],
    oldest: 0,
    open: 0,
    nextSlot: 0,
    stopping: false,
    onFinished,
  };
}

function newColumns(slots: number): Columns {
  return {
    latenessUs: new Uint32Array(slots),
    durationUs: new Uint32Array(slots),
    outcomes: new Uint8Array(slots),
    answeredBy: new Uint8Array(slots),
  };
}

function nowUs(): number {
  return Math.round(performance.now() * 1000);
}

/** Ends what is over time, starts what is due. Gives the time to the next slot in microseconds; undefined when all is done. */
function advance(run: Run): number | undefined {
  let atUs = nowUs();
  expire(run, atUs);
  if (run.nextSlot >= run.slotsMax) run.stopping = true;
  while (!run.stopping && run.nextSlot < run.slotsMax) {
    const dueUs = run.zeroUs + run.nextSlot * run.intervalUs;
    if (dueUs > atUs) break;
    startSlot(run, run.nextSlot, dueUs, atUs);
    run.nextSlot += 1;
    atUs = nowUs();
  }
  if (run.stopping) return run.open === 0 ? undefined : 1000;
  return run.zeroUs + run.nextSlot * run.intervalUs - atUs;
}

/** All requests have the same time limit, so the oldest is always the first to pass it. */
function expire(run: Run, atUs: number): void {
  for (; run.oldest < run.queue.length; run.oldest += 1) {
    const request = run.queue[run.oldest];
    if (request === undefined || request.done) continue;
    if (atUs - request.startedUs < run.timeLimitUs) break;
    finish(run, request, "timeout");
  }
  if (run.oldest > IN_FLIGHT_MAX) {
    run.queue = run.queue.slice(run.oldest);
    run.oldest = 0;
  }
}

function startSlot(run: Run, slot: number, dueUs: number, atUs: number): void {
  growColumns(run.columns, slot);
  run.columns.latenessUs[slot] = atUs - dueUs;
  if (atUs - dueUs > CATCH_UP_US || run.open >= IN_FLIGHT_MAX) return;
  const request: Request = { slot, startedUs: atUs, answer: newAnswer(), socket: undefined, done: false };
  run.queue.push(request);
  run.open += 1;
  connect(run, request);
}

function growColumns(columns: Columns, slot: number): void {
  const slots = columns.latenessUs.length;
  if (slot < slots) return;
  const grown = newColumns(Math.min(slots * 2, PROBE_SLOTS_MAX));
  grown.latenessUs.set(columns.latenessUs);
  grown.durationUs.set(columns.durationUs);
  grown.outcomes.set(columns.outcomes);
  grown.answeredBy.set(columns.answeredBy);
  Object.assign(columns, grown);
}

function connect(run: Run, request: Request): void {
  const onError = (error: NodeJS.ErrnoException): void => {
    finish(run, request, OUTCOME_OF_ERROR[error.code ?? ""] ?? "unreachable");
  };
  const socket = net.connect({
    ...run.connectOptions,
    // One buffer serves all connections: what is read is taken out of it before the next read.
    onread: {
      buffer: run.readBuffer,
      callback: (length) => {
        if (!request.done) {
          const text = run.readBuffer.toString("latin1", 0, length);
          const state = feedAnswer(request.answer, text, run.identityHeader);
          if (state !== "more") finish(run, request, state === "whole" ? "ok" : "bad-answer");
        }
        return true;
      },
    },
  });
  request.socket = socket;
  socket.on("error", onError);
  socket.once("connect", () => {
    if (request.done) return;
    if (run.options.target.kind === "tcp") finish(run, request, "ok");
    else socket.write(run.requestBytes);
  });
  socket.once("end", () => {
    if (!request.done) finish(run, request, endAnswer(request.answer) === "whole" ? "ok" : "truncated");
  });
}

function finish(run: Run, request: Request, outcome: Outcome): void {
  if (request.done) return;
  request.done = true;
  run.open -= 1;
  const { columns } = run;
  const durationUs = outcome === "missed" ? 0 : nowUs() - request.startedUs;
  columns.durationUs[request.slot] = durationUs;
  columns.outcomes[request.slot] = OUTCOMES.indexOf(outcome);
  columns.answeredBy[request.slot] = nameIndex(run.names, request.answer.answeredBy);
  const { socket } = request;
  request.socket = undefined;
  // A reset leaves no TIME_WAIT behind, on either side: at 500 connections a second the ports would run out.
  // While connecting, Node would wait for the connection before it resets, so there the attempt is simply dropped.
  if (socket !== undefined) {
    if (socket.connecting) socket.destroy();
    else socket.resetAndDestroy();
  }
  run.onFinished(request.slot, outcome);
}

function nameIndex(names: string[], name: string): number {
  const known = names.indexOf(name);
  if (known >= 0) return known;
  if (names.length >= PROBE_NAMES_MAX) return 0;
  return names.push(name) - 1;
}

function toRecord(run: Run): ProbeRecord {
  const { columns, nextSlot } = run;
  return {
    target: run.options.target,
    intervalUs: run.intervalUs,
    timeLimitUs: run.timeLimitUs,
    startedAtUs: run.startedAtUs,
    latenessUs: columns.latenessUs.subarray(0, nextSlot),
    durationUs: columns.durationUs.subarray(0, nextSlot),
    outcomes: columns.outcomes.subarray(0, nextSlot),
    answeredBy: columns.answeredBy.subarray(0, nextSlot),
    names: run.names,
  };
}

/**
 * The prober's process: probes until SIGTERM, SIGINT, the end of standard input or the longest duration, prints `answering` or `failing` when the first request has an
 * outcome and at every change, and writes the record. Throws HapairError `probe-output` (usage) when the record cannot be written.
 */
export async function runProber(options: ProberOptions): Promise<void> {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  process.stdin.on("end", stop);
  process.stdin.on("error", stop);
  // A drill that has died reads no more lines; the record is still written.
  process.stdout.on("error", stop);
  process.stdin.resume();
  await goAhead();
  const record = await probe(options, stopping.signal, (state) => process.stdout.write(`${state}\n`));
  await writeRecord(options.outputFile, record);
  process.stdin.destroy();
}

/** Puts the probing thread ahead of ordinary processes, as far as the user's rights go; without any, the record says how late the starts were. */
async function goAhead(): Promise<void> {
  try {
    await chrt("--all-tasks", "--rr", "--pid", HELPERS_PRIORITY, String(process.pid));
    await chrt("--rr", "--pid", PROBING_PRIORITY, String(process.pid));
  } catch {
    try {
      setPriority(NICENESS);
    } catch {
      // Neither right is there: an ordinary user's client.
    }
  }
}

async function chrt(...options: string[]): Promise<void> {
  await promisify(execFile)("chrt", options);
}

async function writeRecord(file: string, record: ProbeRecord): Promise<void> {
  const temporary = `${file}.${process.pid}.part`;
  try {
    await writeFile(temporary, encodeProbeRecord(record));
    await rename(temporary, file);
  } catch (error) {
    throw new HapairError({
      kind: "usage",
      code: "probe-output",
      message: `the probe record cannot be written to ${file}: ${messageOf(error)}`,
      hint: "check that the folder exists, is writable and has room",
      cause: error,
    });
  }
}
