// What goes when the outbox is full: incidents that are over, whole and oldest first, then the oldest notices. What is under way stays.

import type { Outbox, OutboxEntry } from "./outbox-state.ts";

export interface OutboxBound {
  readonly countMax: number;
  readonly bytesMax: number;
}

/** Enough for a route that is dead for a day on a bad day. */
export const OUTBOX_BOUND: OutboxBound = { countMax: 2000, bytesMax: 4 * 1024 * 1024 };

/** The ids that have to go so that the bound is kept. `latest`: the notice that was just added; it goes last. */
export function overBound(outbox: Outbox, latest: string, bound: OutboxBound): string[] {
  const gone: string[] = [];
  const inFlight = new Set(outbox.inFlight);
  let left = outbox.entries;
  while (left.length > 0 && !isWithin(left, bound)) {
    const going = resolvedIncident(left, latest, inFlight) ?? oldest(left, latest, inFlight);
    if (going.length === 0) break;
    gone.push(...going.map((entry) => entry.notice.id));
    left = left.filter((entry) => !going.includes(entry));
  }
  return gone;
}

function isWithin(entries: readonly OutboxEntry[], bound: OutboxBound): boolean {
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  return entries.length <= bound.countMax && bytes <= bound.bytesMax;
}

/** All notices of the incident that is over and has waited longest: told in part it would mislead. */
function resolvedIncident(
  entries: readonly OutboxEntry[],
  latest: string,
  inFlight: ReadonlySet<string>,
): OutboxEntry[] | undefined {
  const stays = new Set<string>();
  const resolved = new Set<string>();
  for (const { notice } of entries) {
    if (notice.id === latest || inFlight.has(notice.id)) stays.add(notice.incident.id);
    if (notice.incident.phase === "resolved") resolved.add(notice.incident.id);
  }
  const first = entries.find(
    ({ notice }) => resolved.has(notice.incident.id) && !stays.has(notice.incident.id),
  );
  return first && entries.filter(({ notice }) => notice.incident.id === first.notice.incident.id);
}

function oldest(
  entries: readonly OutboxEntry[],
  latest: string,
  inFlight: ReadonlySet<string>,
): OutboxEntry[] {
  const free = entries.filter(({ notice }) => !inFlight.has(notice.id));
  const first = free.find(({ notice }) => notice.id !== latest) ?? free[0];
  return first === undefined ? [] : [first];
}
