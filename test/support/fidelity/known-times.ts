// Cases so plain that the protocol's formulas alone give every time: they tell how exact the harness is on this machine, with no simulator to be wrong.
// Rule: two nodes that hear each other, no checks, one thing at a time; the times are those of keepalived's own arithmetic for master_down and skew.

import { seededRandom } from "../../fuzz/random.ts";
import type { FidelityCase, Holding, Performed, Prediction, RouterState, Transition } from "./case.ts";
import { configurationText, type NodePlan, type RouterPlan } from "./configurations.ts";

interface KnownPlan {
  readonly version: 2 | 3;
  readonly advertUs: number;
  readonly high: number;
  readonly low: number;
}

function drawPlan(seed: number, index: number): KnownPlan {
  const random = seededRandom(seed * 1_000 + index);
  const version = random.pick([2, 3] as const);
  const advertUs = version === 2 ? 1_000_000 : random.pick([100_000, 200_000, 500_000]);
  const high = 60 + random.below(190);
  return { version, advertUs, high, low: high - 20 - random.below(30) };
}

/** (256 - P) parts of 256 of a second, in version 3 of the interval; whole microseconds as the daemon counts. */
function skewUs({ version, advertUs }: KnownPlan, priority: number): number {
  return version === 2
    ? Math.floor(((256 - priority) * 1_000_000) / 256)
    : Math.floor(((256 - priority) * Math.floor(advertUs / 10_000) * 625) / 16);
}

const INSTANCE = { name: "one", vip: "10.77.0.100/24" };
const EVENT_TIMES_MS = {
  firstStart: 100,
  secondStart: 600,
  stop: 6_000,
  startAgain: 8_500,
  kill: 14_300,
  length: 19_000,
};

/** A higher and a lower node: both start, the higher is stopped, starts again, is killed outright. */
export function knownCase(seed: number, index: number): FidelityCase {
  const plan = drawPlan(seed, index);
  const node = (name: string, address: string, peer: string, priority: number) => ({
    name,
    address,
    watchedFiles: {},
    configurations: { start: configurationText(nodePlan(plan, name, address, peer, priority)) },
  });
  const at = (ms: number, name: string, kind: "start-service" | "stop-service" | "kill-service") => ({
    atUs: ms * 1000,
    on: { node: name },
    action: { kind, service: "keepalived" } as const,
  });
  return {
    seed,
    index,
    nodes: [
      node("high", "10.77.0.11", "10.77.0.12", plan.high),
      node("low", "10.77.0.12", "10.77.0.11", plan.low),
    ],
    instances: [INSTANCE],
    events: [
      at(EVENT_TIMES_MS.firstStart, "high", "start-service"),
      at(EVENT_TIMES_MS.secondStart, "low", "start-service"),
      at(EVENT_TIMES_MS.stop, "high", "stop-service"),
      at(EVENT_TIMES_MS.startAgain, "high", "start-service"),
      at(EVENT_TIMES_MS.kill, "high", "kill-service"),
    ],
    lengthUs: EVENT_TIMES_MS.length * 1000,
    features: [],
  };
}

function nodePlan(plan: KnownPlan, name: string, address: string, peer: string, priority: number): NodePlan {
  const router: RouterPlan = {
    name: INSTANCE.name,
    virtualRouterId: 51,
    state: "BACKUP",
    priority,
    version: plan.version,
    advertInterval: String(plan.advertUs / 1_000_000),
    preemption: "preempt",
    password: undefined,
    vips: [INSTANCE.vip],
    peers: [peer],
    checks: [],
    watchedFiles: [],
    lines: [],
  };
  return { name, address, globalLines: [], checks: [], watchedFiles: [], routers: [router], isGroup: false };
}

/** Every transition of a {@link knownCase} by formula, from when its events really happened; by their planned times without `performed`. */
export function knownPrediction(
  { seed, index, events }: FidelityCase,
  performed: readonly Performed[] = [],
): Prediction {
  const plan = drawPlan(seed, index);
  const at = (event: number): number =>
    performed[event]?.readyUs ?? performed[event]?.atUs ?? events[event]?.atUs ?? 0;
  const masterDownUs = (priority: number): number => 3 * plan.advertUs + skewUs(plan, priority);
  const [firstReady, secondReady, stop, readyAgain, kill] = [at(0), at(1), at(2), at(3), at(4)];
  const firstMaster = firstReady + masterDownUs(plan.high);
  const takeover = stop + skewUs(plan, plan.low);
  const back = readyAgain + masterDownUs(plan.high);
  const sinceAdvert = (kill - back) % plan.advertUs;
  const lastAdvert = kill - sinceAdvert;
  const afterKill = lastAdvert + masterDownUs(plan.low);
  const state = (node: string, to: RouterState, atUs: number): Transition => ({
    node,
    instance: INSTANCE.name,
    state: to,
    atUs,
  });
  const holding = (node: string, holds: boolean, atUs: number): Holding => ({
    node,
    instance: INSTANCE.name,
    holds,
    atUs,
  });
  return {
    transitions: [
      state("high", "BACKUP", firstReady),
      state("low", "BACKUP", secondReady),
      state("high", "MASTER", firstMaster),
      state("high", "STOP", stop),
      state("low", "MASTER", takeover),
      state("high", "BACKUP", readyAgain),
      state("high", "MASTER", back),
      state("low", "BACKUP", back),
      state("low", "MASTER", afterKill),
    ],
    holding: [
      holding("high", true, firstMaster),
      holding("high", false, stop),
      holding("low", true, takeover),
      holding("high", true, back),
      holding("low", false, back),
      holding("low", true, afterKill),
    ],
    closestUs: Number.POSITIVE_INFINITY,
  };
}
