// Whatever is done to a pair, its run keeps what keepalived keeps, and the intervals say what the moments say.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Happening, TimedScenario } from "../scenario/index.ts";
import { NEVER } from "../vrrp/index.ts";
import { asWrittenSite } from "../../test/support/as-written-site.ts";
import { catalogued, played, siteNamed } from "../../test/support/simulated-site.ts";
import { forecast } from "./forecast.ts";
import { intervalsOf, outcomesOf } from "./intervals.ts";
import { runDocument } from "./run-document.ts";
import { restingWorld } from "./settled.ts";
import type { Run } from "./simulate.ts";
import type { Site } from "./site.ts";

const sites: readonly Site[] = [siteNamed("classic"), siteNamed("fast"), asWrittenSite()];

const services = ["haproxy", "keepalived"] as const;
const serviceKinds = ["stop", "start", "restart", "kill", "freeze", "thaw"] as const;
const happenings: readonly Happening[] = [
  ...services.flatMap((service) =>
    serviceKinds.map((kind): Happening => ({ kind: `${kind}-service`, service })),
  ),
  ...(
    ["power-off", "power-on", "cut-cable", "restore-cable", "delete-vip", "isolate", "rejoin"] as const
  ).map((kind): Happening => ({ kind })),
  { kind: "block-vrrp", direction: "in" },
  { kind: "block-vrrp", direction: "out" },
  { kind: "unblock-vrrp" },
  { kind: "reload" },
  { kind: "kill-keepalived", process: "child" },
  { kind: "kill-keepalived", process: "parent" },
  { kind: "hang-check", check: "chk_haproxy" },
  { kind: "pass-check", check: "chk_haproxy" },
];

const LENGTH_US = 30_000_000;

/** Up to six happenings at any microsecond, to either node. */
const anyScenario = fc
  .array(
    fc.record({
      atUs: fc.nat(LENGTH_US - 1),
      action: fc.constantFrom(...happenings),
      node: fc.constantFrom("extlb-01", "extlb-02"),
    }),
    { maxLength: 6 },
  )
  .map((events): TimedScenario => ({
    name: "any",
    title: "any",
    lengthUs: LENGTH_US,
    events: events
      .toSorted((left, right) => left.atUs - right.atUs)
      .map(({ atUs, action, node }) => ({ atUs, action, on: { node } })),
  }));

/** A counterexample shows what was done, not what came of it. */
function holds(keeps: (run: Run) => void): void {
  fc.assert(
    fc.property(fc.nat(sites.length - 1), anyScenario, fc.nat(1000), (site, scenario, seed) => {
      keeps(played(sites[site]!, scenario, seed));
    }),
    { numRuns: 150 },
  );
}

describe("any run", () => {
  it("has one timer for an instance that waits or speaks, and none for one in FAULT or INIT", () => {
    holds(({ entries }) => {
      for (const { atUs, note } of entries) {
        if (note?.kind !== "step") continue;
        const { state, deadlineUs } = note.after;
        if (state === "FAULT" || state === "INIT") expect(deadlineUs).toBe(NEVER);
        else expect(deadlineUs).toBeGreaterThanOrEqual(atUs);
        if (state === "BACKUP" || state === "MASTER") expect(deadlineUs).toBeLessThan(NEVER);
      }
    });
  });

  it("lets nobody hold the VIP who is not MASTER, unless its keepalived was killed or frozen", () => {
    holds(({ moments }) => {
      for (const { nodes } of moments)
        for (const node of nodes)
          if (node.holds[0] === true)
            // "ends": it was frozen when it was stopped.
            expect(["MASTER", "frozen", "down", "starts", "ends"]).toContain(node.states[0]);
    });
  });

  it("has intervals within it, in order, none empty and none touching the next", () => {
    holds((run) => {
      for (const { holding, outages, twoHolders } of intervalsOf(run))
        for (const intervals of [...holding, outages, twoHolders]) {
          let beforeUs = -1;
          for (const { fromUs, toUs } of intervals) {
            expect(fromUs).toBeGreaterThan(beforeUs);
            expect(toUs).toBeGreaterThan(fromUs);
            beforeUs = toUs;
          }
          expect(beforeUs).toBeLessThanOrEqual(LENGTH_US);
        }
    });
  });

  it("has two holders exactly where both nodes hold", () => {
    holds((run) => {
      const [{ holding, twoHolders }] = intervalsOf(run) as [ReturnType<typeof intervalsOf>[number]];
      const [first, second] = holding as [typeof twoHolders, typeof twoHolders];
      const both = first.flatMap((one) =>
        second
          .map((other) => Math.min(one.toUs, other.toUs) - Math.max(one.fromUs, other.fromUs))
          .filter((lengthUs) => lengthUs > 0),
      );
      const sum = (lengths: readonly number[]): number => lengths.reduce((all, one) => all + one, 0);
      expect(sum(twoHolders.map(({ fromUs, toUs }) => toUs - fromUs))).toBe(sum(both));
    });
  });

  it("is the same to the byte with the same seed", () => {
    fc.assert(
      fc.property(fc.constantFrom(...sites), anyScenario, fc.nat(1000), (site, scenario, seed) => {
        const written = (): string =>
          JSON.stringify(
            runDocument(played(site, scenario, seed), { name: "", notes: [], keepalived: "2.2.7" }, seed, {
              seeds: [],
              events: [],
            }),
          );
        expect(written()).toBe(written());
      }),
      { numRuns: 30 },
    );
  });
});

describe("the page's pair as written", () => {
  const site = asWrittenSite();
  const seeds = Array.from({ length: 200 }, (_each, index) => index);
  const resting = restingWorld(site);

  it("takes up to 4.6 s when HAProxy stops, and the VIP moves back when it returns", () => {
    const [stops, returns] = forecast(site, resting, catalogued("haproxy-stop"), seeds);
    // Two runs of the check, 2 s apart, the first up to 2 s after the stop, and the skew of priority 100.
    expect(stops!.outageUs.min).toBeGreaterThanOrEqual(2_609_375);
    expect(stops!.outageUs.max).toBeGreaterThan(4_550_000);
    expect(stops!.outageUs.max).toBeLessThanOrEqual(4_620_000);
    expect(returns!.moves).toEqual({ min: 1, median: 1, max: 1 });
    expect(returns!.holders).toEqual([{ nodes: [0], runs: seeds.length }]);
  });

  it("never notices that HAProxy hangs", () => {
    const [hangs] = forecast(site, resting, catalogued("haproxy-hang"), seeds.slice(0, 10));
    expect(hangs!.unrecovered).toBe(10);
  });
});

describe("outcomes", () => {
  it("do not count an outage that was there before the event", () => {
    const run = played(siteNamed("classic"), {
      name: "both",
      title: "both",
      lengthUs: 20_000_000,
      events: [
        { atUs: 1_000_000, action: { kind: "stop-service", service: "haproxy" }, on: "standby" },
        { atUs: 2_000_000, action: { kind: "stop-service", service: "haproxy" }, on: "holder" },
        { atUs: 5_000_000, action: { kind: "cut-cable" }, on: "standby" },
      ],
    });
    const [first, second, third] = outcomesOf(run).map(({ routers }) => routers[0]!);
    expect(first).toMatchObject({ outageUs: 0, recovered: true });
    expect(second).toMatchObject({ recovered: false, holders: [] });
    expect(third).toMatchObject({ outageUs: 0, recovered: false });
  });
});
