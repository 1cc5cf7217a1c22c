// Receivers of alerts for tests: a webhook and a mail server that are really there, and that can be down, slow, failing, resetting or hanging when asked.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { SMTPServer } from "smtp-server";

/** How a receiver behaves. down: nobody listens. slow: answers after a second. hang: takes the request and never answers. */
export type Mood = "well" | "down" | "slow" | "failing" | "resetting" | "hanging";

export interface Received {
  /** This machine's monotonic clock, milliseconds; the same for every process and network namespace of the machine. */
  readonly atMs: number;
  /** The mood it was received in; only what was received `well` or `slow` was taken. */
  readonly mood: Mood;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Receiver {
  readonly port: number;
  readonly received: readonly Received[];
  setMood(mood: Mood): Promise<void>;
  stop(): Promise<void>;
}

const SLOW_MS = 1000;

/** Monotonic milliseconds, comparable between processes. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

export interface ReceiverOptions {
  readonly address?: string;
  /** 0 or absent: any free one. */
  readonly port?: number;
  readonly onReceived?: (received: Received) => void;
}

/** A webhook. */
export async function startWebhookReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const address = options.address ?? "127.0.0.1";
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  let mood: Mood = "well";
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on("error", () => undefined);
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const one: Received = {
        atMs: monotonicMs(),
        mood,
        headers: Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        ),
        body: Buffer.concat(chunks).toString("utf8"),
      };
      received.push(one);
      options.onReceived?.(one);
      if (mood === "hanging") return;
      if (mood === "resetting") request.socket.resetAndDestroy();
      else if (mood === "failing") response.writeHead(500).end("no");
      else if (mood === "slow") setTimeout(() => response.writeHead(200).end("ok"), SLOW_MS);
      else response.writeHead(200).end("ok");
    });
  };
  const server = createServer(answer);
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, address, () => {
        server.off("error", reject);
        resolve();
      });
    });
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      if (server.listening) server.close(() => resolve());
      else resolve();
    });
  };
  await listen(options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    received,
    async setMood(next) {
      if (next === "down" && mood !== "down") await close();
      if (next !== "down" && mood === "down") await listen(port);
      // Requests that hang are let go, as a receiver that is mended would.
      if (mood === "hanging" && next !== "hanging") for (const socket of sockets) socket.destroy();
      mood = next;
    },
    stop: close,
  };
}

export interface MailReceiverOptions extends ReceiverOptions {
  readonly key?: string;
  readonly certificate?: string;
  readonly user?: string;
  readonly password?: string;
}

/** A mail server; with a key it offers STARTTLS, with a user it wants a login. `body` of what is received is the whole message. */
export async function startMailReceiver(options: MailReceiverOptions = {}): Promise<Receiver> {
  const received: Received[] = [];
  let mood: Mood = "well";
  const server = new SMTPServer({
    ...(options.key === undefined
      ? { disabledCommands: ["STARTTLS"] }
      : { key: options.key, cert: options.certificate }),
    ...(options.user === undefined ? { authOptional: true } : {}),
    disableReverseLookup: true,
    logger: false,
    onAuth(auth, _session, callback) {
      if (auth.username === options.user && auth.password === options.password)
        callback(null, { user: auth.username });
      else callback(new Error("no such login"));
    },
    onData(stream, _session, callback) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const one: Received = {
          atMs: monotonicMs(),
          mood,
          headers: {},
          body: Buffer.concat(chunks).toString("utf8"),
        };
        received.push(one);
        options.onReceived?.(one);
        if (mood === "hanging") return;
        if (mood === "failing" || mood === "resetting")
          callback(Object.assign(new Error("come back later"), { responseCode: 451 }));
        else setTimeout(() => callback(), mood === "slow" ? SLOW_MS : 0);
      });
    },
  });
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => {
    server.listen(options.port ?? 0, options.address ?? "127.0.0.1", () => resolve());
  });
  const { port } = server.server.address() as AddressInfo;
  return {
    port,
    received,
    async setMood(next) {
      if (next === "down") throw new Error("a mail receiver that is down is one that was stopped");
      mood = next;
      await Promise.resolve();
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}
