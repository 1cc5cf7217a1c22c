// npm run bench:agent: what the agent costs: an event through its core, a look at HAProxy, and its start from a long log; each beside what the same job costs otherwise.
// Ratios, not milliseconds, carry over to other machines. Needs the built agent.

import { spawnSync } from "node:child_process";
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AgentSettings, FactReport } from "../src/agent-api/index.ts";
import { startCore } from "../src/agent/core.ts";
import { emptyKnowledge } from "../src/agent/knowledge.ts";
import { openLog } from "../src/agent/log/index.ts";
import { emptyOutbox } from "../src/agent/outbox.ts";
import { type LogRecord, type Memory, remembered, snapshotFrom } from "../src/agent/record.ts";
import { haproxyFacts } from "../src/agent/sources/haproxy-facts.ts";
import { readProxyLook, readWorkerInfo } from "../src/haproxy/index.ts";
import { gradeOf, type RuleState, stepRule, type TrafficRule, unseenRule } from "../src/policy/index.ts";
import { agentSite, buildAgentIfStale } from "../test/support/agent-process.ts";
import { lookText } from "../test/support/played-haproxy.ts";

const NODES = ["lb1", "lb2"] as const;
const LOG = "00000000000000aa";
const PEER_LOG = "00000000000000bb";
const EVENTS_KNOWN = [10, 2_000];
const EVENTS_MEASURED = 500;
/** Few, so that what is known stays about as much. */
const EVENTS_AT_ONCE = 50;
const SYNCS = 300;
const LOOKS = 2_000;
const STARTS = 5;
const LONG_LOG_BYTES = 4_000_000;
/** 1 % of a core, at four looks a second. */
const LOOK_LIMIT_MS = 2.5;

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Processor time, so that what else the machine does matters little. */
function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function print(what: string, measuredMs: number, other: string, otherMs: number): void {
  const figure = measuredMs < 10 ? measuredMs.toFixed(3) : measuredMs.toFixed(0);
  process.stdout.write(
    `${what.padEnd(52)}${figure.padStart(8)} ms   ${(measuredMs / otherMs).toFixed(3).padStart(7)} x ${other}\n`,
  );
}

/** The settings of a pair, as tests have them. */
function pairSettings(): AgentSettings {
  const site = agentSite((settings) => ({
    ...settings,
    rules: [rule("web-1"), rule("web-2")],
    alerts: {
      ...settings.alerts,
      routes: [
        {
          name: "hook",
          severity: "info",
          target: { kind: "webhook", url: "http://127.0.0.1:1/", headers: {} },
        },
      ],
    },
  }));
  void site.remove();
  return site.settings;
}

function rule(backend: string): TrafficRule {
  return { name: backend, limit: { kind: "servers-up", backend, atLeast: 5 }, moves: true, fall: 3, rise: 3 };
}

/** What happens in a pair: servers that come and go, or with every fifth event an address that moves to and fro, once in some ten seconds. */
type Happening = "servers" | "moves";
const MOVES_EVERY = 5;

function reportOf(happening: Happening, turn: number, node: (typeof NODES)[number]): FactReport {
  return happening === "moves" && turn % MOVES_EVERY === 0
    ? moveReport(Math.floor(turn / MOVES_EVERY), node)
    : serverReport(turn);
}

function serverReport(turn: number): FactReport {
  const server = `web-${turn % 10}/server-${Math.floor(turn / 10) % 10}`;
  const value = Math.floor(turn / 100) % 2 === 0 ? "down" : "up";
  return { kind: "server", subject: server, value, evidence: `${server}: ${value.toUpperCase()}, L4CON` };
}

/** The first node is ill in every other four turns, and the second takes over. */
function moveReport(turn: number, node: (typeof NODES)[number]): FactReport {
  const ill = Math.floor(turn / 4) % 2 === 0;
  const holds = ill === (node === NODES[1]);
  const reports: readonly FactReport[] = [
    { kind: "unit", subject: "haproxy", value: ill && node === NODES[0] ? "failed" : "active" },
    { kind: "watched", subject: "process", value: ill && node === NODES[0] ? "1" : "0" },
    { kind: "instance", subject: "ext-lb", value: holds ? "MASTER" : ill ? "FAULT" : "BACKUP" },
    { kind: "vip", subject: "10.150.160.32", value: holds ? "ens192" : "-" },
  ];
  return reports[turn % 4] as FactReport;
}

/** A core that knows so many events, half of them of its peer, and what it recorded since. */
function coreWith(
  events: number,
  happening: Happening,
  settings: AgentSettings,
): { next: () => void; records: LogRecord[] } {
  const memory: Memory = {
    cursor: undefined,
    bornAtMs: 0,
    knowledge: emptyKnowledge(NODES[0], NODES),
    outbox: emptyOutbox(),
    told: new Map(),
  };
  const records: LogRecord[] = [];
  let nowMs = Date.parse("2026-11-22T10:42:00Z");
  let turn = 0;
  const core = startCore({
    settings,
    log: LOG,
    memory,
    nowMs: () => nowMs,
    localTime: () => ({ minuteOfDay: 642, weekday: 0 }),
    random01: () => 0.5,
    record: (record) => void records.push(record),
    onEvent: () => undefined,
  });
  const next = (): void => {
    nowMs += 300;
    core.beat(NODES[1], { lastHeardMs: nowMs, clockAheadMs: 0, caughtUp: true });
    core.report([reportOf(happening, turn, NODES[0])]);
    turn += 1;
    for (const { id } of core.takeDue(() => true)) core.deliveryEnded(id, { kind: "delivered" });
  };
  core.report([{ kind: "peer", subject: NODES[1], value: "heard" }]);
  for (let sequence = 1; sequence <= events / 2; sequence += 1) {
    const told = {
      ...reportOf(happening, sequence, NODES[1]),
      node: NODES[1],
      log: PEER_LOG,
      sequence,
      atMs: nowMs,
    };
    core.told({ from: sequence, next: sequence + 1, list: [told] });
    next();
  }
  records.length = 0;
  return { next, records };
}

