// What an agent counts since it was started, for its metrics. Rule: counts by label have a bound, so that no peer and no file can make them grow.

import { type AgentEvent, type FactKind, factKinds } from "../agent-api/index.ts";
import { type Durations, newDurations } from "./durations.ts";

/** Counts by the values of a few labels. */
export interface Tally {
  readonly labels: readonly string[];
  /** By the label values, joined by {@link SEPARATOR}. */
  readonly counts: Map<string, number>;
}

/** Different combinations of values in a tally; what comes beyond is counted under `other`. */
const COMBINATIONS_MAX = 500;
const SEPARATOR = "\u001F";

export interface AgentCounters {
  /** By router and the state it went to. */
  readonly transitions: Tally;
  /** By route and result: delivered, failed (one attempt), expired, dropped. */
  readonly deliveries: Tally;
  /** By reason. */
  readonly refusedMessages: Tally;
  /** By kind. */
  readonly events: Tally;
  logErrors: number;
  readonly checks: Durations;
  readonly looks: Durations;
}

export const deliveryResults = ["delivered", "failed", "expired", "dropped"] as const;

export function newCounters(): AgentCounters {
  const tally = (...labels: readonly string[]): Tally => ({ labels, counts: new Map() });
  return {
    transitions: tally("router", "to"),
    deliveries: tally("route", "result"),
    refusedMessages: tally("reason"),
    events: tally("kind"),
    logErrors: 0,
    checks: newDurations(),
    looks: newDurations(),
  };
}

/** One more of this combination; `values` in the order of the tally's labels. */
export function count(tally: Tally, ...values: readonly string[]): void {
  const key = values.join(SEPARATOR);
  const isRoom = tally.counts.has(key) || tally.counts.size < COMBINATIONS_MAX;
  const counted = isRoom ? key : tally.labels.map(() => "other").join(SEPARATOR);
  tally.counts.set(counted, (tally.counts.get(counted) ?? 0) + 1);
}

/** How many of this combination. */
export function countOf(tally: Tally, ...values: readonly string[]): number {
  return tally.counts.get(values.join(SEPARATOR)) ?? 0;
}

/** Every combination with its count. */
export function combinations(tally: Tally): { labels: Record<string, string>; value: number }[] {
  return [...tally.counts].map(([key, value]) => {
    const values = key.split(SEPARATOR);
    return {
      labels: Object.fromEntries(tally.labels.map((label, index) => [label, values[index] ?? ""])),
      value,
    };
  });
}

/** Counts one event of this node's own: its kind, and what it means for transitions and deliveries. */
export function countEvent(counters: AgentCounters, event: AgentEvent): void {
  count(counters.events, event.kind);
  // The first state that is seen after a start is no transition.
  if (event.kind === "instance" && event.previous !== undefined)
    count(counters.transitions, event.subject, event.value);
  if (event.kind === "notice") count(counters.deliveries, routeOf(event.subject), event.value);
}

/** The route of INCIDENT/REVISION/ROUTE; a route's name may have slashes. */
function routeOf(subject: string): string {
  return subject.split("/").slice(2).join("/");
}

export const eventKinds = Object.keys(factKinds) as FactKind[];
