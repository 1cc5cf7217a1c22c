// What a scenario does to clients, over many seeds: the least, the median and the most, since where in its intervals a pair is when a fault strikes
// nobody chooses. Rule: the same seeds give the same figures.

import type { TimedScenario } from "../scenario/index.ts";
import { type Outcome, outcomesOf, type RouterOutcome } from "./intervals.ts";
import { phased } from "./settled.ts";
import { play } from "./simulate.ts";
import type { Site } from "./site.ts";
import type { World } from "./world.ts";

export interface Range {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** What followed from one event for one router, over all seeds. */
export interface EventForecast {
  /** Its place among the scenario's events. */
  readonly event: number;
  readonly router: number;
  readonly outageUs: Range;
  /** In so many of the runs clients still got no answer when the next event came. */
  readonly unrecovered: number;
  readonly moves: Range;
  readonly twoHoldersUs: Range;
  /** Who has the addresses in the end, by how often: the most frequent first. */
  readonly holders: readonly { readonly nodes: readonly number[]; readonly runs: number }[];
  /** The seed of the longest outage. */
  readonly worstSeed: number;
}

/** One forecast for each event and router, in that order. `resting` is the site's {@link restingWorld}. */
export function forecast(
  site: Site,
  resting: World,
  scenario: TimedScenario,
  seeds: readonly number[],
): EventForecast[] {
  const runs = seeds.map((seed) => ({ seed, outcomes: outcomesAt(site, resting, scenario, seed) }));
  return scenario.events.flatMap((_event, event) =>
    site.routers.map((_router, router): EventForecast => {
      const found = runs.map(({ seed, outcomes }) => ({ seed, ...outcomes[event]!.routers[router]! }));
      const worst = found.reduce((most, one) => (one.outageUs > most.outageUs ? one : most));
      return {
        event,
        router,
        outageUs: rangeOf(found.map(({ outageUs }) => outageUs)),
        unrecovered: found.filter(({ recovered }) => !recovered).length,
        moves: rangeOf(found.map(({ moves }) => moves.length)),
        twoHoldersUs: rangeOf(found.map(({ twoHoldersUs }) => twoHoldersUs)),
        holders: holdersOf(found),
        worstSeed: worst.seed,
      };
    }),
  );
}

function outcomesAt(site: Site, resting: World, scenario: TimedScenario, seed: number): Outcome[] {
  return outcomesOf(play(site, scenario, phased(site, resting, seed)));
}

function rangeOf(values: readonly number[]): Range {
  const ordered = values.toSorted((left, right) => left - right);
  return { min: ordered[0]!, median: ordered[Math.floor((ordered.length - 1) / 2)]!, max: ordered.at(-1)! };
}

function holdersOf(found: readonly RouterOutcome[]): EventForecast["holders"] {
  const counts = new Map<string, { nodes: readonly number[]; runs: number }>();
  for (const { holders } of found) {
    const key = holders.join();
    const before = counts.get(key);
    if (before === undefined) counts.set(key, { nodes: holders, runs: 1 });
    else before.runs += 1;
  }
  return [...counts.values()].toSorted((left, right) => right.runs - left.runs);
}
