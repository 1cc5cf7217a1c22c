// A world as whole numbers: equal for two worlds that behave alike from now on. Rule: every time is told from now, and what nothing depends on any more is
// left out, above all the phases of a pair at rest.

import { assert } from "../base/index.ts";
import {
  besideText,
  type CheckWorld,
  layoutOf,
  NEVER,
  type NodeWorld,
  type Scene,
  type World,
} from "../simulate/index.ts";
import type { Key } from "./visited.ts";

const DAEMONS = { stopped: 0, starting: 1, running: 2, frozen: 3, stopping: 4 } as const;
const STATES = { INIT: 0, BACKUP: 1, MASTER: 2, FAULT: 3 } as const;
const HAPROXIES = { up: 0, hung: 1, down: 2 } as const;
const PLANS = { none: 0, start: 1, stop: 2, restart: 3 } as const;
const VERDICTS = { unknown: 0, passed: 1, failed: 2, added: 3 } as const;
const UNREAD = { adverts: 1, kernel: 2, files: 3 } as const;
const OUTCOMES = { none: 0, pass: 1, fail: 2, silent: 3, ended: 4 } as const;
const FORCED = { none: 0, pass: 1, fail: 2, hang: 3 } as const;

/** How a world goes on: it rests, it is let alone until it does, or moves are tried on its way there, right after what has just been done as well. */
export type Stage = "rests" | "let-alone" | "may-be-struck" | "may-be-struck-now";

/** Stand for no time at all, and for one that needs two numbers more: further away than half an hour. */
const NO_TIME = 0x7fff_ffff;
const FAR_TIME = 0x7fff_fffe;
const HALF_RANGE = 0x8000_0000;

function packTime(key: Key, us: number, nowUs: number): void {
  if (us === NEVER) return key.add(NO_TIME);
  const relativeUs = us - nowUs;
  if (relativeUs > -HALF_RANGE && relativeUs < FAR_TIME) return key.add(relativeUs);
  key.add(FAR_TIME);
  key.add(Math.floor(relativeUs / HALF_RANGE));
  key.add(relativeUs % HALF_RANGE);
}

/** A duration, microseconds. */
export function packDuration(key: Key, us: number): void {
  packTime(key, us, 0);
}

/**
 * Adds who does what: a world without its times. Two that differ in it differ in what somebody does, not only in when.
 */
export function packShape(key: Key, world: World): void {
  for (const neighbour of world.neighbours) key.add(neighbour);
  for (let index = 0; index < world.nodes.length; index += 1) packNode(key, world.nodes[index]!);
}

/** Adds everything else that a world's future hangs on. */
export function packRemainder(key: Key, scene: Scene, stage: Stage): void {
  const { world } = scene;
  const atRest = stage === "rests";
  if (!atRest)
    for (let index = 0; index < world.nodes.length; index += 1)
      packTimes(key, scene, index, stage !== "let-alone");
  for (let index = 0; index < world.nodes.length; index += 1) packMasters(key, scene, index);
  key.add(world.packets.length);
  for (const packet of world.packets) {
    packTime(key, packet.arrivesUs, world.nowUs);
    key.add(packet.from);
    key.add(packet.to);
    key.add(packet.fromInstance);
    key.add(packet.priority);
  }
  if (!hasMore(scene)) return;
  const beside = besideText(scene, atRest);
  for (let index = 0; index < beside.length; index += 1) key.add(beside.charCodeAt(index));
}

/** Whether anything but keepalived, HAProxy and the machines is under way: planned work, maintenance, agents. */
function hasMore({ site, world }: Scene): boolean {
  if (site.agents !== undefined || world.jobs.length > 0) return true;
  for (const node of world.nodes)
    if (node.maintenance || node.watch !== undefined || node.errands.length > 0) return true;
  return false;
}

const runsOn = ({ daemon }: NodeWorld): boolean => daemon === "running" || daemon === "frozen";

/** What shares a number with others has so much room, and a world that needs more cannot be told from others: that would be a fault of the search. */
const LAYOUTS_MOST = 1 << 5;
const QUEUED_MOST = 1 << 5;
const RESPAWN_MOST_S = 1 << 6;
const COUNTER_MOST = 1 << 26;

