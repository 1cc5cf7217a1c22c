// A run's intervals: who held which router's addresses, when clients got no answer, when two nodes held them at once; and what followed from each event.
// Rule: times are integer microseconds of the run, every interval lies within it, and none is empty.

import type { Moment } from "./moments.ts";
import type { Run } from "./simulate.ts";

export interface Interval {
  readonly fromUs: number;
  readonly toUs: number;
}

export interface RouterIntervals {
  readonly router: number;
  /** By node, each in the order of time. */
  readonly holding: readonly (readonly Interval[])[];
  /** No client got an answer. */
  readonly outages: readonly Interval[];
  /** Two or more nodes had the addresses. */
  readonly twoHolders: readonly Interval[];
}

/** The addresses went from one node that alone had them to another that alone has them. */
export interface Move {
  readonly atUs: number;
  readonly from: number;
  readonly to: number;
}

export interface RouterOutcome {
  readonly router: number;
  /** Without an answer from the event to the next one, in all. An outage that was there before is not the event's. */
  readonly outageUs: number;
  readonly longestOutageUs: number;
  /** Clients were answered when the next event came. */
  readonly recovered: boolean;
  readonly moves: readonly Move[];
  readonly twoHoldersUs: number;
  /** Nodes that have the addresses when the next event comes. */
  readonly holders: readonly number[];
}

/** What followed from one event of the scenario until the next one. */
export interface Outcome {
  /** Its place among the scenario's events. */
  readonly event: number;
  readonly atUs: number;
  readonly untilUs: number;
  /** The nodes it happened to. */
  readonly nodes: readonly number[];
  readonly routers: readonly RouterOutcome[];
}

/** Every router's intervals over the whole run. */
export function intervalsOf({ site, moments, scenario }: Run): RouterIntervals[] {
  const endUs = scenario.lengthUs;
  return site.routers.map((_router, router) => ({
    router,
    holding: site.nodes.map((_node, node) =>
      stretches(moments, endUs, ({ nodes }) => nodes[node]!.holds[router]!),
    ),
    outages: stretches(moments, endUs, ({ served }) => !served[router]!),
    twoHolders: stretches(moments, endUs, (moment) => holdersIn(moment, router).length > 1),
  }));
}

/** What followed from each event, in the order of the scenario; events of the same time share what followed. */
export function outcomesOf(run: Run): Outcome[] {
  const { scenario, entries, site } = run;
  const intervals = intervalsOf(run);
  return scenario.events.map(({ atUs }, event) => {
    const nodes = entries.flatMap((entry) => (entry.event?.index === event ? [entry.event.node] : []));
    const untilUs = scenario.events.find((other) => other.atUs > atUs)?.atUs ?? scenario.lengthUs;
    const routers = site.routers.map((_router, router) =>
      outcomeOf(run.moments, intervals[router]!, { fromUs: atUs, toUs: untilUs }),
    );
    return { event, atUs, untilUs, nodes, routers };
  });
}

function outcomeOf(moments: readonly Moment[], intervals: RouterIntervals, window: Interval): RouterOutcome {
  const { router } = intervals;
  // What began before the event would have been there without it.
  const outages = within(intervals.outages, window).filter(({ began }) => began >= window.fromUs);
  const lengths = outages.map(({ fromUs, toUs }) => toUs - fromUs);
  return {
    router,
    outageUs: lengths.reduce((sum, length) => sum + length, 0),
    longestOutageUs: Math.max(0, ...lengths),
    recovered: !intervals.outages.some(({ fromUs, toUs }) => fromUs < window.toUs && toUs >= window.toUs),
    moves: movesIn(moments, router).filter(({ atUs }) => atUs >= window.fromUs && atUs < window.toUs),
    twoHoldersUs: within(intervals.twoHolders, window).reduce(
      (sum, { fromUs, toUs }) => sum + toUs - fromUs,
      0,
    ),
    holders: holdersIn(momentBefore(moments, window.toUs), router),
  };
}

function within(
  intervals: readonly Interval[],
  { fromUs, toUs }: Interval,
): (Interval & { readonly began: number })[] {
  return intervals
    .filter((interval) => interval.fromUs < toUs && interval.toUs > fromUs)
    .map((interval) => ({
      began: interval.fromUs,
      fromUs: Math.max(fromUs, interval.fromUs),
      toUs: Math.min(toUs, interval.toUs),
    }));
}

/** Every move of a router's addresses in the order of time. */
export function movesIn(moments: readonly Moment[], router: number): Move[] {
  const moves: Move[] = [];
  let alone: number | undefined;
  for (const moment of moments) {
    const [holder, second] = holdersIn(moment, router);
    if (holder === undefined || second !== undefined) continue;
    if (alone !== undefined && alone !== holder) moves.push({ atUs: moment.atUs, from: alone, to: holder });
    alone = holder;
  }
  return moves;
}

/** The nodes that have a router's addresses. */
export function holdersIn({ nodes }: Moment, router: number): number[] {
  return nodes.flatMap(({ holds }, index) => (holds[router] === true ? [index] : []));
}

/** How things stood just before `atUs`. */
function momentBefore(moments: readonly Moment[], atUs: number): Moment {
  return moments.findLast((moment) => moment.atUs < atUs) ?? moments[0]!;
}

/** The stretches in which `is` holds; neighbouring moments are one. */
function stretches(moments: readonly Moment[], endUs: number, is: (moment: Moment) => boolean): Interval[] {
  const found: Interval[] = [];
  let fromUs: number | undefined;
  for (const moment of moments) {
    if (moment.atUs >= endUs) break;
    if (is(moment)) fromUs ??= moment.atUs;
    else if (fromUs !== undefined) {
      found.push({ fromUs, toUs: moment.atUs });
      fromUs = undefined;
    }
  }
  if (fromUs !== undefined && fromUs < endUs) found.push({ fromUs, toUs: endUs });
  return found;
}
