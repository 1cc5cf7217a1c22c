// A small HTTP server for few, known questions: on the control socket for the operator, on TCP for Prometheus. Its routes are given to it.
// Rule: whoever connects may say anything; connections, time, headers, bodies and answers are bounded, and nothing that arrives can throw.

import { chmod, lstat, unlink } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { HapairError, messageOf } from "../base/index.ts";

/** The bounds of a server; the defaults suit both of its uses, tests set tighter ones. */
export interface HttpLimits {
  readonly connections: number;
  readonly headerBytes: number;
  readonly urlLength: number;
  /** Bodies are read and thrown away; a longer one ends the connection. */
  readonly bodyBytes: number;
  readonly answerBytes: number;
  /** From the first byte of a request to its last. */
  readonly requestMs: number;
  /** A connection without a request is kept for this long. */
  readonly idleMs: number;
  /** A handler, and whoever reads its answer, has this long. */
  readonly answerMs: number;
}

export const httpLimits: HttpLimits = {
  connections: 32,
  headerBytes: 8192,
  urlLength: 2048,
  bodyBytes: 65_536,
  answerBytes: 16_000_000,
  requestMs: 3000,
  idleMs: 5000,
  answerMs: 120_000,
};

export interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  /** Text at once, or pieces as they come. */
  readonly body: string | AsyncIterable<string>;
}

export interface HttpRoute {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** A handler that throws gives 500 and the message, which must hold no secret. */
  answer(query: URLSearchParams): HttpAnswer | Promise<HttpAnswer>;
}

export type HttpAddress =
  | { readonly kind: "unix"; readonly path: string; readonly mode: number }
  | { readonly kind: "tcp"; readonly address: string; readonly port: number };

export interface HttpServerOptions {
  readonly listen: HttpAddress;
  readonly routes: readonly HttpRoute[];
  readonly limits?: Partial<HttpLimits>;
}

export interface HttpServer {
  /** The port that is listened on; 0 for a socket file. */
  readonly port: number;
  /** Ends every connection; removes the socket file. Never rejects. */
  close(): Promise<void>;
}

/**
 * Listens and answers. A socket file that nobody listens on is removed first.
 * Rejects with HapairError `agent-listen` where the address cannot be had (port taken, address not there yet, another agent answers).
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const limits = { ...httpLimits, ...options.limits };
  const { listen } = options;
  const sockets = new Set<Socket>();
  const server = boundedServer(options.routes, limits, sockets);
  try {
    if (listen.kind === "unix") await removeStaleSocket(listen.path);
    await listening(server, listen);
    if (listen.kind === "unix") await chmod(listen.path, listen.mode);
  } catch (thrown) {
    server.close();
    throw listenFailure(listen, thrown);
  }
  // After it listens, an error of the server (out of file descriptors) costs the one connection.
  server.on("error", () => undefined);
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

const HEADERS_MAX = 64;
/** Connections that wait to be accepted. */
const BACKLOG = 64;
/** Requests on one connection; pipelined ones, too. */
const REQUESTS_MAX = 100;

function boundedServer(routes: readonly HttpRoute[], limits: HttpLimits, sockets: Set<Socket>): Server {
  const server = createServer({
    maxHeaderSize: limits.headerBytes,
    requestTimeout: limits.requestMs,
    headersTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: Math.min(1000, limits.requestMs),
  });
  server.maxConnections = limits.connections;
  server.maxHeadersCount = HEADERS_MAX;
  server.maxRequestsPerSocket = REQUESTS_MAX;
  server.timeout = limits.answerMs;
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) =>
    refuseBadRequest(error, socket as Socket),
  );
  // Neither is spoken here; without these a client could hold the raw socket.
  server.on("upgrade", (_request, socket) => socket.destroy());
  server.on("connect", (_request, socket) => socket.destroy());
  server.on("checkContinue", (request, response) => serve(request, response, routes, limits));
  server.on("request", (request, response) => serve(request, response, routes, limits));
  return server;
}

function listening(server: Server, listen: HttpAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", () => {
      server.off("error", reject);
      resolve();
    });
    if (listen.kind === "unix") server.listen({ path: listen.path, backlog: BACKLOG });
    else server.listen({ host: listen.address, port: listen.port, backlog: BACKLOG });
  });
}

