// The inbox: in order, in slices, and at its end no longer than it may.

import { describe, expect, it } from "vitest";
import { startInbox } from "./inbox.ts";

/** Keeps the process busy for a while. */
function busy(lengthMs: number): void {
  const untilMs = performance.now() + lengthMs;
  while (performance.now() < untilMs);
}

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

describe("an inbox", () => {
  it("does at once what comes alone", () => {
    const done: number[] = [];
    const inbox = startInbox();
    for (const one of [1, 2, 3]) {
      inbox.add(() => done.push(one));
      expect(done.at(-1)).toBe(one);
    }
  });

  it("does masses in order, and lets other work between them", async () => {
    const done: number[] = [];
    const inbox = startInbox();
    const between: number[] = [];
    const numbers = Array.from({ length: 3000 }, (_, index) => index);
    for (const one of numbers) {
      inbox.add(() => {
        if (one % 100 === 0) busy(4);
        done.push(one);
      });
    }
    while (done.length < numbers.length) {
      between.push(done.length);
      await turn();
    }
    expect(done).toEqual(numbers);
    expect(new Set(between).size).toBeGreaterThan(3);
    // Another turn has another slice.
    await turn();
    await turn();
    inbox.add(() => done.push(-1));
    expect(done.at(-1)).toBe(-1);
  });

  it("keeps its order when more comes while some waits", async () => {
    const done: number[] = [];
    const inbox = startInbox();
    inbox.add(() => busy(15));
    for (let one = 0; one < 50; one += 1) {
      inbox.add(() => {
        busy(1);
        done.push(one);
      });
      if (one % 10 === 0) await turn();
    }
    while (done.length < 50) await turn();
    expect(done).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });

  it("does what it can at its end, and nothing afterwards", async () => {
    const done: number[] = [];
    const inbox = startInbox();
    inbox.add(() => busy(15));
    for (let one = 0; one < 5; one += 1) inbox.add(() => done.push(one));
    inbox.finish();
    expect(done).toEqual([0, 1, 2, 3, 4]);
    inbox.add(() => done.push(5));
    await turn();
    expect(done).toHaveLength(5);
    const endless = startInbox();
    let count = 0;
    for (let one = 0; one < 200; one += 1) {
      endless.add(() => {
        busy(10);
        count += 1;
      });
    }
    endless.finish();
    const atEnd = count;
    expect(atEnd).toBeLessThan(200);
    await turn();
    await turn();
    expect(count).toBe(atEnd);
  });
});
