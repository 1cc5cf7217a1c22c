// The running agent: log, core, sources, decisions, peers, deliveries and the two servers, joined. Everything that has a clock is here.
// Rules: the opinion is 0 before anything else is done and whenever the agent ends; whatever one part does, the others go on.

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { AgentSettings, AgentStatus, FactReport } from "../agent-api/index.ts";
import type { ProxyNumbers } from "../policy/index.ts";
import { controlRoutes, metricsRoutes } from "./control.ts";
import { type Core, startCore } from "./core.ts";
import { type AgentCounters, count, countEvent, newCounters } from "./counters.ts";
import { type Decisions, startDecisions, writeOpinionFile } from "./decisions.ts";
import { type Deliveries, startDeliveries } from "./deliveries.ts";
import { type Durability, leapSequence, trackDurability } from "./durability.ts";
import { startInbox } from "./inbox.ts";
import { beginRun, factOf } from "./knowledge.ts";
import { type Log, openLog } from "./log/index.ts";
import { eventsSince, logDirectory } from "./logged-events.ts";
import { exposition } from "./metrics.ts";
import { type Exchange, startExchange } from "./peers/exchange.ts";
import { type LogRecord, type Memory, remembered, snapshotFrom } from "./record.ts";
import type { Say } from "./say.ts";
import { startServers } from "./servers.ts";
import { startSources } from "./sources/start-sources.ts";
import { statusAnswer } from "./status-answer.ts";
import { startWaker } from "./waker.ts";
import { wallClock } from "./wall-clock.ts";
import { startWatchdog } from "./watchdog.ts";

export interface RunningAgent {
  /** Takes the opinion back, says goodbye, writes what waits. */
  stop(): Promise<void>;
}

/** What every part of one run is given. */
interface Run {
  readonly settings: AgentSettings;
  readonly version: string;
  readonly say: Say;
  readonly session: string;
  readonly startedAtMs: number;
  readonly counters: AgentCounters;
  readonly writeOpinion: (opinion: 0 | 1) => void;
}

/** Starts the agent. Throws where it cannot do its work at all: the watched file or the log's directory cannot be had. */
export async function runAgent(settings: AgentSettings, version: string, say: Say): Promise<RunningAgent> {
  const opinionFile = join(settings.paths.watchDirectory, "traffic");
  const run: Run = {
    settings,
    version,
    say,
    session: newToken(),
    startedAtMs: wallMs(),
    counters: newCounters(),
    writeOpinion: (opinion) => writeOpinionFile(opinionFile, opinion),
  };
  run.writeOpinion(0);
  const kept = await openMemory(run);
  const { core, log, memory, durability } = kept;
  const { decisions, exchange } = startTalk(run, kept);
  const deliveries = startDeliveries({
    settings,
    core,
    version,
    nowMs: wallMs,
    isReady: durability.isReady,
    onAttempt: ({ route, result, said }) => {
      if (result === "delivered") return;
      count(run.counters.deliveries, route, "failed");
      say("warning", `route ${route}: ${said}`);
    },
  });
  const waker = startWaker(core, wallMs, () => deliveries.pump());
  kept.hooks.onJudged = () => waker.wake();
  durability.onDurable = () => {
    exchange.soon();
    deliveries.pump();
    waker.wake();
  };
  const before = sayHello(run, kept);
  let numbers: ProxyNumbers | undefined;
  const inbox = startInbox();
  const sources = startSources({
    settings,
    cursor: memory.cursor,
    bornAtMs: memory.bornAtMs,
    report: orEnd((reports, cursor) => {
      // The journal may bring hours at once; what other sources say is of now.
      if (cursor === undefined) core.report(reports);
      else inbox.add(() => core.report(reports, cursor));
    }),
    counters: run.counters,
    onLook: orEnd((look) => {
      numbers = look;
      decisions.looked(look);
    }),
    note: (line) => say("warning", line),
  });
  const beats = setInterval(() => {
    decisions.passed();
    exchange.beat();
  }, settings.peers.beatMs);
  const servers = startAnswering(run, kept, deliveries, exchange, () => numbers);
  const watchdog = startWatchdog(process.env);
  watchdog.ready();
  say(
    "info",
    `hapair-agent ${version} watches ${settings.node} of ${settings.pair}; its last run ended: ${before}`,
  );

  return {
    async stop() {
      clearInterval(beats);
      decisions.stop();
      await Promise.all([sources.stop(), deliveries.stop(), servers.stop()]);
      inbox.finish();
      core.report([{ kind: "agent", subject: "self", value: "stopping" }]);
      waker.stop();
      // The peers hear the last word once it is on the disk; a disk that takes nothing is not waited for.
      await Promise.race([log.roll(snapshotFrom(memory)), wait(LAST_WRITE_MS)]);
      exchange.beat();
      await exchange.stop();
      await log.close();
      watchdog.stop();
    },
  };
}