/** Of each event, with so many known before. */
function eventMs(known: number, happening: Happening, settings: AgentSettings): number {
  let tookMs = 0;
  for (let measured = 0; measured < EVENTS_MEASURED; measured += EVENTS_AT_ONCE) {
    const { next } = coreWith(known, happening, settings);
    tookMs += cpuMs(() => {
      for (let event = 0; event < EVENTS_AT_ONCE; event += 1) next();
    });
  }
  return tookMs / EVENTS_MEASURED;
}

/** What every event's record costs on this disk in any case. */
function syncMs(folder: string): number {
  const descriptor = openSync(join(folder, "sync"), "w");
  const line = Buffer.from(`${"x".repeat(400)}\n`);
  const times: number[] = [];
  for (let round = 0; round < SYNCS; round += 1) {
    const startedAt = performance.now();
    writeSync(descriptor, line);
    fdatasyncSync(descriptor);
    times.push(performance.now() - startedAt);
  }
  closeSync(descriptor);
  return median(times);
}

/** Reading an answer with 10 back ends of 10 servers, what changed in it, and two rules. */
function lookMs(): number {
  const text = lookText({ backends: 10, serversPerBackend: 10 });
  const facts = haproxyFacts();
  const rules = [rule("web-1"), rule("web-2")];
  const states = new Map<string, RuleState>();
  const startedAt = performance.now();
  for (let round = 0; round < LOOKS; round += 1) {
    const worker = readWorkerInfo(text);
    const look = readProxyLook(text, 500);
    if (worker === undefined || look === undefined) throw new Error("the look is not read");
    const { numbers } = facts.take(worker.processId, look);
    for (const one of rules)
      states.set(one.name, stepRule(one, states.get(one.name) ?? unseenRule, gradeOf(one.limit, numbers)));
  }
  return (performance.now() - startedAt) / LOOKS;
}

function bareNodeMs(): number {
  const startedAt = performance.now();
  spawnSync(process.execPath, ["-e", "0"]);
  return performance.now() - startedAt;
}

/** From the start of the process to its first answer, with a log of `bytes` behind it. */
async function startMs(bytes: number): Promise<number> {
  const settings = pairSettings();
  const site = agentSite((own) => ({
    ...own,
    peers: { ...own.peers, port: 20_000 + (process.pid % 10_000) },
  }));
  try {
    await writeLog(join(site.directory, "state/log"), bytes, settings);
    const times: number[] = [];
    for (let start = 0; start < STARTS; start += 1) {
      // Each start is from the same log: the agent is killed before it has much to add.
      const startedAt = performance.now();
      site.start();
      while ((await site.ask("/healthz")) === undefined)
        await new Promise((resolve) => setTimeout(resolve, 2));
      times.push(performance.now() - startedAt);
      await site.kill();
      rmSync(join(site.directory, "state/log"), { recursive: true });
      await writeLog(join(site.directory, "state/log"), bytes, settings);
    }
    return median(times);
  } finally {
    await site.remove();
  }
}

async function writeLog(directory: string, bytes: number, settings: AgentSettings): Promise<void> {
  const { log } = await openLog(directory, { bytesMax: 4 * LONG_LOG_BYTES });
  const { next, records } = coreWith(0, "moves", settings);
  const begun = remembered(undefined, [], NODES[0], NODES, 0);
  await log.roll(snapshotFrom(begun));
  while (log.sizeBytes < bytes) {
    records.length = 0;
    for (let event = 0; event < 100; event += 1) next();
    // The events are of the log that they stand in.
    const text = JSON.stringify(records).replaceAll(LOG, log.id);
    await Promise.all((JSON.parse(text) as LogRecord[]).map((record) => log.append(record)));
  }
  await log.close();
}

buildAgentIfStale();
const scratch = mkdtempSync(join(tmpdir(), "hapair-bench-"));
try {
  const settings = pairSettings();
  const sync = syncMs(scratch);
  const bare = median(Array.from({ length: 9 }, bareNodeMs));
  for (const happening of ["servers", "moves"] as const)
    for (const known of EVENTS_KNOWN)
      print(
        `event of ${happening} through the core, ${known} known`,
        eventMs(known, happening, settings),
        "one append and fdatasync",
        sync,
      );
  print("look at HAProxy, 10 back ends of 10 servers", lookMs(), "1 % of a core at 250 ms", LOOK_LIMIT_MS);
  print("start of the agent, empty log", await startMs(0), "node -e 0", bare);
  print("start of the agent, log of 4 MB", await startMs(LONG_LOG_BYTES), "node -e 0", bare);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
