// The outbox: notices to deliver, at least once each, in order for each incident and route, within a bound, tried again until they expire.
// Rule: pure. What happens is asked for as changes, recorded, and then applied; a notice leaves only by a change that says how it ended.

import type { AlertSettings, Notice } from "../agent-api/index.ts";
import { OUTBOX_BOUND, type OutboxBound, overBound } from "./outbox-bound.ts";
import { applied, laneOf, type NoticeEnd, type Outbox, type OutboxChange, partsOf } from "./outbox-state.ts";
import { nextAttemptAtMs, type RetrySettings } from "./retry-schedule.ts";

export { CLOCK_STEP_MS, due, IN_FLIGHT_MAX, nextDueAtMs, ROUTE_IN_FLIGHT_MAX } from "./outbox-due.ts";
export { OUTBOX_BOUND, type OutboxBound } from "./outbox-bound.ts";
export {
  applied,
  emptyOutbox,
  type NoticeEnd,
  type Outbox,
  type OutboxChange,
  type OutboxEntry,
  restarted,
} from "./outbox-state.ts";

export interface Adding {
  readonly atMs: number;
  /** This node tells it. Otherwise it is the other's, and due here only when that one has not told it for `takeOverAfterMs`. */
  readonly mine: boolean;
  /** The end of a quiet time that holds it back. */
  readonly notBeforeMs?: number;
}

/**
 * A notice is to be told. A peer's is held from the moment it is known here, not from its creation: the two clocks need not agree, and what a
 * peer hands over late comes with the report that it was delivered. One that is here already, or has ended, or comes after a later revision of
 * its incident and route has ended, changes nothing. A full outbox gives up others for it, which are said as dropped.
 */
export function added(
  outbox: Outbox,
  notice: Notice,
  { atMs, mine, notBeforeMs = 0 }: Adding,
  settings: Pick<AlertSettings, "takeOverAfterMs">,
  bound: OutboxBound = OUTBOX_BOUND,
): OutboxChange[] {
  if (outbox.entries.some((entry) => entry.notice.id === notice.id)) return [];
  if (endedRevision(outbox, laneOf(notice)) >= notice.incident.revision) return [];
  const change: OutboxChange = {
    kind: "added",
    notice,
    atMs,
    notBeforeMs,
    heldForMs: mine ? 0 : settings.takeOverAfterMs,
    bytes: Buffer.byteLength(JSON.stringify(notice)),
  };
  const gone = overBound(applied(outbox, [change]), notice.id, bound);
  return [change, ...gone.map((id) => end(id, "dropped", "too many notices wait to be delivered"))];
}

/** An attempt begins. This and {@link finished} are not recorded: the state is given back at once. */
export function started(outbox: Outbox, id: string): Outbox {
  const known = outbox.entries.some(({ notice }) => notice.id === id);
  if (!known || outbox.inFlight.includes(id)) return outbox;
  return { ...outbox, inFlight: [...outbox.inFlight, id] };
}

/** The attempt that began with {@link started} is over, however it went; {@link delivered} or {@link failed} says how. */
export function finished(outbox: Outbox, id: string): Outbox {
  return { ...outbox, inFlight: outbox.inFlight.filter((other) => other !== id) };
}

/** An attempt succeeded. For a notice that is not there any more nothing changes. */
export function delivered(outbox: Outbox, id: string): OutboxChange[] {
  const entry = outbox.entries.find(({ notice }) => notice.id === id);
  return entry === undefined ? [] : [end(id, "delivered"), ...overtaken(outbox, id)];
}

/**
 * The other node reports that it delivered this one; it need not be known here yet. A peer's report that a notice expired or was dropped
 * there is no reason to give it up here, and not for this function.
 */
export function endedByPeer(outbox: Outbox, id: string): OutboxChange[] {
  const parts = partsOf(id);
  if (parts === undefined) return [];
  const isHere = outbox.entries.some(({ notice }) => notice.id === id);
  if (!isHere && endedRevision(outbox, parts.lane) >= parts.revision) return [];
  return [{ kind: "ended", id, how: "delivered", byPeer: true }, ...overtaken(outbox, id)];
}

