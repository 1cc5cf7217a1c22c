// Which notices are to be tried now: the first of each incident and route, few at once, those that are ready longest first.

import type { Notice } from "../agent-api/index.ts";
import {
  FAILURES_OF_DEAD_ROUTE,
  laneOf,
  type Outbox,
  type OutboxEntry,
  partsOf,
  type Wait,
} from "./outbox-state.ts";

/** Under way at once, over all routes. */
export const IN_FLIGHT_MAX = 16;
/** Under way at once along one route, and along one that is taken for dead. */
export const ROUTE_IN_FLIGHT_MAX = 4;
const DEAD_ROUTE_IN_FLIGHT_MAX = 1;

/** A clock that stands this far before the beginning of a wait was set back; who knows how long it would last, so it is over. */
export const CLOCK_STEP_MS = 60_000;

/** The notices to start now. Each is to be told to `started` before this is asked again. */
export function due(outbox: Outbox, nowMs: number): Notice[] {
  const ready = laneHeads(outbox).filter((entry) => isOver(entry.wait, nowMs));
  ready.sort((left, right) => left.wait.untilMs - right.wait.untilMs);
  const underWay = new Map<string, number>();
  for (const id of outbox.inFlight) {
    const route = partsOf(id)?.route ?? "";
    underWay.set(route, (underWay.get(route) ?? 0) + 1);
  }
  const chosen: Notice[] = [];
  for (const { notice } of ready) {
    if (outbox.inFlight.length + chosen.length >= IN_FLIGHT_MAX) break;
    const dead = (outbox.failuresInRow[notice.route] ?? 0) >= FAILURES_OF_DEAD_ROUTE;
    const onRoute = underWay.get(notice.route) ?? 0;
    if (onRoute >= (dead ? DEAD_ROUTE_IN_FLIGHT_MAX : ROUTE_IN_FLIGHT_MAX)) continue;
    underWay.set(notice.route, onRoute + 1);
    chosen.push(notice);
  }
  return chosen;
}

/**
 * When the next wait ends; undefined when nothing waits for a time. What is ready but finds all places taken is due when one of those ends.
 * The clock may be set meanwhile: look again at least every {@link CLOCK_STEP_MS}.
 */
export function nextDueAtMs(outbox: Outbox, nowMs: number): number | undefined {
  const waiting = laneHeads(outbox).filter((entry) => !isOver(entry.wait, nowMs));
  return waiting.reduce<number | undefined>(
    (earliest, { wait }) => Math.min(earliest ?? wait.untilMs, wait.untilMs),
    undefined,
  );
}

/** The lowest revision of each lane in which nothing is under way. */
function laneHeads(outbox: Outbox): OutboxEntry[] {
  // Also one that the peer delivered meanwhile: what comes next must not overtake our own attempt.
  const busy = new Set(outbox.inFlight.map((id) => partsOf(id)?.lane ?? ""));
  const heads = new Map<string, OutboxEntry>();
  for (const entry of outbox.entries) {
    const lane = laneOf(entry.notice);
    const head = heads.get(lane);
    if (head === undefined || entry.notice.incident.revision < head.notice.incident.revision) {
      heads.set(lane, entry);
    }
  }
  return [...heads].flatMap(([lane, head]) => (busy.has(lane) ? [] : [head]));
}

function isOver({ sinceMs, untilMs }: Wait, nowMs: number): boolean {
  return untilMs <= sinceMs || nowMs >= untilMs || nowMs < sinceMs - CLOCK_STEP_MS;
}
