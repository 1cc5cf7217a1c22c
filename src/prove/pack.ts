// A world as a short text: equal for two worlds that behave alike from now on. Rule: every time is told from now, and what nothing depends on any more is
// left out, above all the phases of a pair at rest.

import { assert } from "../base/index.ts";
import { besideText, layoutOf, NEVER, type NodeWorld, type Scene } from "../simulate/index.ts";

const DAEMONS = { stopped: 0, starting: 1, running: 2, frozen: 3, stopping: 4 } as const;
const STATES = { INIT: 0, BACKUP: 1, MASTER: 2, FAULT: 3 } as const;
const HAPROXIES = { up: 0, hung: 1, down: 2 } as const;
const PLANS = { none: 0, start: 1, stop: 2, restart: 3 } as const;
const VERDICTS = { unknown: 0, passed: 1, failed: 2, added: 3 } as const;
const UNREAD = { adverts: 1, kernel: 2, files: 3 } as const;
const OUTCOMES = { none: 0, pass: 1, fail: 2, silent: 3 } as const;
const FORCED = { none: 0, pass: 1, fail: 2, hang: 3 } as const;

const HALF = 0x8000;

/** More units than any world of a few nodes has; a larger one would be cut, which the assertion below tells. */
const UNITS_MAX = 16_384;

/** Collects numbers as UTF-16 units, a small one in one, a time in three. One for a search: it is emptied, not made anew. */
export class Packer {
  readonly #units = new Uint16Array(UNITS_MAX);
  #length = 0;

  clear(): void {
    this.#length = 0;
  }

  small(value: number): void {
    this.#units[this.#length++] = value + HALF;
  }

  time(us: number, nowUs: number): void {
    if (us === NEVER) {
      this.#units[this.#length++] = 0xffff;
      return;
    }
    const relativeUs = us - nowUs + TIME_OFFSET_US;
    this.#units[this.#length++] = (relativeUs / 0x1_0000_0000) & 0x7fff;
    this.#units[this.#length++] = relativeUs / 0x1_0000;
    this.#units[this.#length++] = relativeUs;
  }

