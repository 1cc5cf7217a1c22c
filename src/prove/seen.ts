// What a search has seen: worlds, with what promises remember of their past, each with a number that says what is known of it.

import type { Scene } from "../simulate/index.ts";
import { packDuration, packRemainder, packShape } from "./pack.ts";
import type { Memory } from "./promises.ts";
import { Key, Visited } from "./visited.ts";

/** How a world goes on: it rests, it is let alone until it does, or moves are tried on its way there. */
export type Stage = "rests" | "let-alone" | "may-be-struck";

/** One at a time is looked at: {@link look} packs it, and the other methods are about what was packed last. */
export class Seen {
  readonly #visited = new Visited();
  readonly #key = new Key();
  readonly #statesMax: number;
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

  /** Packs a world; gives a number for who does what in it, without when. `overlaps`: how often on its way moves came close together. */
  look(scene: Scene, memory: Memory, stage: Stage, overlaps: number): number {
    const key = this.#key;
    key.length = 0;
    packShape(key, scene);
    const shapeLength = key.length;
    const shape = key.hash();
    packMemory(key, memory, stage, overlaps);
    packRemainder(key, scene, stage === "rests", stage === "may-be-struck");
    this.#hash = key.hash(shapeLength, shape);
    return shape;
  }

  /** Its entry; -1: it has not been seen. */
  find(): number {
    return this.#visited.find(this.#key, this.#hash);
  }

  /** Puts in one that has not been seen; its entry, or -1: there is no more room. */
  add(value: number): number {
    if (this.#visited.size < this.#statesMax) return this.#visited.add(this.#key, this.#hash, value);
    this.#isFull = true;
    return -1;
  }

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

const STAGES: readonly Stage[] = ["let-alone", "rests", "may-be-struck"];

/** Longer than any promise: beyond it two worlds do not differ by how long they have been out. */
const DURATION_MOST_US = 60_000_000;

function packMemory(key: Key, memory: Memory, stage: Stage, overlaps: number): void {
  const { holders, seats, changes, outUs, twoUs } = memory;
  const sinceRest = stage === "rests" ? 0 : (memory.strikes << 8) | (overlaps << 16);
  key.add(
    STAGES.indexOf(stage) |
      (memory.excused ? 4 : 0) |
      (memory.covered ? 8 : 0) |
      (KINDS.indexOf(memory.kind) << 4) |
      sinceRest,
  );
  for (let router = 0; router < holders.length; router += 1) {
    key.add(holders[router]!);
    key.add(seats[router]! | (changes[router]! << 2));
  }
  packDuration(key, Math.min(outUs, DURATION_MOST_US));
  packDuration(key, Math.min(twoUs, DURATION_MOST_US));
}