/** Lower revisions that still wait would now come after a higher one: they are dropped. Only a peer's reports make that happen. */
function overtaken(outbox: Outbox, id: string): OutboxChange[] {
  const parts = partsOf(id);
  return outbox.entries
    .map(({ notice }) => notice)
    .filter((notice) => laneOf(notice) === parts?.lane && notice.incident.revision < parts.revision)
    .map((notice) => end(notice.id, "dropped", "a later change of its incident was told before"));
}

export interface Failure {
  readonly atMs: number;
  /** false: the receiver refused it (HTTP 400, 401, 404; SMTP 5xx), and will again unless someone mends the route. */
  readonly retryable: boolean;
  /** What the receiver asked for. */
  readonly retryAfterMs?: number;
}

/** A refused notice holds up the later ones of its incident and route for this long at most. */
export const REFUSED_FOR_MS = 60 * 60 * 1000;
/** Of `retryForMs` one pause counts at most this share (or twice its length): steps of the clock and times without an agent are no trying. */
const PAUSE_SHARE = 1 / 24;

/**
 * An attempt failed. It is tried again until it was tried for `retryForMs`, then it expires. A refusal is tried again too, at the slowest
 * pace, because an operator may mend the route; but it may also be the text that the receiver does not take, so after
 * {@link REFUSED_FOR_MS} it gives way to a later change of its incident, so that at least the end is told.
 * `random01`: 0 to 1, thrown by the caller; what comes of it stands in the change.
 */
export function failed(
  outbox: Outbox,
  id: string,
  failure: Failure,
  settings: RetrySettings & Pick<AlertSettings, "retryForMs">,
  random01: number,
): OutboxChange[] {
  const entry = outbox.entries.find(({ notice }) => notice.id === id);
  if (entry === undefined) return [];
  const { atMs, retryable, retryAfterMs } = failure;
  const { sinceMs, untilMs } = entry.wait;
  const pauseMsMax = Math.max(2 * (untilMs - sinceMs), settings.retryForMs * PAUSE_SHARE);
  const pauseMs = entry.attempts === 0 ? 0 : Math.min(pauseMsMax, Math.max(0, atMs - sinceMs));
  const triedForMs = entry.triedForMs + pauseMs;
  const holdsUp = outbox.entries.some(
    ({ notice }) =>
      laneOf(notice) === laneOf(entry.notice) && notice.incident.revision > entry.notice.incident.revision,
  );
  if (triedForMs >= settings.retryForMs) return [end(id, "expired", "it could not be delivered in time")];
  if (!retryable && holdsUp && triedForMs >= REFUSED_FOR_MS) {
    return [
      end(id, "expired", "the receiver refuses it, and a later change of the incident waits behind it"),
    ];
  }
  const attempt = retryable ? entry.attempts + 1 : Number.POSITIVE_INFINITY;
  const nextMs = nextAttemptAtMs(attempt, atMs, settings, random01, retryAfterMs);
  return [{ kind: "failed", id, atMs, nextAttemptAtMs: nextMs, triedForMs }];
}

/** The agent of `owner` is silent: what was left to it is due here at once, quiet times aside. What comes later is added as `mine`. */
export function peerSilent(outbox: Outbox, owner: string): OutboxChange[] {
  const any = outbox.entries.some((entry) => entry.heldForMs > 0 && entry.notice.incident.owner === owner);
  return any ? [{ kind: "released", owner }] : [];
}

/** The routes there are, as the settings name them: what was to go along others is dropped. For the start. */
export function routesKnown(outbox: Outbox, routes: readonly string[]): OutboxChange[] {
  return outbox.entries
    .filter(({ notice }) => !routes.includes(notice.route))
    .map(({ notice }) => end(notice.id, "dropped", "its route was taken out of the settings"));
}

function end(id: string, how: NoticeEnd, why?: string): OutboxChange {
  return { kind: "ended", id, how, byPeer: false, ...(why === undefined ? {} : { why }) };
}

function endedRevision(outbox: Outbox, lane: string): number {
  return outbox.ended.find((one) => one.lane === lane)?.revision ?? 0;
}
