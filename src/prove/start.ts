// Where every proof begins: the pair some time after all its machines were switched on. Rule: a trace is played from the same world that it was found in, so
// this is the one place that makes it.

import { restingWorld, rezeroed, type Site, type World } from "../simulate/index.ts";
import { agentPromises, type PromiseName } from "./promises.ts";
import { bringToRest } from "./search.ts";

/** A pair that is busy for longer after its start than its start lasts is not waited for: the proof begins with it as it is. */
const REST_MAX_US = 120_000_000;

/** The pair at rest with its clock at 0; or as it stands where it comes to none. */
export function provenStart(site: Site): World {
  const world = restingWorld(site);
  bringToRest(site, world, REST_MAX_US);
  return rezeroed(world, world.nowUs);
}

/** The site as it is proved: agents look every second and never rest, so they are there only where a promise needs them. */
export function provenSite(site: Site, promises: readonly PromiseName[]): Site {
  if (site.agents === undefined || promises.some((name) => agentPromises.includes(name))) return site;
  const { agents: _, ...rest } = site;
  return rest;
}
