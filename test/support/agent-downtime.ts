// A receiver that is down for an hour while incidents come and go; time is compressed by the settings: every wait of the retries is so many times shorter, and so is the hour.

import { aloneOnReloads, reloadEntry } from "./agent-kills.ts";
import { agentSite } from "./agent-process.ts";
import { monotonicMs, startWebhookReceiver } from "./alert-receivers.ts";

/** The waits that settings have by default. */
export const DEFAULT_RETRIES = { retryFirstMs: 1000, retryMaxMs: 300_000, retryForMs: 86_400_000 };
export const HOUR_MS = 3_600_000;

/** The same waits, so many times shorter. */
export function quickerRetries(times: number): typeof DEFAULT_RETRIES {
  const { retryFirstMs, retryMaxMs, retryForMs } = DEFAULT_RETRIES;
  return {
    retryFirstMs: retryFirstMs / times,
    retryMaxMs: retryMaxMs / times,
    retryForMs: retryForMs / times,
  };
}

export interface DowntimeOptions {
  /** How many times quicker everything is. */
  readonly quicker: number;
  /** That open and end while nobody listens. */
  readonly incidents: number;
  readonly port: number;
}

export interface DowntimeResult {
  readonly downMs: number;
  /** Notices that should come, and those that came, each counted once. */
  readonly expected: number;
  readonly delivered: number;
  /** From the receiver's return to the last one. */
  readonly caughtUpMs: number;
  readonly problems: readonly string[];
}

const CAUGHT_UP_LIMIT_MS = 60_000;

/** The receiver goes down, incidents happen evenly over the hour, it comes back, and everything is waited for. */
export async function receiverDown(options: DowntimeOptions): Promise<DowntimeResult> {
  const hook = await startWebhookReceiver();
  const site = agentSite((settings) => {
    const alone = aloneOnReloads(settings);
    return {
      ...alone,
      peers: { ...alone.peers, port: options.port },
      alerts: {
        ...alone.alerts,
        ...quickerRetries(options.quicker),
        routes: [
          {
            name: "hook",
            severity: "info",
            conditions: ["haproxy-reload-failed"],
            target: { kind: "webhook", url: `http://127.0.0.1:${hook.port}/`, headers: {} },
          },
        ],
      },
    };
  });
  const expected = 2 * options.incidents;
  try {
    site.start();
    while ((await site.ask("/healthz")) === undefined) await pause(20);
    await hook.setMood("down");
    const downMs = HOUR_MS / options.quicker;
    const endsAtMs = monotonicMs() + downMs;
    for (let event = 0; event < expected; event += 1) {
      site.journal(reloadEntry(event % 2 === 0 ? "failed" : "done"));
      await pause(downMs / expected);
    }
    await pause(Math.max(0, endsAtMs - monotonicMs()));
    await hook.setMood("well");
    const backAtMs = monotonicMs();
    const notices = (): Set<string> =>
      new Set(hook.received.map(({ body }) => (JSON.parse(body) as Told).notice));
    while (notices().size < expected && monotonicMs() - backAtMs < CAUGHT_UP_LIMIT_MS) await pause(20);
    const told = hook.received.map(({ body }) => JSON.parse(body) as Told);
    return {
      downMs,
      expected,
      delivered: notices().size,
      caughtUpMs: (hook.received.at(-1)?.atMs ?? Number.NaN) - backAtMs,
      problems: outOfOrder(told),
    };
  } finally {
    await site.remove();
    await hook.stop();
  }
}

interface Told {
  readonly notice: string;
  readonly incident: string;
  readonly revision: number;
}

function outOfOrder(told: readonly Told[]): string[] {
  const highest = new Map<string, number>();
  return told.flatMap(({ incident, revision }) => {
    const before = highest.get(incident) ?? 0;
    highest.set(incident, Math.max(before, revision));
    return revision > before + 1 ? [`${incident}: revision ${revision} came after ${before}`] : [];
  });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