const LAST_WRITE_MS = 1000;

/** A source takes whatever is thrown for its own trouble and goes on; what the core or a decision throws is a broken belief, and ends the agent. */
function orEnd<Given extends readonly unknown[]>(work: (...given: Given) => void): (...given: Given) => void {
  return (...given) => {
    try {
      work(...given);
    } catch (thrown) {
      // Outside of everything that could catch it, and before anything else happens.
      queueMicrotask(() => {
        throw thrown;
      });
    }
  };
}

interface Kept {
  readonly log: Log;
  readonly memory: Memory;
  readonly durability: Durability;
  readonly core: Core;
  readonly hooks: { onJudged: () => void };
  readonly foundSequence: number;
}

/** The log, what it remembers, and the core that goes on from there. */
async function openMemory({ settings, say, counters, startedAtMs }: Run): Promise<Kept> {
  let kept: Kept | undefined;
  const { log, recovered } = await openLog(logDirectory(settings), {
    bytesMax: settings.alerts.logBytesMax,
    // What tells nobody anything goes first.
    mayGo: (record) => (record as LogRecord).outbox === undefined,
    onDropped: (records) => {
      counters.logErrors += records.length;
      // What was folded from them is saved by a snapshot, as soon as the disk takes one.
      if (kept !== undefined) void kept.log.roll(snapshotFrom(kept.memory));
    },
    onTrouble: (text) => {
      if (text !== undefined) counters.logErrors += 1;
      say(text === undefined ? "info" : "error", text ?? "the log is written again");
      kept?.core.report([logReport(text)]);
    },
  });
  for (const problem of recovered.problems) say("warning", problem);
  const nodes = settings.nodes.map(({ name }) => name);
  const memory = remembered(recovered.snapshot, recovered.records, settings.node, nodes, startedAtMs);
  beginRun(memory.knowledge);
  const own = memory.knowledge.nodes.get(settings.node);
  if (own !== undefined) own.log ??= log.id;
  const foundSequence = leapSequence(memory, settings.node);
  // A first snapshot says since when there is a log; a new one spares the next start what this one had to read.
  if (recovered.snapshot === undefined || recovered.records.length > RECORDS_READ_MAX)
    void log.roll(snapshotFrom(memory));
  const durability = trackDurability(log, memory, settings.node, foundSequence);
  const hooks: Kept["hooks"] = { onJudged: () => undefined };
  const core = startCore({
    settings,
    log: log.id,
    memory,
    nowMs: wallMs,
    localTime: (atMs) => {
      const date = new Date(atMs);
      const minuteOfDay = date.getHours() * 60 + date.getMinutes() + date.getSeconds() / 60;
      return { minuteOfDay, weekday: date.getDay() };
    },
    random01: () => Math.random(),
    record: durability.record,
    onEvent: (event) => {
      if (event.node === settings.node) countEvent(counters, event);
    },
    onJudged: () => hooks.onJudged(),
  });
  kept = { log, memory, durability, core, hooks, foundSequence };
  return kept;
}

function logReport(trouble: string | undefined): FactReport {
  if (trouble === undefined) return { kind: "log", subject: "self", value: "written" };
  const detail = { reason: trouble.slice(0, REASON_LENGTH_MAX) };
  return { kind: "log", subject: "self", value: "failing", detail };
}

