// What the load's back ends are: a TCP echo, and a web server with a small answer, paced downloads, counted uploads, long polling and a WebSocket echo.
// Runs at the lab client's address. Rule: it never ends a connection on its own, so that every one that breaks was broken on the way.

import { createServer as createWebServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { acceptOf, encodeFrame, frameReader } from "./switch-load-websocket.ts";

export interface LoadServerOptions {
  readonly address: string;
  /** 0: any free one. */
  readonly echoPort: number;
  readonly webPort: number;
}

export interface LoadServer {
  readonly echoPort: number;
  readonly webPort: number;
  stop(): Promise<void>;
}

/** Longer than any proxy in front keeps an idle connection, so that the proxy is the one to close it. */
const IDLE_MS = 10 * 60_000;
const CHUNK_BYTES = 65_536;
const BUFFER_BYTES = 1_048_576;
const PACE_MS = 10;
const DOWNLOAD_BYTES_MAX = 100_000_000_000;
const POLL_S_MAX = 600;

/** Starts both servers; `stop` ends them and every connection. */
export async function startLoadServer(options: LoadServerOptions): Promise<LoadServer> {
  const sockets = new Set<Duplex>();
  const keep = (socket: Duplex): void => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
  };
  const echo = createTcpServer({ noDelay: true }, (socket) => {
    keep(socket);
    socket.pipe(socket);
  });
  const web = createWebServer(
    { keepAliveTimeout: IDLE_MS, noDelay: true, highWaterMark: BUFFER_BYTES },
    answer,
  );
  web.requestTimeout = 0;
  web.headersTimeout = 0;
  web.timeout = 0;
  web.on("connection", keep);
  web.on("upgrade", upgrade);
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await Promise.all([echo, web].map((server) => new Promise((done) => server.close(done))));
  };
  return {
    echoPort: await listen(echo, options.echoPort, options.address),
    webPort: await listen(web, options.webPort, options.address),
    stop,
  };
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host, backlog: 1024 }, resolve);
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  request.on("error", () => undefined);
  response.on("error", () => undefined);
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://load.test");
  if (pathname === "/download") {
    const bytes = Math.min(Number(searchParams.get("bytes") ?? 0), DOWNLOAD_BYTES_MAX);
    download(response, bytes, Number(searchParams.get("rate") ?? Infinity));
  } else if (pathname === "/upload") {
    let count = 0;
    request.on("data", (chunk: Buffer) => (count += chunk.length));
    request.on("end", () => say(response, String(count)));
  } else if (pathname === "/poll") {
    const seconds = Math.min(Number(searchParams.get("seconds") ?? 0), POLL_S_MAX);
    const timer = setTimeout(() => say(response, "ok"), seconds * 1000);
    response.on("close", () => clearTimeout(timer));
  } else {
    request.resume();
    say(response, "ok");
  }
}

function say(response: ServerResponse, text: string): void {
  response.writeHead(200, { "content-type": "text/plain", "content-length": text.length }).end(text);
}

/** Sends as much as is due every few milliseconds; what could not be sent in time is made up for, as a limiter does. */
function download(response: ServerResponse, bytes: number, bytesPerS: number): void {
  const chunk = Buffer.alloc(CHUNK_BYTES, "x");
  response.writeHead(200, { "content-type": "application/octet-stream", "content-length": bytes });
  const startedAt = performance.now();
  let sent = 0;
  const pump = (): void => {
    const due = Math.min(bytes, ((performance.now() - startedAt) * bytesPerS) / 1000);
    while (sent < due && !response.writableNeedDrain) {
      const size = Math.min(CHUNK_BYTES, bytes - sent);
      response.write(chunk.subarray(0, size));
      sent += size;
    }
    if (sent < bytes) return;
    clearInterval(timer);
    response.end();
  };
  const timer = setInterval(pump, PACE_MS);
  response.on("close", () => clearInterval(timer));
}

function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const key = request.headers["sec-websocket-key"];
  if (key === undefined) {
    socket.end("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    return;
  }
  (socket as Socket).setNoDelay(true);
  const lines = ["HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: websocket"];
  socket.write(`${lines.join("\r\n")}\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n\r\n`);
  const read = frameReader();
  const take = (bytes: Buffer): void => {
    try {
      for (const { kind, payload } of read(bytes)) {
        if (kind === "text") socket.write(encodeFrame("text", payload, false));
        else if (kind === "ping") socket.write(encodeFrame("pong", payload, false));
        else if (kind === "close") socket.end(encodeFrame("close", payload, false));
      }
    } catch {
      socket.destroy();
    }
  };
  socket.on("data", take);
  if (head.length > 0) take(head);
}
