// The outbox as a value: the notices that are still to be delivered, and the changes that bring it from one state to the next.
// Rule: a state is plain JSON, and follows from a snapshot and the recorded changes after it alone; all that is decided by time or dice stands in the change.

import type { Notice } from "../agent-api/index.ts";

/** Not to be tried from `sinceMs` until `untilMs`. */
export interface Wait {
  readonly sinceMs: number;
  readonly untilMs: number;
}

export interface OutboxEntry {
  readonly notice: Notice;
  /** Of the notice as JSON. */
  readonly bytes: number;
  /** The end of a quiet time; 0 for none. */
  readonly notBeforeMs: number;
  /** How long the node that owns the incident has time to tell it itself; 0 when it is ours to tell. */
  readonly heldForMs: number;
  /** Attempts that failed. */
  readonly attempts: number;
  /** Since the first of them, without the times in which nobody tried and without steps of the clock. */
  readonly triedForMs: number;
  /** Since the last attempt, or since it was added. */
  readonly wait: Wait;
}

/** The highest revision of an incident that has ended on a route. */
export interface EndedRevision {
  readonly lane: string;
  readonly revision: number;
}

export interface Outbox {
  /** In the order in which they were added. */
  readonly entries: readonly OutboxEntry[];
  /** The latest last, at most {@link ENDED_MAX}: what is added or reported twice is known by it. */
  readonly ended: readonly EndedRevision[];
  /** Failures of a route since its last delivery; only routes that have some. */
  readonly failuresInRow: Readonly<Record<string, number>>;
  /** Ids under way now, also of notices that ended meanwhile. No change touches it, and it is never recorded: after a restart they are simply due again. */
  readonly inFlight: readonly string[];
}

/** How a notice ends. */
export type NoticeEnd = "delivered" | "expired" | "dropped";

/** What is recorded. */
export type OutboxChange =
  | {
      readonly kind: "added";
      readonly notice: Notice;
      readonly atMs: number;
      readonly notBeforeMs: number;
      readonly heldForMs: number;
      readonly bytes: number;
    }
  | {
      readonly kind: "failed";
      readonly id: string;
      readonly atMs: number;
      readonly nextAttemptAtMs: number;
      readonly triedForMs: number;
    }
  /** `byPeer`: the other node delivered it, which says nothing about the route as seen from here. `why`: a clause for the one who is told. */
  | {
      readonly kind: "ended";
      readonly id: string;
      readonly how: NoticeEnd;
      readonly byPeer: boolean;
      readonly why?: string;
    }
  /** The owner of these incidents is silent: its notices are ours. */
  | { readonly kind: "released"; readonly owner: string };

/** Incidents times routes whose last told revision is remembered. */
export const ENDED_MAX = 1000;
/** A route that failed so often in a row is taken for dead: one notice at a time knocks, and the first that gets through calls the others. */
export const FAILURES_OF_DEAD_ROUTE = 3;

export function emptyOutbox(): Outbox {
  return { entries: [], ended: [], failuresInRow: {}, inFlight: [] };
}

/** Within a lane, one incident along one route, order is kept. */
export function laneOf(notice: Pick<Notice, "incident" | "route">): string {
  return `${notice.incident.id}/${notice.route}`;
}

/** What an id (INCIDENT/REVISION/ROUTE) says; undefined when it is none. */
export function partsOf(id: string): { lane: string; route: string; revision: number } | undefined {
  const [, incident = "", revision = "", route = ""] = /^([^/]+)\/(\d{1,15})\/(.+)$/s.exec(id) ?? [];
  return route === "" ? undefined : { lane: `${incident}/${route}`, route, revision: Number(revision) };
}

/** Folds recorded changes. Changes about notices that are not there change nothing. */
export function applied(outbox: Outbox, changes: readonly OutboxChange[]): Outbox {
  return changes.reduce(appliedOne, outbox);
}

/** The state after a restart, or as it goes into a snapshot: nothing is under way. */
export function restarted(outbox: Outbox): Outbox {
  return outbox.inFlight.length === 0 ? outbox : { ...outbox, inFlight: [] };
}

