// Requests that each have a connection of their own: new ones over TLS on an absolute schedule, whatever the earlier ones do, and long polls.
// Rule: the schedule does not wait. A request that could not be started in its time is started late and its lateness noted; what is too late is missed, and counted.

import type { Socket } from "node:net";
import {
  answeredNow,
  failedNow,
  happened,
  type LoadContext,
  type LoadPart,
  missedNow,
  openConnection,
  type Pending,
  reasonOf,
  sayGoodbye,
  sentNow,
  SILENT_MS,
} from "./switch-load-context.ts";
import type { LoadKind, Reason } from "./switch-load-figures.ts";
import { http1Protocol, http2Protocol, type Protocol } from "./switch-load-protocols.ts";
import { tlsClient } from "./switch-load-tls.ts";

/** Requests under way at once: at 500 a second and a limit of 5 s, all of them unanswered. */
const IN_FLIGHT_MAX = 4_000;
/** Started in one turn when the load itself was late: few, or a burst of handshakes would make everything else later still. */
const CATCH_UP_MAX = 10;
/** A request that is later than this is not made: it is counted as missed, and says that the machine is too small for the load. */
const TOO_LATE_MS = 250;
/** Missed in one turn. */
const MISSED_MAX = 10_000;
const SWEEP_EVERY_MS = 100;

interface Exchange {
  readonly pending: Pending;
  readonly limitMs: number;
  /** Ends it: with the answer's node, or with what went wrong. */
  fail(reason: Reason): void;
}

interface ExchangeWords {
  readonly kind: LoadKind;
  readonly how: "http" | "http/1.1" | "h2";
  readonly protocol: Protocol;
  /** Of the time until the answer, what was asked for. */
  readonly offMs: number;
  readonly dueMs: number;
}

/** Those under way, and the sweep that ends the silent ones. */
function exchanges(context: LoadContext): {
  readonly open: Set<Exchange>;
  start(words: ExchangeWords, ended: () => void): void;
  sweep(nowMs: number): void;
} {
  const open = new Set<Exchange>();
  let nextSweepMs = 0;
  return {
    open,
    start(words, ended) {
      const pending = sentNow(context, words.kind, words.dueMs, context.nowMs());
      if (open.size >= IN_FLIGHT_MAX) {
        failedNow(context, pending, "too many at once");
        ended();
        return;
      }
      startExchange(context, words, pending, open, ended);
    },
    sweep(nowMs) {
      if (nowMs < nextSweepMs) return;
      nextSweepMs = nowMs + SWEEP_EVERY_MS;
      for (const exchange of open)
        if (nowMs - exchange.pending.sentMs > exchange.limitMs) exchange.fail("silent");
    },
  };
}

function startExchange(
  context: LoadContext,
  { kind, how, protocol, offMs }: ExchangeWords,
  pending: Pending,
  open: Set<Exchange>,
  ended: () => void,
): void {
  const tls = how === "http" ? undefined : tlsClient(how);
  const begin = (): Buffer | string => {
    happened(context, kind, "opened");
    return protocol.request().bytes;
  };
  const socket: Socket = openConnection(context, how === "http" ? "http" : "plain tls", () =>
    socket.write(tls === undefined ? begin() : tls.hello()),
  );
  const finish = (end: () => void): void => {
    if (!open.delete(exchange)) return;
    end();
    ended();
  };
  const exchange: Exchange = {
    pending,
    limitMs: SILENT_MS + offMs,
    fail(reason) {
      finish(() => failedNow(context, pending, reason));
      socket.destroy();
    },
  };
  open.add(exchange);
  const heed = (bytes: Buffer): void => {
    const taken = protocol.take(bytes);
    if (taken.bytes !== undefined) socket.write(tls === undefined ? taken.bytes : tls.seal(taken.bytes));
    for (const event of taken.events) {
      if (event.is === "stream-reset") exchange.fail("reset");
      if (event.is !== "answer") continue;
      if (event.status !== 200) exchange.fail(`status ${event.status}`);
      else finish(() => answeredNow(context, pending, event.by, offMs));
      sayGoodbye(socket);
    }
  };
  socket.on("error", (error: NodeJS.ErrnoException) => exchange.fail(reasonOf(error)));
  socket.on("end", () => exchange.fail("closed"));
  socket.on("close", () => exchange.fail("closed"));
  socket.on("data", (bytes: Buffer) => {
    // What comes after the answer is the goodbye of the other end.
    if (!open.has(exchange)) return;
    try {
      if (tls === undefined) heed(bytes);
      else {
        const taken = tls.take(bytes);
        // The last of the handshake and the request go together, as one packet.
        if (taken.ready) socket.write(Buffer.concat([taken.bytes ?? Buffer.alloc(0), tls.seal(begin())]));
        for (const data of taken.data) heed(data);
      }
    } catch {
      exchange.fail(tls === undefined ? "wrong answer" : "TLS");
    }
  });
}

