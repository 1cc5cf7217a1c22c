// Planned work, played: what the catalogue promises of it, what is refused, and what is left when someone dies in the middle.

import { describe, expect, it, test } from "vitest";
import { catalogued, played, settledScene, siteNamed, workTexts } from "../../test/support/simulated-site.ts";
import type { TimedEvent } from "../scenario/index.ts";
import {
  advance,
  beginWork,
  cloneWorld,
  holdersOf,
  isServed,
  outcomesOf,
  rezeroed,
  settle,
  strike,
} from "./index.ts";

const SECOND_US = 1_000_000;

/** A story of its own: each event at its time. */
function story(lengthUs: number, ...events: TimedEvent[]) {
  return { name: "story", title: "a story", lengthUs, events };
}

const at = (atUs: number, action: TimedEvent["action"], node: string): TimedEvent => ({
  atUs,
  action,
  on: { node },
});

describe.each(["classic", "fast"])("%s", (profile) => {
  const site = siteNamed(profile);

  test.each(["switch", "maintenance"])("%s: the VIP moves once, and nobody notices", (name) => {
    const run = played(site, catalogued(name));
    const [first, ...others] = outcomesOf(run).map(({ routers }) => routers[0]!);
    expect(first?.moves.map(({ from, to }) => [from, to])).toEqual([[0, 1]]);
    // What a client that is asked again after a lost packet would not notice.
    expect(first?.longestOutageUs).toBeLessThan(50_000);
    expect(first?.twoHoldersUs).toBe(0);
    for (const after of others) expect([after.moves, after.outageUs]).toEqual([[], 0]);
    expect(run.world.connections[0]).toEqual({ open: [0, 100], broken: 0 });
    expect(run.world.jobs).toEqual([]);
    for (const { errands, files } of run.world.nodes) {
      expect(errands).toEqual([]);
      expect(files.every((value) => value === 0)).toBe(true);
    }
  });

  it("rolls over both nodes, the standby first, and the VIP rests at one", () => {
    const run = played(site, catalogued("roll", 90 * SECOND_US));
    const [outcome] = outcomesOf(run)[0]!.routers;
    expect(outcome?.moves.map(({ from, to }) => [from, to])).toEqual([[0, 1]]);
    expect(outcome?.longestOutageUs).toBeLessThan(50_000);
    expect(run.world.connections[0]?.broken).toBe(0);
    expect(workTexts(run).at(-1)).toBe("extlb-01 is whole again, and every node has been rebooted");
    expect(run.world.nodes.map(({ maintenance }) => maintenance)).toEqual([false, false]);
  });

  it("takes the VIP as a last resort, and is held again when the peer is back", () => {
    const run = played(
      site,
      story(
        120 * SECOND_US,
        at(SECOND_US, { kind: "maintenance-on" }, "extlb-01"),
        at(20 * SECOND_US, { kind: "power-off" }, "extlb-02"),
        at(60 * SECOND_US, { kind: "power-on" }, "extlb-02"),
      ),
    );
    const [, loss] = outcomesOf(run);
    // The silence, a look's second, and a takeover.
    expect(loss?.routers[0]?.moves.map(({ from, to }) => [from, to])).toEqual([[1, 0]]);
    expect(loss?.routers[0]?.outageUs).toBeGreaterThan(9 * SECOND_US);
    expect(loss?.routers[0]?.outageUs).toBeLessThan(16 * SECOND_US);
    expect(holdersOf(run, 0)).toEqual([0]);
    expect(run.world.nodes[0]?.maintenance).toBe(true);
  });

  it("does without a last resort where the pair says so", () => {
    const staying = siteNamed(profile, "maintenance: { last_resort: stay }\n");
    const run = played(
      staying,
      story(
        90 * SECOND_US,
        at(SECOND_US, { kind: "maintenance-on" }, "extlb-01"),
        at(20 * SECOND_US, { kind: "power-off" }, "extlb-02"),
      ),
    );
    expect(holdersOf(run, 0)).toEqual([]);
  });
});

