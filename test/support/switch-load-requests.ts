// Requests that each have a connection of their own: new ones over TLS on an absolute schedule, whatever the earlier ones do, and long polls.
// Rule: the schedule does not wait. A request that could not be started in its time is started late and its lateness noted; too many at once are failures of the load.

import type { Socket } from "node:net";
import {
  answeredNow,
  failedNow,
  happened,
  type LoadContext,
  type LoadPart,
  openConnection,
  type Pending,
  reasonOf,
  sayGoodbye,
  sentNow,
  SILENT_MS,
} from "./switch-load-context.ts";
import type { LoadKind, Reason } from "./switch-load-figures.ts";
import { http1Protocol, http2Protocol, type Protocol } from "./switch-load-protocols.ts";

/** Requests under way at once: at 500 a second and a limit of 5 s, all of them unanswered. */
const IN_FLIGHT_MAX = 4_000;
/** Started in one turn when the load itself was late. */
const CATCH_UP_MAX = 50;
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
  const socket: Socket = openConnection(context, how, () => {
    happened(context, kind, "opened");
    socket.write(protocol.request().bytes);
  });
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
  socket.on("error", (error: NodeJS.ErrnoException) => exchange.fail(reasonOf(error)));
  socket.on("end", () => exchange.fail("closed"));
  socket.on("close", () => exchange.fail("closed"));
  socket.on("data", (bytes: Buffer) => {
    // What comes after the answer is the goodbye of the other end.
    if (!open.has(exchange)) return;
    try {
      const taken = protocol.take(bytes);
      if (taken.bytes !== undefined) socket.write(taken.bytes);
      for (const event of taken.events) {
        if (event.is === "stream-reset") exchange.fail("reset");
        if (event.is !== "answer") continue;
        if (event.status !== 200) exchange.fail(`status ${event.status}`);
        else finish(() => answeredNow(context, pending, event.by, offMs));
        sayGoodbye(socket);
      }
    } catch {
      exchange.fail("wrong answer");
    }
  });
}

/** New TLS connections with one request each, HTTP/1.1 and HTTP/2 in turn. */
export function startNewRequests(context: LoadContext): LoadPart {
  const { newRequestsPerS, address, nodes } = context.settings;
  const underWay = exchanges(context);
  const startedMs = context.nowMs();
  let started = 0;
  let stopped = newRequestsPerS === 0;
  return {
    tick(nowMs) {
      underWay.sweep(nowMs);
      if (stopped) return;
      for (let turn = 0; turn < CATCH_UP_MAX; turn += 1) {
        const dueMs = startedMs + (started * 1000) / newRequestsPerS;
        if (dueMs > nowMs) return;
        const second = started % 2 === 1;
        started += 1;
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
