// The order of a move, held for every move there can be: what is opened is closed, nothing moves before all is ready, and nobody else is touched.

import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { Move } from "./switchover.ts";
import {
  isBeforeMove,
  type MoveOptions,
  moveSteps,
  type MoveStep,
  type MoveStepKind,
} from "./switchover-steps.ts";

type Options = MoveOptions & { readonly maintained?: string };

const pair: Options = { drain: true, boost: true, letGo: "give", nodes: ["n1", "n2"] };
const web: Move = { to: "n2", routers: [{ router: "web", from: "n1" }] };
const crossed: Move = {
  to: "n3",
  routers: [
    { router: "web", from: "n1" },
    { router: "api", from: "n2" },
    { router: "dns", from: "n1" },
  ],
};

function listed(steps: readonly MoveStep[]): string[] {
  return steps.map(
    ({ kind, node, routers }) =>
      `${kind} ${node}: ${routers.map(({ router, from }) => `${router}<${from}`).join(" ")}`,
  );
}

describe("the steps", () => {
  test.each<[string, Move, Options, string]>([
    [
      "of a switch in classic",
      web,
      pair,
      "open-give n1, open-take n2, boost n2, give n1, await n2, unboost n2, confirm n2, drain n1, close-take n2, close-give n1",
    ],
    [
      "of a switch in fast",
      web,
      { ...pair, boost: false },
      "open-give n1, open-take n2, give n1, await n2, confirm n2, drain n1, close-take n2, close-give n1",
    ],
    [
      "without a drain",
      web,
      { ...pair, drain: false },
      "boost n2, give n1, await n2, unboost n2, confirm n2",
    ],
    [
      "past a third node",
      web,
      { ...pair, drain: false, nodes: ["n1", "n2", "n3"] },
      "boost n2, aside n3, give n1, await n2, unboost n2, confirm n2",
    ],
    [
      "of maintenance",
      web,
      { ...pair, boost: false, letGo: "maintain", maintained: "n1" },
      "open-give n1, open-take n2, maintain n1, await n2, confirm n2, drain n1, close-take n2, close-give n1",
    ],
    ["of maintenance of a standby", { to: "n1", routers: [] }, { ...pair, maintained: "n2" }, "maintain n2"],
    ["of nothing", { to: "n1", routers: [] }, pair, ""],
    [
      "from two nodes to a third",
      crossed,
      { ...pair, nodes: ["n1", "n2", "n3", "n4"] },
      "open-give n1, open-give n2, open-take n3, boost n3, aside n4, give n1, give n2, await n3, unboost n3, confirm n3, drain n1, drain n2, close-take n3, close-give n1, close-give n2",
    ],
  ])("%s", (_, move, options, steps) => {
    expect(
      moveSteps(move, options)
        .map(({ kind, node }) => `${kind} ${node}`)
        .join(", "),
    ).toBe(steps);
  });

  it("name each node's own routers, and the taker all with their givers", () => {
    expect(listed(moveSteps(crossed, { ...pair, boost: false, nodes: ["n1", "n2", "n3"] }))).toEqual([
      "open-give n1: web<n1 dns<n1",
      "open-give n2: api<n2",
      "open-take n3: web<n1 api<n2 dns<n1",
      "give n1: web<n1 dns<n1",
      "give n2: api<n2",
      "await n3: web<n1 api<n2 dns<n1",
      "confirm n3: web<n1 api<n2 dns<n1",
      "drain n1: web<n1 dns<n1",
      "drain n2: api<n2",
      "close-take n3: web<n1 api<n2 dns<n1",
      "close-give n1: web<n1 dns<n1",
      "close-give n2: api<n2",
    ]);
  });
});