function packNode(key: Key, node: NodeWorld): void {
  const { layout, queued, daemon } = node;
  // Whether a child still counts as young is left out: a proof's events are nearer to each other than that.
  const respawnS = node.respawnUs / 1_000_000;
  assert(
    layout < LAYOUTS_MOST && queued.length < QUEUED_MOST && respawnS < RESPAWN_MOST_S,
    "a node has room in its packing",
  );
  key.add(
    (node.power ? 1 : 0) |
      (node.cable ? 2 : 0) |
      (node.isolated ? 4 : 0) |
      (node.blocksIn ? 8 : 0) |
      (node.blocksOut ? 16 : 0) |
      (node.backends ? 32 : 0) |
      (node.maintenance ? 64 : 0) |
      (node.daemonRestarts ? 128 : 0) |
      (DAEMONS[daemon] << 8) |
      (HAPROXIES[node.haproxy] << 11) |
      (PLANS[node.haproxyPlan] << 13) |
      (layout << 15) |
      (queued.length << 20) |
      (respawnS << 25),
  );
  for (const value of node.files) key.add(Number.isNaN(value) ? -1 : value);
  const runs = runsOn(node);
  for (let instance = 0; instance < node.holds.length; instance += 1) {
    const holds = node.holds[instance] === true ? 1 : 0;
    const state = node.instances[instance];
    if (state === undefined || !runs) {
      key.add(holds);
      continue;
    }
    key.add(
      holds |
        (state.yielded ? 2 : 0) |
        (state.wants === "MASTER" ? 4 : 0) |
        (STATES[state.state] << 3) |
        (state.priority << 5) |
        // The learnt interval, in the hundredths of a second that the packet has.
        ((state.masterIntervalUs / 10_000) << 13),
    );
  }
  for (const { forced, verdict, fresh, counter } of node.checks) {
    assert(counter < COUNTER_MOST, "a check has room in its packing");
    key.add(FORCED[forced] | (runs ? (VERDICTS[verdict] << 2) | (fresh ? 16 : 0) | (counter << 5) : 0));
  }
  for (const packet of queued) {
    key.add(packet.from);
    key.add(packet.fromInstance);
    key.add(packet.priority);
  }
  if (daemon !== "frozen") return;
  // Changes of a carrier take turns, and the last is how the cable is.
  let unread = node.unreadLink.length;
  for (const what of node.unread) unread = unread * 4 + UNREAD[what];
  key.add(unread);
}

/** Whose adverts a BACKUP spares a check: kept only by those to whom it can matter, so that other worlds have nothing of it. */
function packMasters(key: Key, scene: Scene, index: number): void {
  const node = scene.world.nodes[index]!;
  if (!runsOn(node)) return;
  const { instances } = layoutOf(scene, index);
  for (let instance = 0; instance < node.instances.length; instance += 1)
    if (instances[instance]!.settings.remembersMaster) key.add(node.instances[instance]!.heardFrom);
}

/** Of times that are mostly NEVER those alone that are not, and before them which they are. */
function packTimes(key: Key, scene: Scene, index: number, mayBeStruck: boolean): void {
  const { world } = scene;
  const { nowUs } = world;
  const node = world.nodes[index]!;
  const { bootUs, daemonDueUs, haproxyDueUs, delayEndsUs } = node;
  const runs = runsOn(node);
  key.add(
    (bootUs === NEVER ? 0 : 1) |
      (daemonDueUs === NEVER ? 0 : 2) |
      (haproxyDueUs === NEVER ? 0 : 4) |
      (runs && delayEndsUs > nowUs ? 8 : 0) |
      (runs && node.timerKeepers.length > 0 ? 16 : 0),
  );
  if (bootUs !== NEVER) packTime(key, bootUs, nowUs);
  if (daemonDueUs !== NEVER) packTime(key, daemonDueUs, nowUs);
  if (haproxyDueUs !== NEVER) packTime(key, haproxyDueUs, nowUs);
  if (!runs) return;
  if (delayEndsUs > nowUs) packTime(key, delayEndsUs, nowUs);
  for (const keeper of node.timerKeepers) key.add(keeper);
  const { checks } = layoutOf(scene, index);
  for (let instance = 0; instance < node.instances.length; instance += 1)
    packInstanceTimes(key, node, instance, nowUs);
  const isStirred = mayBeStruck || haproxyDueUs !== NEVER;
  for (let place = 0; place < node.checks.length; place += 1)
    packCheckTimes(key, node.checks[place]!, nowUs, isStirred ? checks[place]!.intervalUs : undefined);
}

function packInstanceTimes(key: Key, node: NodeWorld, instance: number, nowUs: number): void {
  const { state, deadlineUs, downTimerUs, preemptAtUs } = node.instances[instance]!;
  const announceUs = node.announceUs[instance]!;
  const delays = state === "BACKUP" && preemptAtUs !== NEVER;
  key.add((announceUs === NEVER ? 0 : 1) | (delays ? 2 : 0));
  if (state === "BACKUP" || state === "MASTER") packTime(key, deadlineUs, nowUs);
  // Who becomes BACKUP reckons its wait anew.
  if (state === "BACKUP") packTime(key, downTimerUs, 0);
  if (delays) packTime(key, preemptAtUs, nowUs);
  if (announceUs !== NEVER) packTime(key, announceUs, nowUs);
}

/** `rhythmUs`: of a check that something may wake. */
function packCheckTimes(key: Key, check: CheckWorld, nowUs: number, rhythmUs: number | undefined): void {
  const { nextRunUs, runs, running, anchorUs } = check;
  packTime(key, nextRunUs, nowUs);
  // One that sleeps wakes in its own rhythm, where anything is to come that wakes it.
  if (nextRunUs === NEVER && rhythmUs !== undefined) key.add((nowUs - anchorUs) % rhythmUs);
  key.add((runs.length << 1) | (runs.length > 0 && running ? 1 : 0));
  for (const run of runs) {
    packTime(key, run.dueUs, nowUs);
    packTime(key, run.beganUs, nowUs);
    key.add(run.look | (OUTCOMES[run.outcome] << 8));
  }
}
