// Lets a pair come to rest with nothing done to it any more. Rule: every moment on the way is judged, and each world of it is gone through once: where
// another way has led to the same, what follows is known.

import {
  advertDue,
  NEVER,
  nextUs,
  passOver,
  quietAfter,
  type QuietSenders,
  type Scene,
  settle,
} from "../simulate/index.ts";
import {
  type Breach,
  judgeSettling,
  judgeTimes,
  type Memory,
  observe,
  pass,
  type PromiseLimits,
} from "./promises.ts";
import { isAtRest } from "./rest.ts";
import type { WayLength } from "./reach.ts";
import type { Seen } from "./seen.ts";

/** Where a run begins: a world that has just been taken in. */
export interface Departure extends WayLength {
  readonly memory: Memory;
  /** Since the last move. */
  readonly sinceUs: number;
  /** Of the world among what has been seen. */
  readonly entry: number;
  readonly shape: number;
}

export interface Arrival {
  /** It has come to rest; else what follows is known, or it never comes there. */
  readonly rests: boolean;
  readonly memory: Memory;
  readonly sinceUs: number;
  readonly transitions: number;
}

/** Stands with a world whose way to rest is being found out; once it is known, its length does, in microseconds. */
export const ON_ITS_WAY = -1;

interface Course {
  readonly scene: Scene;
  readonly seen: Seen;
  readonly limits: PromiseLimits;
  readonly way: WayLength;
  readonly tell: (breach: Breach, sinceUs: number) => void;
  memory: Memory;
  sinceUs: number;
  quiet: QuietSenders | undefined;
  rests: boolean;
  transitions: number;
  shape: number;
  /** What was taken in on this way, and when it was passed. */
  readonly entries: number[];
  readonly timesUs: number[];
}

/** Changes the scene's world. `tell` is called with every breach, and when it is seen, since the last move. */
export function runOut(
  scene: Scene,
  seen: Seen,
  limits: PromiseLimits,
  { memory, sinceUs, depth, overlaps, entry, shape }: Departure,
  tell: (breach: Breach, sinceUs: number) => void,
): Arrival {
  const { world } = scene;
  const course: Course = {
    scene,
    seen,
    limits,
    way: { depth, overlaps },
    tell,
    memory,
    sinceUs,
    quiet: undefined,
    rests: false,
    transitions: 0,
    shape,
    entries: [entry],
    timesUs: [world.nowUs],
  };
  let leftUs: number | undefined;
  while (leftUs === undefined) leftUs = goOn(course);
  const endUs = world.nowUs + leftUs;
  const { entries, timesUs } = course;
  for (let index = 0; index < entries.length; index += 1)
    seen.setValue(entries[index]!, endUs - timesUs[index]!);
  return course;
}

/** The next thing happens. How much longer it takes to rest; NEVER: it does not, or there is no more room; undefined: it goes on. */
function goOn(course: Course): number | undefined {
  const { scene, limits, tell } = course;
  const { world } = scene;
  const next = nextUs(world);
  if (next === NEVER) return rest(course);
  const durationUs = next - world.nowUs;
  const passed = pass(scene, course.memory, limits, durationUs);
  const late = judgeTimes(passed, limits);
  if (late !== undefined) tell(late, course.sinceUs + durationUs);
  // A pair that never comes to rest ends here as well: `settles` is a promise of time.
  if (late?.promise === "settles") return NEVER;
  const advert = advertDue(world, next);
  world.nowUs = next;
  course.sinceUs += durationUs;
  course.transitions += 1;
  settle(scene);
  const seen = observe(scene, passed, limits);
  for (const breach of seen.breaches) tell(breach, course.sinceUs);
  course.memory = seen.memory;
  if (isAtRest(scene)) return rest(course);
  if (advert !== undefined) course.quiet = quietAfter(scene, advert, course.quiet);
  if (course.quiet !== undefined) course.quiet = passOver(scene, course.quiet);
  return takeIn(course);
}

function rest(course: Course): number {
  course.rests = true;
  return 0;
}

/**
 * How much longer this world takes to rest, where that is known and nothing new can come of it; undefined: it is followed. Where nobody does anything else
 * than before, ways do not meet: only turns are looked up.
 */
function takeIn(course: Course): number | undefined {
  const { scene, seen, limits, way, memory, entries, timesUs } = course;
  const shape = seen.lookAtShape(scene);
  if (shape === course.shape) return undefined;
  course.shape = shape;
  seen.lookAtRemainder(scene, memory, "let-alone");
  const known = seen.find();
  if (known === -1) {
    const entry = seen.add(way);
    if (entry === -1) return NEVER;
    seen.setValue(entry, ON_ITS_WAY);
    entries.push(entry);
    timesUs.push(scene.world.nowUs);
    return undefined;
  }
  if (seen.comesNearer(known, way)) return undefined;
  const leftUs = seen.valueOf(known);
  // One of this very way: it goes round in a circle, until `settles` is broken.
  if (leftUs === ON_ITS_WAY) return undefined;
  // That it never rests has been told.
  if (leftUs === NEVER) return NEVER;
  const breach = judgeSettling(memory.restlessUs + leftUs, limits);
  if (breach !== undefined) course.tell(breach, course.sinceUs + leftUs);
  return leftUs;
}