function appliedOne(outbox: Outbox, change: OutboxChange): Outbox {
  switch (change.kind) {
    case "added":
      return withAdded(outbox, change);
    case "failed":
      return withFailed(outbox, change);
    case "ended":
      return withEnded(outbox, change);
    case "released": {
      // A quiet time keeps the moment it was reckoned from: by another clock its end might be far away.
      const release = (entry: OutboxEntry): OutboxEntry =>
        entry.heldForMs > 0 && entry.notice.incident.owner === change.owner
          ? { ...entry, heldForMs: 0, wait: firstWait(entry.wait.sinceMs, entry.notBeforeMs, 0) }
          : entry;
      return { ...outbox, entries: outbox.entries.map(release) };
    }
  }
}

function firstWait(atMs: number, notBeforeMs: number, heldForMs: number): Wait {
  return { sinceMs: atMs, untilMs: Math.max(atMs, notBeforeMs) + heldForMs };
}

function withAdded(outbox: Outbox, change: OutboxChange & { kind: "added" }): Outbox {
  const { notice, atMs, notBeforeMs, heldForMs, bytes } = change;
  if (outbox.entries.some((entry) => entry.notice.id === notice.id)) return outbox;
  const wait = firstWait(atMs, notBeforeMs, heldForMs);
  const lane = laneOf(notice);
  // What stands before an urgent one in its lane does not sleep any longer than it: a warning's quiet time must not hold up that it became critical.
  const pulled = (entry: OutboxEntry): OutboxEntry =>
    entry.attempts === 0 &&
    entry.notBeforeMs > notBeforeMs &&
    entry.notice.incident.revision < notice.incident.revision &&
    laneOf(entry.notice) === lane
      ? { ...entry, notBeforeMs, wait: firstWait(atMs, notBeforeMs, entry.heldForMs) }
      : entry;
  const entry = { notice, bytes, notBeforeMs, heldForMs, attempts: 0, triedForMs: 0, wait };
  return { ...outbox, entries: [...outbox.entries.map(pulled), entry] };
}

function withFailed(outbox: Outbox, change: OutboxChange & { kind: "failed" }): Outbox {
  const { id, atMs, nextAttemptAtMs, triedForMs } = change;
  const route = outbox.entries.find((entry) => entry.notice.id === id)?.notice.route;
  if (route === undefined) return outbox;
  const entries = outbox.entries.map((entry) =>
    entry.notice.id === id
      ? {
          ...entry,
          attempts: entry.attempts + 1,
          heldForMs: 0,
          triedForMs,
          wait: { sinceMs: atMs, untilMs: nextAttemptAtMs },
        }
      : entry,
  );
  return {
    ...outbox,
    entries,
    failuresInRow: { ...outbox.failuresInRow, [route]: (outbox.failuresInRow[route] ?? 0) + 1 },
  };
}

function withEnded(outbox: Outbox, change: OutboxChange & { kind: "ended" }): Outbox {
  const { id, how, byPeer } = change;
  const parts = partsOf(id);
  if (parts === undefined) return outbox;
  const without = {
    ...outbox,
    entries: outbox.entries.filter((entry) => entry.notice.id !== id),
    ended: withEndedRevision(outbox.ended, parts.lane, parts.revision),
  };
  return how === "delivered" && !byPeer ? withWorkingRoute(without, parts.route) : without;
}

function withEndedRevision(ended: readonly EndedRevision[], lane: string, revision: number): EndedRevision[] {
  const before = ended.find((one) => one.lane === lane);
  const highest = Math.max(before?.revision ?? 0, revision);
  return [...ended.filter((one) => one !== before), { lane, revision: highest }].slice(-ENDED_MAX);
}

/** A route that was dead and has delivered calls all that wait for it: nobody waits out the rest of a pause that has lost its reason. */
function withWorkingRoute(outbox: Outbox, route: string): Outbox {
  const { [route]: failures = 0, ...failuresInRow } = outbox.failuresInRow;
  if (failures < FAILURES_OF_DEAD_ROUTE) return { ...outbox, failuresInRow };
  const called = (entry: OutboxEntry): OutboxEntry =>
    entry.notice.route === route && entry.attempts > 0
      ? { ...entry, wait: { sinceMs: entry.wait.sinceMs, untilMs: entry.wait.sinceMs } }
      : entry;
  return { ...outbox, failuresInRow, entries: outbox.entries.map(called) };
}
