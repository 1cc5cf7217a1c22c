// The worlds that a search has seen, each as the whole numbers that pack.ts makes of it. Rule: two are one only when every number is the same; hashes
// decide where to look, never what is equal.

import { assert } from "../base/index.ts";

/** More numbers than any world of a few nodes has; a larger one would be cut, which the assertion below tells. */
const KEY_MOST = 16_384;

/** Numbers of a world that is being packed. One for a search: it is emptied, not made anew. */
export class Key {
  readonly numbers = new Int32Array(KEY_MOST);
  length = 0;

  /** Any whole number of 32 bits. */
  add(value: number): void {
    this.numbers[this.length++] = value;
  }

  /** A number for what has been collected from `from` on; two different ones have the same one in 4 billion. `seed`: of what stands before. */
  hash(from = 0, seed = 0): number {
    const { numbers, length } = this;
    assert(length < KEY_MOST, "a world has room in its packing");
    let hash = seed;
    for (let index = from; index < length; index += 1) {
      hash = Math.imul(hash ^ numbers[index]!, 0x9e37_79b1);
      hash ^= hash >>> 15;
    }
    return hash;
  }
}

/** Numbers in one block of the store: a block is never copied, so what is stored costs its own size alone. */
const BLOCK_LENGTH = 1 << 20;
const FIRST_PLACES = 1 << 12;
/** Of the table, how much may be taken before it doubles. */
const FULL_SHARE = 0.5;

/** A set of keys, each with how it was reached (reach.ts) and a number of its own; what is put in first is entry 0. */
export class Visited {
  readonly #blocks: Int32Array[] = [];
  #blockUsed = BLOCK_LENGTH;
  /** By place: an entry and one more, or 0, and its hash beside it: most looks end here, and see one line of memory. */
  #table = new Int32Array(2 * FIRST_PLACES);
  #mask = FIRST_PLACES - 1;
  /** By entry. */
  #starts = new Float64Array(FIRST_PLACES);
  #values = new Float64Array(FIRST_PLACES);
  #reaches = new Int32Array(FIRST_PLACES);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The entry of a key; -1: it is not there. */
  find({ numbers, length }: Key, hash: number): number {
    const table = this.#table;
    const mask = this.#mask;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const entry = table[2 * place]! - 1;
      if (entry === -1) return -1;
      if (table[2 * place + 1] === hash && this.#isSame(entry, numbers, length)) return entry;
    }
  }

  #isSame(entry: number, numbers: Int32Array, length: number): boolean {
    const start = this.#starts[entry]!;
    const block = this.#blocks[Math.floor(start / BLOCK_LENGTH)]!;
    let at = start % BLOCK_LENGTH;
    if (block[at++] !== length) return false;
    for (let index = 0; index < length; index += 1) if (block[at + index] !== numbers[index]) return false;
    return true;
  }

  valueOf(entry: number): number {
    return this.#values[entry]!;
  }

  setValue(entry: number, value: number): void {
    this.#values[entry] = value;
  }

  reachOf(entry: number): number {
    return this.#reaches[entry]!;
  }

  setReach(entry: number, reach: number): void {
    this.#reaches[entry] = reach;
  }

  /** Puts in a key that is not there yet, of the value 0; its entry. */
  add(key: Key, hash: number, reach: number): number {
    if (this.#size > this.#mask * FULL_SHARE) this.#grow();
    const entry = this.#size++;
    this.#reaches[entry] = reach;
    this.#starts[entry] = this.#store(key);
    link(this.#table, this.#mask, entry + 1, hash);
    return entry;
  }

  #store({ numbers, length }: Key): number {
    if (this.#blockUsed + length + 1 > BLOCK_LENGTH) {
      this.#blocks.push(new Int32Array(BLOCK_LENGTH));
      this.#blockUsed = 0;
    }
    const block = this.#blocks.at(-1)!;
    const start = this.#blockUsed;
    block[start] = length;
    for (let index = 0; index < length; index += 1) block[start + 1 + index] = numbers[index]!;
    this.#blockUsed += length + 1;
    return (this.#blocks.length - 1) * BLOCK_LENGTH + start;
  }

  #grow(): void {
    const before = this.#table;
    const places = before.length;
    this.#table = new Int32Array(2 * places);
    this.#mask = places - 1;
    for (let at = 0; at < before.length; at += 2)
      if (before[at] !== 0) link(this.#table, this.#mask, before[at]!, before[at + 1]!);
    this.#values = grown(this.#values, new Float64Array(places));
    this.#starts = grown(this.#starts, new Float64Array(places));
    this.#reaches = grown(this.#reaches, new Int32Array(places));
  }
}

function link(table: Int32Array, mask: number, mark: number, hash: number): void {
  let place = hash & mask;
  while (table[2 * place] !== 0) place = (place + 1) & mask;
  table[2 * place] = mark;
  table[2 * place + 1] = hash;
}

function grown<Numbers extends Int32Array | Float64Array>(before: Numbers, after: Numbers): Numbers {
  after.set(before);
  return after;
}
