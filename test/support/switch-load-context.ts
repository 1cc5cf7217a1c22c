// What every part of the load shares: the book, the clock, the drawn lives, how connections are made, and what their errors are called.

import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, createSecureContext } from "node:tls";
import type { FigureBook, LoadKind, LoadRecord, Reason } from "./switch-load-figures.ts";
import type { LivesS, LoadSettings } from "./switch-load-settings.ts";

/** What has no answer after this long is broken. */
export const SILENT_MS = 5_000;
/** A connection that was ended and is not gone after this long is let go of. */
const GOODBYE_MS = 2_000;

export interface LoadContext {
  readonly settings: LoadSettings;
  readonly book: FigureBook;
  /** Monotonic milliseconds, the same for every process of this machine. */
  nowMs(): number;
  /** From 0 to 1, from the seed. */
  random(): number;
}

/** A part of the load that is running. */
export interface LoadPart {
  /** Called every few milliseconds: sends what is due, ends what took too long. */
  tick(nowMs: number): void;
  /** Nothing new from now on. */
  stop(): void;
  /** True when nothing is under way. */
  idle(): boolean;
  /** Ends what is still there after the last wait. */
  abandon(): void;
}

/** How the parts write into the book, in the phase that is on. */
export function happened(context: LoadContext, kind: LoadKind, is: "opened" | "ended" | "asked"): void {
  context.book.add({ is, kind, phase: context.book.phase });
}

export function brokeNow(context: LoadContext, kind: LoadKind, reason: Reason): void {
  context.book.add({ is: "broken", kind, phase: context.book.phase, reason });
}

/** A message or request from its sending to its end; the book gets exactly one of answered and failed. */
export interface Pending {
  readonly kind: LoadKind;
  readonly phase: number;
  readonly sentMs: number;
}

export function sentNow(context: LoadContext, kind: LoadKind, dueMs: number, nowMs: number): Pending {
  const { phase } = context.book;
  context.book.add({ is: "sent", kind, phase, lateMs: Math.max(0, nowMs - dueMs) });
  return { kind, phase, sentMs: nowMs };
}

/** `offMs`: of what it took, the time that was asked for. */
export function answeredNow(context: LoadContext, pending: Pending, by?: string, offMs = 0): void {
  const atMs = context.nowMs();
  const tookMs = Math.max(0, atMs - pending.sentMs - offMs);
  const record: LoadRecord = { is: "answered", kind: pending.kind, phase: pending.phase, atMs, tookMs };
  context.book.add(by === undefined ? record : { ...record, by });
}

export function failedNow(context: LoadContext, pending: Pending, reason: Reason): void {
  const { kind, phase } = pending;
  context.book.add({ is: "failed", kind, phase, during: context.book.phase, reason });
}

/** A request that the load itself had no time for. */
export function missedNow(context: LoadContext, kind: LoadKind): void {
  context.book.add({ is: "missed", kind, phase: context.book.phase });
}

/** How long a life is, in milliseconds; without bounds it does not end. */
export function drawLifeMs(context: LoadContext, livesS: LivesS | undefined): number {
  if (livesS === undefined) return Number.POSITIVE_INFINITY;
  return (livesS[0] + context.random() * (livesS[1] - livesS[0])) * 1000;
}

/** Numbers from 0 to 1 that a seed repeats (mulberry32, a public-domain generator). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

const REASON_OF_ERROR: Readonly<Record<string, Reason>> = {
  ECONNRESET: "reset",
  ECONNABORTED: "reset",
  // The other end had closed in order before we wrote.
  EPIPE: "closed",
  ECONNREFUSED: "refused",
  ETIMEDOUT: "silent",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  // The load's own limits.
  EADDRNOTAVAIL: "too many at once",
  EMFILE: "too many at once",
};

/** What an error of a socket is called; TLS is whatever is neither the kernel's nor known. */
export function reasonOf(error: NodeJS.ErrnoException): Reason {
  return REASON_OF_ERROR[error.code ?? ""] ?? "TLS";
}

// One context for all: building one costs more than a handshake. One group and one cipher make every handshake a third cheaper.
const secureContext = createSecureContext({ ecdhCurve: "X25519", ciphers: "TLS_AES_128_GCM_SHA256" });

/** A connection that is being made. `ready` is called when it can be written to: after the handshake, but for "plain tls", where the caller makes it. */
export function openConnection(
  context: LoadContext,
  how: "tcp" | "http" | "plain tls" | "http/1.1" | "h2",
  ready: () => void,
): Socket {
  const { address: host, tcpPort, httpPort, tlsPort } = context.settings;
  const port = { tcp: tcpPort, http: httpPort, "plain tls": tlsPort, "http/1.1": tlsPort, h2: tlsPort }[how];
  if (how !== "http/1.1" && how !== "h2") return connectTcp({ host, port, noDelay: true }, ready);
  const socket = connectTls(
    { host, port, secureContext, ALPNProtocols: [how], rejectUnauthorized: false },
    ready,
  );
  return socket.setNoDelay(true);
}

/** Ends a connection in order, and makes sure that it is gone soon. */
export function sayGoodbye(socket: Socket): void {
  if (socket.destroyed) return;
  socket.end();
  const timer = setTimeout(() => socket.destroy(), GOODBYE_MS);
  socket.once("close", () => clearTimeout(timer));
}