/** How long a listener on the socket file may take to accept. */
const PROBE_MS = 500;

async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error("there is a file of another kind");
  if (await isAnswered(path)) throw new Error("another agent answers on it");
  await unlink(path);
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(PROBE_MS, () => end(true));
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}

function listenFailure(listen: HttpAddress, thrown: unknown): HapairError {
  const where = listen.kind === "unix" ? listen.path : `${listen.address} port ${listen.port}`;
  return new HapairError({
    kind: "unreachable",
    code: "agent-listen",
    message: `cannot listen on ${where}: ${messageOf(thrown)}`,
    cause: thrown,
  });
}

function refuseBadRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  const status =
    error.code === "HPE_HEADER_OVERFLOW"
      ? "431 Request Header Fields Too Large"
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? "408 Request Timeout"
        : "400 Bad Request";
  if (socket.writable && error.code !== "ECONNRESET")
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  // Whoever does not read that is not waited for.
  socket.destroySoon();
}

function serve(
  request: IncomingMessage,
  response: ServerResponse,
  routes: readonly HttpRoute[],
  limits: HttpLimits,
): void {
  request.on("error", () => undefined);
  response.on("error", () => undefined);
  dropBody(request, response, limits);
  answerOf(request, routes, limits)
    .then((answer) => send(response, answer, request.method === "HEAD", limits))
    .catch(() => response.destroy());
}

/** No route needs a body; one that is sent is read, so that the connection can go on, up to the bound. */
function dropBody(request: IncomingMessage, response: ServerResponse, limits: HttpLimits): void {
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= limits.bodyBytes) return;
    request.pause();
    response.destroy();
    request.destroy();
  });
}

const plain = "text/plain; charset=utf-8";

function refusal(status: number, text: string): HttpAnswer {
  return { status, type: plain, body: `${text}\n` };
}

async function answerOf(
  request: IncomingMessage,
  routes: readonly HttpRoute[],
  limits: HttpLimits,
): Promise<HttpAnswer> {
  const target = request.url ?? "";
  if (target.length > limits.urlLength) return refusal(414, "the address is too long");
  if (Number(request.headers["content-length"] ?? 0) > limits.bodyBytes)
    return refusal(413, "the body is too long");
  const question = target.indexOf("?");
  const path = question === -1 ? target : target.slice(0, question);
  const atPath = routes.filter((route) => route.path === path);
  if (atPath.length === 0) return refusal(404, `known here: ${routes.map((route) => route.path).join(", ")}`);
  const method = request.method === "HEAD" ? "GET" : request.method;
  const route = atPath.find((candidate) => candidate.method === method);
  if (route === undefined) return refusal(405, `${path} is asked with ${atPath[0]?.method ?? "GET"}`);
  try {
    return await route.answer(new URLSearchParams(question === -1 ? "" : target.slice(question + 1)));
  } catch (thrown) {
    return refusal(500, messageOf(thrown));
  }
}

async function send(
  response: ServerResponse,
  answer: HttpAnswer,
  headOnly: boolean,
  limits: HttpLimits,
): Promise<void> {
  const headers = { "content-type": answer.type, "cache-control": "no-store" };
  if (typeof answer.body === "string") {
    const bytes = Buffer.from(answer.body);
    if (bytes.length > limits.answerBytes) return send(response, tooLong, headOnly, limits);
    response.writeHead(answer.status, { ...headers, "content-length": bytes.length });
    response.end(headOnly ? undefined : bytes);
    return;
  }
  response.writeHead(answer.status, headers);
  if (headOnly) {
    response.end();
    return;
  }
  await sendPieces(response, answer.body, limits);
}

const tooLong = refusal(500, "the answer would be too long");

/** One piece after the other, no faster than they are read. A reader that left ends the handler's work, too. */
async function sendPieces(
  response: ServerResponse,
  pieces: AsyncIterable<string>,
  limits: HttpLimits,
): Promise<void> {
  let bytes = 0;
  for await (const piece of pieces) {
    if (response.destroyed || !response.writable) return;
    bytes += Buffer.byteLength(piece);
    if (bytes > limits.answerBytes) break;
    if (!response.write(piece)) await drained(response);
  }
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
  });
}
