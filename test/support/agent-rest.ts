// Two agents at rest beside an HAProxy with 10 back ends of 10 servers each, for minutes: what one of them and its children use of memory and processor.
// Everything that the unit gives the agent is there: its words for node, and systemd's watchdog, whose datagrams somebody takes.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import type { AgentSettings } from "../../src/agent-api/index.ts";
import type { TrafficRule } from "../../src/policy/index.ts";
import { type AgentSite, agentSite, type StartOptions } from "./agent-process.ts";
import { startPlayedHaproxy } from "./played-haproxy.ts";
import { descendantsOf, processFigures } from "./process-figures.ts";

/** As the unit starts it (src/render/agent-unit.ts). */
export const UNIT_START: StartOptions = {
  words: ["--max-old-space-size=48", "--max-semi-space-size=1"],
  environment: { UV_THREADPOOL_SIZE: "8" },
};
/** WatchdogSec=3, in microseconds. */
const WATCHDOG_US = "3000000";

const BACKENDS = 10;
const SERVERS = 10;
const HAPROXY_PROGRAM = "/usr/sbin/haproxy";
/** Before the measurement: what is done once is done. */
const SETTLES_MS = 20_000;
const SAMPLE_MS = 1_000;
const START_LIMIT_MS = 20_000;

export interface RestOptions {
  readonly minutes: number;
  /** For the peers; the five after it are used too. */
  readonly port: number;
}

export interface RestResult {
  readonly minutes: number;
  /** HAProxy itself, or one that was played. */
  readonly haproxy: "real" | "played";
  /** false: there was nobody to take the watchdog's datagrams, and none were sent. */
  readonly watchdog: boolean;
  readonly residentBytesMax: number;
  readonly childrenResidentBytesMax: number;
  /** Shares of one core. */
  readonly cpuShare: number;
  readonly childrenCpuShare: number;
  readonly looks: number;
}

export async function measureRest(options: RestOptions): Promise<RestResult> {
  const ends: (() => Promise<unknown> | void)[] = [];
  try {
    const checked = await acceptingServer();
    ends.push(() => new Promise((resolve) => checked.close(resolve)));
    const sites = ["lb1", "lb2"].map((node, index) => {
      const site = agentSite((settings) => restSettings(settings, options.port, index), node);
      ends.push(() => site.remove());
      return site;
    });
    for (const site of sites) ends.push(await startHaproxyFor(site, (checked.address() as AddressInfo).port));
    let watchdog = true;
    for (const site of sites) {
      const socket = join(site.directory, "systemd.sock");
      const taker = await takeDatagrams(socket);
      if (taker === undefined) watchdog = false;
      else ends.push(() => ended(taker));
      const words = taker === undefined ? {} : { NOTIFY_SOCKET: socket, WATCHDOG_USEC: WATCHDOG_US };
      site.start({ ...UNIT_START, environment: { ...UNIT_START.environment, ...words } });
      await eventually(async () => (await site.ask("/healthz")) !== undefined);
    }
    const [first, second] = sites as [AgentSite, AgentSite];
    first.notify('INSTANCE "ext-lb" MASTER 150');
    second.notify('INSTANCE "ext-lb" BACKUP 100');
    await eventually(async () => (await first.ask("/metrics"))?.includes("hapair_peer") === true);
    await pause(SETTLES_MS);
    const figures = await watch(first, options.minutes);
    return { ...figures, minutes: options.minutes, watchdog, haproxy: hasHaproxy() ? "real" : "played" };
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

function hasHaproxy(): boolean {
  return existsSync(HAPROXY_PROGRAM);
}

function restSettings(settings: AgentSettings, port: number, index: number): AgentSettings {
  const rules = Array.from({ length: BACKENDS }, (_, backend): TrafficRule => ({
    name: `web-${backend + 1}`,
    limit: { kind: "servers-up", backend: `web-${backend + 1}`, atLeast: SERVERS / 2 },
    moves: true,
    fall: 3,
    rise: 8,
  }));
  const answering: TrafficRule = {
    name: "answering",
    limit: { kind: "answering" },
    moves: true,
    fall: 2,
    rise: 8,
  };
  return {
    ...settings,
    rules: [answering, ...rules],
    peers: { ...settings.peers, port },
    haproxy: { ...settings.haproxy, healthUrl: `http://127.0.0.1:${healthPort(port, index)}/healthz` },
    metrics: { address: "127.0.0.1", port: port + 3 + index },
    sources: {
      ...settings.sources,
      addresses: existsSync("/usr/sbin/ip") ? ["/usr/sbin/ip", "-oneline", "monitor", "address", "link"] : [],
    },
  };
}

function healthPort(port: number, index: number): number {
  return port + 1 + index;
}

/** HAProxy with the back ends, all servers up; gives what ends it. */
async function startHaproxyFor(site: AgentSite, checkedPort: number): Promise<() => Promise<unknown> | void> {
  const { haproxy, peers, node } = site.settings;
  const port = healthPort(peers.port, node === "lb1" ? 0 : 1);
  if (!hasHaproxy()) {
    const played = await startPlayedHaproxy({
      socketPath: haproxy.runtimeSocket,
      healthPort: port,
      backends: BACKENDS,
      serversPerBackend: SERVERS,
    });
    return () => played.stop();
  }
  const file = join(site.directory, "haproxy.cfg");
  writeFileSync(file, haproxyConfig(haproxy.runtimeSocket, port, checkedPort));
  const child = spawn(HAPROXY_PROGRAM, ["-db", "-f", file], { stdio: "ignore" });
  await eventually(() => existsSync(haproxy.runtimeSocket));
  return () => ended(child);
}

function haproxyConfig(socket: string, port: number, checkedPort: number): string {
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
  const backends = numbers(BACKENDS).flatMap((backend) => [
    `backend web-${backend}`,
    ...numbers(SERVERS).map(
      (server) => `    server server-${server} 127.0.0.1:${checkedPort} check inter 10s`,
    ),
  ]);
  return [
    "global",
    `    stats socket ${socket} mode 600 level user`,
    "defaults",
    "    mode http",
    "    timeout connect 1s",
    "    timeout client 30s",
    "    timeout server 30s",
    "frontend health",
    `    bind 127.0.0.1:${port}`,
    "    monitor-uri /healthz",
    "    default_backend web-1",
    ...backends,
    "",
  ].join("\n");
}

/** What HAProxy's checks find. */
async function acceptingServer(): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve());
  });
  return server;
}

