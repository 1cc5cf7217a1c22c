// A run and forecasts as JSON documents for programs. Rule: the shape is stable (docs/reference/simulation.md): keys are added, none changes its meaning
// without another number in `schema`; times are integer microseconds, nodes and routers go by their names.

import { faultNameOf } from "../scenario/index.ts";
import type { EventForecast } from "./forecast.ts";
import type { ScenarioForecast } from "./forecast-text.ts";
import { type Interval, intervalsOf, outcomesOf, type RouterOutcome } from "./intervals.ts";
import type { Moment } from "./moments.ts";
import type { Run } from "./simulate.ts";
import type { Site } from "./site.ts";
import { storyOf, type Told } from "./story.ts";

/** What is simulated, and on what the answer hangs. */
export interface RunHead {
  readonly name: string;
  readonly notes: readonly string[];
  readonly keepalived: string;
}

export const RUN_SCHEMA = "hapair-simulation/1";
export const FORECAST_SCHEMA = "hapair-forecast/1";

/** One run whole: everything that happened with its cause, how things stood, and what followed from each event. */
export function runDocument(
  run: Run,
  head: RunHead,
  seed: number,
  over: { readonly seeds: readonly number[]; readonly events: readonly EventForecast[] },
): object {
  const { site, scenario } = run;
  return {
    schema: RUN_SCHEMA,
    ...subjectOf(site, head),
    seed,
    scenario: {
      name: scenario.name,
      title: scenario.title,
      lengthUs: scenario.lengthUs,
      events: outcomesOf(run).map(({ event, atUs, untilUs, nodes, routers }) => ({
        atUs,
        fault: faultNameOf(scenario.events[event]!.action),
        nodes: names(site, nodes),
        untilUs,
        outcomes: routers.map((outcome) => outcomeDocument(site, outcome)),
      })),
    },
    events: storyOf(run).map((told) => toldDocument(site, told)),
    intervals: intervalsOf(run).map(({ router, holding, outages, twoHolders }) => ({
      router: site.routers[router]!.name,
      holding: byName(site, (node) => holding[node]!.map((interval) => plain(interval))),
      outages: outages.map((interval) => plain(interval)),
      twoHolders: twoHolders.map((interval) => plain(interval)),
    })),
    moments: run.moments.map((moment) => momentDocument(site, moment)),
    forecast: { seeds: over.seeds, events: over.events.map((one) => eventForecast(site, one)) },
  };
}

/** All scenarios of a site, in figures over the seeds. */
export function forecastDocument(
  site: Site,
  head: RunHead,
  seeds: readonly number[],
  forecasts: readonly ScenarioForecast[],
): object {
  return {
    schema: FORECAST_SCHEMA,
    ...subjectOf(site, head),
    seeds,
    scenarios: forecasts.map(({ scenario, events }) => ({
      name: scenario.name,
      title: scenario.title,
      lengthUs: scenario.lengthUs,
      events: events.map((one) => ({
        atUs: scenario.events[one.event]!.atUs,
        fault: faultNameOf(scenario.events[one.event]!.action),
        ...eventForecast(site, one),
      })),
    })),
  };
}

function subjectOf(site: Site, { name, notes, keepalived }: RunHead): object {
  return {
    ...{ name, keepalived, notes },
    nodes: site.nodes.map((node) => node.name),
    routers: site.routers.map((router) => router.name),
  };
}

function outcomeDocument(site: Site, outcome: RouterOutcome): object {
  const { router, outageUs, longestOutageUs, recovered, moves, twoHoldersUs, holders } = outcome;
  return {
    router: site.routers[router]!.name,
    ...{ outageUs, longestOutageUs, recovered, twoHoldersUs },
    moves: moves.map(({ atUs, from, to }) => ({
      atUs,
      from: site.nodes[from]!.name,
      to: site.nodes[to]!.name,
    })),
    holders: names(site, holders),
  };
}

function toldDocument(site: Site, { atUs, kind, node, router, text, cause, state }: Told): object {
  return {
    ...{ atUs, kind },
    ...(node === undefined ? {} : { node: site.nodes[node]!.name }),
    ...(router === undefined ? {} : { router: site.routers[router]!.name }),
    text,
    ...(cause === undefined ? {} : { cause }),
    ...(state === undefined ? {} : { state }),
  };
}

function momentDocument(site: Site, { atUs, nodes, served }: Moment): object {
  return {
    atUs,
    nodes: byName(site, (node) => {
      const { states, holds, haproxy } = nodes[node]!;
      return { states: byRouter(site, states), holds: byRouter(site, holds), haproxy };
    }),
    answered: byRouter(site, served),
  };
}

function eventForecast(site: Site, one: EventForecast): object {
  const { router, outageUs, unrecovered, moves, twoHoldersUs, holders, worstSeed } = one;
  return {
    router: site.routers[router]!.name,
    ...{ outageUs, unrecovered, moves, twoHoldersUs, worstSeed },
    holders: holders.map(({ nodes, runs }) => ({ nodes: names(site, nodes), runs })),
  };
}

function plain({ fromUs, toUs }: Interval): Interval {
  return { fromUs, toUs };
}

function names(site: Site, nodes: readonly number[]): string[] {
  return nodes.map((node) => site.nodes[node]!.name);
}

function byName<Value>(site: Site, valueOf: (node: number) => Value): Record<string, Value> {
  return Object.fromEntries(site.nodes.map(({ name }, index) => [name, valueOf(index)]));
}

function byRouter<Value>(site: Site, values: readonly Value[]): Record<string, Value> {
  return Object.fromEntries(site.routers.map(({ name }, index) => [name, values[index]!]));
}
