// Who may take the VIP on purpose: every reason against it, what --force can do about it, and what no condition of a pair may ever lead to.

import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { anyView, moveView, type ViewChange } from "../../test/support/move-view.ts";
import { decideMove, type MoveView, type MoveWish, withForce } from "./switchover.ts";

const draining: MoveWish = { drain: true };
const silent = { service: { answers: false, text: "port 80 takes no connection" } };
const faulty = { states: { web: "FAULT" as const } };

/** `n2 service-silent?`: the node, the code, and a question mark where --force goes on. */
function said(view: MoveView, wish: MoveWish): string[] {
  return decideMove(view, wish).refusals.map(
    ({ code, node, overridable }) =>
      `${node === undefined ? "" : `${node} `}${code}${overridable ? "?" : ""}`,
  );
}

/** `n2: web from n1`. */
function moved(view: MoveView, wish: MoveWish): string | undefined {
  const { move } = decideMove(view, wish);
  return move && `${move.to}: ${move.routers.map(({ router, from }) => `${router} from ${from}`).join(", ")}`;
}

describe("a switch", () => {
  test.each<[string, ViewChange, Partial<MoveWish>, string]>([
    ["to the other node", {}, {}, "n2: web from n1"],
    ["back", { holders: { web: "n2" } }, {}, "n1: web from n2"],
    [
      "of two routers with one holder",
      { holders: { web: "n1", api: "n1" } },
      {},
      "n2: web from n1, api from n1",
    ],
    ["of one of them", { holders: { web: "n1", api: "n1" } }, { routers: ["api"] }, "n2: api from n1"],
    [
      "of crossed routers to one node",
      { holders: { web: "n1", api: "n2" } },
      { to: "n2" },
      "n2: web from n1",
    ],
    ["of one crossed router", { holders: { web: "n1", api: "n2" } }, { routers: ["api"] }, "n1: api from n2"],
    ["to who holds it", {}, { to: "n1" }, "n1: "],
    ["to the next of three", { nodes: 3 }, {}, "n2: web from n1"],
    ["to the third", { nodes: 3 }, { to: "n3" }, "n3: web from n1"],
    [
      "past one that is held",
      { nodes: 3, changes: { n2: { underMaintenance: true } } },
      {},
      "n3: web from n1",
    ],
    ["past one that is ill", { nodes: 3, changes: { n2: silent } }, {}, "n3: web from n1"],
    ["past one that is gone", { nodes: 3, changes: { n2: { reachable: false } } }, {}, "n3: web from n1"],
    [
      "past one whose configuration differs",
      { nodes: 3, problems: [{ code: "configuration", node: "n2", text: "differs" }] },
      {},
      "n3: web from n1",
    ],
    ["from an ill holder", { changes: { n1: silent } }, {}, "n2: web from n1"],
    [
      "with an ill third node",
      { nodes: 3, problems: [{ code: "haproxy", node: "n3", text: "is dead" }] },
      { to: "n2" },
      "n2: web from n1",
    ],
    [
      "with preemption, to the preferred node",
      { preempt: true, holders: { web: "n2" } },
      {},
      "n1: web from n2",
    ],
    [
      "with preemption, while the preferred node is held",
      { preempt: true, nodes: 3, holders: { web: "n3" }, changes: { n1: { underMaintenance: true } } },
      { to: "n2" },
      "n2: web from n3",
    ],
  ])("%s is made", (_, change, wish, move) => {
    const view = moveView(change);
    expect(said(view, { ...draining, ...wish })).toEqual([]);
    expect(moved(view, { ...draining, ...wish })).toBe(move);
  });

  test.each<[string, ViewChange, Partial<MoveWish>, string[]]>([
    ["a router that is not there", {}, { routers: ["wbe"] }, ["unknown-router"]],
    ["a node that is not there", {}, { to: "n9" }, ["unknown-node"]],
    ["both", {}, { to: "n9", routers: ["wbe"] }, ["unknown-router", "unknown-node"]],
    ["no holder", { changes: { n1: { holds: [] } } }, {}, ["no-holder"]],
    ["maintenance where nobody holds", { changes: { n1: { holds: [] } } }, { from: "n1" }, ["no-holder?"]],
    ["an unknown holder", { changes: { n1: { holds: [], reachable: false } } }, {}, ["no-holder"]],
    ["two holders", { changes: { n2: { holds: ["web"] } } }, {}, ["two-holders"]],
    ["crossed routers to nowhere", { holders: { web: "n1", api: "n2" } }, {}, ["say-where"]],
    [
      "crossed routers to a third node that nobody named",
      { nodes: 3, holders: { web: "n1", api: "n2" } },
      {},
      ["say-where"],
    ],
    [
      "a node that drains another router",
      { holders: { web: "n1", api: "n2" }, changes: { n1: { draining: ["api"] } } },
      { to: "n2", routers: ["web"] },
      ["n1 draining?"],
    ],
    ["a taker that is gone", { changes: { n2: { reachable: false } } }, {}, ["n2 unreachable"]],
    ["a giver that answered only half", { changes: { n1: { reachable: false } } }, {}, ["n1 unreachable"]],
    ["a taker that is held", { changes: { n2: { underMaintenance: true } } }, {}, ["n2 under-maintenance"]],
    [
      "a taker that is held, which puts it into FAULT",
      { changes: { n2: { underMaintenance: true, ...faulty } } },
      {},
      ["n2 under-maintenance"],
    ],
    ["a taker in FAULT", { changes: { n2: faulty } }, {}, ["n2 not-ready"]],
    [
      "a taker whose keepalived is stopped",
      { changes: { n2: { states: { web: "STOPPED" } } } },
      {},
      ["n2 not-ready"],
    ],
    ["a taker of which nothing is known", { changes: { n2: { states: {} } } }, {}, ["n2 not-ready"]],
    ["a master without addresses", { changes: { n2: { states: { web: "MASTER" } } } }, {}, ["n2 not-ready"]],
    ["a taker without service", { changes: { n2: silent } }, {}, ["n2 service-silent?"]],
    ["a taker without drain path", { changes: { n2: { noDrainPath: "no nft" } } }, {}, ["n2 no-drain-path?"]],
    ["a giver without drain path", { changes: { n1: { noDrainPath: "no nft" } } }, {}, ["n1 no-drain-path?"]],
    ["a drain path that nobody wants", { changes: { n1: { noDrainPath: "no nft" } } }, { drain: false }, []],
    [
      "a drain path of a node beside",
      { nodes: 3, changes: { n3: { noDrainPath: "no nft" } } },
      { to: "n2" },
      [],
    ],
    [
      "a problem of the taker",
      { problems: [{ code: "clock-x", node: "n2", text: "" }] },
      {},
      ["n2 clock-x?"],
    ],
    ["a problem of the giver", { problems: [{ code: "clock-x", node: "n1", text: "" }] }, {}, []],
    ["a problem of the pair", { problems: [{ code: "same", text: "" }] }, {}, ["same?"]],
    ["preemption", { preempt: true }, {}, ["would-return"]],
    [
      "preemption by one that is neither the first nor the taker",
      { preempt: true, nodes: 3, holders: { web: "n2" }, changes: { n1: { underMaintenance: true } } },
      { to: "n3" },
      ["would-return"],
    ],
    [
      "everything at once",
      {
        preempt: true,
        changes: { n1: { noDrainPath: "no nft" }, n2: { ...faulty, ...silent, noDrainPath: "no nft" } },
        problems: [{ code: "same", text: "" }],
      },
      {},
      [
        "n2 not-ready",
        "n2 service-silent?",
        "would-return",
        "n1 no-drain-path?",
        "n2 no-drain-path?",
        "same?",
      ],
    ],
    [
      "of three takers none, and the one that --force could choose is spoken of",
      { nodes: 3, changes: { n2: { underMaintenance: true }, n3: silent } },
      {},
      ["n3 service-silent?"],
    ],
    [
      "of three takers none at all: the most preferred is spoken of",
      { nodes: 3, changes: { n2: { underMaintenance: true }, n3: { reachable: false } } },
      {},
      ["n2 under-maintenance"],
    ],
  ])("with %s", (_, change, wish, refusals) => {
    const view = moveView(change);
    expect(said(view, { ...draining, ...wish })).toEqual(refusals);
    const { overridden, standing } = withForce(decideMove(view, { ...draining, ...wish }).refusals);
    expect(overridden).toHaveLength(refusals.filter((text) => text.endsWith("?")).length);
    expect(standing).toHaveLength(refusals.length - overridden.length);
  });

  it("names what is wrong and what to do", () => {
    const texts = (change: ViewChange, wish: MoveWish = draining): string =>
      decideMove(moveView(change), wish)
        .refusals.map(({ text }) => text)
        .join("; ");
    expect(texts({ changes: { n2: { holds: ["web"] } } })).toBe(
      "n1 and n2 hold the addresses of web at once: mend that first (hapair verify)",
    );
    expect(texts({ changes: { n1: { holds: [], reachable: false } } })).toBe(
      "who holds the addresses of web is not known: n1 cannot be asked",
    );
    expect(texts({ changes: { n2: faulty } })).toBe(
      "keepalived says FAULT for web: it would not take the VIP",
    );
    expect(texts({ changes: { n2: silent } })).toContain("port 80 takes no connection");
    expect(texts({ preempt: true })).toContain("use hapair maintenance on n1");
    expect(texts({ changes: { n2: { underMaintenance: true } } })).toContain("hapair maintenance off n2");
  });
});

