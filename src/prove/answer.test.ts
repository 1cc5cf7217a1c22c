// Answers on pairs that people know: the document's pair as written breaks what its page says, the profiles keep what they promise, and every counterexample of any
// pair breaks its promise again when it is played.

import { type Arbitrary, assert, boolean, constantFrom, integer, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import { asWritten, type WrittenNode, writtenPair } from "../../test/support/proven.ts";
import { pairNamed, siteNamed } from "../../test/support/simulated-site.ts";
import { holdersIn, intervalsOf, movesIn, outcomesOf } from "../simulate/index.ts";
import { type Answer, answer, type AnswerOptions, type Broken } from "./answer.ts";
import { breachText } from "./breach-text.ts";
import { limitsOfFiles, limitsOfPair } from "./limits.ts";
import { type PromiseLimits, type PromiseName, promiseNames } from "./promises.ts";
import { proofText } from "./proof-text.ts";
import { provenSite, provenStart } from "./start.ts";

const small = { depth: 1, overlap: 1, overlaps: 0, statesMax: 100_000 } satisfies Partial<AnswerOptions>;

function pageAnswer(): { readonly found: Answer; readonly site: ReturnType<typeof asWritten>["site"] } {
  const { site, configurations } = asWritten();
  const limits = limitsOfFiles(configurations, { "service-stop": 2_000_000 });
  return { site, found: answer(site, provenStart(site), { ...small, limits }) };
}

describe("the page's pair as written", () => {
  const { site, found } = pageAnswer();
  const told = (name: PromiseName): [string[], string] => {
    const broken = found.broken.get(name)!;
    const steps = broken.counterexample.steps.map(
      ({ node, move }) => `${site.nodes[node]!.name} ${move.name}`,
    );
    return [steps, breachText(site, broken)];
  };

  it("keeps the VIP where HAProxy hangs", () => {
    expect(told("check-moves-vip")).toEqual([
      ["extlb-01 hang-haproxy"],
      "extlb-01 keeps the VIP, and HAProxy there hangs",
    ]);
  });

  it("leaves the VIP of a killed keepalived where it is", () => {
    expect(told("one-holder")).toEqual([
      ["extlb-01 kill-keepalived"],
      "extlb-01 and extlb-02 have the VIP, and keep it",
    ]);
  });

  it("moves the VIP back after a restart", () => {
    expect(told("no-failback")).toEqual([
      ["extlb-01 restart-keepalived"],
      "the VIP goes back from extlb-02 to extlb-01, with no fault on extlb-02",
    ]);
  });

  it("takes up to 4.614 s where HAProxy is stopped", () => {
    expect(told("outage")).toEqual([
      ["extlb-01 stop-haproxy"],
      "clients get no answer for 4.614 s; allowed: 2 s",
    ]);
    expect(Object.fromEntries(found.outages.map(({ kind, longestUs }) => [kind, longestUs]))).toEqual({
      "service-stop": 4_614_374,
      // As long as systemd and HAProxy take to start it again.
      "service-crash": expect.any(Number) as number,
      "service-hang": Infinity,
      "node-loss": 3_609_375,
      "keepalived-stop": 609_375,
    });
  });

  it("reads as a person reads it", async () => {
    const text = proofText(site, found, { seconds: 0, replay: "hapair simulate --trace PROMISE.trace.json" });
    // How many worlds it takes is the search's affair.
    const shown = text.replace(/tried: [\d,\s\w]+\s+transitions,\s+0\.0\s+s/, "tried: ...");
    await expect(shown).toMatchFileSnapshot("../../test/golden/prove/as-written.txt");
  });
});

describe.each(["classic", "fast", "active-active"])("the profile's pair %s", (name) => {
  const site = provenSite(siteNamed(name), []);
  const limits = limitsOfPair(pairNamed(name));

  it("keeps what it promises, whatever two faults there are", () => {
    const found = answer(site, provenStart(site), { ...small, depth: 2, limits });
    expect([...found.broken.values()].map((broken) => breachText(site, broken))).toEqual([]);
    expect(found.proof.isComplete).toBe(true);
    expect(found.unpromised).toEqual([]);
  });
});

it("says that nothing is known beyond the bound on states", () => {
  const site = siteNamed("classic");
  const limits = limitsOfPair(pairNamed("classic"));
  const found = answer(site, provenStart(site), {
    ...small,
    depth: 3,
    statesMax: 4_000,
    limits,
    promises: ["holder"],
  });
  expect(found.proof.isComplete).toBe(false);
  const text = proofText(site, found, { seconds: 0, replay: "" });
  expect(text).toMatch(/holder +to depth \d /);
  expect(text.replaceAll("\n", " ")).toContain("of longer sequences nothing is said");
});

const node = record({
  state: constantFrom("MASTER" as const, "BACKUP" as const),
  priority: integer({ min: 95, max: 105 }),
  nopreempt: boolean(),
  weight: constantFrom(0, 0, -2, -20, 2, 20),
  vrid: constantFrom(50, 50, 50, 51),
  asks: constantFrom("process" as const, "service" as const),
  advertS: constantFrom(1, 1, 1, 3),
}) satisfies Arbitrary<WrittenNode>;

describe("a counterexample", () => {
  it("breaks its promise when it is played, whatever pair it is of", () => {
    const seen = new Set<PromiseName>();
    assert(
      property(node, node, (first, second) => {
        const { site, configurations } = writtenPair(first, second);
        const limits = limitsOfFiles(configurations, { "service-stop": 3_000_000, "node-loss": 3_000_000 });
        const found = answer(site, provenStart(site), { ...small, limits });
        for (const [name, broken] of found.broken) {
          seen.add(name);
          expect([name, isBrokenIn(broken, limits)]).toEqual([name, true]);
        }
      }),
      { numRuns: 25, seed: 7, endOnFailure: true },
    );
    // One that never breaks anything would say nothing.
    expect([...seen].toSorted()).toEqual([
      "check-moves-vip",
      "no-failback",
      "no-flap",
      "one-holder",
      "outage",
    ]);
  });
});

/** Whether a run shows that its promise is broken, by what a person would see of it. */
function isBrokenIn({ run, counterexample: { breach, steps } }: Broken, limits: PromiseLimits): boolean {
  const { router, promise, measuredUs } = breach;
  const end = run.moments.at(-1)!;
  const holders = holdersIn(end, router);
  const serves = (index: number): boolean => end.nodes[index]!.haproxy === "up";
  const moves = movesIn(run.moments, router);
  const struckNodes = new Set(steps.map((step) => step.node));
  const judges: Readonly<Record<PromiseName, () => boolean>> = {
    holder: () => holders.length === 0 && end.nodes.some((_node, index) => serves(index)),
    "one-holder": () =>
      measuredUs === 0
        ? holders.length > 1
        : intervalsOf(run)[router]!.twoHolders.some(
            ({ fromUs, toUs }) => toUs - fromUs > limits.twoHoldersUs,
          ),
    "no-failback": () => moves.some(({ from }) => !struckNodes.has(from) && serves(from)),
    "no-flap": () => moves.length > Math.max(1, steps.length) * (limits.noFailback ? 1 : 2),
    "check-moves-vip": () =>
      holders.length > 0 &&
      holders.every((index) => !serves(index)) &&
      end.nodes.some((_node, index) => serves(index)),
    outage: () =>
      outcomesOf(run).some(
        ({ routers }) => !routers[router]!.recovered || routers[router]!.longestOutageUs > breach.allowedUs,
      ),
    settles: () => true,
    "shared-failure-keeps-holder": () => holders.length === 0,
    "switch-loses-nothing": () => run.world.connections.some(({ broken }) => broken > 0),
    "maintenance-never-strands": () => holders.length === 0,
    "never-both-in-maintenance": () => run.world.nodes.every(({ maintenance }) => maintenance),
  };
  return judges[promise]();
}

it("asks for every promise that there is", () => {
  const site = siteNamed("classic");
  const { asked, unpromised } = answer(site, provenStart(site), {
    ...{ ...small, depth: 0 },
    limits: limitsOfPair(pairNamed("classic")),
    promises: promiseNames,
  });
  expect(new Set([...asked, ...unpromised])).toEqual(new Set(promiseNames));
  expect(unpromised).toEqual(["shared-failure-keeps-holder"]);
});
