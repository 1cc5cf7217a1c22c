// What waits for the disk: order, the bound, who goes first, and that every waiter learns what became of its record.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AppendOutcome, type HeldItem, heldQueue, type HeldQueue } from "./held-queue.ts";

interface Watched {
  readonly queue: HeldQueue;
  readonly outcomes: Map<number, AppendOutcome>;
  readonly dropped: unknown[];
  readonly add: (number: number, bytes: number, kind?: HeldItem["kind"]) => void;
}

/** A queue of at most 1000 bytes in which records with odd numbers may go first. */
function watched(): Watched {
  const outcomes = new Map<number, AppendOutcome>();
  const dropped: unknown[] = [];
  const queue = heldQueue({
    bytesMax: 1000,
    lineBytesMax: 900,
    mayGo: (record) => (record as number) % 2 === 1,
    onDropped: (records) => dropped.push(...records),
  });
  const add = (number: number, bytes: number, kind: HeldItem["kind"] = "record"): void => {
    const settle = (outcome: AppendOutcome): void => {
      expect(outcomes.has(number)).toBe(false);
      outcomes.set(number, outcome);
    };
    const value = kind === "record" ? number : undefined;
    queue.add({ kind, number, line: Buffer.alloc(bytes), value, settle });
  };
  return { queue, outcomes, dropped, add };
}

describe("heldQueue", () => {
  it("takes records in order up to a number of bytes, and a snapshot alone", () => {
    const { queue, add } = watched();
    for (const number of [1, 2, 3]) add(number, 100);
    add(1003, 50, "snapshot");
    add(4, 100);
    const taken: number[][] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      taken.push(queue.take(250).map((item) => item.number));
      queue.taken();
    }
    expect(taken).toEqual([[1, 2], [3], [1003], [4]]);
    expect({ count: queue.count, bytes: queue.bytes }).toEqual({ count: 0, bytes: 0 });
  });

  it("lets those go first that may, oldest first, and makes room for more than one", () => {
    const { add, dropped, queue } = watched();
    for (let number = 1; number <= 10; number += 1) add(number, 100);
    expect(dropped).toEqual([]);
    add(11, 100);
    expect(dropped).toEqual([1, 3, 5]);
    for (let number = 12; number <= 20; number += 1) add(number, 200);
    expect(queue.bytes).toBeLessThanOrEqual(1000);
    expect(queue.droppedCount).toBe(dropped.length);
  });

  it("never drops what is on its way to the disk", () => {
    const { queue, add, outcomes } = watched();
    add(1, 800);
    expect(queue.take(10).length).toBe(1);
    add(3, 800);
    add(5, 800);
    expect(outcomes.get(1)).toBeUndefined();
    queue.taken();
    expect(outcomes.get(1)).toBe("durable");
    expect([outcomes.get(3), outcomes.get(5)]).toEqual(["dropped", "dropped"]);
  });

  it("holds one snapshot, the latest, and both that asked learn of it", () => {
    const { queue, add, outcomes } = watched();
    add(1, 100);
    add(1001, 100, "snapshot");
    add(2, 100);
    add(1002, 100, "snapshot");
    expect(queue.count).toBe(3);
    queue.take(1000);
    queue.taken();
    expect(outcomes.get(1001)).toBeUndefined();
    queue.take(1000);
    queue.taken();
    expect([outcomes.get(1001), outcomes.get(1002)]).toEqual(["durable", "durable"]);
  });

  it("drops a line that is too long, and all that is left when nobody will write it", () => {
    const { queue, add, dropped, outcomes } = watched();
    add(1, 901);
    add(2, 100);
    queue.take(1000);
    queue.abandon();
    expect(dropped).toEqual([1, 2]);
    expect([...outcomes.values()]).toEqual(["dropped", "dropped"]);
    expect(queue.bytes).toBe(0);
  });

  it("keeps order and bound, and settles each record once, whatever the disk does", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("add" as const), bytes: fc.integer({ min: 1, max: 400 }) }),
      fc.record({ kind: fc.constant("snapshot" as const), bytes: fc.integer({ min: 1, max: 400 }) }),
      fc.record({ kind: fc.constantFrom("write" as const, "fail" as const), bytes: fc.nat({ max: 800 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { queue, add, outcomes } = watched();
        let number = 0;
        const written: number[] = [];
        for (const { kind, bytes } of steps) {
          if (kind === "add") add((number += 1), bytes);
          else if (kind === "snapshot") add((number += 1), bytes, "snapshot");
          else {
            const taken = queue.take(bytes).map((item) => item.number);
            if (kind === "write") {
              written.push(...taken);
              queue.taken();
            } else queue.putBack();
          }
          // A snapshot is held beside the records.
          expect(queue.bytes).toBeLessThanOrEqual(1000 + 400);
        }
        expect(written.every((one, index) => index === 0 || one > (written[index - 1] ?? 0))).toBe(true);
        queue.abandon();
        expect(outcomes.size).toBe(number);
        for (const one of written) expect(outcomes.get(one)).toBe("durable");
      }),
    );
  });
});
