// What the simulator says of a drill's runs, for each with the VIP on the node where the run found it. Rule: reckoned from the configuration alone, and
// after everything is measured, so that it takes no processor time from a measurement.

import type { DrillRun, Prediction } from "../report/index.ts";
import type { Phase, Scenario } from "../scenario/index.ts";
import {
  type EventForecast,
  forecast,
  holdersIn,
  phased,
  play,
  type Range,
  restingWorld,
  type Site,
  timedOn,
  type World,
} from "../simulate/index.ts";

/** A drill does not choose where between two adverts a fault comes, so a prediction is a range over this many beginnings; with so many its ends are a few per cent of an interval from the true ones. */
const BEGINNINGS = 31;

/**
 * The runs, each with its prediction. `router` is the name of the drilled router. None for a run that began with the VIP on no node or on one from which
 * the simulated pair would have taken it back by itself.
 */
export function withPredictions(
  site: Site,
  router: string,
  scenarios: readonly Scenario[],
  runs: readonly DrillRun[],
): DrillRun[] {
  const named = site.routers.findIndex(({ name }) => name === router);
  const drilled = { site, router: Math.max(0, named), resting: new Map<number, World | undefined>() };
  const known = new Map<string, readonly Prediction[]>();
  const predicted = new Map<DrillRun, Prediction>();
  for (const scenario of scenarios)
    for (const first of runs.filter((run) => run.scenario === scenario.phases[0].name)) {
      const [holder, second] = first.holderBefore;
      const node = second === undefined ? site.nodes.findIndex(({ name }) => name === holder) : -1;
      const key = `${scenario.name} ${node}`;
      const predictions = known.get(key) ?? predictionsOf(drilled, scenario, node);
      known.set(key, predictions);
      scenario.phases.forEach((phase, index) => {
        const run = runOf(runs, first, phase);
        const prediction = predictions[index];
        if (run !== undefined && prediction !== undefined) predicted.set(run, prediction);
      });
    }
  return runs.map((run) => {
    const prediction = predicted.get(run);
    return prediction === undefined ? run : { ...run, predicted: prediction };
  });
}

function runOf(runs: readonly DrillRun[], first: DrillRun, phase: Phase): DrillRun | undefined {
  return runs.find(
    ({ scenario, configuration, repeat }) =>
      scenario === phase.name && configuration === first.configuration && repeat === first.repeat,
  );
}

interface Drilled {
  readonly site: Site;
  readonly router: number;
  /** By node that holds the VIP; undefined where the pair does not rest so. */
  readonly resting: Map<number, World | undefined>;
}

/** One for each phase; none where the pair does not rest with the VIP on `node`. */
function predictionsOf(drilled: Drilled, scenario: Scenario, node: number): Prediction[] {
  const { site, router, resting } = drilled;
  if (node === -1) return [];
  if (!resting.has(node)) resting.set(node, worldHeldBy(site, router, node));
  const world = resting.get(node);
  if (world === undefined) return [];
  const seeds = Array.from({ length: BEGINNINGS }, (_each, index) => index + 1);
  return forecast(site, world, timedOn(site, scenario), seeds)
    .filter((one) => one.router === router)
    .map((one, index, all) => predictionFrom(site, one, all[index - 1]?.holders[0]?.nodes ?? [node]));
}

/** The pair at rest with the router's VIP on that node, which was there first. */
function worldHeldBy(site: Site, router: number, node: number): World | undefined {
  const world = restingWorld(site, node);
  const { moments } = play(
    site,
    { name: "rest", title: "nothing happens", lengthUs: 0, events: [] },
    phased(site, world, 1),
  );
  const [moment] = moments;
  return moment !== undefined && holdersIn(moment, router).join() === String(node) ? world : undefined;
}

/** `before`: who has the VIP when the phase begins. */
function predictionFrom({ nodes: all }: Site, one: EventForecast, before: readonly number[]): Prediction {
  const after = one.holders[0]?.nodes ?? [];
  return {
    outageMs: milliseconds(one.outageUs),
    beginnings: one.holders.reduce((sum, { runs }) => sum + runs, 0),
    neverRecovered: one.unrecovered,
    moves: one.moves.median,
    moved: after.length === 1 && after.join() !== before.join(),
    holdersAfter: one.holders.map(({ nodes, runs }) => ({
      nodes: nodes.map((node) => all[node]!.name),
      beginnings: runs,
    })),
  };
}

function milliseconds({ min, median, max }: Range): Prediction["outageMs"] {
  return { min: min / 1000, median: median / 1000, max: max / 1000 };
}