/** Stands for systemd. Node has no datagram sockets of this kind; perl is on every Debian. */
async function takeDatagrams(path: string): Promise<ChildProcess | undefined> {
  const program =
    "socket(S,AF_UNIX,SOCK_DGRAM,0); bind(S,sockaddr_un($ARGV[0])) or die; recv(S,$_,512,0) while 1";
  const child = spawn("perl", ["-MSocket", "-e", program, path], { stdio: "ignore" });
  const failed = new Promise<boolean>((resolve) => {
    child.once("error", () => resolve(true));
    child.once("exit", () => resolve(true));
  });
  const there = eventually(() => existsSync(path)).then(() => false);
  return (await Promise.race([failed, there])) ? undefined : child;
}

async function watch(
  site: AgentSite,
  minutes: number,
): Promise<Omit<RestResult, "minutes" | "haproxy" | "watchdog">> {
  const pid = site.child?.pid ?? 0;
  const before = { ...usage(pid), atMs: performance.now(), looks: await looksOf(site) };
  let residentBytesMax = 0;
  let childrenResidentBytesMax = 0;
  let now = usage(pid);
  while (performance.now() - before.atMs < minutes * 60_000) {
    await pause(SAMPLE_MS);
    now = usage(pid);
    residentBytesMax = Math.max(residentBytesMax, now.residentBytes);
    childrenResidentBytesMax = Math.max(childrenResidentBytesMax, now.childrenResidentBytes);
  }
  const tookMs = performance.now() - before.atMs;
  return {
    residentBytesMax,
    childrenResidentBytesMax,
    cpuShare: (now.cpuMs - before.cpuMs) / tookMs,
    childrenCpuShare: (now.childrenCpuMs - before.childrenCpuMs) / tookMs,
    looks: (await looksOf(site)) - before.looks,
  };
}

interface Usage {
  readonly residentBytes: number;
  readonly childrenResidentBytes: number;
  readonly cpuMs: number;
  /** With those that have ended. */
  readonly childrenCpuMs: number;
}

function usage(pid: number): Usage {
  const own = processFigures(pid);
  if (own === undefined) throw new Error("the agent has ended");
  const children = descendantsOf(pid).flatMap((child) => processFigures(child) ?? []);
  return {
    residentBytes: own.residentBytes,
    childrenResidentBytes: children.reduce((sum, { residentBytes }) => sum + residentBytes, 0),
    cpuMs: own.cpuMs,
    childrenCpuMs: children.reduce(
      (sum, child) => sum + child.cpuMs + child.endedChildrenCpuMs,
      own.endedChildrenCpuMs,
    ),
  };
}

async function looksOf(site: AgentSite): Promise<number> {
  const status = JSON.parse((await site.ask("/status")) ?? "{}") as { looks?: { count?: number } };
  return status.looks?.count ?? 0;
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

async function eventually(check: () => boolean | Promise<boolean>): Promise<void> {
  const beganMs = performance.now();
  while (!(await check())) {
    if (performance.now() - beganMs > START_LIMIT_MS) throw new Error("the agents at rest do not come up");
    await pause(50);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
