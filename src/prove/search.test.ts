// The search on pairs whose answers are known by hand: small depths, no machine.

import { describe, expect, test } from "vitest";
import { sourceText } from "../diagnostics/index.ts";
import { readConfiguration } from "../keepalived/index.ts";
import {
  type CheckNature,
  managedHabits,
  type Site,
  settledWorld,
  siteFromFiles,
  usualHabits,
} from "../simulate/index.ts";
import { moves } from "./moves.ts";
import type { PromiseLimits, PromiseName } from "./promises.ts";
import type { ProofOptions } from "./proof.ts";
import { prove } from "./search.ts";

interface Written {
  readonly priority: number;
  readonly weight?: number;
  readonly nopreempt?: boolean;
  readonly password?: string;
}

function textOf({ priority, weight = 0, nopreempt = true, password = "secret" }: Written): string {
  return [
    `vrrp_script chk {\n script "/bin/chk"\n interval 2\n fall 2\n rise 1\n weight ${weight}\n}`,
    "vrrp_instance VI {\n state BACKUP\n interface eth0\n virtual_router_id 50",
    ` priority ${priority}\n advert_int 1\n ${nopreempt ? "nopreempt" : ""}`,
    ` authentication {\n auth_type PASS\n auth_pass ${password}\n }`,
    " track_script {\n chk\n }\n virtual_ipaddress {\n 192.0.2.10\n }\n}\n",
  ].join("\n");
}

function siteOf(
  nodes: readonly Written[],
  {
    asks = "service",
    managed = true,
  }: { readonly asks?: CheckNature["asks"]; readonly managed?: boolean } = {},
): Site {
  return siteFromFiles(
    nodes.map((written, index) => ({
      name: `lb${index + 1}`,
      address: { family: 4 as const, text: `192.0.2.${index + 1}` },
      configuration: readConfiguration(sourceText(`lb${index + 1}.conf`, textOf(written)), {
        version: "2.2.7",
      }),
      checks: new Map([["chk", { asks, hangUs: 500_000 }]]),
      habits: managed ? managedHabits(false) : usualHabits,
    })),
    "2.2.7",
  );
}

const LIMITS: PromiseLimits = {
  twoHoldersUs: 1_100_000,
  settlesUs: 60_000_000,
  outageUs: {},
  noFailback: true,
};

const PROMISES: readonly PromiseName[] = [
  ...(["holder", "one-holder", "no-failback", "no-flap", "check-moves-vip", "settles"] as const),
];

function proofOf(site: Site, given: Partial<ProofOptions> = {}) {
  const options = {
    depth: 1,
    overlap: 1,
    overlaps: 1,
    statesMax: 100_000,
    limits: LIMITS,
    promises: PROMISES,
  };
  return prove(site, settledWorld(site, 1), { ...options, ...given });
}

const shortest = (site: Site, given: Partial<ProofOptions> = {}): Record<string, string> =>
  Object.fromEntries(
    proofOf(site, given).counterexamples.map(({ breach, steps }) => [
      breach.promise,
      steps.map(({ node, move }) => `${move.name} lb${node + 1}`).join(", "),
    ]),
  );

describe("a proof", () => {
  test("of a pair that does what it should finds nothing, and says how much it tried", () => {
    const proof = proofOf(siteOf([{ priority: 101 }, { priority: 100 }]));
    expect(proof.counterexamples).toEqual([]);
    expect(proof).toMatchObject({ depth: 1, isComplete: true });
    expect(proof.rests).toBeGreaterThan(5);
    expect(proof.states).toBeGreaterThan(proof.rests);
  });

  test("finds the failback of a node without nopreempt, whatever the other one says", () => {
    const found = shortest(siteOf([{ priority: 101, nopreempt: false }, { priority: 100 }]));
    expect(found["no-failback"]).toBe("restart-keepalived lb1");
  });

  test("finds a weight that is too small to move anything", () => {
    const site = siteOf([
      { priority: 150, weight: -20, nopreempt: false },
      { priority: 100, weight: -20, nopreempt: false },
    ]);
    expect(shortest(site)["check-moves-vip"]).toMatch(/^(stop|kill|hang)-haproxy lb1$/);
  });

  test("finds that nopreempt on the peer makes a weighted check useless", () => {
    const site = siteOf([
      { priority: 101, weight: -20 },
      { priority: 100, weight: -20 },
    ]);
    expect(shortest(site)["check-moves-vip"]).toMatch(/haproxy lb1$/);
  });

  test("finds a check that does not see a hang", () => {
    const found = shortest(siteOf([{ priority: 101 }, { priority: 100 }], { asks: "process" }));
    expect(found["check-moves-vip"]).toBe("hang-haproxy lb1");
  });

  test("finds two holders before anything has happened where the passwords differ", () => {
    const site = siteOf([
      { priority: 101, password: "one" },
      { priority: 100, password: "two" },
    ]);
    expect(shortest(site)["one-holder"]).toBe("");
  });

  test("finds the VIP that a killed keepalived leaves behind", () => {
    const found = shortest(siteOf([{ priority: 101 }, { priority: 100 }], { managed: false }));
    expect(found["one-holder"]).toBe("kill-keepalived lb1");
  });

  test("finds a pair that goes round in a circle: its check asks the address that the check moves", () => {
    const site = siteOf(
      [
        { priority: 150, weight: -60, nopreempt: false },
        { priority: 100, weight: -1, nopreempt: false },
      ],
      { asks: "holder" },
    );
    // With moves close together as well: the circle is no shorter for what could be done in it.
    for (const given of [
      {},
      { depth: 2, overlap: 2, moves: moves.filter(({ name }) => name === "stop-haproxy") },
    ]) {
      const { counterexamples } = proofOf(site, { promises: ["settles"], ...given });
      expect(counterexamples).toHaveLength(1);
      const [{ breach, steps, untilUs }] = counterexamples as [(typeof counterexamples)[0]];
      expect(steps.map(({ move, node }) => `${move.name} lb${node + 1}`)).toEqual(["stop-haproxy lb1"]);
      expect(breach.measuredUs).toBeGreaterThan(LIMITS.settlesUs);
      expect(untilUs).toBe(breach.measuredUs);
    }
  });

  test("stops at its bound on states, and says that it is not complete", () => {
    const proof = proofOf(siteOf([{ priority: 101 }, { priority: 100 }]), { depth: 2, statesMax: 50 });
    expect(proof.isComplete).toBe(false);
    expect(proof.states).toBeLessThanOrEqual(50);
  });

  // What is reached first on a long way may be reached on a short one later, and has to be followed as far as that allows.
  test("follows a world as far as the shortest way to it allows, whatever is tried first", () => {
    const site = siteOf([{ priority: 101 }, { priority: 100 }]);
    const some = moves.filter(({ name }) => /^(kill|stop)-keepalived$|^power-/.test(name));
    const counts = [some, some.toReversed()].map((order) => {
      const { states, rests } = proofOf(site, { depth: 3, overlap: 2, moves: order });
      return { states, rests };
    });
    expect(counts[1]).toEqual(counts[0]);
  });

  test("rests with moves close together in all worlds that it rests in without", () => {
    const site = siteOf([{ priority: 101 }, { priority: 100 }]);
    const rests = (overlap: number): number => proofOf(site, { depth: 2, overlap }).rests;
    expect(rests(2)).toBeGreaterThan(rests(1));
  });

  test("is the same each time", () => {
    const site = siteOf([{ priority: 101, nopreempt: false }, { priority: 100 }]);
    expect(JSON.stringify(proofOf(site))).toBe(JSON.stringify(proofOf(site)));
  });
});