const REASON_LENGTH_MAX = 200;
const RECORDS_READ_MAX = 200;

/** Decisions and the talk with the peers, which need each other. */
function startTalk(
  run: Run,
  { core, memory, durability, foundSequence }: Kept,
): { decisions: Decisions; exchange: Exchange } {
  const { settings, session, counters, say } = run;
  const { knowledge } = memory;
  let exchange: Exchange | undefined;
  const decisions = startDecisions({
    settings,
    session,
    knowledge,
    nowUs: () => steadyMs() * 1000,
    writeOpinion: run.writeOpinion,
    send: (peer, decision) => exchange?.sendDecision(peer, decision),
    report: (reports) => core.report(reports),
    note: (line) => say("info", line),
  });
  exchange = startExchange({
    settings,
    session,
    knowledge,
    foundSequence,
    tellableSequence: durability.tellable,
    decisionFor: (peer) => decisions.decisionFor(peer),
    onTold: (_peer, events) => core.told(events),
    onDecision: (peer, peerSession, decision) => decisions.heard(peer, peerSession, decision),
    onBeat: (peer, liveness) => {
      if (core.beat(peer, liveness)) durability.onDurable();
    },
    onHearing: (peer, hearing, evidence) =>
      core.report([{ kind: "peer", subject: peer, value: hearing, evidence }]),
    onSetBack: (peer) => {
      say(
        "warning",
        `${peer} knows more of this node's log than is left of it: it goes on under another name`,
      );
      core.renamed(newToken());
      durability.renamed();
    },
    onRefused: (reason) => count(counters.refusedMessages, reason),
    note: (line) => say("warning", line),
    steadyMs,
    wallMs,
  });
  return { decisions, exchange };
}

/** The first events of a run; gives how the last one ended: first, clean or killed. */
function sayHello({ settings, version }: Run, { core, memory, log }: Kept): string {
  const previous = factOf(memory.knowledge, settings.node, "agent", "self")?.value;
  const before = previous === undefined ? "first" : previous === "stopping" ? "clean" : "killed";
  core.report([
    { kind: "agent", subject: "self", value: "running", detail: { before, version } },
    { kind: "opinion", subject: "traffic", value: "kept", detail: { why: "the agent was started" } },
  ]);
  // The trouble that was found while the log was opened; or the last run's, which is over.
  const logWas = factOf(memory.knowledge, settings.node, "log", "self")?.value ?? "written";
  if (log.trouble !== undefined || logWas !== "written") core.report([logReport(log.trouble)]);
  return before;
}

function startAnswering(
  { settings, version, startedAtMs, counters, say }: Run,
  { core, log, memory }: Kept,
  deliveries: Deliveries,
  exchange: Exchange,
  numbers: () => ProxyNumbers | undefined,
): ReturnType<typeof startServers> {
  const status = (): AgentStatus =>
    statusAnswer({
      settings,
      version,
      startedAtMs,
      nowMs: wallMs(),
      knowledge: memory.knowledge,
      incidents: core.incidents,
      outbox: memory.outbox,
      attempts: deliveries.lastByRoute(),
      numbers: numbers(),
      peers: exchange.peers(),
      log,
      counters,
    });
  const handlers = {
    status,
    events: (sinceMs: number, limit: number) => eventsSince(settings, sinceMs, limit),
    alertTest: (route: string | undefined) => deliveries.test(route),
    metrics: () => exposition(status(), counters, processFigures()),
    trouble: () => log.trouble,
  };
  return startServers(settings, controlRoutes(handlers), metricsRoutes(handlers), say);
}

/** Steady, milliseconds. */
function steadyMs(): number {
  return performance.now();
}

const wallMs = wallClock();

/** 16 hexadecimal digits that nobody else has. */
function newToken(): string {
  return randomBytes(8).toString("hex");
}

function processFigures(): { residentBytes: number; cpuSeconds: number } {
  const { user, system } = process.cpuUsage();
  return { residentBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1_000_000 };
}
