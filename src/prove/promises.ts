// The promises a proof tries to break, each with a name for ever, and what has to be remembered of the past to judge them. Rule: a promise is judged from the
// world and a few numbers, at every moment of a search; what VRRP cannot promise is not asked for, and where it is not asked for is said here.

import {
  brokenConnections,
  holdersOf,
  holdsRouter,
  isConnected,
  isServed,
  layoutOf,
  type NodeWorld,
  type Scene,
} from "../simulate/index.ts";
import type { MoveKind } from "./moves.ts";

export type PromiseName =
  | "holder"
  | "one-holder"
  | "no-failback"
  | "no-flap"
  | "check-moves-vip"
  | "outage"
  | "settles"
  | "shared-failure-keeps-holder"
  | "switch-loses-nothing"
  | "maintenance-never-strands"
  | "never-both-in-maintenance";

export const promiseTexts: Readonly<Record<PromiseName, string>> = {
  holder: "a node that could serve has the VIP, once the pair has come to rest",
  "one-holder": "never two nodes with the VIP for longer than the time allowed, while the network is whole",
  "no-failback": "the VIP leaves no node that serves it well, but when the network heals",
  "no-flap": "one fault moves the VIP once at most, and back where failback is wanted",
  "check-moves-vip": "a node whose service has failed does not keep the VIP from one that could serve",
  outage: "after one fault clients are without an answer no longer than the time promised for its kind",
  settles: "the pair comes to rest",
  "shared-failure-keeps-holder": "when no node reaches the servers, somebody still has the VIP",
  "switch-loses-nothing": "a switch or maintenance that nothing disturbs breaks no connection",
  "maintenance-never-strands": "a node under maintenance takes the VIP when nobody else can",
  "never-both-in-maintenance": "never is every node under maintenance",
};

/** Of these, what planned work alone could break, and what agents alone could. */
export const plannedPromises: readonly PromiseName[] = [
  "switch-loses-nothing",
  "maintenance-never-strands",
  "never-both-in-maintenance",
];
export const agentPromises: readonly PromiseName[] = ["shared-failure-keeps-holder"];

export const promiseNames = Object.keys(promiseTexts) as readonly PromiseName[];

/** What is allowed, in microseconds. */
export interface PromiseLimits {
  readonly twoHoldersUs: number;
  /** By kind of fault; absent: nothing is promised. */
  readonly outageUs: Partial<Readonly<Record<MoveKind, number>>>;
  readonly settlesUs: number;
  /** The pair asks for it (pair.yaml's `failback: never`), or its files do (nopreempt). */
  readonly noFailback: boolean;
}

/** Whether a holder has its VIP; and if not, whether it lost it by a fault, or could have gone on serving: a heal or a preference took it. */
export type Seat = 0 | 1 | 2;
const HELD: Seat = 0;
const LOST: Seat = 1;
const LOST_UNCALLED: Seat = 2;

/** What is remembered between two moments. */
export interface Memory {
  /** Moves of the world since the pair was at rest. */
  readonly strikes: number;
  /** Of the first of them. */
  readonly kind: MoveKind | "none";
  /** Any of them was a heal, or tampering: the VIP may go where it likes. */
  readonly excused: boolean;
  /** By router: who had the VIP alone last; -1: nobody yet. */
  readonly holders: readonly number[];
  /** By router, of the holder. */
  readonly seats: readonly Seat[];
  /** The node that was struck first could be replaced by another then. */
  readonly covered: boolean;
  /** By router: how often its VIPs have gone from one node to another since the pair was at rest. */
  readonly changes: readonly number[];
  /** How long a router's clients have been without an answer. */
  readonly outUs: number;
  /** How long two nodes have had a VIP while the network was whole. */
  readonly twoUs: number;
  /** Since the last strike. */
  readonly restlessUs: number;
  /** Connections that had been broken when the first of the moves came. */
  readonly broken: number;
}

export interface Breach {
  readonly promise: PromiseName;
  readonly router: number;
  /** What was measured against what was allowed; 0 where there is no time. */
  readonly measuredUs: number;
  readonly allowedUs: number;
}

export function firstMemory(scene: Scene): Memory {
  return {
    strikes: 0,
    kind: "none",
    excused: false,
    holders: scene.site.routers.map((_router, router) => holdersOf(scene, router)[0] ?? -1),
    seats: scene.site.routers.map(() => HELD),
    covered: false,
    changes: scene.site.routers.map(() => 0),
    outUs: 0,
    twoUs: 0,
    restlessUs: 0,
    broken: brokenConnections(scene),
  };
}

/** Whether a node would serve clients if it had the VIP. */
export function couldServe(node: NodeWorld): boolean {
  return (
    isConnected(node) &&
    node.haproxy === "up" &&
    node.haproxyPlan === "none" &&
    node.daemon === "running" &&
    !node.maintenance
  );
}