describe("maintenance", () => {
  const of = (from: string): MoveWish => ({ drain: true, from });

  test.each<[string, ViewChange, string, string | undefined, string[]]>([
    ["of the holder", {}, "n1", "n2: web from n1", []],
    ["of the standby", {}, "n2", "n1: ", []],
    [
      "of the standby, whose illness is the reason",
      { changes: { n2: { ...faulty, ...silent } } },
      "n2",
      "n1: ",
      [],
    ],
    ["of the standby of an ill holder", { changes: { n1: silent } }, "n2", "n1: ", ["n1 service-silent?"]],
    [
      "of a node that is gone",
      { changes: { n2: { reachable: false } } },
      "n2",
      undefined,
      ["n2 unreachable"],
    ],
    [
      "again, of a held standby",
      { changes: { n2: { underMaintenance: true, ...faulty } } },
      "n2",
      "n1: ",
      [],
    ],
    ["of a node that is not there", {}, "n9", undefined, ["unknown-node"]],
    [
      "of the holder while the other is held",
      { changes: { n2: { underMaintenance: true, ...faulty } } },
      "n1",
      "n2: web from n1",
      ["n2 under-maintenance"],
    ],
    [
      "of the standby while the holder is held and serves as a last resort",
      { changes: { n1: { underMaintenance: true } } },
      "n2",
      "n1: ",
      ["n1 under-maintenance"],
    ],
    [
      "again, of a held holder that served as a last resort",
      { changes: { n1: { underMaintenance: true } } },
      "n1",
      "n2: web from n1",
      [],
    ],
    ["of one that holds one of two", { holders: { web: "n1", api: "n2" } }, "n1", "n2: web from n1", []],
    [
      "of the holder of both",
      { holders: { web: "n2", api: "n2" } },
      "n2",
      "n1: web from n2, api from n2",
      [],
    ],
    ["of the preferred node", { preempt: true }, "n1", "n2: web from n1", []],
    ["of the standby, with preemption", { preempt: true }, "n2", "n1: ", []],
    [
      "of the preferred of three, with preemption past an ill one that would take it",
      { preempt: true, nodes: 3, changes: { n2: silent } },
      "n1",
      "n2: web from n1",
      ["n2 service-silent?"],
    ],
    [
      "of the holder of three, past a held one",
      { nodes: 3, changes: { n2: { underMaintenance: true, ...faulty } } },
      "n1",
      "n3: web from n1",
      [],
    ],
    [
      "of a second standby of three: the holder stays",
      { nodes: 3, changes: { n2: { underMaintenance: true, ...faulty } } },
      "n3",
      "n1: ",
      [],
    ],
    [
      "of the last free one of three",
      { nodes: 3, changes: { n2: { underMaintenance: true }, n3: { underMaintenance: true } } },
      "n1",
      "n2: web from n1",
      ["n2 under-maintenance"],
    ],
  ])("%s", (_, change, node, move, refusals) => {
    const view = moveView(change);
    expect(said(view, of(node))).toEqual(refusals);
    expect(moved(view, of(node))).toBe(move);
  });

  it("does not leave the VIP where it shall leave", () => {
    expect(said(moveView(), { drain: true, from: "n1", to: "n1" })).toEqual(["no-taker"]);
  });
});