  /** A number for what has been collected so far; two different ones have the same one in 4 billion. */
  hash(): number {
    let hash = 0x811c9dc5;
    for (let index = 0; index < this.#length; index += 1)
      hash = Math.imul(hash ^ this.#units[index]!, 0x01000193);
    return hash;
  }

  text(): string {
    assert(this.#length < UNITS_MAX, "a world has room in its packing");
    return String.fromCharCode.apply(undefined, this.#units.subarray(0, this.#length) as unknown as number[]);
  }
}

/** Times up to half an hour ago are positive with this. */
const TIME_OFFSET_US = 0x8000_0000;

export interface Packed {
  /** Equal for worlds, and memories, that behave alike from now on. */
  readonly key: string;
  /** Of the world without its times: two that differ in it differ in what somebody does, not only in when. */
  readonly shape: number;
}

/** `atRest`: as rest.ts finds it. `extra`: what promises remember, as small numbers and durations. */
export function packWorld(
  packer: Packer,
  scene: Scene,
  atRest: boolean,
  extra: { readonly small: readonly number[]; readonly durationsUs: readonly number[] },
): Packed {
  const { world } = scene;
  packer.clear();
  for (const neighbour of world.neighbours) packer.small(neighbour);
  for (let index = 0; index < world.nodes.length; index += 1) packShape(packer, world.nodes[index]!);
  const shape = packer.hash();
  packer.small(atRest ? 1 : 0);
  for (const value of extra.small) packer.small(value);
  for (const durationUs of extra.durationsUs) packer.time(durationUs, 0);
  if (!atRest) for (let index = 0; index < world.nodes.length; index += 1) packTimes(packer, scene, index);
  for (let index = 0; index < world.nodes.length; index += 1) packMasters(packer, scene, index);
  packer.small(world.packets.length);
  for (const packet of world.packets) {
    packer.time(packet.arrivesUs, world.nowUs);
    packer.small(packet.from);
    packer.small(packet.to);
    packer.small(packet.fromInstance);
    packer.small(packet.priority);
  }
  const beside = hasMore(scene) ? besideText(scene, atRest) : "";
  return { key: packer.text() + beside, shape };
}

/** Whether anything but keepalived, HAProxy and the machines is under way: planned work, maintenance, agents. */
function hasMore({ site, world }: Scene): boolean {
  if (site.agents !== undefined || world.jobs.length > 0) return true;
  for (const node of world.nodes)
    if (node.maintenance || node.watch !== undefined || node.errands.length > 0) return true;
  return false;
}

const runsOn = ({ daemon }: NodeWorld): boolean => daemon === "running" || daemon === "frozen";

function packShape(packer: Packer, node: NodeWorld): void {
  packer.small(
    (node.power ? 1 : 0) |
      (node.cable ? 2 : 0) |
      (node.isolated ? 4 : 0) |
      (node.blocksIn ? 8 : 0) |
      (node.blocksOut ? 16 : 0) |
      (node.backends ? 32 : 0) |
      (node.maintenance ? 64 : 0) |
      (node.daemonRestarts ? 128 : 0) |
      (DAEMONS[node.daemon] << 8) |
      (HAPROXIES[node.haproxy] << 11) |
      (PLANS[node.haproxyPlan] << 13),
  );
  packer.small(node.layout);
  // Seconds. Whether a child still counts as young is left out: a proof's events are nearer to each other than that.
  packer.small(node.respawnUs / 1_000_000);
  for (const value of node.files) packer.small(Number.isNaN(value) ? -1 : value);
  const runs = runsOn(node);
  for (let instance = 0; instance < node.holds.length; instance += 1) {
    packer.small(node.holds[instance] === true ? 1 : 0);
    const state = node.instances[instance];
    if (state === undefined || !runs) continue;
    packer.small(
      STATES[state.state] |
        (state.priority << 2) |
        (state.yielded ? 1024 : 0) |
        (state.wants === "MASTER" ? 2048 : 0),
    );
    // The learnt interval, in the hundredths of a second that the packet has.
    packer.small(state.masterIntervalUs / 10_000);
  }
  for (const check of node.checks) {
    packer.small(FORCED[check.forced]);
    if (!runs) continue;
    packer.small(VERDICTS[check.verdict] | (check.fresh ? 4 : 0));
    packer.small(check.counter);
  }
  packer.small(node.queued.length);
  for (const packet of node.queued) {
    packer.small(packet.from);
    packer.small(packet.fromInstance);
    packer.small(packet.priority);
  }
  if (node.daemon !== "frozen") return;
  // Changes of a carrier take turns, and the last is how the cable is.
  let unread = node.unreadLink.length;
  for (const what of node.unread) unread = unread * 4 + UNREAD[what];
  packer.small(unread);
}

/** Whose adverts a BACKUP spares a check: kept only by those to whom it can matter, so that other worlds have nothing of it. */
function packMasters(packer: Packer, scene: Scene, index: number): void {
  const node = scene.world.nodes[index]!;
  if (!runsOn(node)) return;
  const { instances } = layoutOf(scene, index);
  for (let instance = 0; instance < node.instances.length; instance += 1)
    if (instances[instance]!.settings.remembersMaster) packer.small(node.instances[instance]!.heardFrom);
}

function packTimes(packer: Packer, scene: Scene, index: number): void {
  const { world } = scene;
  const { nowUs } = world;
  const node = world.nodes[index]!;
  packer.time(node.bootUs, nowUs);
  packer.time(node.daemonDueUs, nowUs);
  packer.time(node.haproxyDueUs, nowUs);
  if (!runsOn(node)) return;
  if (node.delayEndsUs > nowUs) packer.time(node.delayEndsUs, nowUs);
  const { instances } = layoutOf(scene, index);
  for (let instance = 0; instance < node.instances.length; instance += 1) {
    const state = node.instances[instance]!;
    if (state.state === "BACKUP" || state.state === "MASTER") {
      packer.time(state.deadlineUs, nowUs);
      packer.time(state.downTimerUs, 0);
      if (state.preemptAtUs !== NEVER) packer.time(state.preemptAtUs, nowUs);
    }
    const { router } = instances[instance]!;
    if (world.neighbours[router] !== index) packer.time(node.announceUs[instance]!, nowUs);
  }
  for (const check of node.checks) {
    packer.time(check.nextRunUs, nowUs);
    packer.small(check.runs.length);
    for (const run of check.runs) {
      packer.time(run.dueUs, nowUs);
      packer.time(run.beganUs, nowUs);
      packer.small(run.look | (OUTCOMES[run.outcome] << 8));
    }
  }
}
