// From an event on the node to its alert at the receiver, one event after another; both ends read the machine's monotonic clock.
// The event is an entry of the journal, as systemd writes it of a reload of HAProxy; it opens or ends an incident at once.

import type { RouteTarget } from "../../src/agent-api/index.ts";
import { aloneOnReloads, reloadEntry } from "./agent-kills.ts";
import { agentSite, type StartOptions } from "./agent-process.ts";
import { monotonicMs, type Receiver, startMailReceiver, startWebhookReceiver } from "./alert-receivers.ts";

export interface LatencyOptions {
  readonly to: "webhook" | "mail";
  readonly events: number;
  readonly port: number;
  readonly how: StartOptions;
  /** A number from 0 to 1 for the pause before each event. */
  readonly random01: () => number;
}

export interface LatencyResult {
  readonly events: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly worstMs: number;
}

const EVENT_LIMIT_MS = 30_000;
/** Events come at any moment of what the agent does again and again. */
const PAUSE_MS_MAX = 60;

/** Measures so many events; throws where one is not told at all. */
export async function measureLatency(options: LatencyOptions): Promise<LatencyResult> {
  let arrived = (): void => undefined;
  const onReceived = (): void => arrived();
  const receiver =
    options.to === "webhook"
      ? await startWebhookReceiver({ onReceived })
      : await startMailReceiver({ onReceived });
  const site = agentSite((settings) => {
    const alone = aloneOnReloads(settings);
    const route = { name: "route", severity: "info", conditions: ["haproxy-reload-failed"] } as const;
    return {
      ...alone,
      peers: { ...alone.peers, port: options.port },
      alerts: { ...alone.alerts, routes: [{ ...route, target: targetOf(options.to, receiver) }] },
    };
  });
  const tookMs: number[] = [];
  try {
    site.start(options.how);
    while ((await site.ask("/healthz")) === undefined) await pause(20);
    for (let event = 0; event < options.events; event += 1) {
      await pause(options.random01() * PAUSE_MS_MAX);
      const comes = within(EVENT_LIMIT_MS, (resolve) => {
        arrived = resolve;
      });
      const happenedAtMs = monotonicMs();
      site.journal(reloadEntry(event % 2 === 0 ? "failed" : "done"));
      if (!(await comes)) throw new Error(`event ${event} was not told: ${site.said()}`);
      tookMs.push((receiver.received.at(-1)?.atMs ?? Number.NaN) - happenedAtMs);
    }
    tookMs.sort((left, right) => left - right);
    const at = (share: number): number =>
      tookMs[Math.min(tookMs.length - 1, Math.floor(tookMs.length * share))] ?? Number.NaN;
    return { events: tookMs.length, medianMs: at(0.5), p99Ms: at(0.99), worstMs: at(1) };
  } finally {
    await site.remove();
    await receiver.stop();
  }
}

function targetOf(to: LatencyOptions["to"], { port }: Receiver): RouteTarget {
  return to === "webhook"
    ? { kind: "webhook", url: `http://127.0.0.1:${port}/`, headers: {} }
    : {
        kind: "smtp",
        host: "127.0.0.1",
        port,
        tls: "none",
        from: "hapair@example.com",
        to: ["ops@example.com"],
      };
}

/** true: it was resolved in time. */
function within(limitMs: number, begin: (resolve: () => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(false), limitMs);
    begin(() => {
      clearTimeout(late);
      resolve(true);
    });
  });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
