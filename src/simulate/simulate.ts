// Plays a scenario on a site and writes down everything that happens. Rule: the same site, scenario and seed give the same run to the microsecond.

import { assert, HapairError, unreachable } from "../base/index.ts";
import type { TimedEvent, TimedScenario } from "../scenario/index.ts";
import { NEVER } from "../vrrp/index.ts";
import { shiftedAgent, shiftedServers } from "./agent-world.ts";
import { advance, settle } from "./clock.ts";
import { strike } from "./happenings.ts";
import { type Moment, watcher } from "./moments.ts";
import { holdersOf } from "./network.ts";
import type { Note, Scene } from "./scene.ts";
import type { Site } from "./site.ts";
import { beginWork, isWork } from "./work.ts";
import { shiftedErrand, shiftedJob, shiftedWatch } from "./work-world.ts";
import { cloneWorld, type World } from "./world.ts";

/** Something that happened. */
export interface Entry {
  readonly atUs: number;
  /** The scenario's event, as it is struck. */
  readonly event?: { readonly index: number; readonly node: number };
  readonly note?: Note;
}

export interface Run {
  readonly site: Site;
  readonly scenario: TimedScenario;
  readonly entries: readonly Entry[];
  /** How things stood, from the beginning on. */
  readonly moments: readonly Moment[];
  /** The world at the beginning. */
  readonly start: World;
  /** The world at the end. */
  readonly world: World;
}

/** A run that never ends would be a fault of the simulator; a busy one has some thousand entries a minute. */
const ENTRIES_MAX = 2_000_000;

/** Plays `scenario` from `world`, which it changes. `before` is called right before each event is struck, with its index. */
export function play(
  site: Site,
  scenario: TimedScenario,
  world: World,
  before?: (scene: Scene, index: number) => void,
): Run {
  const entries: Entry[] = [];
  const start = cloneWorld(world);
  const { look, moments } = watcher({ site, world });
  const scene: Scene = {
    site,
    world,
    settled: look,
    tell: (note) => {
      assert(entries.length < ENTRIES_MAX, "a run comes to an end");
      entries.push({ atUs: world.nowUs, note });
    },
  };
  look();
  let victims: readonly number[] = [];
  scenario.events.forEach((event, index) => {
    advance(scene, event.atUs);
    before?.(scene, index);
    const nodes = nodesOf(scene, event, victims);
    if (index === 0) victims = nodes;
    // A roll is one piece of work on all of them.
    for (const node of event.action.kind === "roll" ? nodes.slice(0, 1) : nodes) {
      entries.push({ atUs: world.nowUs, event: { index, node } });
      strikeOne(scene, node, event);
    }
    settle(scene);
    look();
  });
  advance(scene, scenario.lengthUs);
  return { site, scenario, entries, moments, start, world };
}

function strikeOne(scene: Scene, node: number, { action }: TimedEvent): void {
  if (isWork(action)) beginWork(scene, node, action);
  else strike(scene, node, action);
}

/** The nodes an event is about. Of the pair's first router, where there are several. */
function nodesOf(scene: Scene, { on }: TimedEvent, victims: readonly number[]): readonly number[] {
  const { site, world } = scene;
  if (typeof on === "object") {
    const index = site.nodes.findIndex(({ name }) => name === on.node);
    if (index === -1)
      throw new HapairError({
        kind: "usage",
        code: "unknown-node",
        message: `the scenario names the node ${on.node}, which this pair does not have`,
        hint: `Its nodes are ${site.nodes.map(({ name }) => name).join(", ")}.`,
      });
    return [index];
  }
  const all = world.nodes.map((_node, index) => index);
  const holder = holdersOf(scene, 0)[0] ?? site.routers[0]?.prefer[0] ?? 0;
  switch (on) {
    case "all":
      return all;
    case "holder":
      return [holder];
    case "standby":
      return all.filter((index) => index !== holder).slice(0, 1);
    case "victim":
      return victims.length > 0 ? victims : [holder];
    default:
      return unreachable(on);
  }
}

/** The world with its clock set to `zeroUs` earlier: every time in it moves along. */
export function rezeroed(world: World, zeroUs: number): World {
  const at = (timeUs: number): number => (timeUs === NEVER ? NEVER : timeUs - zeroUs);
  return {
    nowUs: world.nowUs - zeroUs,
    neighbours: [...world.neighbours],
    packets: world.packets.map((packet) => ({ ...packet, arrivesUs: at(packet.arrivesUs) })),
    jobs: world.jobs.map((job) => shiftedJob(job, at)),
    connections: [...world.connections],
    messages: world.messages.map((message) => ({ ...message, arrivesUs: at(message.arrivesUs) })),
    rest: world.rest,
    nodes: cloneWorld(world).nodes.map((node) => ({
      ...node,
      bootUs: at(node.bootUs),
      daemonDueUs: at(node.daemonDueUs),
      childBeganUs: at(node.childBeganUs),
      haproxyDueUs: at(node.haproxyDueUs),
      delayEndsUs: at(node.delayEndsUs),
      maintenanceUntilUs: at(node.maintenanceUntilUs),
      watch: shiftedWatch(node.watch, at),
      agent: shiftedAgent(node.agent, at),
      servers: shiftedServers(node.servers, at),
      errands: node.errands.map((errand) => shiftedErrand(errand, at)),
      announceUs: node.announceUs.map(at),
      queued: node.queued.map((packet) => ({ ...packet, arrivesUs: at(packet.arrivesUs) })),
      instances: node.instances.map((state) => ({
        ...state,
        deadlineUs: at(state.deadlineUs),
        preemptAtUs: at(state.preemptAtUs),
      })),
      checks: node.checks.map((check) => ({
        ...check,
        anchorUs: at(check.anchorUs),
        nextRunUs: at(check.nextRunUs),
        runs: check.runs.map((run) => ({ ...run, beganUs: at(run.beganUs), dueUs: at(run.dueUs) })),
      })),
    })),
  };
}
