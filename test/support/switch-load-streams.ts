// Long connections that say a numbered message every so often and want it back, in order: plain TCP, and WebSockets.
// Rule: a connection is broken when it closes or resets before its time, when an echo is out of order, or when an echo is older than 5 s. It is then opened anew.

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
import type { StreamSettings } from "./switch-load-settings.ts";
import { encodeFrame, frameReader, upgradeRequest } from "./switch-load-websocket.ts";

/** Opened in one tick, so that the load does not begin with a flood. */
const OPEN_PER_TICK_MAX = 4;
const OPEN_AGAIN_MS = 1_000;
const CARRY_BYTES_MAX = 4_096;

/** A way to send numbers over a connection. */
interface Wire {
  readonly kind: "tcp" | "websocket";
  open(context: LoadContext, on: WireEvents): WireConnection;
}

interface WireConnection {
  send(number: number): void;
  /** In order. */
  end(): void;
  destroy(): void;
}

interface WireEvents {
  opened(): void;
  number(value: number): void;
  /** Once, and nothing after it. */
  gone(reason: Reason): void;
}

/** Whichever of a socket's several last words comes first. */
function goneOnce(socket: Socket, on: WireEvents): (reason: Reason) => void {
  let gone = false;
  const once = (reason: Reason): void => {
    if (gone) return;
    gone = true;
    on.gone(reason);
  };
  socket.on("error", (error: NodeJS.ErrnoException) => once(reasonOf(error)));
  socket.on("end", () => once("closed"));
  socket.on("close", () => once("closed"));
  return once;
}

const tcpWire: Wire = {
  kind: "tcp",
  open(context, on) {
    let carry = "";
    const socket = openConnection(context, "tcp", () => on.opened());
    const gone = goneOnce(socket, on);
    socket.on("data", (bytes: Buffer) => {
      const lines = (carry + bytes.toString("latin1")).split("\n");
      carry = lines.pop() ?? "";
      if (carry.length > CARRY_BYTES_MAX) gone("wrong answer");
      for (const line of lines) on.number(Number(line));
    });
    return {
      send: (number) => void socket.write(`${number}\n`),
      end: () => sayGoodbye(socket),
      destroy: () => void socket.destroy(),
    };
  },
};

const websocketWire: Wire = {
  kind: "websocket",
  open(context, on) {
    const request = upgradeRequest("/websocket", context.settings.address);
    let head: string | undefined = "";
    const read = frameReader();
    const socket = openConnection(context, context.settings.websocket.tls ? "http/1.1" : "http", () =>
      socket.write(request.text),
    );
    const gone = goneOnce(socket, on);
    const takeFrames = (bytes: Buffer): void => {
      for (const { kind, payload } of read(bytes)) {
        if (kind === "text") on.number(Number(payload.toString("latin1")));
        else if (kind === "close") gone("closed");
      }
    };
    socket.on("data", (bytes: Buffer) => {
      try {
        if (head === undefined) {
          takeFrames(bytes);
          return;
        }
        head += bytes.toString("latin1");
        const end = head.indexOf("\r\n\r\n");
        if (end < 0 && head.length < CARRY_BYTES_MAX) return;
        const status = Number(head.slice(9, 12));
        if (status !== 101) gone(`status ${status}`);
        else if (!head.includes(request.accept)) gone("wrong answer");
        else {
          const rest = Buffer.from(head.slice(end + 4), "latin1");
          head = undefined;
          on.opened();
          takeFrames(rest);
        }
      } catch {
        gone("wrong answer");
      }
    });
    return {
      send: (number) => void socket.write(encodeFrame("text", Buffer.from(String(number)), true)),
      end() {
        socket.write(encodeFrame("close", Buffer.alloc(0), true));
        sayGoodbye(socket);
      },
      destroy: () => void socket.destroy(),
    };
  },
};

type State = "none" | "opening" | "open" | "ending";

/** One place in the load: a connection, and its successors. */
interface Stream {
  tick(nowMs: number, mayOpen: boolean): boolean;
  end(): void;
  abandon(): void;
  readonly state: State;
}