describe("whatever the condition of a pair", () => {
  const wishes = fc
    .record({
      to: fc.constantFrom(undefined, "n1", "n2", "n3", "n4"),
      from: fc.constantFrom(undefined, "n1", "n2", "n3"),
      routers: fc.constantFrom(undefined, ["web"], ["web", "api"]),
      drain: fc.boolean(),
    })
    .map(({ to, from, routers, drain }): MoveWish => ({
      drain,
      ...(to === undefined ? {} : { to }),
      ...(from === undefined ? {} : { from }),
      ...(routers === undefined ? {} : { routers }),
    }));
  const cases = fc.tuple(anyView, wishes, fc.boolean());
  /** Runs `hold` for every move that would be made, forced or not. */
  const forEveryMove = (
    hold: (
      move: NonNullable<ReturnType<typeof decideMove>["move"]>,
      view: MoveView,
      wish: MoveWish,
      forced: boolean,
    ) => void,
  ): void => {
    let made = 0;
    fc.assert(
      fc.property(cases, ([view, wish, force]) => {
        const { move, refusals } = decideMove(view, wish);
        const { overridden, standing } = withForce(refusals);
        if (move === undefined || standing.length > 0 || (overridden.length > 0 && !force)) return;
        made++;
        hold(move, view, wish, overridden.length > 0);
      }),
      { numRuns: 3000 },
    );
    expect(made, "moves that are made").toBeGreaterThan(30);
  };

  it("no VIP goes to a node that is unreachable, held, or not in BACKUP; without --force, to none that does not serve", () => {
    forEveryMove(({ to, routers }, view, _, forced) => {
      const taker = view.nodes.find(({ node }) => node === to);
      expect(taker).toMatchObject({ reachable: true, underMaintenance: false });
      for (const { router } of routers)
        if (taker?.states[router] !== "BACKUP") expect(taker?.holds).toContain(router);
      if (!forced) expect(taker?.service.answers).toBe(true);
    });
  });

  it("only what exactly one reachable node holds is moved, from that node, and all that was wished for", () => {
    forEveryMove(({ to, routers }, view, wish) => {
      for (const { router, from } of routers) {
        expect(view.nodes.filter(({ holds }) => holds.includes(router))).toEqual([
          expect.objectContaining({ node: from, reachable: true }),
        ]);
        expect(from).not.toBe(to);
        expect(wish.routers ?? [router]).toContain(router);
      }
      const left = (wish.routers ?? view.routers.map(({ router }) => router)).filter(
        (router) => !routers.some((one) => one.router === router),
      );
      for (const router of left) {
        const holder = view.nodes.find(({ holds }) => holds.includes(router))?.node;
        if (wish.from === undefined) expect(holder).toBe(to);
        else expect(holder).not.toBe(wish.from);
      }
    });
  });

  it("a node is put under maintenance only while another that is not carries the service, and only when it can be told", () => {
    forEveryMove(({ to }, view, { from }) => {
      if (from === undefined) return;
      expect(to).not.toBe(from);
      expect(view.nodes.find(({ node }) => node === from)?.reachable).toBe(true);
      expect(
        view.nodes.filter(({ node, underMaintenance }) => node !== from && !underMaintenance),
      ).not.toEqual([]);
    });
  });

  it("a decision has a move or a reason why there is none, and a refusal says something", () => {
    fc.assert(
      fc.property(cases, ([view, wish]) => {
        const { move, refusals } = decideMove(view, wish);
        expect(move !== undefined || refusals.length > 0).toBe(true);
        for (const { code, text } of refusals) {
          expect(code).toMatch(/^[a-z-]+$/);
          expect(text).not.toMatch(/undefined|\s$/);
        }
      }),
    );
  });
});
