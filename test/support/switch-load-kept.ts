// Connections of HTTP/1.1 and HTTP/2 over TLS that are kept for some requests, live for a while and are closed by their client.
// Rule: they do as browsers do. Asked to leave (Connection: close, GOAWAY, an orderly close between two requests) they go on over a new connection;
// a request that a closing server did not look at is sent again, once. A reset, a silence or a half answer is a failure, and the connection is broken.

import type { Socket } from "node:net";
import {
  answeredNow,
  brokeNow,
  drawLifeMs,
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
import type { Reason } from "./switch-load-figures.ts";
import { http1Protocol, http2Protocol, type Protocol, type ProtocolEvent } from "./switch-load-protocols.ts";

type KeptKind = "kept-http1" | "kept-http2";

interface Request {
  readonly pending: Pending;
  stream: number;
  again: boolean;
}

interface Connection {
  readonly socket: Socket;
  readonly protocol: Protocol;
  endsMs: number;
  ready: boolean;
  /** Answers so far: before the first one a close is nobody's good manners. */
  answers: number;
  /** Bytes of the present answer were seen. */
  begun: boolean;
  leaving: boolean;
}

interface Kept {
  tick(nowMs: number): void;
  stop(): void;
  idle(): boolean;
  abandon(): void;
}

function newKept(context: LoadContext, kind: KeptKind, everyMs: number, firstMs: number): Kept {
  const { address, nodes, kept } = context.settings;
  let connection: Connection | undefined;
  let request: Request | undefined;
  let dueMs = firstMs;
  /** Since when there is nothing to wait for: a request that waits for the one before it is not the load's lateness. */
  let freeMs = firstMs;
  let stopped = false;

  const leave = (why: "ended" | "asked"): void => {
    if (connection === undefined) return;
    happened(context, kind, why);
    sayGoodbye(connection.socket);
    connection = undefined;
  };
  const broke = (reason: Reason): void => {
    if (connection?.ready === true) brokeNow(context, kind, reason);
    connection?.socket.destroy();
    connection = undefined;
    if (request !== undefined) failedNow(context, request.pending, reason);
    request = undefined;
  };
  /** The server did not look at the request: once more, elsewhere. */
  const again = (): void => {
    if (request === undefined || request.again) {
      broke("closed");
      return;
    }
    context.book.add({ is: "again", kind, phase: request.pending.phase });
    request.again = true;
    leave("asked");
    open();
  };
  const closedInOrder = (): void => {
    if (connection === undefined) return;
    if (connection.answers === 0 || connection.begun) broke("closed");
    else if (request === undefined) leave("asked");
    else again();
  };
  const heed = (event: ProtocolEvent): void => {
    if (connection === undefined) return;
    if (event.is === "goaway") {
      connection.leaving = true;
      if (request === undefined) leave("asked");
      else if (request.stream > event.lastStream) again();
    } else if (event.is === "stream-reset") {
      if (event.refused) again();
      else broke("reset");
    } else if (request !== undefined && event.status !== 200) broke(`status ${event.status}`);
    else if (request !== undefined) {
      answeredNow(context, request.pending, event.by);
      request = undefined;
      connection.answers += 1;
      connection.begun = false;
      if (event.last || connection.leaving) leave("asked");
    }
  };
  const write = (): void => {
    if (connection === undefined || request === undefined) return;
    const { stream, bytes } = connection.protocol.request();
    request.stream = stream;
    connection.socket.write(bytes);
  };
  const open = (): void => {
    const socket = openConnection(context, kind === "kept-http2" ? "h2" : "http/1.1", () => {
      if (connection !== own) return;
      own.ready = true;
      own.endsMs = context.nowMs() + drawLifeMs(context, kept.livesS);
      happened(context, kind, "opened");
      write();
    });
    const own: Connection = {
      socket,
      protocol: kind === "kept-http2" ? http2Protocol(address, nodes) : http1Protocol("/", address, nodes),
      endsMs: Number.POSITIVE_INFINITY,
      ready: false,
      answers: 0,
      begun: false,
      leaving: false,
    };
    connection = own;
    // What an earlier connection still says is heard by nobody.
    const mine = (act: () => void) => (): void => {
      if (connection === own) act();
    };
    socket.on("error", (error: NodeJS.ErrnoException) =>
      mine(() => (error.code === "EPIPE" ? closedInOrder() : broke(reasonOf(error))))(),
    );
    socket.on("end", mine(closedInOrder));
    socket.on("close", mine(closedInOrder));
    socket.on("data", (bytes: Buffer) => mine(() => take(own, bytes))());
  };
  const take = (own: Connection, bytes: Buffer): void => {
    try {
      if (kind === "kept-http1") own.begun = true;
      const taken = own.protocol.take(bytes);
      if (taken.bytes !== undefined) own.socket.write(taken.bytes);
      for (const event of taken.events) heed(event);
    } catch {
      broke("wrong answer");
    }
  };
  return {
    tick(nowMs) {
      if (request !== undefined) {
        freeMs = nowMs;
        if (nowMs - request.pending.sentMs > SILENT_MS) broke("silent");
      } else if (stopped || nowMs >= (connection?.endsMs ?? Number.POSITIVE_INFINITY)) leave("ended");
      else if (nowMs >= dueMs) {
        request = {
          pending: sentNow(context, kind, Math.max(dueMs, freeMs), nowMs),
          stream: 0,
          again: false,
        };
        dueMs = Math.max(dueMs + everyMs, nowMs);
        if (connection === undefined) open();
        else write();
      }
    },
    stop: () => void (stopped = true),
    idle: () => connection === undefined && request === undefined,
    abandon: () => broke("unfinished"),
  };
}

/** All kept connections. */
export function startKept(context: LoadContext): LoadPart {
  const { kept } = context.settings;
  const nowMs = context.nowMs();
  const everyMs = 1000 / kept.requestsPerS;
  const kinds: KeptKind[] = [
    ...Array.from({ length: kept.http1 }, () => "kept-http1" as const),
    ...Array.from({ length: kept.http2 }, () => "kept-http2" as const),
  ];
  const all = kinds.map((kind) => newKept(context, kind, everyMs, nowMs + context.random() * everyMs));
  return {
    tick(atMs) {
      for (const one of all) one.tick(atMs);
    },
    stop() {
      for (const one of all) one.stop();
    },
    idle: () => all.every((one) => one.idle()),
    abandon() {
      for (const one of all) one.abandon();
    },
  };
}
