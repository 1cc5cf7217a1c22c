// HAProxy's statistics, asked again and again over one connection for each worker.
// Rules: one question at a time; a worker that is stopping, or another than before, is let go at once, because a connection keeps it alive;
// whatever fails, the next attempt comes at the pace of the looks.

import {
  LOOK_COMMAND,
  lookIsComplete,
  nobodyThere,
  noNumbers,
  type ProxyNumbers,
  readProxyLook,
  readWorkerInfo,
} from "../../haproxy/index.ts";
import { haproxyFacts, SERVERS_MAX } from "./haproxy-facts.ts";
import { repeat } from "./repeat.ts";
import { openRuntime, type RuntimeConnection } from "./runtime-connection.ts";
import type { Report, Source } from "./source.ts";

export interface HaproxyOptions {
  readonly runtimeSocket: string;
  readonly pollMs: number;
  /** An answer that takes longer is none. */
  readonly timeLimitMs: number;
  readonly report: Report;
  /** Each look that says something: the numbers, how long the answer took, and the wall clock (milliseconds). */
  readonly onLook?: (numbers: ProxyNumbers, tookMs: number, atMs: number) => void;
}

/** So many looks in a row that find a stopping worker alone: HAProxy ends, and no new worker has come. */
const STOPPING_LOOKS_MAX = 4;

/** Looks at HAProxy until stopped. */
export function startHaproxy(options: HaproxyOptions): Source {
  const facts = haproxyFacts();
  let connection: RuntimeConnection | undefined;
  let connectedTo: number | undefined;
  let stoppingLooks = 0;
  let stopped = false;

  const close = (): void => {
    connection?.close();
    connection = undefined;
    connectedTo = undefined;
  };
  const silent = (why: string, tookMs: number, numbers: ProxyNumbers): void => {
    close();
    // It was silent when it was asked, not only when that was known.
    const atMs = Date.now() - tookMs;
    const reports = facts.silent(why).map((report) => ({ ...report, atMs }));
    if (reports.length > 0) options.report(reports);
    options.onLook?.(numbers, tookMs, Date.now());
  };
  /** A worker that serves its last connections says nothing about the one that took over. */
  const letGo = (tookMs: number): void => {
    close();
    stoppingLooks += 1;
    if (stoppingLooks < STOPPING_LOOKS_MAX) look.now();
    else silent("its worker is stopping, and no other has come", tookMs, nobodyThere);
  };
  const look = repeat(options.pollMs, async () => {
    if (connection?.closed !== false) {
      close();
      connection = openRuntime(options.runtimeSocket);
    }
    const startedMs = performance.now();
    const answered = await connection.ask(LOOK_COMMAND, options.timeLimitMs, lookIsComplete);
    const tookMs = performance.now() - startedMs;
    if (stopped) return;
    if ("failure" in answered) {
      silent(answered.failure, tookMs, answered.late === true ? noNumbers : nobodyThere);
      return;
    }
    const worker = readWorkerInfo(answered.answer);
    const seen = readProxyLook(answered.answer, SERVERS_MAX);
    if (worker === undefined || seen === undefined) {
      silent("an answer that is not of show info and show stat", tookMs, noNumbers);
    } else if (worker.stopping || (connectedTo !== undefined && connectedTo !== worker.processId)) {
      letGo(tookMs);
    } else {
      stoppingLooks = 0;
      connectedTo = worker.processId;
      const { reports, numbers } = facts.take(worker.processId, seen);
      if (reports.length > 0) options.report(reports);
      options.onLook?.(numbers, tookMs, Date.now());
    }
  });
  return {
    async stop() {
      stopped = true;
      close();
      await look.stop();
      close();
    },
  };
}
