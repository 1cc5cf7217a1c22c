// When a pair is at rest: nothing is due but adverts that change nothing, so that it stays as it is until something happens to it. From then on the
// phases of its clocks are anybody's guess, and a proof tries them instead of remembering them.
// Rule: what counts as rest is decided from the world alone, by the state machine's own arithmetic.

import {
  changedCheck,
  type CheckWorld,
  holdersOf,
  isIdle,
  layoutOf,
  NEVER,
  type NodeWorld,
  rulingOn,
  type Scene,
  type Site,
  type SiteCheck,
} from "../simulate/index.ts";
import { changedState, type InstanceSettings, type InstanceState, timerLengthUs } from "../vrrp/index.ts";

/** Whether nothing is due but adverts that all who hear them have just been waiting for. */
export function isAtRest(scene: Scene): boolean {
  const { site, world } = scene;
  if (world.packets.length > 0 || !isIdle(scene)) return false;
  for (let index = 0; index < world.nodes.length; index += 1) {
    const node = world.nodes[index]!;
    if (node.bootUs !== NEVER || node.haproxyDueUs !== NEVER || node.daemonDueUs !== NEVER) return false;
    if (node.daemon !== "running") continue;
    const { checks } = layoutOf(scene, index);
    for (let check = 0; check < checks.length; check += 1)
      if (!checkRests(scene, node, checks[check]!, node.checks[check]!)) return false;
    if (!instancesRest(scene, site, index, node)) return false;
  }
  return true;
}

/** It sleeps; or it goes on running, and finds what it has found so often that nothing changes any more. */
function checkRests(
  scene: Scene,
  node: NodeWorld,
  { asks, rise, fall }: SiteCheck,
  state: CheckWorld,
): boolean {
  const { nextRunUs, runs, counter, fresh } = state;
  if (nextRunUs === NEVER && runs.length === 0) return true;
  if (fresh) return false;
  if (asks === "holder" && state.forced === "none") {
    const passes = holdersOf(scene, 0).some((holder) => scene.world.nodes[holder]!.haproxy === "up");
    const other = passes ? "fail" : "pass";
    return counter === (passes ? rise + fall - 1 : 0) && runs.every(({ outcome }) => outcome !== other);
  }
  // HAProxy hangs, and keepalived ends each run when the next one has begun.
  const hangs =
    state.forced === "hang" || (state.forced === "none" && asks === "service" && node.haproxy === "hung");
  return hangs && counter === 0 && runs.every(({ outcome }) => outcome === "silent");
}

function instancesRest(scene: Scene, site: Site, index: number, node: NodeWorld): boolean {
  const { instances } = layoutOf(scene, index);
  for (let instance = 0; instance < instances.length; instance += 1) {
    const state = node.instances[instance]!;
    const { router } = instances[instance]!;
    if (node.announceUs[instance]! !== NEVER && scene.world.neighbours[router] !== index) return false;
    if (state.state === "FAULT") continue;
    if (state.state === "INIT") return false;
    const heard = mastersHeard(scene, site, index, instance);
    const { settings } = instances[instance]!;
    const rests =
      state.state === "MASTER" ? staysMaster(state, heard) : isKeptWaiting(settings, state, heard);
    if (!rests) return false;
  }
  return true;
}

/** Other MASTERs that it refuses, or that are weaker, change nothing for it: where they do not hear it, that can last. */
function staysMaster(state: InstanceState, heard: readonly HeardMaster[]): boolean {
  return heard.every(
    ({ refused, priority, addressOrder }) =>
      refused || priority < state.priority || (priority === state.priority && addressOrder < 0),
  );
}

/** It has been set back by the last advert that it accepts, in full: what is left of a wait after an advert that was ignored runs out. */
function isKeptWaiting(
  settings: InstanceSettings,
  state: InstanceState,
  heard: readonly HeardMaster[],
): boolean {
  let lastUs = Number.NEGATIVE_INFINITY;
  for (const master of heard) {
    const isAccepted = !master.refused && (settings.nopreempt || master.priority >= state.priority);
    if (isAccepted && master.lastUs > lastUs) lastUs = master.lastUs;
  }
  return (
    state.downTimerUs === timerLengthUs(settings, state, "master-down") &&
    state.deadlineUs === lastUs + state.downTimerUs
  );
}

interface HeardMaster {
  readonly node: number;
  readonly instance: number;
  readonly lastUs: number;
  readonly refused: boolean;
  readonly priority: number;
  /** Its address against the listener's. */
  readonly addressOrder: number;
}

