// The real prober in its own process against real servers on loopback: every slot is recorded, and failures lie where the server was away.

import { mkdtemp, readdir, rm } from "node:fs/promises";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  outages,
  type Outcome,
  probeAt,
  type ProbeKind,
  type ProbeRecord,
  slotCount,
} from "../measure/index.ts";
import { type ProberProcess, startProber } from "./prober-process.ts";
import { parseProbeTarget } from "./prober.ts";

const ANSWER = "HTTP/1.1 200 OK\r\nX-Served-By: web-01\r\nContent-Length: 3\r\n\r\nok\n";

let folder: string;
const cleanups: (() => Promise<void>)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hapair-prober-"));
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
  await rm(folder, { recursive: true, force: true });
});

function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

interface RunningServer {
  readonly port: number;
  stop(): Promise<void>;
}

// Below the ports that connections leave from: a client of a free port up there may connect to itself.
const PORT_FIRST = 20_000;
const PORT_COUNT = 12_000;
const PORT_ATTEMPTS_MAX = 20;

/** Does `onConnection` with every connection, on the given port or on a free one. */
async function serve(
  onConnection: (socket: Socket) => void,
  port?: number,
  host = "127.0.0.1",
): Promise<RunningServer> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    onConnection(socket);
  });
  const listen = async (at: number): Promise<void> =>
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(at, host, 511, () => {
        server.off("error", reject);
        resolve();
      });
    });
  if (port === undefined) await listenSomewhere(listen);
  else await listen(port);
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  };
  cleanups.push(stop);
  return { port: (server.address() as AddressInfo).port, stop };
}

async function listenSomewhere(listen: (port: number) => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await listen(PORT_FIRST + Math.floor(Math.random() * PORT_COUNT));
    } catch (error) {
      if (attempt >= PORT_ATTEMPTS_MAX) throw error;
    }
  }
}

function answer(socket: Socket): void {
  socket.on("data", () => socket.end(ANSWER));
}

function start(target: string, timeLimitMs = 200, kind: ProbeKind = "http"): ProberProcess {
  const prober = startProber({
    commandPrefix: [],
    hapairCommand: [
      process.execPath,
      "--import",
      "tsx",
      join(import.meta.dirname, "../../test/support/run-prober.ts"),
    ],
    target: parseProbeTarget(target, kind),
    timeLimitUs: timeLimitMs * 1000,
    outputFile: join(folder, "record.json"),
  });
  cleanups.push(async () => {
    await prober.stop().catch(() => undefined);
  });
  return prober;
}

function outcomesOf(record: ProbeRecord): Set<Outcome> {
  return new Set(Array.from({ length: slotCount(record) }, (_, slot) => probeAt(record, slot).outcome));
}

