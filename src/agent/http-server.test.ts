import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect, createServer, type NetConnectOpts } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { agentNowMs, agentStatus } from "../../test/support/agent-status.ts";
import { type AgentEvent, readAgentEvent, readAgentStatus, readAlertTestResult } from "../agent-api/index.ts";
import { type ControlHandlers, controlRoutes, metricsRoutes } from "./control.ts";
import { type HttpLimits, type HttpRoute, type HttpServer, startHttpServer } from "./http-server.ts";

let folder = "";
const started: HttpServer[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-agent-"));
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.close()));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const events: AgentEvent[] = [1, 2, 3].map((sequence) => ({
  node: "extlb-01",
  log: "a1",
  sequence,
  atMs: agentNowMs + sequence,
  kind: "instance",
  subject: "ext-lb",
  value: "MASTER",
}));

const handlers: ControlHandlers = {
  status: () => agentStatus("extlb-01"),
  events: (sinceMs, limit) => events.filter((event) => event.atMs >= sinceMs).slice(-limit),
  async *alertTest(route) {
    for (const name of ["ops", "chat"])
      if (route === undefined || route === name)
        yield { node: "extlb-01", route: name, result: "delivered", tookMs: 3, said: "ok" };
  },
  metrics: () => "# HELP hapair_pair_nodes Nodes.\n",
  trouble: () => undefined,
};

async function onSocket(
  routes: readonly HttpRoute[] = controlRoutes(handlers),
  limits: Partial<HttpLimits> = {},
): Promise<NetConnectOpts> {
  const path = join(folder, `${randomBytes(4).toString("hex")}.sock`);
  started.push(await startHttpServer({ listen: { kind: "unix", path, mode: 0o660 }, routes, limits }));
  return { path };
}

/** The whole of what comes back for these bytes, once the other side has closed. */
function sayTo(to: NetConnectOpts, bytes: string | Uint8Array, end = true): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(to);
    const chunks: Buffer[] = [];
    socket.setTimeout(15_000, () => reject(new Error("the server neither answered nor closed")));
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      socket.setTimeout(0);
      resolve(Buffer.concat(chunks).toString("latin1"));
    });
    socket.write(bytes);
    if (end) socket.end();
  });
}

async function ask(
  to: NetConnectOpts,
  method: string,
  path: string,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { ...("path" in to ? { socketPath: to.path } : to), method, path, agent: false },
      (answer) => {
        let body = "";
        answer.setEncoding("utf8");
        answer.on("data", (text: string) => (body += text));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body }));
      },
    );
    asked.on("error", reject);
    asked.end();
  });
}

