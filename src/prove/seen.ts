// What a search has seen: worlds, with what promises remember of their past. Rule: of each is known on which ways it was reached, for one that was reached with
// more moves may not keep a shorter way to it from being followed further.

import type { Scene } from "../simulate/index.ts";
import { packDuration, packRemainder, packShape, type Stage } from "./pack.ts";
import type { Memory } from "./promises.ts";
import { isSurpassed, reachedBy, reachWith, UNREACHED, type WayLength } from "./reach.ts";
import { Key, Visited } from "./visited.ts";

/** One at a time is looked at, first at its shape and then at the rest: the other methods are about what was packed last. */
export class Seen {
  readonly #visited = new Visited();
  readonly #key = new Key();
  readonly #statesMax: number;
  #shapeLength = 0;
  #shape = 0;
  #hash = 0;
  #isFull = false;

  constructor(statesMax: number) {
    this.#statesMax = statesMax;
  }

  get size(): number {
    return this.#visited.size;
  }

  /** A world had to be left out. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Packs who does what in a world, without when, and gives a number for it. */
  lookAtShape({ world }: Scene): number {
    const key = this.#key;
    key.length = 0;
    packShape(key, world);
    this.#shapeLength = key.length;
    this.#shape = key.hash();
    return this.#shape;
  }

  /** Packs the rest of it, and what is remembered. */
  lookAtRemainder(scene: Scene, memory: Memory, stage: Stage): void {
    const key = this.#key;
    packMemory(key, memory, stage);
    packRemainder(key, scene, stage);
    this.#hash = key.hash(this.#shapeLength, this.#shape);
  }

  /** Its entry; -1: it has not been seen. */
  find(): number {
    return this.#visited.find(this.#key, this.#hash);
  }

  /** Puts in one that has not been seen, and how it was reached; its entry, or -1: there is no more room. */
  add(way: WayLength): number {
    if (this.#visited.size < this.#statesMax)
      return this.#visited.add(this.#key, this.#hash, reachWith(UNREACHED, way));
    this.#isFull = true;
    return -1;
  }

  /** Notes a way to one that has been seen; false: nothing can follow from it that does not follow from those known. */
  comesNearer(entry: number, way: WayLength): boolean {
    const reach = this.#visited.reachOf(entry);
    if (reachedBy(reach, way)) return false;
    this.#visited.setReach(entry, reachWith(reach, way));
    return true;
  }

  /** Since it was reached on this way a shorter one has been found. */
  isSurpassed(entry: number, way: WayLength): boolean {
    return isSurpassed(this.#visited.reachOf(entry), way);
  }

  /** What has been set: a number of the caller's. */
  valueOf(entry: number): number {
    return this.#visited.valueOf(entry);
  }

  setValue(entry: number, value: number): void {
    this.#visited.setValue(entry, value);
  }
}

const KINDS = [
  "none",
  "service-stop",
  "service-crash",
  "service-hang",
  "node-loss",
  "keepalived-stop",
  "keepalived-crash",
  "partition",
  "tamper",
  "repair",
  "heal",
  "planned",
  "servers",
] as const satisfies readonly Memory["kind"][];

const STAGES: readonly Stage[] = ["let-alone", "rests", "may-be-struck", "may-be-struck-now"];

/** Longer than any promise: beyond it two worlds do not differ by how long they have been out. */
const DURATION_MOST_US = 60_000_000;

/** What no promise will ask of a world any more is left out: after a second move close to the first none asks for the outage, or who could have taken over. */
function packMemory(key: Key, memory: Memory, stage: Stage): void {
  const { holders, seats, changes, outUs, twoUs, strikes, excused } = memory;
  const isSole = strikes === 1;
  key.add(
    STAGES.indexOf(stage) |
      (excused ? 4 : 0) |
      (isSole && memory.covered ? 8 : 0) |
      ((isSole ? KINDS.indexOf(memory.kind) : 0) << 4) |
      (strikes << 8),
  );
  for (let router = 0; router < holders.length; router += 1) {
    key.add(holders[router]!);
    // The VIP of an excused world may move as it likes, and who has lost it has lost it.
    key.add(excused ? Math.min(1, seats[router]!) : seats[router]! | (changes[router]! << 2));
  }
  packDuration(key, isSole ? Math.min(outUs, DURATION_MOST_US) : 0);
  packDuration(key, Math.min(twoUs, DURATION_MOST_US));
}