function newStream(context: LoadContext, wire: Wire, settings: StreamSettings, firstMs: number): Stream {
  const everyMs = 1000 / settings.messagesPerS;
  let state: State = "none";
  let connection: WireConnection | undefined;
  let openMs = firstMs;
  let stateSinceMs = firstMs;
  let nextSendMs = 0;
  let endsMs = 0;
  let sent = 0;
  let echoed = 0;
  let underWay: Pending[] = [];
  let finished = false;

  const leave = (nextOpenMs: number): void => {
    state = "none";
    connection = undefined;
    openMs = nextOpenMs;
  };
  const lost = (reason: Reason): void => {
    const nowMs = context.nowMs();
    if (state === "none") return;
    // Before it is open no connection can break; the attempt is a message that found no way.
    if (state === "opening") failedNow(context, sentNow(context, wire.kind, nowMs, nowMs), reason);
    else brokeNow(context, wire.kind, reason);
    for (const pending of underWay) failedNow(context, pending, reason);
    underWay = [];
    connection?.destroy();
    leave(nowMs + OPEN_AGAIN_MS);
  };
  const finish = (): void => {
    happened(context, wire.kind, "ended");
    connection?.end();
    leave(context.nowMs());
  };
  const open = (nowMs: number): void => {
    state = "opening";
    stateSinceMs = nowMs;
    sent = 0;
    echoed = 0;
    // What an earlier connection says in its last moments is none of this one's business.
    const mine = (): boolean => connection === own;
    const own: WireConnection = wire.open(context, {
      opened() {
        if (!mine()) return;
        state = finished ? "ending" : "open";
        const openedMs = context.nowMs();
        nextSendMs = openedMs + context.random() * everyMs;
        endsMs = openedMs + drawLifeMs(context, settings.livesS);
        happened(context, wire.kind, "opened");
      },
      number(value) {
        if (!mine()) return;
        const pending = value === echoed ? underWay.shift() : undefined;
        echoed += 1;
        if (pending === undefined) lost("out of order");
        else answeredNow(context, pending);
      },
      gone: (reason) => {
        if (mine()) lost(reason);
      },
    });
    connection = own;
  };
  return {
    get state() {
      return state;
    },
    tick(nowMs, mayOpen) {
      if (state === "none") {
        if (finished || !mayOpen || nowMs < openMs) return false;
        open(nowMs);
        return true;
      }
      const oldestMs = state === "opening" ? stateSinceMs : (underWay[0]?.sentMs ?? nowMs);
      if (nowMs - oldestMs > SILENT_MS) lost("silent");
      else if (state === "ending" && underWay.length === 0) finish();
      else if (state === "open" && (finished || nowMs >= endsMs)) state = "ending";
      else if (state === "open" && nowMs >= nextSendMs) {
        underWay.push(sentNow(context, wire.kind, nextSendMs, nowMs));
        connection?.send(sent);
        sent += 1;
        nextSendMs += everyMs;
      }
      return false;
    },
    end: () => void (finished = true),
    abandon: () => lost("unfinished"),
  };
}

/** All connections of one kind. */
function startStreams(context: LoadContext, wire: Wire, settings: StreamSettings): LoadPart {
  const nowMs = context.nowMs();
  const streams = Array.from({ length: settings.connections }, () =>
    newStream(context, wire, settings, nowMs),
  );
  return {
    tick(atMs) {
      let opened = 0;
      for (const stream of streams) if (stream.tick(atMs, opened < OPEN_PER_TICK_MAX)) opened += 1;
    },
    stop() {
      for (const stream of streams) stream.end();
    },
    idle: () => streams.every(({ state }) => state === "none"),
    abandon() {
      for (const stream of streams) stream.abandon();
    },
  };
}

export function startTcpStreams(context: LoadContext): LoadPart {
  return startStreams(context, tcpWire, context.settings.tcp);
}

export function startWebsockets(context: LoadContext): LoadPart {
  return startStreams(context, websocketWire, context.settings.websocket);
}
