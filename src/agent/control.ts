// What the agent can be asked, as routes: on its control socket by the operator's hapair, on TCP by Prometheus. The answers are given as functions.
// Rule: asking changes nothing; the one thing that can be made to happen is a test of the alert routes, and only on the control socket.

import type { AgentEvent, AgentStatus, AlertTestResult } from "../agent-api/index.ts";
import type { HttpAnswer, HttpRoute } from "./http-server.ts";

export interface ControlHandlers {
  status(): AgentStatus;
  /** Events of every node from that moment on, oldest first; at most `limit`, the newest of them. */
  events(sinceMs: number, limit: number): Iterable<AgentEvent> | AsyncIterable<AgentEvent>;
  /** Sends a test along every route, or along the one named; a result as each is known. */
  alertTest(route: string | undefined): AsyncIterable<AlertTestResult>;
  metrics(): string;
  /** Why the agent is not well; undefined: it is. */
  trouble(): string | undefined;
}

export const EVENTS_LIMIT = 10_000;
const EVENTS_DEFAULT = 1000;

const json = "application/json";
const jsonLines = "application/x-ndjson";

/** For the control socket. */
export function controlRoutes(handlers: ControlHandlers): HttpRoute[] {
  return [
    {
      method: "GET",
      path: "/status",
      answer: () => ({ status: 200, type: json, body: `${JSON.stringify(handlers.status())}\n` }),
    },
    { method: "GET", path: "/events", answer: (query) => eventsAnswer(handlers, query) },
    {
      method: "POST",
      path: "/alert-test",
      answer: (query) => ({
        status: 200,
        type: jsonLines,
        body: linesOf(handlers.alertTest(query.get("route") ?? undefined)),
      }),
    },
    ...metricsRoutes(handlers),
  ];
}

/** For Prometheus: nothing but metrics and whether the agent is well. */
export function metricsRoutes(handlers: Pick<ControlHandlers, "metrics" | "trouble">): HttpRoute[] {
  return [
    {
      method: "GET",
      path: "/metrics",
      answer: () => ({
        status: 200,
        type: "text/plain; version=0.0.4; charset=utf-8",
        body: handlers.metrics(),
      }),
    },
    { method: "GET", path: "/healthz", answer: () => healthAnswer(handlers.trouble()) },
  ];
}

function healthAnswer(trouble: string | undefined): HttpAnswer {
  const type = "text/plain; charset=utf-8";
  return trouble === undefined
    ? { status: 200, type, body: "ok\n" }
    : { status: 503, type, body: `${trouble}\n` };
}

function eventsAnswer(handlers: ControlHandlers, query: URLSearchParams): HttpAnswer {
  const sinceMs = wholeOf(query.get("sinceMs"), 0, Number.MAX_SAFE_INTEGER);
  const limit = wholeOf(query.get("limit"), EVENTS_DEFAULT, EVENTS_LIMIT);
  if (sinceMs === undefined || limit === undefined)
    return {
      status: 400,
      type: "text/plain; charset=utf-8",
      body: "sinceMs and limit are numbers, not negative\n",
    };
  return { status: 200, type: jsonLines, body: linesOf(handlers.events(sinceMs, limit)) };
}

/** undefined: it is no number, or a negative one. */
function wholeOf(text: string | null, absent: number, most: number): number | undefined {
  if (text === null) return absent;
  const value = Math.floor(Number(text));
  return text !== "" && value >= 0 ? Math.min(value, most) : undefined;
}

/** Lines are sent in pieces of about this many characters, not one by one. */
const PIECE_LENGTH = 16_384;

/** One JSON document a line; a single late one is not held back. */
async function* linesOf(values: Iterable<unknown> | AsyncIterable<unknown>): AsyncGenerator<string> {
  const atOnce = Symbol.iterator in values;
  let piece = "";
  for await (const value of values) {
    piece += `${JSON.stringify(value)}\n`;
    if (atOnce && piece.length < PIECE_LENGTH) continue;
    yield piece;
    piece = "";
  }
  if (piece !== "") yield piece;
}
