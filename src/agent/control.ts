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
        // Each result as it is known: a mail server may take its time.
        body: linesOf(handlers.alertTest(query.get("route") ?? undefined), 0),
      }),
    },
    ...metricsRoutes(handlers),
  ];
}

/** For Prometheus: nothing but metrics and whether the agent is well. */
export function metricsRoutes(handlers: Pick<ControlHandlers, "metrics" | "trouble">): HttpRoute[] {
  const metrics = atMostEvery(METRICS_EVERY_MS, handlers.metrics);
  return [
    {
      method: "GET",
      path: "/metrics",
      answer: () => ({
        status: 200,
        type: "text/plain; version=0.0.4; charset=utf-8",
        body: metrics(),
      }),
    },
    { method: "GET", path: "/healthz", answer: () => healthAnswer(handlers.trouble()) },
  ];
}

/** Of a large pair the text costs several milliseconds, and anyone on the node may ask for it as often as he likes. */
const METRICS_EVERY_MS = 250;

/** Makes the text anew when the last one is that old; whoever asks sooner gets the last one again. */
function atMostEvery(everyMs: number, make: () => string): () => string {
  let made: { readonly text: string; readonly atMs: number } | undefined;
  return () => {
    const nowMs = performance.now();
    if (made === undefined || nowMs - made.atMs >= everyMs) made = { text: make(), atMs: nowMs };
    return made.text;
  };
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
  return { status: 200, type: jsonLines, body: linesOf(handlers.events(sinceMs, limit), PIECE_LENGTH) };
}

/** undefined: it is no number, or a negative one. */
function wholeOf(text: string | null, absent: number, most: number): number | undefined {
  if (text === null) return absent;
  const value = Math.floor(Number(text));
  return text !== "" && value >= 0 ? Math.min(value, most) : undefined;
}

/** Lines of the log are sent in pieces of about this many characters, not one by one. */
const PIECE_LENGTH = 16_384;

/** One JSON document a line, in pieces of at least `pieceLength` characters. */
async function* linesOf(
  values: Iterable<unknown> | AsyncIterable<unknown>,
  pieceLength: number,
): AsyncGenerator<string> {
  let piece = "";
  for await (const value of values) {
    piece += `${JSON.stringify(value)}\n`;
    if (piece.length < pieceLength) continue;
    yield piece;
    piece = "";
  }
  if (piece !== "") yield piece;
}
