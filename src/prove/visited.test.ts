// The store of visited worlds against a map of texts.

import { array, assert, integer, property } from "fast-check";
import { expect, test } from "vitest";
import { Key, Visited } from "./visited.ts";

function keyOf(numbers: readonly number[]): Key {
  const key = new Key();
  for (const value of numbers) key.add(value);
  return key;
}

test("finds what was put in, and nothing else", () => {
  const numbers = array(integer({ min: -2, max: 2 }), { maxLength: 6 });
  assert(
    property(array(numbers, { maxLength: 200 }), (all) => {
      const visited = new Visited();
      const known = new Map<string, number>();
      for (const one of all) {
        const key = keyOf(one);
        const text = one.join();
        const entry = visited.find(key, key.hash());
        expect(entry === -1 ? undefined : visited.valueOf(entry)).toBe(known.get(text));
        if (entry !== -1) continue;
        known.set(text, known.size);
        visited.setValue(visited.add(key, key.hash(), 0), known.size - 1);
      }
      expect(visited.size).toBe(known.size);
    }),
    { numRuns: 100 },
  );
});

test("tells keys apart that have the same hash", () => {
  const visited = new Visited();
  const same = 7;
  for (const value of [1, 2, 3]) visited.add(keyOf([value]), same, value);
  expect([1, 2, 3, 4].map((value) => visited.find(keyOf([value]), same))).toEqual([0, 1, 2, -1]);
});

test("keeps what it has while it grows, over more than one block", () => {
  const visited = new Visited();
  const count = 40_000;
  const keyAt = (index: number): Key => keyOf([index, ...Array.from({ length: 40 }, () => index)]);
  for (let index = 0; index < count; index += 1) {
    const key = keyAt(index);
    visited.setValue(visited.add(key, key.hash(), index), index * 1_000_000);
  }
  for (const index of [0, 1, 4_095, 4_096, 25_000, count - 1]) {
    const key = keyAt(index);
    const entry = visited.find(key, key.hash());
    expect([visited.valueOf(entry), visited.reachOf(entry)]).toEqual([index * 1_000_000, index]);
  }
  const absent = keyAt(count);
  expect(visited.find(absent, absent.hash())).toBe(-1);
});