/** Whether every node that is there hears every other. A frozen keepalived hears nobody, and no protocol can take a VIP from it. */
export function isWhole(scene: Scene): boolean {
  for (const node of scene.world.nodes)
    if (
      node.power &&
      (!node.cable || node.isolated || node.blocksIn || node.blocksOut || node.daemon === "frozen")
    )
      return false;
  return true;
}

/** After `durationUs` in which nothing changed. A time that no promise asks for is not counted, so that worlds that differ by it alone are one. */
export function pass(scene: Scene, memory: Memory, limits: PromiseLimits, durationUs: number): Memory {
  if (durationUs === 0) return memory;
  const { routers } = scene.site;
  let out = false;
  let two = false;
  const asksOutage = allowedOutageUs(memory, limits) !== undefined;
  const asksHolders = isWhole(scene);
  for (let router = 0; router < routers.length; router += 1) {
    if (asksOutage && !isServed(scene, router)) out = true;
    if (asksHolders && holderCount(scene, router) > 1) two = true;
  }
  return changedMemory(memory, {
    outUs: out ? memory.outUs + durationUs : 0,
    twoUs: two ? memory.twoUs + durationUs : 0,
    restlessUs: memory.restlessUs + durationUs,
  });
}

/** A copy with these changes, field by field. */
function changedMemory(memory: Memory, change: Partial<Memory>): Memory {
  return {
    strikes: change.strikes ?? memory.strikes,
    kind: change.kind ?? memory.kind,
    excused: change.excused ?? memory.excused,
    holders: change.holders ?? memory.holders,
    seats: change.seats ?? memory.seats,
    covered: change.covered ?? memory.covered,
    changes: change.changes ?? memory.changes,
    outUs: change.outUs ?? memory.outUs,
    twoUs: change.twoUs ?? memory.twoUs,
    restlessUs: change.restlessUs ?? memory.restlessUs,
    broken: change.broken ?? memory.broken,
  };
}

function holderCount(scene: Scene, router: number): number {
  let count = 0;
  for (let node = 0; node < scene.world.nodes.length; node += 1)
    if (scene.world.nodes[node]!.power && holdsRouter(scene, node, router)) count += 1;
  return count;
}

/** A move of the world was made, to `node`; the world is as it is right after it. `wasWhole`: the network, before. */
export function struck(
  scene: Scene,
  memory: Memory,
  kind: MoveKind,
  node: number,
  wasWhole: boolean,
): Memory {
  const isFirst = memory.strikes === 0;
  return {
    strikes: memory.strikes + 1,
    kind: isFirst ? kind : memory.kind,
    excused: memory.excused || kind === "heal" || kind === "tamper" || kind === "partition",
    holders: memory.holders,
    seats: memory.seats,
    covered:
      isFirst && wasWhole && scene.world.nodes.some((other, index) => index !== node && couldServe(other)),
    changes: memory.changes,
    outUs: memory.outUs,
    twoUs: memory.twoUs,
    restlessUs: 0,
    broken: isFirst ? brokenConnections(scene) : memory.broken,
  };
}

/** The pair has come to rest: what was counted since the last rest is forgotten. */
export function rested(scene: Scene, memory: Memory): Memory {
  return {
    strikes: 0,
    kind: "none",
    // While the network is not whole, each side has to look after itself.
    excused: !isWhole(scene),
    holders: memory.holders,
    seats: memory.seats.includes(LOST_UNCALLED)
      ? memory.seats.map((seat) => (seat === HELD ? HELD : LOST))
      : memory.seats,
    covered: false,
    changes: memory.changes.some(Boolean) ? memory.changes.map(() => 0) : memory.changes,
    outUs: 0,
    twoUs: 0,
    restlessUs: 0,
    broken: memory.broken,
  };
}

const NO_BREACHES: readonly Breach[] = [];

/** After something happened: who holds now, and which promises that breaks. */
export function observe(
  scene: Scene,
  memory: Memory,
  limits: PromiseLimits,
): { readonly memory: Memory; readonly breaches: readonly Breach[] } {
  let { changes, holders, seats } = memory;
  let breaches = NO_BREACHES;
  for (let router = 0; router < holders.length; router += 1) {
    const before = holders[router]!;
    const still = before !== -1 && holdsRouter(scene, before, router);
    if (still) {
      // Addresses that a dead keepalived has left are nobody's seat.
      const seat = isMaster(scene, before, router) ? HELD : LOST;
      if (seats[router] !== seat) seats = seats.with(router, seat);
      continue;
    }
    if (before !== -1 && seats[router] === HELD)
      seats = seats.with(router, gaveWay(scene, before, router) ? LOST_UNCALLED : LOST);
    const now = holdersOf(scene, router);
    const [only] = now;
    if (now.length !== 1 || only === undefined) continue;
    if (before !== -1) {
      const count = changes[router]! + 1;
      changes = changes.with(router, count);
      if (count > movesAllowed(memory, limits) && !memory.excused && isWhole(scene))
        breaches = [...breaches, { promise: "no-flap", router, measuredUs: 0, allowedUs: 0 }];
      if (
        seats[router] === LOST_UNCALLED &&
        couldServe(scene.world.nodes[before]!) &&
        limits.noFailback &&
        !memory.excused &&
        isWhole(scene)
      )
        breaches = [...breaches, { promise: "no-failback", router, measuredUs: 0, allowedUs: 0 }];
    }
    holders = holders.with(router, only);
    seats = seats.with(router, HELD);
  }
  const planned = plannedBreaches(scene, memory);
  if (planned.length > 0) breaches = [...breaches, ...planned];
  const isSame = holders === memory.holders && seats === memory.seats && changes === memory.changes;
  return { memory: isSame ? memory : changedMemory(memory, { holders, seats, changes }), breaches };
}