describe("maintenance", () => {
  it("lasts over a reboot and ends at its time", () => {
    const site = siteNamed("classic", "maintenance: { limit: 90s }\n");
    const scene = settledScene(site);
    beginWork(scene, 0, { kind: "maintenance-on" });
    advance(scene, 10 * SECOND_US);
    strike(scene, 0, { kind: "power-off" });
    advance(scene, 12 * SECOND_US);
    strike(scene, 0, { kind: "power-on" });
    advance(scene, 60 * SECOND_US);
    expect(scene.world.nodes[0]?.instances[0]?.state).toBe("FAULT");
    advance(scene, 92 * SECOND_US);
    expect(scene.world.nodes[0]?.maintenance).toBe(false);
    expect(scene.world.nodes[0]?.instances[0]?.state).toBe("BACKUP");
  });

  it("of a standby moves nothing", () => {
    const scene = settledScene(siteNamed("classic"));
    beginWork(scene, 1, { kind: "maintenance-on" });
    advance(scene, 5 * SECOND_US);
    expect(scene.world.nodes[1]?.instances[0]?.state).toBe("FAULT");
    expect(holdersOf(scene, 0)).toEqual([0]);
    expect(scene.world.connections[0]?.broken).toBe(0);
  });
});

describe("what is refused", () => {
  const site = siteNamed("classic");
  const refused = (events: readonly TimedEvent[]) =>
    workTexts(played(site, story(30 * SECOND_US, ...events)));

  test.each<[string, TimedEvent["action"], TimedEvent["action"], string]>([
    [
      "a taker that does not serve",
      { kind: "stop-service", service: "haproxy" },
      { kind: "switch" },
      "[not-ready]",
    ],
    [
      "a taker that hangs",
      { kind: "freeze-service", service: "haproxy" },
      { kind: "switch" },
      "[service-silent]",
    ],
    ["a taker without power", { kind: "power-off" }, { kind: "maintenance-on" }, "[unreachable]"],
    [
      "a taker under maintenance",
      { kind: "maintenance-on" },
      { kind: "maintenance-on" },
      "[under-maintenance]",
    ],
    ["a taker behind a firewall", { kind: "block-vrrp", direction: "out" }, { kind: "switch" }, "[firewall]"],
    ["a roll with a node that cannot be asked", { kind: "isolate" }, { kind: "roll" }, "[unreachable]"],
  ])("%s", (_name, fault, work, code) => {
    const texts = refused([
      { atUs: SECOND_US, action: fault, on: { node: "extlb-02" } },
      { atUs: 10 * SECOND_US, action: work, on: { node: "extlb-01" } },
    ]);
    expect(texts.some((text) => text.includes(code))).toBe(true);
  });

  it("a switch of a node that holds nothing, and a second one beside the first", () => {
    expect(refused([at(SECOND_US, { kind: "switch" }, "extlb-02")])).toEqual([
      "extlb-02 is not switched: it holds no VIP, so there is nothing to move [no-holder]",
    ]);
    const texts = refused([
      at(SECOND_US, { kind: "switch" }, "extlb-01"),
      at(SECOND_US + 100_000, { kind: "maintenance-on" }, "extlb-01"),
    ]);
    expect(texts[1]).toContain("[locked]");
  });

  it("a switch that would go back by itself", () => {
    const preempting = siteNamed("classic", "promises: { failback: allowed }\n");
    const run = played(preempting, story(30 * SECOND_US, at(SECOND_US, { kind: "switch" }, "extlb-01")));
    expect(workTexts(run)[0]).toContain("[would-return]");
    expect(holdersOf(run, 0)).toEqual([0]);
  });
});

