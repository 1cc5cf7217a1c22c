// What becomes of the VIP when a weighted check fails: the verdicts, over pairs and trios as people write them.

import { describe, expect, it } from "vitest";
import { sourceText } from "../../diagnostics/index.ts";
import { checkVerdicts, unjudgedFiles } from "./failing-checks.ts";
import { lintedNode } from "../node.ts";
import { virtualRouters } from "../routers.ts";
import type { VirtualRouter } from "../subject.ts";

interface Written {
  readonly priority: number;
  /** By name of the script. */
  readonly weights: Readonly<Record<string, number>>;
  readonly nopreempt?: boolean;
  readonly files?: Readonly<Record<string, number>>;
}

function textOf({ priority, weights, nopreempt = false, files = {} }: Written): string {
  const scripts = Object.entries(weights).map(
    ([name, weight]) => `vrrp_script ${name} {\n script "/bin/${name}"\n weight ${weight}\n}`,
  );
  const flags = Object.entries(files).map(
    ([name, weight]) => `track_file ${name} {\n file /run/${name}\n weight ${weight}\n}`,
  );
  return [
    ...scripts,
    ...flags,
    "vrrp_instance VI {",
    ` state BACKUP\n interface eth0\n virtual_router_id 50\n priority ${priority}`,
    nopreempt ? " nopreempt" : "",
    ` virtual_ipaddress {\n 192.0.2.10\n }`,
    ` track_script {\n ${Object.keys(weights).join("\n")}\n }`,
    ` track_file {\n ${Object.keys(files).join("\n")}\n }`,
    "}\n",
  ].join("\n");
}

function routerOf(...written: readonly Written[]): VirtualRouter {
  const nodes = written.map((each, index) =>
    lintedNode({ name: `lb${index + 1}`, main: sourceText(`lb${index + 1}.conf`, textOf(each)) }, "2.2.7"),
  );
  const [router] = virtualRouters(nodes);
  if (router === undefined) throw new Error("no router");
  return router;
}

const verdicts = (...written: readonly Written[]) =>
  checkVerdicts(routerOf(...written)).map(
    ({ holder, item, effect, peer }) => `${holder.node.name} ${item.name} ${effect} ${peer.node.name}`,
  );

const chk = (weight: number) => ({ chk: weight });

describe("checkVerdicts", () => {
  it.each([
    ["-2 over a gap of 1", 101, 100, -2, "moves"],
    ["-2 over a gap of 2: a tie moves nothing", 102, 100, -2, "too-small"],
    ["-20 over 50", 150, 100, -20, "too-small"],
    ["+2 on both over 1", 101, 100, 2, "moves"],
    ["+2 on both over 2", 100, 98, 2, "too-small"],
    ["+50 against the ceiling", 254, 250, 50, "too-small"],
    ["-200 down to the floor of 1", 20, 1, -200, "too-small"],
  ])("%s", (_name, first, second, weight, effect) => {
    expect(
      verdicts({ priority: first, weights: chk(weight) }, { priority: second, weights: chk(weight) })[0],
    ).toBe(`lb1 chk ${effect} lb2`);
  });

  it("reckons with each node's own weight", () => {
    expect(verdicts({ priority: 150, weights: chk(-60) }, { priority: 100, weights: { other: 20 } })).toEqual(
      ["lb1 chk moves lb2"],
    );
    expect(verdicts({ priority: 49, weights: chk(2) }, { priority: 49, weights: {} })).toEqual([
      "lb1 chk too-small lb2",
    ]);
  });

  it("says nothing of weight 0, of one node alone, and of the lower node whose peer preempts", () => {
    expect(verdicts({ priority: 150, weights: chk(0) }, { priority: 100, weights: chk(0) })).toEqual([]);
    expect(verdicts({ priority: 150, weights: chk(-2) })).toEqual([]);
    expect(verdicts({ priority: 150, weights: {} }, { priority: 100, weights: chk(-2) })).toEqual([]);
  });

  it("is content with checks that only together suffice, and not with one that never matters", () => {
    const three = { a: -20, b: -20, c: -20 };
    expect(verdicts({ priority: 150, weights: three }, { priority: 100, weights: three })).toEqual([
      "lb1 a moves lb2",
      "lb1 b moves lb2",
      "lb1 c moves lb2",
    ]);
    const two = { small: -2, large: -60 };
    expect(verdicts({ priority: 150, weights: two }, { priority: 100, weights: two })).toEqual([
      "lb1 small redundant lb2",
      "lb1 large moves lb2",
    ]);
  });

  it("asks a bounded number of combinations", () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_each, index) => [`chk${index}`, -1]));
    const found = verdicts({ priority: 101, weights: many }, { priority: 100, weights: {} });
    expect(found).toHaveLength(40);
    expect(new Set(found.map((each) => each.split(" ")[2]))).toEqual(new Set(["moves"]));
  });

  describe("with three nodes", () => {
    it("is content with any peer, and asks the second node too", () => {
      const weights = chk(-20);
      expect(
        verdicts({ priority: 95, weights }, { priority: 90, weights }, { priority: 85, weights }),
      ).toEqual(["lb1 chk moves lb2", "lb2 chk moves lb3"]);
      expect(
        verdicts({ priority: 110, weights }, { priority: 100, weights }, { priority: 50, weights }),
      ).toEqual(["lb1 chk moves lb2", "lb2 chk too-small lb3"]);
    });

    it("needs one peer without nopreempt", () => {
      const weights = chk(-20);
      expect(
        verdicts(
          { priority: 110, weights, nopreempt: true },
          { priority: 105, weights, nopreempt: true },
          { priority: 100, weights },
        ),
      ).toEqual(["lb1 chk moves lb3", "lb2 chk moves lb3", "lb3 chk blocked lb1"]);
    });
  });

  describe("with nopreempt", () => {
    const weights = chk(-20);
    it.each([
      ["on both", true, true, ["lb1 chk blocked lb2", "lb2 chk blocked lb1"]],
      ["on the preferred node", true, false, ["lb1 chk moves lb2", "lb2 chk blocked lb1"]],
      ["on the other", false, true, ["lb1 chk blocked lb2"]],
    ])("%s", (_name, first, second, expected) => {
      expect(
        verdicts({ priority: 101, weights, nopreempt: first }, { priority: 100, weights, nopreempt: second }),
      ).toEqual(expected);
    });

    it("tells the preferred node's gap first", () => {
      expect(
        verdicts({ priority: 150, weights, nopreempt: true }, { priority: 100, weights, nopreempt: true }),
      ).toEqual(["lb1 chk too-small lb2", "lb2 chk blocked lb1"]);
    });
  });

  it("is not certain where a file with a weight is about", () => {
    const [verdict] = checkVerdicts(
      routerOf({ priority: 150, weights: chk(-2), files: { flag: -30 } }, { priority: 100, weights: {} }),
    );
    expect(verdict).toMatchObject({ effect: "too-small", certain: false });
  });
});

describe("unjudgedFiles", () => {
  it("finds weighted files under nopreempt, and not those whose 1 is a FAULT", () => {
    const node = { weights: {}, nopreempt: true, files: { flag: -30, out: -254, zero: 0 } };
    const files = unjudgedFiles(routerOf({ priority: 101, ...node }, { priority: 100, ...node }));
    expect(files.map(({ holder, item }) => `${holder.node.name} ${item.name}`)).toEqual([
      "lb1 flag",
      "lb2 flag",
    ]);
  });
});
