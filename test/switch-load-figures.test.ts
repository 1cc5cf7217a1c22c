// The figures of a load: what was sent is answered or failed, in the phase it was sent in, whatever order things happen in.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  joinFigures,
  LOAD_KINDS,
  type LoadRecord,
  newFigureBook,
  type Reason,
  verdictOf,
} from "./support/switch-load-figures.ts";

const answered = (phase: number, atMs: number, tookMs: number, by?: string): LoadRecord => ({
  is: "answered",
  kind: "new-http1",
  phase,
  atMs,
  tookMs,
  ...(by === undefined ? {} : { by }),
});
const sent = (phase: number): LoadRecord => ({ is: "sent", kind: "new-http1", phase, lateMs: 0 });

describe("a load's figures", () => {
  it("count an answer in the phase its request was sent in", () => {
    const book = newFigureBook("quiet", 0);
    const first = book.phase;
    book.add(sent(first));
    book.begin("switch", 1000);
    book.add(sent(book.phase));
    book.add(answered(first, 1200, 400, "extlb-01"));
    const { phases } = book.figures(2000, 0.5);
    expect(phases.map(({ name, tookMs }) => [name, tookMs])).toEqual([
      ["quiet", 1000],
      ["switch", 1000],
    ]);
    expect(phases[0]?.kinds["new-http1"]).toMatchObject({
      sent: 1,
      answered: 1,
      open: 0,
      slowestMs: 400,
      answeredBy: { "extlb-01": 1 },
    });
    expect(phases[1]?.kinds["new-http1"]).toMatchObject({ sent: 1, answered: 0, open: 1 });
  });

  it("tell what failed in a later phase than it was sent in", () => {
    const book = newFigureBook("quiet", 0);
    for (const during of [0, 1, 1]) {
      book.add(sent(0));
      book.add({ is: "failed", kind: "new-http1", phase: 0, during, reason: "reset" });
    }
    expect(book.figures(1, 0).phases[0]?.kinds["new-http1"]).toMatchObject({ failed: 3, failedLater: 2 });
  });

  it("find the slowest, the middle and the longest time without an answer", () => {
    const book = newFigureBook("quiet", 0);
    for (let number = 1; number <= 100; number += 1) {
      book.add(sent(0));
      // Nothing is answered between 50 and 90 s.
      book.add(answered(0, (number <= 50 ? number : number + 40) * 1000, number));
    }
    const figures = book.figures(150_000, 0).phases[0]?.kinds["new-http1"];
    expect(figures).toMatchObject({ slowestMs: 100, p50Ms: 51, p99Ms: 100, longestGapMs: 41_000 });
  });

  it("name every reason", () => {
    const book = newFigureBook("switch", 0);
    const reasons: Reason[] = ["reset", "reset", "silent", "status 503"];
    for (const reason of reasons) {
      book.add({ is: "opened", kind: "tcp", phase: 0 });
      book.add({ is: "broken", kind: "tcp", phase: 0, reason });
    }
    book.add({ is: "asked", kind: "kept-http2", phase: 0 });
    const [phase] = book.figures(1, 0).phases;
    expect(phase?.kinds.tcp?.brokenBecause).toEqual({ reset: 2, silent: 1, "status 503": 1 });
    expect(phase?.kinds["kept-http2"]).toMatchObject({ asked: 1, broken: 0 });
    if (phase === undefined) throw new Error("there is a phase");
    expect(verdictOf(phase)).toMatchObject({ broken: 4, failed: 0 });
    expect(verdictOf(phase, ["kept-http2"]).broken).toBe(0);
  });

  it("give a transfer's rate between its first and last byte, and its longest stall", () => {
    const book = newFigureBook("quiet", 0);
    for (const [atMs, bytes] of [
      [1000, 0],
      [1100, 5000],
      [3000, 5000],
    ] as const)
      book.add({ is: "bytes", kind: "download", phase: 0, atMs, bytes });
    expect(book.figures(9000, 0).phases[0]?.kinds.download).toMatchObject({
      bytes: 10_000,
      bytesPerS: 5000,
      longestStallMs: 1900,
    });
  });

  it("are those of one load when its processes' are joined, and refuse one kind twice", () => {
    const [requests, connections] = [newFigureBook("quiet", 0), newFigureBook("quiet", 0)];
    requests.add(sent(0));
    connections.add({ is: "opened", kind: "tcp", phase: 0 });
    const joined = joinFigures([requests.figures(10, 1), connections.figures(10, 2)]);
    expect(joined.cpuS).toBe(3);
    expect(Object.keys(joined.phases[0]?.kinds ?? {})).toEqual(["tcp", "new-http1"]);
    expect(() => joinFigures([requests.figures(10, 1), requests.figures(10, 1)])).toThrow("new-http1");
  });

  it("lose nothing: sent is answered, failed or open, however it is mixed", () => {
    const step = fc.record({
      kind: fc.constantFrom(...LOAD_KINDS),
      phase: fc.nat(2),
      end: fc.constantFrom("answered", "failed", "open"),
      tookMs: fc.nat(5000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const book = newFigureBook("one", 0);
        book.begin("two", 1);
        book.begin("three", 2);
        for (const { kind, phase, end, tookMs } of steps) {
          book.add({ is: "sent", kind, phase, lateMs: 0 });
          if (end === "answered") book.add({ is: end, kind, phase, atMs: tookMs, tookMs });
          if (end === "failed") book.add({ is: end, kind, phase, during: 2, reason: "reset" });
        }
        const figures = book.figures(10, 0);
        const total = figures.phases.map((phase) => verdictOf(phase));
        expect(total.reduce((sum, { sent: number }) => sum + number, 0)).toBe(steps.length);
        for (const what of ["failed", "open"] as const)
          expect(total.reduce((sum, one) => sum + one[what], 0)).toBe(
            steps.filter(({ end }) => end === what).length,
          );
        expect(figures.dropped).toBe(0);
      }),
    );
  });
});
