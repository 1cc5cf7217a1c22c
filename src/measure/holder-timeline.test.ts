// Who held the VIP, against looking at every single microsecond.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HolderFeed, type HolderSample, holdersAt, holderTimeline } from "./holder-timeline.ts";

const NODES = ["lb1", "lb2", "lb3"];

const sampleList = fc.array(
  fc.record({
    node: fc.constantFrom(...NODES),
    atUs: fc.integer({ min: 0, max: 60 }),
    holds: fc.constantFrom<boolean | null>(true, false, null),
  }),
  { maxLength: 20 },
);

/** What is known of a node in the microsecond that begins at `atUs`, by searching all its samples. */
function stateAt(
  samples: readonly HolderSample[],
  node: string,
  atUs: number,
  feed: HolderFeed,
): boolean | null {
  const own = samples
    .filter((sample) => sample.node === node)
    .toSorted((left, right) => left.atUs - right.atUs);
  const index = own.findLastIndex((sample) => sample.atUs <= atUs);
  const last = own[index];
  const next = own[index + 1];
  if (last === undefined) return null;
  return feed === "polls" && next !== undefined && next.holds !== last.holds ? null : last.holds;
}

describe("holderTimeline", () => {
  it.each<HolderFeed>(["events", "polls"])("agrees with looking at every microsecond (%s)", (feed) => {
    fc.assert(
      fc.property(
        sampleList,
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 1, max: 30 }),
        (samples, fromUs, length) => {
          const toUs = fromUs + length;
          const timeline = holderTimeline(samples, { fromUs, toUs }, feed);
          let two = 0;
          let none = 0;
          let unknown = 0;
          for (let atUs = fromUs; atUs < toUs; atUs += 1) {
            const states = timeline.nodes.map((node) => stateAt(samples, node, atUs, feed));
            const holding = timeline.nodes.filter((_node, index) => states[index] === true);
            expect(holdersAt(timeline, atUs)).toEqual(holding);
            if (holding.length >= 2) two += 1;
            else if (states.includes(null)) unknown += 1;
            else if (holding.length === 0) none += 1;
          }
          expect(timeline).toMatchObject({ twoHolderUs: two, noHolderUs: none, unknownUs: unknown });
          // Without gaps, from end to end.
          expect(timeline.segments.map((segment) => segment.fromUs)).toEqual([
            fromUs,
            ...timeline.segments.slice(0, -1).map((segment) => segment.toUs),
          ]);
          expect(timeline.segments.at(-1)?.toUs).toBe(toUs);
        },
      ),
      { numRuns: 300 },
    );
  });

  const moved: readonly HolderSample[] = [
    { node: "lb1", atUs: 0, holds: true },
    { node: "lb2", atUs: 0, holds: false },
    { node: "lb2", atUs: 40, holds: true },
    { node: "lb1", atUs: 45, holds: false },
  ];

  it("sees a move with its overlap", () => {
    expect(holderTimeline(moved, { fromUs: 10, toUs: 100 })).toMatchObject({
      twoHolderUs: 5,
      longestTwoHolderUs: 5,
      noHolderUs: 0,
      moves: 1,
      holdersBefore: ["lb1"],
      holdersAfter: ["lb2"],
    });
  });

  it("claims no overlap that two polls may have made up", () => {
    const timeline = holderTimeline(moved, { fromUs: 10, toUs: 100 }, "polls");
    expect(timeline).toMatchObject({ twoHolderUs: 0, noHolderUs: 0, holdersAfter: ["lb2"] });
    expect(timeline.unknownUs).toBe(35);
  });

  it("counts a move that came back as two moves", () => {
    const back = [...moved, { node: "lb2", atUs: 60, holds: false }, { node: "lb1", atUs: 61, holds: true }];
    expect(holderTimeline(back, { fromUs: 0, toUs: 100 })).toMatchObject({
      moves: 2,
      holdersAfter: ["lb1"],
      noHolderUs: 1,
    });
  });

  it("does not take a node that cannot be asked for one that does not hold", () => {
    const timeline = holderTimeline([{ node: "lb1", atUs: 0, holds: null }], { fromUs: 0, toUs: 10 });
    expect(timeline).toMatchObject({ noHolderUs: 0, unknownUs: 10 });
  });
});
