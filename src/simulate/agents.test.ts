// Agents, played: the drills' promises at many moments, the watchdog, and that agents which rest do what agents that never rest would have done.

import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  catalogued,
  played,
  settledScene,
  siteWithAgents,
  workTexts,
} from "../../test/support/simulated-site.ts";
import type { Happening } from "../scenario/index.ts";
import { NEVER } from "../vrrp/index.ts";
import {
  advance,
  beginWork,
  cloneWorld,
  type Fault,
  holdersOf,
  nextUs,
  type Note,
  outcomesOf,
  rezeroed,
  type Scene,
  settle,
  type Site,
  strike,
} from "./index.ts";

const SECOND_US = 1_000_000;
const seeds = [1, 2, 3, 4, 5, 6, 7, 8];

describe.each(["classic", "fast"])("%s", (profile) => {
  const site = siteWithAgents(profile);

  test.each(seeds)("servers dead for the holder alone: it gives up to the standby (seed %i)", (seed) => {
    const run = played(site, catalogued("backends-dead-here"), seed);
    const [dead, returned] = outcomesOf(run).map(({ routers }) => routers[0]!);
    expect(dead?.moves.map(({ from, to }) => [from, to])).toEqual([[0, 1]]);
    expect(dead!.moves[0]!.atUs - run.scenario.events[0]!.atUs).toBeLessThan(2 * SECOND_US);
    expect([returned?.moves, returned?.outageUs]).toEqual([[], 0]);
    expect(run.world.nodes[0]?.files.every((value) => value === 0)).toBe(true);
  });

  test.each(seeds)("servers dead for everybody: the holder stays (seed %i)", (seed) => {
    const run = played(site, catalogued("backends-dead-everywhere"), seed);
    for (const { routers } of outcomesOf(run)) expect(routers[0]?.moves).toEqual([]);
  });

  test.each(["agent-stop", "agent-hang"])("%s: nobody notices", (name) => {
    for (const seed of seeds) {
      const run = played(site, catalogued(name), seed);
      for (const { routers } of outcomesOf(run))
        expect([routers[0]?.moves, routers[0]?.outageUs]).toEqual([[], 0]);
      expect(run.world.nodes.map(({ agent }) => agent.state)).toEqual(["running", "running"]);
    }
  });

  it("gives up a hung HAProxy before keepalived's check does", () => {
    const [hung] = outcomesOf(played(site, catalogued("haproxy-hang")));
    expect(hung?.routers[0]?.moves.map(({ from, to }) => [from, to])).toEqual([[0, 1]]);
    expect(hung?.routers[0]?.longestOutageUs).toBeLessThan(profile === "fast" ? SECOND_US : 2 * SECOND_US);
  });
});

describe("an agent that ends", () => {
  /** The holder has given up, because its servers are dead. */
  function givenUp(): Scene {
    const scene = settledScene(siteWithAgents("fast"));
    strike(scene, 0, { kind: "block-backends" });
    settle(scene);
    advance(scene, 5 * SECOND_US);
    expect(fileOf(scene, 0, "traffic")).toBe(1);
    expect(holdersOf(scene, 0)).toEqual([1]);
    return scene;
  }

  test.each<[string, Fault, number]>([
    ["stopped", { kind: "stop-service", service: "hapair-agent" }, 0],
    ["killed", { kind: "kill-service", service: "hapair-agent" }, 0],
    ["hung", { kind: "freeze-service", service: "hapair-agent" }, 3 * SECOND_US],
  ])("%s: its opinion is withdrawn", (_name, fault, withinUs) => {
    const scene = givenUp();
    strike(scene, 0, fault);
    settle(scene);
    if (withinUs > 0) expect(fileOf(scene, 0, "traffic")).toBe(1);
    advance(scene, scene.world.nowUs + withinUs);
    expect(fileOf(scene, 0, "traffic")).toBe(0);
  });

  it("takes its opinion back when the taker is gone, and holds again", () => {
    const scene = givenUp();
    strike(scene, 1, { kind: "power-off" });
    settle(scene);
    advance(scene, scene.world.nowUs + 3 * SECOND_US);
    expect(fileOf(scene, 0, "traffic")).toBe(0);
    expect(holdersOf(scene, 0)).toEqual([0]);
  });

  it("keeps its opinion while VRRP alone is blocked", () => {
    const scene = givenUp();
    strike(scene, 1, { kind: "block-vrrp", direction: "both" });
    settle(scene);
    advance(scene, scene.world.nowUs + 10 * SECOND_US);
    expect(fileOf(scene, 0, "traffic")).toBe(1);
  });
});