/** The running MASTERs whose adverts reach an instance. */
export function mastersHeard(scene: Scene, site: Site, index: number, instance: number): HeardMaster[] {
  const { nodes } = scene.world;
  const listener = nodes[index]!;
  if (!listener.cable || listener.isolated || listener.blocksIn) return [];
  const found: HeardMaster[] = [];
  for (let other = 0; other < nodes.length; other += 1) {
    const sender = nodes[other]!;
    if (other === index || sender.daemon !== "running" || !sender.power) continue;
    if (!sender.cable || sender.isolated || sender.blocksOut) continue;
    const layout = layoutOf(scene, other);
    for (let each = 0; each < sender.instances.length; each += 1) {
      const state = sender.instances[each]!;
      if (state.state !== "MASTER") continue;
      const hearing = site.hearing(
        { node: index, layout: listener.layout, instance },
        { node: other, layout: sender.layout, instance: each },
      );
      const { verdict } = rulingOn(hearing, listener.instances[instance]!);
      if (verdict === "deaf") continue;
      found.push({
        node: other,
        instance: each,
        lastUs: state.deadlineUs - layout.instances[each]!.settings.advertIntervalUs,
        refused: verdict === "refused",
        priority: state.priority,
        addressOrder: hearing.addressOrder,
      });
    }
  }
  return found;
}

/** How the clocks of a pair at rest stand at a moment. */
export interface Phases {
  /** How much of its interval has passed since every MASTER's last advert: 0 just sent, 1 about to send. */
  readonly advertShare: number;
  /** For the checks of a node: the time since a run began; undefined: as they stand. */
  readonly checksUs?: { readonly node: number; readonly sinceUs: number };
}

/** Sets the clocks of a world at rest. */
export function setPhases(scene: Scene, phases: Phases): void {
  const { site, world } = scene;
  const { nowUs } = world;
  world.nodes.forEach((node, index) => {
    if (node.daemon !== "running") return;
    // Adverts have put all timers in order since.
    node.timerKeepers = [];
    const { instances } = layoutOf(scene, index);
    node.instances = node.instances.map((state, instance) => {
      const intervalUs = (place: number, at: number): number =>
        layoutOf(scene, place).instances[at]!.settings.advertIntervalUs;
      if (state.state === "MASTER") {
        const leftUs = leftOf(instances[instance]!.settings.advertIntervalUs, phases);
        return changedState(state, { deadlineUs: nowUs + leftUs });
      }
      if (state.state !== "BACKUP") return state;
      const [master] = mastersHeard(scene, site, index, instance);
      if (master === undefined) return state;
      const whole = intervalUs(master.node, master.instance);
      const sinceUs = whole - leftOf(whole, phases);
      return changedState(state, { deadlineUs: nowUs - sinceUs + state.downTimerUs });
    });
    const sinceUs = phases.checksUs?.node === index ? phases.checksUs.sinceUs : 0;
    node.checks = node.checks.map((check) => changedCheck(check, { anchorUs: nowUs - sinceUs }));
  });
}

/** Until the next advert: a microsecond at least, so that what happens now comes before it. */
function leftOf(intervalUs: number, { advertShare }: Phases): number {
  return Math.max(1, Math.round(intervalUs * (1 - advertShare)));
}

/** Which move of a sequence it is: the more come before it, the fewer of its phases are tried. */
export type Turn = "first" | "later" | "last";

/**
 * How much of an advert's interval has passed: just sent, half way, about to be sent. The ends make the longest and the shortest waits, and the longest
 * alone are asked of the last move.
 */
const SHARES: Readonly<Record<Turn, readonly number[]>> = { first: [0, 0.5, 1], later: [0, 1], last: [0] };

/** The phases that matter for a move: of the adverts, and each look of a check about to come or just missed. */
export function phasesFor(scene: Scene, node: number, movesService: boolean, turn: Turn): Phases[] {
  const { checks } = layoutOf(scene, node);
  const looks = movesService && scene.world.nodes[node]!.daemon === "running" ? lookOffsets(checks) : [];
  const offsets = turn === "last" ? looks.slice(-1) : looks;
  return SHARES[turn].flatMap((advertShare) =>
    offsets.length === 0
      ? [{ advertShare }]
      : offsets.map((sinceUs) => ({ advertShare, checksUs: { node, sinceUs } })),
  );
}

function lookOffsets(checks: readonly { readonly looksUs: readonly number[] }[]): number[] {
  const [first] = checks;
  if (first === undefined) return [];
  return [...new Set(first.looksUs.flatMap((offsetUs) => [offsetUs, offsetUs + 1]))];
}
