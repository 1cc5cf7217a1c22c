// A world as a short text: equal for two worlds that behave alike from now on. Rule: every time is told from now, and what nothing depends on any more is
// left out, above all the phases of a pair at rest.

import { layoutOf, NEVER, type Scene } from "../simulate/index.ts";

const DAEMONS = { stopped: 0, starting: 1, running: 2, frozen: 3, stopping: 4 } as const;
const STATES = { INIT: 0, BACKUP: 1, MASTER: 2, FAULT: 3 } as const;
const HAPROXIES = { up: 0, hung: 1, down: 2 } as const;
const PLANS = { none: 0, start: 1, stop: 2, restart: 3 } as const;
const VERDICTS = { unknown: 0, passed: 1, failed: 2 } as const;
const OUTCOMES = { none: 0, pass: 1, fail: 2, silent: 3 } as const;
const FORCED = { none: 0, pass: 1, fail: 2, hang: 3 } as const;

const HALF = 0x8000;

/** Collects numbers as UTF-16 units: small ones one, times three. */
class Packer {
  readonly #units: number[] = [];

  small(value: number): void {
    this.#units.push((value + HALF) & 0xffff);
  }

  time(us: number, nowUs: number): void {
    if (us === NEVER) {
      this.#units.push(0xffff);
      return;
    }
    const relativeUs = us - nowUs + 0x4000_0000_00;
    this.#units.push(
      Math.floor(relativeUs / 0x1_0000_0000) & 0x7fff,
      Math.floor(relativeUs / 0x1_0000) & 0xffff,
      relativeUs & 0xffff,
    );
  }

  text(): string {
    return String.fromCharCode.apply(undefined, this.#units);
  }
}

/** `atRest`: as rest.ts finds it. `extra`: what promises remember, as small numbers and times. */
export function packWorld(
  scene: Scene,
  atRest: boolean,
  extra: { readonly small: readonly number[]; readonly durationsUs: readonly number[] },
): string {
  const { world } = scene;
  const packer = new Packer();
  packer.small(atRest ? 1 : 0);
  for (const value of extra.small) packer.small(value);
  for (const durationUs of extra.durationsUs) packer.time(durationUs, 0);
  for (const neighbour of world.neighbours) packer.small(neighbour);
  for (let index = 0; index < world.nodes.length; index += 1) packNode(packer, scene, index, atRest);
  for (const packet of world.packets) {
    packer.time(packet.arrivesUs, world.nowUs);
    packer.small(packet.from * 64 + packet.to);
    packer.small(packet.fromInstance);
    packer.small(packet.priority);
  }
  return packer.text();
}

function packNode(packer: Packer, scene: Scene, index: number, atRest: boolean): void {
  const { world } = scene;
  const node = world.nodes[index]!;
  const { nowUs } = world;
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
  if (!atRest) {
    packer.time(node.bootUs, nowUs);
    packer.time(node.daemonDueUs, nowUs);
    packer.time(node.haproxyDueUs, nowUs);
    packer.time(Math.max(node.delayEndsUs, nowUs), nowUs);
  }
  packer.small(node.layout);
  for (const value of node.files) packer.small(Number.isNaN(value) ? -1 : value);
  const runs = node.daemon === "running" || node.daemon === "frozen";
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
    packer.small(Math.trunc(state.masterIntervalUs / 10_000));
    if (atRest) continue;
    packer.time(state.deadlineUs, nowUs);
    packer.time(state.downTimerUs, 0);
    packer.time(state.preemptAtUs, nowUs);
    const { router } = layoutOf(scene, index).instances[instance]!;
    if (world.neighbours[router] !== index) packer.time(node.announceUs[instance]!, nowUs);
  }
  for (const check of node.checks) {
    packer.small(FORCED[check.forced]);
    if (!runs) continue;
    packer.small(VERDICTS[check.verdict] | (check.counter << 2) | (check.fresh ? 0x4000 : 0));
    if (check.nextRunUs === NEVER && check.runs.length === 0) continue;
    packer.time(check.nextRunUs, nowUs);
    for (const run of check.runs) {
      packer.time(run.dueUs, nowUs);
      packer.time(run.beganUs, nowUs);
      packer.small(run.look | (OUTCOMES[run.outcome] << 8));
    }
  }
  for (const packet of node.queued)
    packer.small(packet.from * 1024 + packet.fromInstance * 256 + packet.priority);
}