/** New TLS connections with one request each, HTTP/1.1 and HTTP/2 in turn. */
export function startNewRequests(context: LoadContext): LoadPart {
  const { newRequestsPerS, address, nodes } = context.settings;
  const underWay = exchanges(context);
  const startedMs = context.nowMs();
  let slots = 0;
  let stopped = newRequestsPerS === 0;
  return {
    tick(nowMs) {
      underWay.sweep(nowMs);
      if (stopped) return;
      const dueMsOf = (slot: number): number => startedMs + (slot * 1000) / newRequestsPerS;
      for (let turn = 0; turn < MISSED_MAX && dueMsOf(slots) < nowMs - TOO_LATE_MS; turn += 1) {
        missedNow(context, slots % 2 === 1 ? "new-http2" : "new-http1");
        slots += 1;
      }
      for (let turn = 0; turn < CATCH_UP_MAX; turn += 1) {
        const dueMs = dueMsOf(slots);
        if (dueMs > nowMs) return;
        const second = slots % 2 === 1;
        slots += 1;
        const words: ExchangeWords = second
          ? { kind: "new-http2", how: "h2", protocol: http2Protocol(address, nodes), offMs: 0, dueMs }
          : {
              kind: "new-http1",
              how: "http/1.1",
              protocol: http1Protocol("/", address, nodes),
              offMs: 0,
              dueMs,
            };
        underWay.start(words, () => undefined);
      }
    },
    stop: () => void (stopped = true),
    idle: () => underWay.open.size === 0,
    abandon() {
      for (const exchange of underWay.open) exchange.fail("unfinished");
    },
  };
}

/** Long polls: each loop asks again when it was answered, or a second after it was not. */
export function startPolls(context: LoadContext): LoadPart {
  const { polls, address, nodes } = context.settings;
  const underWay = exchanges(context);
  const offMs = polls.seconds * 1000;
  // Spread over a poll's length, so that some are always about to be answered.
  const dueMs = Array.from(
    { length: polls.count },
    (_, index) => context.nowMs() + (index * offMs) / polls.count,
  );
  let stopped = false;
  return {
    tick(nowMs) {
      underWay.sweep(nowMs);
      for (const [index, due] of dueMs.entries()) {
        if (stopped || nowMs < due) continue;
        dueMs[index] = Number.POSITIVE_INFINITY;
        const protocol = http1Protocol(`/poll?seconds=${polls.seconds}`, address, nodes);
        underWay.start({ kind: "poll", how: "http", protocol, offMs, dueMs: due }, () => {
          const tookMs = context.nowMs() - nowMs;
          dueMs[index] = context.nowMs() + (tookMs < offMs ? 1000 : 0);
        });
      }
    },
    stop: () => void (stopped = true),
    idle: () => underWay.open.size === 0,
    abandon() {
      for (const exchange of underWay.open) exchange.fail("unfinished");
    },
  };
}
