// Kills an agent again and again while events flow, and looks what its receiver was told: nothing lost, everything in order, an id never with two meanings.

import type { AgentSettings } from "../../src/agent-api/index.ts";
import { type AgentSite, agentSite } from "./agent-process.ts";
import { startWebhookReceiver } from "./alert-receivers.ts";
import { seededRandom } from "../fuzz/random.ts";

export interface KillsOptions {
  readonly kills: number;
  /** Half of them open an incident, the other half end it. */
  readonly events: number;
  readonly seed: number;
  readonly onProgress?: (line: string) => void;
}

export interface KillsResult {
  readonly kills: number;
  readonly events: number;
  readonly incidentsTold: number;
  readonly notices: number;
  /** Received more than once, under the same id. */
  readonly repeated: number;
  /** What was wrong, in sentences. */
  readonly problems: readonly string[];
}

/** The message by which systemd tells the end of a reload (SD_MESSAGE_UNIT_RELOADED). */
const RELOADED = "7b05ebc668384222baa8881179cfda54";
const DELIVERED_WITHIN_MS = 60_000;
const EVENTS_AT_ONCE_MAX = 12;
/** An agent's life is between nothing and so many times what it takes to start, so that it is killed at every age. */
const LIVES_PER_START = 3;
const STARTS_MEASURED_EVERY = 25;
const START_LIMIT_MS = 20_000;

interface Told {
  readonly incident: string;
  readonly revision: number;
  readonly phase: string;
}

/** What systemd says in the journal of a reload of HAProxy: a failed one opens an incident at once where its patience is 0, the next good one ends it. */
export function reloadEntry(result: "failed" | "done"): Readonly<Record<string, string>> {
  return {
    _PID: "1",
    UNIT: "haproxy.service",
    MESSAGE_ID: RELOADED,
    JOB_TYPE: "reload",
    JOB_RESULT: result,
    MESSAGE: result === "failed" ? "Reload failed for haproxy.service" : "Reloaded haproxy.service",
  };
}

/** Settings of an agent without a peer that tells a failed reload at once; its routes are the caller's. */
export function aloneOnReloads(settings: AgentSettings): AgentSettings {
  return {
    ...settings,
    nodes: settings.nodes.slice(0, 1),
    routers: settings.routers.map((router) => ({ ...router, prefer: [settings.node] })),
    alerts: { ...settings.alerts, patienceMs: { "haproxy-reload-failed": 0 } },
  };
}

export async function killAgain(options: KillsOptions): Promise<KillsResult> {
  const random = seededRandom(options.seed);
  const hook = await startWebhookReceiver();
  const site = agentSite((settings) => ({
    ...aloneOnReloads(settings),
    peers: { ...settings.peers, port: 20_000 + random.below(12_000) },
    alerts: {
      ...aloneOnReloads(settings).alerts,
      retryFirstMs: 50,
      retryMaxMs: 200,
      routes: [
        {
          name: "hook",
          severity: "info",
          conditions: ["haproxy-reload-failed"],
          target: { kind: "webhook", url: `http://127.0.0.1:${hook.port}/`, headers: {} },
        },
      ],
    },
  }));
  const told = (): Told[] =>
    hook.received.map(({ body }) => {
      const { incident, revision, phase } = JSON.parse(body) as Told;
      return { incident, revision, phase };
    });
  let sent = 0;
  const sendEvent = (): void => {
    site.journal(reloadEntry(sent % 2 === 0 ? "failed" : "done"));
    sent += 1;
  };
  try {
    // The first life begins the log; what happened before that is nobody's news.
    let startMs = 0;
    for (let kill = 0; kill < options.kills; kill += 1) {
      // A log that has grown takes longer to read, so now and then the time is taken anew.
      if (kill % STARTS_MEASURED_EVERY === 0) startMs = await measuredStart(site);
      else site.start();
      const lifeMs = random.below(LIVES_PER_START * startMs);
      const due = Math.ceil((options.events * (kill + 1)) / options.kills) - sent;
      const burst = Math.min(due, EVENTS_AT_ONCE_MAX);
      for (let event = 0; event < burst; event += 1) {
        await pause(lifeMs / (burst + 1));
        sendEvent();
      }
      await pause(lifeMs / (burst + 1));
      await site.kill();
      if (kill % 100 === 99)
        options.onProgress?.(
          `${kill + 1} kills, ${sent} events, ${hook.received.length} received; a start takes ${startMs} ms`,
        );
    }
    site.start();
    while (sent < options.events) {
      sendEvent();
      await pause(2);
    }
    const distinct = (): number =>
      new Set(told().map(({ incident, revision }) => `${incident}/${revision}`)).size;
    for (let waitedMs = 0; waitedMs < DELIVERED_WITHIN_MS && distinct() < options.events; waitedMs += 100)
      await pause(100);
    await settle(site);
    return { ...judge(told(), options.events), kills: options.kills, events: sent };
  } finally {
    await site.remove();
    await hook.stop();
  }
}

/** Starts the agent and waits until it answers; gives how long that took. */
async function measuredStart(site: AgentSite): Promise<number> {
  const beganMs = performance.now();
  site.start();
  while ((await site.ask("/healthz")) === undefined) {
    if (performance.now() - beganMs > START_LIMIT_MS)
      throw new Error(`the agent does not start: ${site.said()}`);
    await pause(10);
  }
  return Math.round(performance.now() - beganMs);
}

/** Whatever is still under way has a moment, so that a notice too many would be seen. */
async function settle(site: AgentSite): Promise<void> {
  await pause(500);
  await site.stop();
}

function judge(told: readonly Told[], events: number): Omit<KillsResult, "kills" | "events"> {
  const problems: string[] = [];
  const byIncident = new Map<string, Told[]>();
  for (const one of told) byIncident.set(one.incident, [...(byIncident.get(one.incident) ?? []), one]);
  let repeated = 0;
  for (const [incident, list] of byIncident) {
    let highest = 0;
    for (const { revision, phase } of list) {
      if (revision > highest + 1) problems.push(`${incident}: revision ${revision} came after ${highest}`);
      if (revision <= highest) repeated += 1;
      const expected = revision === 1 ? "opened" : "resolved";
      if (phase !== expected) problems.push(`${incident}: revision ${revision} is ${phase}`);
      highest = Math.max(highest, revision);
    }
    if (highest !== 2) problems.push(`${incident}: told up to revision ${highest}`);
  }
  if (byIncident.size !== events / 2)
    problems.push(`${events / 2} incidents happened, ${byIncident.size} were told`);
  return { incidentsTold: byIncident.size, notices: told.length, repeated, problems };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
