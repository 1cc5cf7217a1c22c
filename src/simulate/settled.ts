// A pair at rest: every machine has booted at the same moment, and everything that follows from a start has happened. Rule: what nobody chooses (where
// in an interval the story begins) is drawn from the seed, and from nothing else.

import { seededRandom } from "../base/index.ts";
import { NEVER } from "../vrrp/index.ts";
import { advance } from "./clock.ts";
import { powerOn } from "./machine-room.ts";
import { layoutOf } from "./network.ts";
import type { Scene } from "./scene.ts";
import { rezeroed } from "./simulate.ts";
import type { Layout, Site } from "./site.ts";
import { changedCheck, cloneWorld, darkWorld, type World } from "./world.ts";

/** A start with usual timers is over in 5 s; this leaves room for a move that follows from it. */
const REST_US = 30_000_000;
/** Nobody waits longer than this for a pair to come to rest: advert_int 255 with five of them missed is 21 minutes. */
const REST_MAX_US = 3_600_000_000;

/**
 * The world some time after all machines were switched on together, at the moment that `seed` draws; its clock stands at 0. The same site and
 * seed give the same world.
 */
export function settledWorld(site: Site, seed: number): World {
  return phased(site, restingWorld(site), seed);
}

/**
 * The world at rest, before any draw: what {@link phased} begins with, reckoned once for many seeds. With `first`, that node was switched on alone and
 * came to rest before the others, so it has what it may keep.
 */
export function restingWorld(site: Site, first?: number): World {
  const world = darkWorld(site);
  const scene: Scene = { site, world };
  const bootUs = Math.max(...site.nodes.map(({ habits }) => habits.bootUs));
  const layouts = site.nodes.map(({ layouts: [own] }) => own);
  const restUs = bootUs + Math.min(REST_MAX_US, Math.max(REST_US, ...layouts.map(startsWithinUs)));
  if (first !== undefined) {
    powerOn(scene, first);
    advance(scene, world.nowUs + restUs);
  }
  for (let node = 0; node < world.nodes.length; node += 1) powerOn(scene, node);
  advance(scene, world.nowUs + restUs);
  return world;
}

/** A bound of what a start takes: the delay, the checks' first results, a takeover, and one more by somebody who preempts. */
function startsWithinUs({ startupDelayUs, checks, instances }: Layout): number {
  const takeoversUs = instances.map(
    ({ settings }) =>
      settings.preemptDelayUs + 2 * (settings.downTimerAdverts + 2) * (settings.advertIntervalUs + 1_000_000),
  );
  const checksUs = checks.map(({ intervalUs, timeoutUs, rise }) => timeoutUs + rise * intervalUs);
  return startupDelayUs + Math.max(0, ...takeoversUs) + Math.max(0, ...checksUs);
}

/** Looks, beats and the words to the watchdog come round together within this time. */
const AGENT_PHASE_US = 1_000_000;

/** A copy of a world at rest, later by a part of an advert interval, with every sleeping check and agent anywhere in its own interval. */
export function phased(site: Site, resting: World, seed: number): World {
  const random = seededRandom(seed);
  const world = cloneWorld(resting);
  const scene: Scene = { site, world };
  const intervalsUs = site.nodes.flatMap(({ layouts: [first] }) =>
    first.instances.map(({ settings }) => settings.advertIntervalUs),
  );
  advance(scene, world.nowUs + random.below(Math.max(1, ...intervalsUs)));
  world.nodes.forEach((node, index) => {
    const { checks } = layoutOf(scene, index);
    node.checks = node.checks.map((check, place) =>
      check.nextRunUs === NEVER
        ? changedCheck(check, { anchorUs: world.nowUs - random.below(checks[place]!.intervalUs) })
        : check,
    );
  });
  if (site.agents !== undefined)
    for (const node of world.nodes) {
      const anchorUs = world.nowUs - random.below(AGENT_PHASE_US);
      node.agent = { ...node.agent, anchorUs, lookedUs: anchorUs };
      const { intervalUs } = site.agents.serverChecks;
      node.servers = { ...node.servers, anchorUs: world.nowUs - random.below(intervalUs) };
    }
  return rezeroed(world, world.nowUs);
}