describe("the prober", () => {
  it("sees a server go and come back, within the bounds of what was done", async () => {
    const first = await serve(answer);
    const prober = start(`127.0.0.1:${first.port}`);
    await prober.ready;
    await sleep(150);
    const goingUs = monotonicUs();
    await first.stop();
    const goneUs = monotonicUs();
    await sleep(100);
    const comingUs = monotonicUs();
    await serve(answer, first.port);
    const backUs = monotonicUs();
    await sleep(150);
    const record = await prober.stop();

    expect(await readdir(folder)).toEqual(["record.json"]);
    const probes = Array.from({ length: slotCount(record) }, (_, slot) => probeAt(record, slot));
    const failed = probes.filter(({ outcome }) => outcome !== "ok" && outcome !== "missed");
    expect(failed.length).toBeGreaterThan(0);
    for (const probe of failed) {
      expect(probe.startUs + probe.durationUs).toBeGreaterThanOrEqual(goingUs);
      expect(probe.startUs).toBeLessThanOrEqual(backUs);
    }
    // Whatever was started and over while nobody listened was lost, and whatever was answered was answered by somebody.
    const away = probes.filter(
      ({ startUs, durationUs, outcome }) =>
        outcome !== "missed" && startUs > goneUs && startUs + durationUs < comingUs,
    );
    expect(away.filter(({ outcome }) => outcome === "ok")).toEqual([]);
    for (const probe of probes.filter(({ outcome }) => outcome === "ok"))
      expect(probe.answeredBy).toBe("web-01");
    const summary = outages(record);
    expect(summary.totalUs).toBeGreaterThanOrEqual(
      outages(record, { fromUs: goneUs, toUs: comingUs }).totalUs,
    );
    expect(summary.neverRecovered).toBe(false);
  });

  it("records every slot of its schedule, on the clock of this machine", async () => {
    const server = await serve(answer);
    const beforeUs = monotonicUs();
    const prober = start(`127.0.0.1:${server.port}`);
    await prober.ready;
    const readyUs = monotonicUs();
    await sleep(100);
    const record = await prober.stop();
    const afterUs = monotonicUs();
    expect(record.startedAtUs).toBeGreaterThan(beforeUs);
    expect(record.startedAtUs).toBeLessThan(readyUs);
    const lastDueUs = record.startedAtUs + (slotCount(record) - 1) * record.intervalUs;
    expect(lastDueUs).toBeGreaterThanOrEqual(record.startedAtUs);
    expect(lastDueUs).toBeLessThan(afterUs);
    for (let slot = 0; slot < slotCount(record); slot += 1) {
      const probe = probeAt(record, slot);
      expect(probe.startUs).toBe(record.startedAtUs + slot * record.intervalUs + probe.latenessUs);
      expect(probe.outcome === "missed" ? probe.durationUs === 0 : probe.durationUs > 0).toBe(true);
    }
    // Not one connection that it closed itself is taken for a reset.
    expect(outcomesOf(record).has("reset")).toBe(false);
    expect(prober.live().answeringForMs).toBeGreaterThan(0);
  });

  it.each<[string, (socket: Socket) => void, Outcome]>([
    ["resets", (socket) => socket.once("data", () => socket.resetAndDestroy()), "reset"],
    ["hangs", () => {}, "timeout"],
    [
      "answers 503",
      (socket) => socket.on("data", () => socket.end("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")),
      "bad-answer",
    ],
    [
      "stops in the middle",
      (socket) => socket.on("data", () => socket.end(ANSWER.slice(0, -1))),
      "truncated",
    ],
  ])("names what a server does that %s", async (_what, behave, outcome) => {
    const server = await serve(behave);
    // What does answer has time for it, however busy this machine is.
    const prober = start(`127.0.0.1:${server.port}`, outcome === "timeout" ? 60 : 5000);
    await prober.ready;
    const record = await prober.stop();
    expect([...outcomesOf(record)].filter((other) => other !== "missed")).toEqual([outcome]);
    expect(outages(record)).toMatchObject({ neverRecovered: true });
    expect(prober.live()).toMatchObject({ answeringForMs: 0 });
  });

  it("is content with the connection alone where that is asked for", async () => {
    const server = await serve(() => {});
    const prober = start(`127.0.0.1:${server.port}`, 5000, "tcp");
    await prober.ready;
    expect([...outcomesOf(await prober.stop())].filter((other) => other !== "missed")).toEqual(["ok"]);
  });

  it("probes an IPv6 address", async ({ skip }) => {
    const server = await serve(answer, undefined, "::1").catch(() => undefined);
    if (server === undefined) {
      skip("no IPv6 on this machine");
      return;
    }
    const prober = start(`[::1]:${server.port}`);
    await prober.ready;
    expect(outages(await prober.stop())).toMatchObject({ lost: 0 });
  });

  it("says why it could not start", async () => {
    const prober = startProber({
      commandPrefix: [],
      hapairCommand: [join(folder, "no-such-program")],
      target: parseProbeTarget("127.0.0.1:80"),
      outputFile: join(folder, "record.json"),
    });
    await expect(prober.ready).rejects.toThrow("the probing client could not be started");
    await expect(prober.stop()).rejects.toThrow("the probing client could not be started");
  });

  it("says when its record cannot be written", async () => {
    const server = await serve(answer);
    const prober = startProber({
      commandPrefix: [],
      hapairCommand: [
        process.execPath,
        "--import",
        "tsx",
        join(import.meta.dirname, "../../test/support/run-prober.ts"),
      ],
      target: parseProbeTarget(`127.0.0.1:${server.port}`),
      outputFile: join(folder, "missing/record.json"),
    });
    await prober.ready;
    await expect(prober.stop()).rejects.toThrow("the probe record cannot be written");
  });
});

describe("parseProbeTarget", () => {
  it("reads addresses of both families", () => {
    expect(parseProbeTarget("10.150.160.32:80")).toEqual({
      address: "10.150.160.32",
      port: 80,
      kind: "http",
    });
    expect(parseProbeTarget("[2001:db8::32]:443", "tcp")).toEqual({
      address: "2001:db8::32",
      port: 443,
      kind: "tcp",
    });
  });

  it.each([
    "",
    "10.150.160.32",
    "10.150.160.32:0",
    "10.150.160.32:70000",
    "2001:db8::32:80",
    "[10.0.0.1]:80",
    "web.example:80",
  ])("refuses %j", (text) => {
    expect(() => parseProbeTarget(text)).toThrow(`"${text}" is not an address and port`);
  });
});