it("gives up to nobody who is under maintenance", () => {
  const scene = settledScene(siteWithAgents("fast"));
  beginWork(scene, 1, { kind: "maintenance-on" });
  advance(scene, 5 * SECOND_US);
  strike(scene, 0, { kind: "block-backends" });
  settle(scene);
  advance(scene, 20 * SECOND_US);
  expect(holdersOf(scene, 0)).toEqual([0]);
});

describe("agents that rest", () => {
  it("leave a quiet pair with nothing due but adverts", () => {
    for (const profile of ["classic", "fast"]) {
      const { world } = settledScene(siteWithAgents(profile));
      expect(world.rest).toBeDefined();
      expect(world.messages).toEqual([]);
      expect(nextUs(world)).toBe(
        Math.min(...world.nodes.flatMap(({ instances }) => instances.map((one) => one.deadlineUs))),
      );
      for (const { agent, servers } of world.nodes)
        expect([agent.lookUs, agent.beatUs, agent.dueUs, servers.dueUs]).toEqual([
          NEVER,
          NEVER,
          NEVER,
          NEVER,
        ]);
    }
  });

  const faults: readonly Fault[] = [
    { kind: "block-backends" },
    { kind: "unblock-backends" },
    ...(["haproxy", "keepalived", "hapair-agent"] as const).flatMap((service): Fault[] => [
      { kind: "stop-service", service },
      { kind: "start-service", service },
      { kind: "kill-service", service },
      { kind: "freeze-service", service },
      { kind: "thaw-service", service },
    ]),
    { kind: "isolate" },
    { kind: "rejoin" },
    { kind: "power-off" },
    { kind: "power-on" },
    { kind: "block-vrrp", direction: "both" },
    { kind: "unblock-vrrp" },
  ];
  const happening = fc.record({
    afterUs: fc.integer({ min: 0, max: 6 * SECOND_US }),
    node: fc.integer({ min: 0, max: 1 }),
    fault: fc.constantFrom(...faults),
  });

  it.each(["classic", "fast"])("do what agents that never rest would have done: %s", (profile) => {
    const site = siteWithAgents(profile);
    fc.assert(
      fc.property(
        fc.array(happening, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 0, max: 999 }),
        (story, seed) => {
          expect(notesOf(site, seed, story, false)).toEqual(notesOf(site, seed, story, true));
        },
      ),
      { numRuns: 40 },
    );
  });

  it("go on alike from another zero", () => {
    const site = siteWithAgents("fast");
    const scene = settledScene(site);
    strike(scene, 0, { kind: "block-backends" });
    settle(scene);
    advance(scene, 700_000);
    const shifted = { site, world: rezeroed(scene.world, 123_456) };
    advance(scene, 5 * SECOND_US);
    advance(shifted, 5 * SECOND_US - 123_456);
    expect(shifted.world).toEqual(rezeroed(scene.world, 123_456));
  });
});

interface Told {
  readonly atUs: number;
  readonly note: Note;
}

/** What is told of states, addresses and files when a story is played. */
function notesOf(
  site: Site,
  seed: number,
  story: readonly { readonly afterUs: number; readonly node: number; readonly fault: Happening }[],
  agentsNeverRest: boolean,
): Told[] {
  const world = cloneWorld(settledScene(site, seed).world);
  const told: Told[] = [];
  const tell = (note: Note): void => {
    if (note.kind === "holds" || note.kind === "file") told.push({ atUs: world.nowUs, note });
  };
  const scene: Scene = { site, world, tell, agentsNeverRest };
  // Agents that never rest are woken once.
  if (agentsNeverRest) awake(scene);
  for (const { afterUs, node, fault } of story) {
    advance(scene, world.nowUs + afterUs);
    strike(scene, node, fault as Fault);
    settle(scene);
  }
  advance(scene, world.nowUs + 20 * SECOND_US);
  return told;
}

/** As if the agents had been looking and beating all the time. */
function awake({ site, world }: Scene): void {
  const { pollUs, beatUs } = site.agents!;
  for (const node of world.nodes) {
    const next = (everyUs: number): number =>
      node.agent.anchorUs + (Math.floor((world.nowUs - node.agent.anchorUs) / everyUs) + 1) * everyUs;
    const heard = node.agent.giveUp.heard.map((one) => ({ ...one, atUs: world.nowUs }));
    const giveUp = { ...node.agent.giveUp, heard };
    node.agent = { ...node.agent, lookUs: next(pollUs), beatUs: next(beatUs), giveUp };
  }
  world.rest = undefined;
}

function fileOf({ site, world }: Scene, node: number, name: string): number | undefined {
  return world.nodes[node]!.files[site.nodes[node]!.layouts[0].files.findIndex((file) => file.name === name)];
}

it("tells what agents decide", () => {
  const texts = workTexts(played(siteWithAgents("fast"), catalogued("backends-dead-here")));
  expect(texts).toContain("extlb-01's agent gives up in favour of extlb-02: web: dead here, whole there");
});
