// A counterexample as a story that can be played again: a scenario with times, and how the clocks of the pair at rest stood when a move came.
// Rule: what is played is the simulator's own run, so that a trace shows exactly what the search saw.

import type { TimedEvent, TimedScenario } from "../scenario/index.ts";
import {
  advance,
  cloneWorld,
  play,
  type Run,
  type Scene,
  settle,
  type Site,
  type World,
} from "../simulate/index.ts";
import { make } from "./moves.ts";
import { type PromiseName, promiseTexts } from "./promises.ts";
import { type Phases, setPhases } from "./rest.ts";
import type { Counterexample } from "./proof.ts";
import { bringToRest } from "./search.ts";

export interface Trace {
  readonly promise: PromiseName;
  readonly scenario: TimedScenario;
  /** By event: how the clocks stood; null where the pair was not at rest. */
  readonly phases: readonly (Phases | null)[];
}

/** Between a pair's coming to rest and the next move: long enough for a reader to see that it rests. */
const PAUSE_US = 2_000_000;
const REST_MAX_US = 120_000_000;
const AFTER_US = 3_000_000;

/** The story of a counterexample that was found from `start`. */
export function traceOf(site: Site, start: World, { breach, steps, untilUs }: Counterexample): Trace {
  const world = cloneWorld(start);
  const scene: Scene = { site, world };
  const events: TimedEvent[] = [];
  for (const { node, move, afterUs, phases } of steps) {
    if (phases === undefined) advance(scene, world.nowUs + afterUs);
    else {
      bringToRest(site, world, REST_MAX_US);
      advance(scene, Math.ceil(world.nowUs / 1_000_000) * 1_000_000 + PAUSE_US);
      setPhases(scene, phases);
    }
    events.push({ atUs: world.nowUs, action: move.fault, on: { node: site.nodes[node]!.name } });
    make(scene, node, move);
    settle(scene);
  }
  return {
    promise: breach.promise,
    scenario: {
      name: `${breach.promise}-counterexample`,
      title: `Broken: ${promiseTexts[breach.promise]}`,
      lengthUs: world.nowUs + untilUs + AFTER_US,
      events,
    },
    phases: steps.map(({ phases }) => phases ?? null),
  };
}

/** Plays a trace from the world it was found in; `start` is not changed. */
export function playTrace(site: Site, start: World, trace: Trace): Run {
  return play(site, trace.scenario, cloneWorld(start), (scene, index) => {
    const phases = trace.phases[index];
    if (phases !== undefined && phases !== null) setPhases(scene, phases);
  });
}
