// Deliveries under way: takes what is due from the core, brings it to its receiver, and tells the core how it ended. The outbox decides order and time.

import type { AgentSettings, AlertTestResult, Notice } from "../agent-api/index.ts";
import { messageOf } from "../base/index.ts";
import type { Core } from "./core.ts";
import { deliver, type DeliveryResult } from "./delivery/deliver.ts";
import { testNotices } from "./delivery/test-notice.ts";

export interface DeliveriesOptions {
  readonly settings: AgentSettings;
  readonly core: Core;
  readonly version: string;
  readonly nowMs: () => number;
  /** A notice is on the disk, or the disk takes nothing. */
  readonly isReady: (notice: Notice) => boolean;
  readonly onAttempt: (attempt: Attempt) => void;
}

export interface Attempt {
  readonly route: string;
  readonly result: "delivered" | "failed";
  readonly atMs: number;
  readonly said: string;
}

export interface Deliveries {
  /** Starts what is due. */
  pump(): void;
  /** The last attempt of each route. */
  lastByRoute(): ReadonlyMap<string, Attempt>;
  /** A test along one route, or all. */
  test(route: string | undefined): AsyncGenerator<AlertTestResult>;
  /** Starts nothing more, and gives what is under way a moment to end: what is not known to have arrived is told again by the next run. */
  stop(): Promise<void>;
}

/** A receiver has this long for one notice. */
const TIME_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 2_000;

export function startDeliveries(options: DeliveriesOptions): Deliveries {
  const { settings, core } = options;
  const last = new Map<string, Attempt>();
  const underWay = new Set<Promise<void>>();
  let stopped = false;
  const context = {
    pair: settings.pair,
    node: settings.node,
    version: options.version,
    timeLimitMs: TIME_LIMIT_MS,
  };

  const attempted = (route: string, result: DeliveryResult): void => {
    const attempt = { route, result: result.kind, atMs: options.nowMs(), said: result.said };
    last.set(route, attempt);
    options.onAttempt(attempt);
  };
  const run = async (notice: Notice): Promise<void> => {
    const route = settings.alerts.routes.find(({ name }) => name === notice.route);
    const result: DeliveryResult =
      route === undefined
        ? { kind: "failed", said: "there is no such route", permanent: true }
        : await deliver(route.target, notice, context);
    attempted(notice.route, result);
    core.deliveryEnded(
      notice.id,
      result.kind === "delivered"
        ? { kind: "delivered" }
        : {
            kind: "failed",
            retryable: !result.permanent,
            ...(result.retryAfterMs === undefined ? {} : { retryAfterMs: result.retryAfterMs }),
          },
    );
  };
  return {
    pump() {
      if (stopped) return;
      for (const notice of core.takeDue(options.isReady)) {
        const attempt = run(notice).catch((thrown: unknown) => {
          core.deliveryEnded(notice.id, { kind: "failed", retryable: true });
          options.onAttempt({
            route: notice.route,
            result: "failed",
            atMs: options.nowMs(),
            said: messageOf(thrown),
          });
        });
        underWay.add(attempt);
        void attempt.then(() => underWay.delete(attempt));
      }
    },
    async stop() {
      stopped = true;
      let limit: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        limit = setTimeout(resolve, STOP_LIMIT_MS);
      });
      await Promise.race([Promise.all(underWay), late]);
      clearTimeout(limit);
    },
    lastByRoute: () => last,
    async *test(name) {
      const chosen = settings.alerts.routes.filter((route) => name === undefined || route.name === name);
      for (const route of chosen) {
        const startedMs = options.nowMs();
        let said = "";
        let result: AlertTestResult["result"] = "delivered";
        for (const notice of testNotices(settings.pair, settings.node, route, startedMs)) {
          const ended = await deliver(route.target, notice, context);
          ({ said } = ended);
          result = ended.kind;
          if (ended.kind === "failed") break;
        }
        yield {
          node: settings.node,
          route: route.name,
          result,
          tookMs: Math.round(options.nowMs() - startedMs),
          said,
        };
      }
    },
  };
}
