// The promises a proof tries to break, each with a name for ever, and what has to be remembered of the past to judge them. Rule: a promise is judged from the
// world and a few numbers, at every moment of a search; what VRRP cannot promise is not asked for, and where it is not asked for is said here.

import { holdersOf, isConnected, isServed, type NodeWorld, type Scene } from "../simulate/index.ts";
import type { MoveKind } from "./moves.ts";

export type PromiseName =
  | "holder"
  | "one-holder"
  | "no-failback"
  | "no-flap"
  | "check-moves-vip"
  | "outage"
  | "settles";

export const promiseTexts: Readonly<Record<PromiseName, string>> = {
  holder: "a node that could serve has the VIP, once the pair has come to rest",
  "one-holder": "never two nodes with the VIP for longer than the time allowed, while the network is whole",
  "no-failback": "the VIP leaves no node that serves it well, but when the network heals",
  "no-flap": "one fault moves the VIP once at most",
  "check-moves-vip": "a node whose service has failed does not keep the VIP from one that could serve",
  outage: "after one fault clients are without an answer no longer than the time promised for its kind",
  settles: "the pair comes to rest",
};

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
  /** Times that a VIP has gone from one node to another since the pair was at rest. */
  readonly changes: number;
  /** How long a router's clients have been without an answer. */
  readonly outUs: number;
  /** How long two nodes have had a VIP while the network was whole. */
  readonly twoUs: number;
  /** Since the last strike. */
  readonly restlessUs: number;
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
    changes: 0,
    outUs: 0,
    twoUs: 0,
    restlessUs: 0,
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

/** Whether every node that is there hears every other. */
export function isWhole(scene: Scene): boolean {
  return scene.world.nodes.every(
    (node) => !node.power || (node.cable && !node.isolated && !node.blocksIn && !node.blocksOut),
  );
}

/** After `durationUs` in which nothing changed. */
export function pass(scene: Scene, memory: Memory, durationUs: number): Memory {
  if (durationUs === 0) return memory;
  const { routers } = scene.site;
  const out = routers.some((_router, router) => !isServed(scene, router));
  const two = isWhole(scene) && routers.some((_router, router) => holdersOf(scene, router).length > 1);
  return {
    ...memory,
    outUs: out ? memory.outUs + durationUs : 0,
    twoUs: two ? memory.twoUs + durationUs : 0,
    restlessUs: memory.restlessUs + durationUs,
  };
}

/** A move of the world was made. */
export function struck(memory: Memory, kind: MoveKind): Memory {
  return {
    ...memory,
    strikes: memory.strikes + 1,
    kind: memory.strikes === 0 ? kind : memory.kind,
    excused: memory.excused || kind === "heal" || kind === "tamper" || kind === "partition",
    restlessUs: 0,
  };
}

/** The pair has come to rest: what was counted since the last rest is forgotten. */
export function rested(memory: Memory): Memory {
  return {
    ...memory,
    strikes: 0,
    kind: "none",
    excused: false,
    changes: 0,
    outUs: 0,
    twoUs: 0,
    restlessUs: 0,
  };
}

/** After something happened: who holds now, and which promise that breaks. `wasServing`: by node, whether it could serve before. */
export function observe(
  scene: Scene,
  memory: Memory,
  limits: PromiseLimits,
  wasServing: readonly boolean[],
): { readonly memory: Memory; readonly breach?: Breach } {
  let { changes } = memory;
  let breach: Breach | undefined;
  const holders = memory.holders.map((before, router) => {
    const now = holdersOf(scene, router);
    const [only] = now;
    if (now.length !== 1 || only === undefined || only === before) return before;
    if (before !== -1) {
      changes += 1;
      const isUncalled = wasServing[before] === true && !memory.excused && isWhole(scene);
      if (isUncalled && limits.noFailback)
        breach ??= { promise: "no-failback", router, measuredUs: 0, allowedUs: 0 };
    }
    return only;
  });
  const after = { ...memory, holders, changes };
  if (changes > Math.max(1, memory.strikes) && !memory.excused)
    breach ??= { promise: "no-flap", router: 0, measuredUs: 0, allowedUs: 0 };
  return breach === undefined ? { memory: after } : { memory: after, breach };
}

/** What time itself breaks. */
export function judgeTimes(scene: Scene, memory: Memory, limits: PromiseLimits): Breach | undefined {
  if (memory.twoUs > limits.twoHoldersUs)
    return { promise: "one-holder", router: 0, measuredUs: memory.twoUs, allowedUs: limits.twoHoldersUs };
  const allowedUs = memory.strikes === 1 && memory.kind !== "none" ? limits.outageUs[memory.kind] : undefined;
  // Nobody can serve clients while no node could.
  if (allowedUs !== undefined && memory.outUs > allowedUs && scene.world.nodes.some(couldServe))
    return { promise: "outage", router: 0, measuredUs: memory.outUs, allowedUs };
  if (memory.restlessUs > limits.settlesUs)
    return { promise: "settles", router: 0, measuredUs: memory.restlessUs, allowedUs: limits.settlesUs };
  return undefined;
}

/** What a pair at rest has to keep. */
export function judgeRest(scene: Scene): Breach | undefined {
  const { nodes } = scene.world;
  for (let router = 0; router < scene.site.routers.length; router += 1) {
    const holders = holdersOf(scene, router);
    const able = nodes.some(couldServe);
    const at = { router, measuredUs: 0, allowedUs: 0 };
    if (isWhole(scene) && holders.length > 1) return { promise: "one-holder", ...at };
    if (!able) continue;
    if (holders.length === 0) return { promise: "holder", ...at };
    const serves = holders.some((holder) => couldServe(nodes[holder]!));
    if (!serves && holders.every((holder) => nodes[holder]!.haproxy !== "up"))
      return { promise: "check-moves-vip", ...at };
  }
  return undefined;
}
