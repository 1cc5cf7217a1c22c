// The order of a rolling change: addresses move as rarely as can be, and nobody is left out.

import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { rollOrder } from "./roll.ts";

describe("the order of a rolling change", () => {
  test.each<[string, Readonly<Record<string, string[]>>, string]>([
    ["the standby first", { n1: ["web"], n2: [] }, "n2 n1"],
    ["the standby first, though it is preferred", { n1: [], n2: ["web"] }, "n1 n2"],
    ["the least preferred standby first", { n1: ["web"], n2: [], n3: [] }, "n3 n2 n1"],
    ["the holder last, wherever it stands", { n1: [], n2: ["web"], n3: [] }, "n3 n1 n2"],
    ["crossed holders in the pair's order", { n1: ["web"], n2: ["api"] }, "n1 n2"],
    ["a standby before crossed holders", { n1: ["web"], n2: ["api"], n3: [] }, "n3 n1 n2"],
    ["no holder at all", { n1: [], n2: [] }, "n2 n1"],
  ])("%s", (_, holds, order) => {
    const turns = rollOrder(Object.entries(holds).map(([node, held]) => ({ node, holds: held })));
    expect(turns.map(({ node }) => node).join(" ")).toBe(order);
    for (const turn of turns) expect(turn.holds).toBe(holds[turn.node]?.length !== 0);
  });

  it("has everybody once, and no standby behind a holder", () => {
    const pairs = fc.array(fc.subarray(["web", "api"]), { maxLength: 6 });
    fc.assert(
      fc.property(pairs, (held) => {
        const turns = rollOrder(held.map((holds, index) => ({ node: `n${index}`, holds })));
        expect(new Set(turns.map(({ node }) => node)).size).toBe(held.length);
        expect(turns).toHaveLength(held.length);
        const firstHolder = turns.findIndex(({ holds }) => holds);
        if (firstHolder !== -1) expect(turns.slice(firstHolder).every(({ holds }) => holds)).toBe(true);
      }),
    );
  });
});