describe("of every move", () => {
  const nodes = ["n1", "n2", "n3", "n4"];
  const cases = fc
    .record({
      size: fc.integer({ min: 2, max: 4 }),
      to: fc.integer({ min: 0, max: 3 }),
      givers: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 4 }),
      drain: fc.boolean(),
      boost: fc.boolean(),
      letGo: fc.constantFrom<MoveOptions["letGo"]>("give", "maintain"),
    })
    .map(({ size, to, givers, ...how }): [Move, Options] => {
      const present = nodes.slice(0, size);
      const taker = present[to % size] ?? "n1";
      const others = present.filter((node) => node !== taker);
      const routers = givers.map((giver, index) => ({
        router: `r${index}`,
        from: others[giver % others.length] ?? "n1",
      }));
      return [
        { to: taker, routers },
        { ...how, nodes: present },
      ];
    });
  const forEvery = (hold: (steps: readonly MoveStep[], move: Move, options: Options) => void): void =>
    fc.assert(fc.property(cases, ([move, options]) => hold(moveSteps(move, options), move, options)));
  const at = (steps: readonly MoveStep[], kind: MoveStepKind, node?: string): number[] =>
    steps.flatMap((step, index) =>
      step.kind === kind && (node === undefined || step.node === node) ? [index] : [],
    );

  it("what is opened on a node is closed there later, the taker's part before any giver's", () => {
    forEvery((steps) => {
      for (const [opens, closes] of [
        ["open-give", "close-give"],
        ["open-take", "close-take"],
        ["boost", "unboost"],
      ] as const) {
        const opened = steps.filter(({ kind }) => kind === opens).map(({ node }) => node);
        expect(steps.filter(({ kind }) => kind === closes).map(({ node }) => node)).toEqual(opened);
        for (const node of opened)
          expect(at(steps, closes, node)[0]).toBeGreaterThan(at(steps, opens, node)[0] ?? Number.NaN);
      }
      // The old node has the VIP on lo before the new one hands anything to it, and until after the last packet was handed over.
      for (const give of at(steps, "open-give")) expect(at(steps, "open-take")[0]).toBeGreaterThan(give);
      for (const give of at(steps, "close-give")) expect(at(steps, "close-take")[0]).toBeLessThan(give);
      for (const drain of at(steps, "drain")) expect(at(steps, "close-take")[0]).toBeGreaterThan(drain);
    });
  });

  it("all that is before the move is done before anybody lets go, and the taker is awaited at once", () => {
    forEvery((steps, move, { letGo }) => {
      const first = at(steps, letGo)[0] ?? -1;
      expect(first).toBeGreaterThanOrEqual(0);
      for (const [index, { kind }] of steps.entries()) expect(isBeforeMove(kind), kind).toBe(index < first);
      const givers = new Set(move.routers.map(({ from }) => from));
      expect(new Set(steps.slice(first, first + givers.size).map(({ node }) => node))).toEqual(givers);
      expect(steps[first + givers.size]).toMatchObject({ kind: "await", node: move.to });
    });
  });

  it("every node has one part: the taker takes, a giver gives, anybody else stands aside", () => {
    const parts: Readonly<Record<MoveStepKind, "take" | "give" | "beside">> = {
      "open-give": "give",
      "open-take": "take",
      boost: "take",
      aside: "beside",
      give: "give",
      maintain: "give",
      await: "take",
      unboost: "take",
      confirm: "take",
      drain: "give",
      "close-take": "take",
      "close-give": "give",
    };
    forEvery((steps, move, options) => {
      const givers = move.routers.map(({ from }) => from);
      const partOf = (node: string): string =>
        node === move.to ? "take" : givers.includes(node) ? "give" : "beside";
      for (const { kind, node } of steps) expect(parts[kind]).toBe(partOf(node));
      expect(new Set(steps.map(({ node }) => node))).toEqual(new Set(options.nodes));
    });
  });

  it("a step is about the move's own routers: a giver's own, all for everybody else", () => {
    forEvery((steps, move) => {
      const givers = new Set(move.routers.map(({ from }) => from));
      for (const { node, routers } of steps)
        expect(routers).toEqual(
          givers.has(node) ? move.routers.filter(({ from }) => from === node) : move.routers,
        );
    });
  });
});