describe("the control routes", () => {
  test("status, events, alert test, metrics and health", async () => {
    const to = await onSocket();
    expect(readAgentStatus((await ask(to, "GET", "/status")).body)).toEqual(agentStatus("extlb-01"));
    const lines = (await ask(to, "GET", `/events?sinceMs=${agentNowMs + 2}&limit=10`)).body
      .trim()
      .split("\n");
    expect(lines.map((line) => readAgentEvent(line)?.sequence)).toEqual([2, 3]);
    const tested = (await ask(to, "POST", "/alert-test")).body.trim().split("\n").map(readAlertTestResult);
    expect(tested.map((result) => result?.route)).toEqual(["ops", "chat"]);
    expect((await ask(to, "POST", "/alert-test?route=chat")).body.trim().split("\n")).toHaveLength(1);
    expect((await ask(to, "GET", "/metrics")).body).toContain("hapair_pair_nodes");
    expect(await ask(to, "GET", "/healthz")).toEqual({ status: 200, body: "ok\n" });
  });

  test("an agent that is not well says why", async () => {
    const to = await onSocket(controlRoutes({ ...handlers, trouble: () => "the log cannot be written" }));
    expect(await ask(to, "GET", "/healthz")).toEqual({ status: 503, body: "the log cannot be written\n" });
  });

  test("an unknown route, another method, a number that is none", async () => {
    const to = await onSocket();
    expect(await ask(to, "GET", "/")).toMatchObject({ status: 404 });
    expect(await ask(to, "GET", "/alert-test")).toMatchObject({ status: 405 });
    expect(await ask(to, "DELETE", "/status")).toMatchObject({ status: 405 });
    for (const query of ["sinceMs=-1", "sinceMs=x", "limit=", "limit=NaN"])
      expect(await ask(to, "GET", `/events?${query}`), query).toMatchObject({ status: 400 });
    expect((await ask(to, "HEAD", "/status")).body).toBe("");
  });

  test("on TCP there are metrics and health, and nothing else", async () => {
    const routes = metricsRoutes(handlers);
    const server = await startHttpServer({ listen: { kind: "tcp", address: "127.0.0.1", port: 0 }, routes });
    started.push(server);
    const to = { host: "127.0.0.1", port: server.port };
    expect(await ask(to, "GET", "/metrics")).toMatchObject({ status: 200 });
    for (const path of ["/status", "/events"])
      expect(await ask(to, "GET", path), path).toMatchObject({ status: 404 });
    expect(await ask(to, "POST", "/alert-test")).toMatchObject({ status: 404 });
  });

  test("a handler that throws is an answer, and a stream that fails half way an end", async () => {
    const broken = {
      ...handlers,
      status: () => {
        throw new Error("no status yet");
      },
      // oxlint-disable-next-line require-yield
      async *alertTest(): AsyncGenerator<never> {
        throw new Error("no routes");
      },
    };
    const to = await onSocket(controlRoutes(broken));
    expect(await ask(to, "GET", "/status")).toEqual({ status: 500, body: "no status yet\n" });
    await sayTo(to, "POST /alert-test HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(await ask(to, "GET", "/healthz")).toMatchObject({ status: 200 });
  });
});

describe("startHttpServer", () => {
  test("the socket file has the mode asked for, goes with the server, and a stale one is taken", async () => {
    const path = join(folder, "control.sock");
    const options = { listen: { kind: "unix", path, mode: 0o660 }, routes: controlRoutes(handlers) } as const;
    const first = await startHttpServer(options);
    expect(statSync(path).mode & 0o777).toBe(0o660);
    await expect(startHttpServer(options)).rejects.toMatchObject({
      code: "agent-listen",
      message: expect.stringContaining("another agent answers"),
    });
    await first.close();
    expect(existsSync(path)).toBe(false);
    // A socket whose process was killed.
    const script = `require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`;
    expect(spawnSync(process.execPath, ["-e", script, path]).signal).toBe("SIGKILL");
    expect(existsSync(path)).toBe(true);
    started.push(await startHttpServer(options));
    expect(await ask({ path }, "GET", "/healthz")).toMatchObject({ status: 200 });
  });

  test("a file of another kind, or a port that is taken, is an error with the place in it", async () => {
    const path = join(folder, "plain");
    writeFileSync(path, "");
    const routes = controlRoutes(handlers);
    await expect(
      startHttpServer({ listen: { kind: "unix", path, mode: 0o660 }, routes }),
    ).rejects.toMatchObject({ code: "agent-listen", message: expect.stringContaining(path) });
    expect(existsSync(path)).toBe(true);
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as { port: number };
    await expect(
      startHttpServer({ listen: { kind: "tcp", address: "127.0.0.1", port }, routes }),
    ).rejects.toMatchObject({
      message: expect.stringContaining(`127.0.0.1 port ${port}: listen EADDRINUSE`),
    });
    taken.close();
  });
});

describe("bounds", () => {
  test("too long an address, header or body is refused, and what never ends is ended", async () => {
    const to = await onSocket(controlRoutes(handlers), { requestMs: 200 });
    const head = "HTTP/1.1\r\nHost: a\r\n";
    expect(await sayTo(to, `GET /status?${"x".repeat(4000)} ${head}\r\n`)).toContain("414");
    expect(await sayTo(to, `GET /status ${head}X: ${"x".repeat(20_000)}\r\n\r\n`)).toContain("431");
    expect(await sayTo(to, `POST /alert-test ${head}Content-Length: 9999999\r\n\r\n`)).toContain("413");
    const chunk = `1000\r\n${"x".repeat(4096)}\r\n`;
    await sayTo(to, `POST /nothing ${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(100)}`, false);
    expect(await sayTo(to, "GET /status HT", false)).toContain("408");
    expect(await sayTo(to, `POST /nothing ${head}Content-Length: 10\r\n\r\nx`, false)).toContain("404");
    expect(await ask(to, "GET", "/healthz")).toMatchObject({ status: 200 });
  });

  test("beyond the bound a connection is closed at once, and the others go on", async () => {
    const to = await onSocket(controlRoutes(handlers), { connections: 2 });
    const held = [connect(to), connect(to)];
    await Promise.all(held.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
    const closed = await sayTo(to, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(closed).toBe("");
    for (const socket of held) socket.destroy();
  });

  test("an answer that is too long is refused as a text, and cut as a stream", async () => {
    const endless = {
      ...handlers,
      metrics: () => "x".repeat(2000),
      async *alertTest() {
        for (;;) yield { node: "n", route: "r", result: "failed", tookMs: 1, said: "x" } as const;
      },
    };
    const to = await onSocket(controlRoutes(endless), { answerBytes: 1000 });
    expect(await ask(to, "GET", "/metrics")).toEqual({ status: 500, body: "the answer would be too long\n" });
    expect((await ask(to, "POST", "/alert-test")).body.length).toBeLessThan(1000);
  });

  test("a reader that leaves ends the work for it", async () => {
    let ended = (): void => undefined;
    const end = new Promise<void>((resolve) => (ended = resolve));
    const endless = {
      ...handlers,
      async *alertTest() {
        try {
          for (;;)
            yield { node: "n", route: "r", result: "failed", tookMs: 1, said: "x".repeat(300) } as const;
        } finally {
          ended();
        }
      },
    };
    const to = await onSocket(controlRoutes(endless), { answerBytes: 1e9 });
    const socket = connect(to);
    socket.write("POST /alert-test HTTP/1.1\r\nHost: a\r\n\r\n");
    socket.once("data", () => socket.destroy());
    await end;
  });
});

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const wellFormed = [
  "GET /status HTTP/1.1\r\nHost: agent\r\n\r\n",
  "GET /events?sinceMs=12&limit=3 HTTP/1.1\r\nHost: agent\r\nAccept: */*\r\n\r\n",
  "POST /alert-test?route=ops HTTP/1.1\r\nHost: agent\r\nContent-Length: 4\r\n\r\nbody",
  "POST /alert-test HTTP/1.1\r\nHost: agent\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
  "GET /metrics HTTP/1.0\r\n\r\n",
  "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
  "CONNECT agent:80 HTTP/1.1\r\nHost: agent\r\n\r\n",
  "POST /status HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok",
] as const;

const pieces = [
  "\r\n",
  "\n",
  "\0",
  ":",
  " ",
  "%",
  "?",
  "&",
  "Content-Length: -1\r\n",
  "Host: b\r\n",
  "ffffffff\r\n",
  "HTTP/9.9",
];

/** A well-formed request with a few bytes changed, cut, doubled or put in; sometimes two in a row. */
function mutated(random: () => number): Buffer {
  const pick = <Value>(values: readonly Value[]): Value =>
    values[Math.floor(random() * values.length)] as Value;
  let bytes = Buffer.from(pick(wellFormed), "latin1");
  if (random() < 0.3) bytes = Buffer.concat([bytes, Buffer.from(pick(wellFormed), "latin1")]);
  const changes = 1 + Math.floor(random() * 6);
  for (let index = 0; index < changes; index += 1) {
    const at = Math.floor(random() * bytes.length);
    const kind = Math.floor(random() * 5);
    if (kind === 0) bytes[at] = Math.floor(random() * 256);
    else if (kind === 1) bytes = bytes.subarray(0, at);
    else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.floor(at / 2))]);
    else if (kind === 3)
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(pick(pieces)), bytes.subarray(at)]);
    else
      bytes = Buffer.concat([
        bytes.subarray(0, at),
        Buffer.alloc(Math.floor(random() * 9000), 120),
        bytes.subarray(at),
      ]);
  }
  return bytes;
}

const FUZZ_COUNT = Number(process.env["HAPAIR_FUZZ_REQUESTS"] ?? 2000);
const FUZZ_SEED = Number(process.env["HAPAIR_FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const AT_ONCE = 16;

test(
  `${FUZZ_COUNT} mutated requests (HAPAIR_FUZZ_SEED=${FUZZ_SEED}): each connection ends, every slot is free again, memory stays`,
  async () => {
    const limits = { connections: AT_ONCE * 2, answerBytes: 100_000 };
    const to = await onSocket(controlRoutes(handlers), limits);
    const random = seeded(FUZZ_SEED);
    let left = FUZZ_COUNT;
    const worker = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await sayTo(to, mutated(random));
      }
    };
    const beforeBytes = process.memoryUsage().rss;
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    expect(process.memoryUsage().rss - beforeBytes).toBeLessThan(200_000_000);
    const held = [];
    for (let index = 1; index < limits.connections; index += 1) {
      const socket = connect(to);
      held.push(socket);
      await new Promise((resolve) => socket.once("connect", resolve));
    }
    expect(await ask(to, "GET", "/healthz")).toMatchObject({ status: 200 });
    for (const socket of held) socket.destroy();
  },
  Math.max(60_000, FUZZ_COUNT * 20),
);