describe("when something fails in the middle", () => {
  const site = siteNamed("classic");
  /** Every 50 ms of a move, from its beginning to its end. */
  const moments = Array.from({ length: 16 }, (_none, index) => index * 50_000);

  test.each(moments)("the taker dies %i us into a switch: the VIP comes back", (afterUs) => {
    const scene = settledScene(site);
    beginWork(scene, 0, { kind: "switch" });
    advance(scene, afterUs);
    strike(scene, 1, { kind: "power-off" });
    settle(scene);
    advance(scene, 120 * SECOND_US);
    expect(holdersOf(scene, 0)).toEqual([0]);
    expect(isServed(scene, 0)).toBe(true);
    expect(scene.world.jobs).toEqual([]);
    expect(scene.world.nodes[0]?.errands).toEqual([]);
  });

  test.each(moments)(
    "the giver dies %i us into a maintenance: the taker serves, and nobody is stranded",
    (afterUs) => {
      const scene = settledScene(site);
      beginWork(scene, 0, { kind: "maintenance-on" });
      advance(scene, afterUs);
      strike(scene, 0, { kind: "power-off" });
      advance(scene, 120 * SECOND_US);
      expect(holdersOf(scene, 0)).toEqual([1]);
      expect(isServed(scene, 0)).toBe(true);
      expect(scene.world.nodes[1]?.errands).toEqual([]);
      expect(scene.world.nodes[1]?.maintenance).toBe(false);
    },
  );

  it("a giver that dies while it drains takes its connections with it", () => {
    const scene = settledScene(site);
    beginWork(scene, 0, { kind: "switch" });
    advance(scene, 2 * SECOND_US);
    expect(scene.world.connections[0]).toEqual({ open: [100, 100], broken: 0 });
    strike(scene, 0, { kind: "power-off" });
    settle(scene);
    expect(scene.world.connections[0]).toEqual({ open: [0, 100], broken: 100 });
  });

  it("mending closes everything, and cuts what drained", () => {
    const scene = settledScene(site);
    beginWork(scene, 0, { kind: "switch" });
    advance(scene, SECOND_US);
    for (const node of [0, 1]) beginWork(scene, node, { kind: "mend-switch" });
    settle(scene);
    expect(scene.world.nodes.map(({ errands }) => errands)).toEqual([[], []]);
    expect(scene.world.connections[0]?.broken).toBe(100);
    advance(scene, 60 * SECOND_US);
    expect(holdersOf(scene, 0)).toEqual([1]);
  });
});

describe("connections", () => {
  it("break where the VIP moves without a drain path", () => {
    const site = siteNamed("classic", "maintenance: { drain: 0s }\n");
    const run = played(site, catalogued("switch"));
    expect(run.world.connections[0]?.broken).toBe(100);
    expect(played(site, catalogued("switch-back")).world.connections[0]?.broken).toBe(100);
  });
});

it("moves each router of an active-active pair to the other node for maintenance", () => {
  const site = siteNamed("active-active");
  const scene = settledScene(site);
  expect([0, 1].map((router) => holdersOf(scene, router))).toEqual([[0], [1]]);
  beginWork(scene, 0, { kind: "maintenance-on" });
  advance(scene, 10 * SECOND_US);
  expect([0, 1].map((router) => holdersOf(scene, router))).toEqual([[1], [1]]);
  beginWork(scene, 0, { kind: "maintenance-off" });
  beginWork(scene, 1, { kind: "switch" });
  advance(scene, 20 * SECOND_US);
  expect(scene.world.connections.map(({ broken }) => broken)).toEqual([0, 0]);
});

it("goes on alike from a copy and from another zero", () => {
  const site = siteNamed("classic");
  const scene = settledScene(site);
  beginWork(scene, 0, { kind: "maintenance-on" });
  advance(scene, 300_000);
  const copy = { site, world: cloneWorld(scene.world) };
  const shifted = { site, world: rezeroed(scene.world, 100_000) };
  advance(scene, 30 * SECOND_US);
  advance(copy, 30 * SECOND_US);
  advance(shifted, 30 * SECOND_US - 100_000);
  expect(copy.world).toEqual(scene.world);
  expect(shifted.world).toEqual(rezeroed(scene.world, 100_000));
});
