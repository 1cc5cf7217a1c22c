// The health address, asked each second as keepalived's check asks it: a new connection, a time limit, any answer below 400 is well.

import { get } from "node:http";
import { type HealthAnswer, stepHealth, unseenHealth } from "./health-state.ts";
import { repeat } from "./repeat.ts";
import type { Report, Source } from "./source.ts";

export interface HealthOptions {
  readonly url: string;
  readonly timeLimitMs: number;
  readonly slowMs: number;
  readonly report: Report;
  /** Each answer, for metrics. */
  readonly onAnswer?: (answer: HealthAnswer) => void;
  readonly everyMs?: number;
}

const EVERY_MS = 1_000;
/** An answer with a longer body is ended; its status has been seen. */
const BODY_BYTES_MAX = 64 * 1024;

/** Reports how the health address answers. */
export function startHealth(options: HealthOptions): Source {
  const aborted = new AbortController();
  let state = unseenHealth;
  const look = repeat(options.everyMs ?? EVERY_MS, async () => {
    const answer = await ask(options.url, options.timeLimitMs, aborted.signal);
    if (aborted.signal.aborted) return;
    options.onAnswer?.(answer);
    const before = state.value;
    state = stepHealth(state, answer, options.slowMs);
    if (state.value === undefined || state.value === before) return;
    const { status, tookMs } = answer;
    const said = status === 0 ? "no answer" : `answered ${status}`;
    const evidence = `${options.url} ${said} after ${tookMs.toFixed(1)} ms`;
    options.report([{ kind: "health", subject: "haproxy", value: state.value, evidence }]);
  });
  return {
    async stop() {
      aborted.abort();
      await look.stop();
    },
  };
}

/** Asks once; never rejects. The time limit is for the whole answer. */
function ask(url: string, timeLimitMs: number, signal: AbortSignal): Promise<HealthAnswer> {
  return new Promise((resolve) => {
    const startedMs = performance.now();
    const finish = (status: number): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      request?.destroy();
      resolve({ tookMs: performance.now() - startedMs, status });
    };
    const end = (): void => finish(0);
    const timer = setTimeout(end, timeLimitMs);
    signal.addEventListener("abort", end, { once: true });
    let request: ReturnType<typeof get> | undefined;
    try {
      // No agent: a kept connection would not show that HAProxy accepts new ones.
      request = get(url, { agent: false }, (response) => {
        let bytes = 0;
        const status = response.statusCode ?? 0;
        response.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > BODY_BYTES_MAX) finish(status);
        });
        response.once("end", () => finish(status));
        response.once("error", end);
      });
      // Stays for what comes after the end.
      request.on("error", end);
    } catch {
      end();
    }
  });
}