/** What planned work has done that it may not do. */
function plannedBreaches(scene: Scene, { strikes, kind, broken, excused }: Memory): readonly Breach[] {
  const { nodes } = scene.world;
  const at = { router: 0, measuredUs: 0, allowedUs: 0 };
  const undisturbed = kind === "planned" && strikes === 1 && !excused;
  if (undisturbed && brokenConnections(scene) > broken) return [{ promise: "switch-loses-nothing", ...at }];
  if (nodes.every(({ maintenance }) => maintenance)) return [{ promise: "never-both-in-maintenance", ...at }];
  return NO_BREACHES;
}

/** How often a VIP may move after the moves of the world since rest: away with each, and back where that is wanted. */
function movesAllowed({ strikes }: Memory, { noFailback }: PromiseLimits): number {
  return Math.max(1, strikes) * (noFailback ? 1 : 2);
}

/** Whether a node's running keepalived is MASTER for a router. */
function isMaster(scene: Scene, node: number, router: number): boolean {
  const world = scene.world.nodes[node]!;
  const instance = layoutOf(scene, node).instances.findIndex((one) => one.router === router);
  return world.daemon === "running" && world.instances[instance]?.state === "MASTER";
}

/** Whether a node that could serve has left a router to somebody else: no fault of its own took it. */
function gaveWay(scene: Scene, node: number, router: number): boolean {
  const world = scene.world.nodes[node]!;
  const instance = layoutOf(scene, node).instances.findIndex((one) => one.router === router);
  return couldServe(world) && world.instances[instance]?.state === "BACKUP";
}

/** What is promised of the outage that the first and only fault has made; undefined: nothing. */
function allowedOutageUs({ strikes, kind, covered }: Memory, limits: PromiseLimits): number | undefined {
  return strikes === 1 && kind !== "none" && covered ? limits.outageUs[kind] : undefined;
}

/** A pair that has not come to rest so long after the last move. */
export function judgeSettling(restlessUs: number, { settlesUs }: PromiseLimits): Breach | undefined {
  return restlessUs > settlesUs
    ? { promise: "settles", router: 0, measuredUs: restlessUs, allowedUs: settlesUs }
    : undefined;
}

/** What time itself breaks; that a pair does not settle comes first, since nothing after it is followed. */
export function judgeTimes(memory: Memory, limits: PromiseLimits): Breach | undefined {
  const unsettled = judgeSettling(memory.restlessUs, limits);
  if (unsettled !== undefined) return unsettled;
  if (memory.twoUs > limits.twoHoldersUs)
    return { promise: "one-holder", router: 0, measuredUs: memory.twoUs, allowedUs: limits.twoHoldersUs };
  const allowedUs = allowedOutageUs(memory, limits);
  if (allowedUs !== undefined && memory.outUs > allowedUs)
    return { promise: "outage", router: 0, measuredUs: memory.outUs, allowedUs };
  return undefined;
}

/** What a pair at rest has to keep. */
export function judgeRest(scene: Scene): Breach | undefined {
  for (let router = 0; router < scene.site.routers.length; router += 1) {
    const promise = brokenAtRest(scene, holdersOf(scene, router));
    if (promise !== undefined) return { promise, router, measuredUs: 0, allowedUs: 0 };
  }
  return undefined;
}

function brokenAtRest(scene: Scene, holders: readonly number[]): PromiseName | undefined {
  const { nodes } = scene.world;
  if (isWhole(scene) && holders.length > 1) return "one-holder";
  const able = nodes.filter(couldServe);
  if (able.length === 0) {
    const held = nodes.some((node) => node.maintenance && couldServe({ ...node, maintenance: false }));
    return held && holders.length === 0 && scene.site.work?.lastResort === "take"
      ? "maintenance-never-strands"
      : undefined;
  }
  if (holders.length === 0)
    return able.every(({ backends }) => !backends) ? "shared-failure-keeps-holder" : "holder";
  const serves = holders.some((holder) => couldServe(nodes[holder]!));
  return !serves && holders.every((holder) => nodes[holder]!.haproxy !== "up")
    ? "check-moves-vip"
    : undefined;
}
