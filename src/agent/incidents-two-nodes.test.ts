import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AgentWorld, type NodeName, NODES } from "../../test/support/agent-world.ts";
import { tries } from "../../test/support/tries.ts";
import { conditionCodes, type Incident } from "../agent-api/index.ts";
import { conditions } from "./conditions/registry.ts";
import { viewOf } from "./conditions/view.ts";
import { keyOf } from "./open-incidents.ts";

const VIP = "10.150.160.32";

/** Something that can happen to a pair, whatever state it is in. */
type Deed = (world: AgentWorld, node: NodeName) => void;

const deeds: Readonly<Record<string, Deed>> = {
  haproxyDies: (world, node) => {
    world.happens(node, "unit", "haproxy", "failed", { result: "signal 9" });
    world.happens(node, "watched", "process", "1");
    world.happens(node, "instance", "ext-lb", "FAULT");
    world.happens(node, "vip", VIP, "-");
  },
  haproxyReturns: (world, node) => {
    world.happens(node, "unit", "haproxy", "active");
    world.happens(node, "watched", "process", "0");
    world.happens(node, "instance", "ext-lb", "BACKUP");
  },
  takes: (world, node) => {
    world.happens(node, "vip", VIP, "ens192");
    world.happens(node, "instance", "ext-lb", "MASTER");
  },
  leaves: (world, node) => {
    world.happens(node, "instance", "ext-lb", "BACKUP");
    world.happens(node, "vip", VIP, "-");
  },
  ruleBreaks: (world, node) => world.happens(node, "rule", "web-servers", "broken"),
  ruleMends: (world, node) => world.happens(node, "rule", "web-servers", "whole"),
  reloadFails: (world, node) => world.happens(node, "reload", "haproxy", "failed"),
  reloads: (world, node) => world.happens(node, "reload", "haproxy", "ok"),
  hangs: (world, node) => world.happens(node, "answering", "haproxy", "no"),
  answers: (world, node) => world.happens(node, "answering", "haproxy", "yes"),
  maintained: (world, node) => world.happens(node, "maintenance", "node", "on", { by: "alice" }),
  released: (world, node) => world.happens(node, "maintenance", "node", "off"),
  resorts: (world, node) => world.happens(node, "last-resort", "node", "on"),
  resortEnds: (world, node) => world.happens(node, "last-resort", "node", "off"),
};

const deedNames = Object.keys(deeds);

interface Step {
  readonly deed: string;
  readonly node: NodeName;
  readonly thenMs: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  deed: fc.constantFrom(...deedNames),
  node: fc.constantFrom<NodeName>(...NODES),
  thenMs: fc.constantFrom(0, 10, 300, 2_000, 20_000),
});

/** Brings everything back to well, and waits for every patience. */
function heals(world: AgentWorld): void {
  world.linkUp = true;
  for (const node of NODES) {
    for (const deed of ["haproxyReturns", "ruleMends", "reloads", "answers", "released", "resortEnds"])
      deeds[deed]?.(world, node);
  }
  deeds["leaves"]?.(world, "extlb-02");
  deeds["takes"]?.(world, "extlb-01");
  world.passes(1_600_000);
}

/** Revisions of every incident, in the order they were told. */
function byId(told: readonly { readonly incident: Incident }[]): Map<string, Incident[]> {
  const found = new Map<string, Incident[]>();
  for (const { incident } of told) found.set(incident.id, [...(found.get(incident.id) ?? []), incident]);
  return found;
}

describe("two agents, one world", () => {
  test("while they hear each other, one incident is open for a thing, opened once, under one id, and ended", () => {
    const link = fc.record({
      delayMs: fc.constantFrom(0, 5, 150),
      loss: fc.constantFrom(0, 0.3),
      seed: fc.nat(1000),
      clockAheadMs: fc.constantFrom(0, -40, 700),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), link, (steps, options) => {
        const world = new AgentWorld({ ...options, neverSilent: true });
        for (const { deed, node, thenMs } of steps) {
          deeds[deed]?.(world, node);
          world.passes(thenMs);
        }
        heals(world);
        const silences = NODES.flatMap((node) =>
          world.agent(node).log.filter(({ kind, value }) => kind === "peer" && value === "silent"),
        );
        expect(silences).toEqual([]);
        const doubled = new Set(
          world.told
            .filter(({ incident }) => incident.detail["goesOnAs"] !== undefined)
            .map(({ incident }) => incident.id),
        );
        const open = new Map<string, string>();
        for (const { incident } of world.told) {
          // Two holders in turn within the time that an event is on its way may each open one for their move; one of them ends at once.
          if (incident.detail["goesOnAs"] !== undefined) expect(incident.condition).toBe("vip-moved");
          if (doubled.has(incident.id)) continue;
          const key = keyOf(incident);
          if (incident.phase === "opened") {
            expect(open.get(key)).toBeUndefined();
            open.set(key, incident.id);
          } else {
            expect(open.get(key)).toBe(incident.id);
            if (incident.phase === "resolved") open.delete(key);
          }
        }
        expect([...open.keys()]).toEqual([]);
        for (const changes of byId(world.told).values())
          expect(changes.map(({ revision }) => revision)).toEqual(changes.map((_, index) => index + 1));
        for (const node of NODES) expect([...world.agent(node).state.open.keys()]).toEqual([]);
      }),
      { numRuns: tries(20, 60) },
    );
  });

  test("whatever is cut and killed: when the link is back, both agree on one id for each thing, and all ends", () => {
    const trouble = fc.oneof(
      { weight: 3, arbitrary: step },
      fc.record({
        deed: fc.constantFrom("cut", "mend", "kill", "restart"),
        node: fc.constantFrom<NodeName>(...NODES),
        thenMs: fc.constantFrom(300, 2_000, 40_000),
      }),
    );
    fc.assert(
      fc.property(fc.array(trouble, { maxLength: 14 }), fc.nat(1000), (steps, seed) => {
        const world = new AgentWorld({ seed, loss: 0.1 });
        for (const { deed, node, thenMs } of steps) {
          if (deed === "cut") world.linkUp = false;
          else if (deed === "mend") world.linkUp = true;
          else if (deed === "kill") world.kill(node);
          else if (deed === "restart") world.restart(node);
          else deeds[deed]?.(world, node);
          world.passes(thenMs);
        }
        world.linkUp = true;
        for (const node of NODES) world.restart(node);
        world.passes(20_000);
        const ids = (node: NodeName): Set<string> =>
          new Set([...world.agent(node).state.open.values()].map((each) => `${keyOf(each)} ${each.id}`));
        expect(ids("extlb-02")).toEqual(ids("extlb-01"));
        heals(world);
        const ended = [...byId(world.told)].filter(([, changes]) => changes.at(-1)?.phase !== "resolved");
        expect(ended.map(([id]) => id)).toEqual([]);
        for (const node of NODES) expect([...world.agent(node).state.open.keys()]).toEqual([]);
      }),
      { numRuns: tries(20, 60) },
    );
  });

  test("both open an incident for one thing while they do not hear each other: the older one goes on alone", () => {
    for (const first of NODES) {
      const world = new AgentWorld();
      const second: NodeName = first === "extlb-01" ? "extlb-02" : "extlb-01";
      world.linkUp = false;
      world.passes(40_000);
      deeds["ruleBreaks"]?.(world, first);
      world.passes(5_000);
      deeds["ruleBreaks"]?.(world, second);
      world.passes(5_000);
      const openedBy = (node: NodeName): string | undefined =>
        world.told.find(({ by, incident }) => by === node && incident.condition === "backend-below-minimum")
          ?.incident.id;
      expect(openedBy(second)).not.toBe(openedBy(first));
      world.linkUp = true;
      world.passes(2_000);
      for (const node of NODES)
        expect(world.agent(node).state.open.get("backend-below-minimum/web-servers")?.id).toBe(
          openedBy(first),
        );
      const end = world.told.find(
        ({ incident }) => incident.phase === "resolved" && incident.id === openedBy(second),
      );
      expect(end?.by).toBe(second);
      expect(end?.incident.detail["goesOnAs"]).toBe(openedBy(first));
      expect(end?.incident.text).toContain(`It goes on as incident ${openedBy(first)}`);
    }
  });

  test("who was opened by the other node in a silence is learned before anything is opened anew", () => {
    const world = new AgentWorld();
    deeds["ruleBreaks"]?.(world, "extlb-01");
    deeds["ruleBreaks"]?.(world, "extlb-02");
    world.passes(100);
    world.kill("extlb-01");
    // Much happens before the incident is opened, and it takes several messages to tell it.
    for (let count = 0; count < 60; count += 1) world.happens("extlb-02", "worker", "haproxy", String(count));
    world.passes(60_000);
    world.restart("extlb-01");
    world.passes(60_000);
    expect(
      world.told
        .filter(({ incident }) => incident.condition === "backend-below-minimum")
        .map(({ by, incident }) => `${by} ${incident.phase}`),
    ).toEqual(["extlb-02 opened", "extlb-02 updated"]);
  });

  test("nothing about the pair is opened from knowledge that is not fresh", () => {
    const pairWide = new Set(["no-holder", "two-holders"]);
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 10 }), (steps) => {
        const world = new AgentWorld();
        world.linkUp = false;
        world.passes(2_000);
        for (const { deed, node, thenMs } of steps) {
          deeds[deed]?.(world, node);
          world.passes(thenMs);
        }
        world.passes(60_000);
        expect(world.told.filter(({ incident }) => pairWide.has(incident.condition))).toEqual([]);
      }),
      { numRuns: tries(15, 40) },
    );
  });

  test("an incident that is open when the peer falls silent stays as it is until the peer is known again", () => {
    const world = new AgentWorld();
    deeds["haproxyDies"]?.(world, "extlb-02");
    world.passes(20_000);
    world.kill("extlb-02");
    world.passes(600_000);
    expect(world.told.filter(({ incident }) => incident.condition === "standby-not-ready")).toHaveLength(1);
  });
});

describe("the registry", () => {
  test("has every condition of the vocabulary, once", () => {
    expect(new Set(conditions.map(({ code }) => code))).toEqual(new Set(conditionCodes));
    expect(conditions).toHaveLength(conditionCodes.length);
  });

  test("every condition says in a sentence what it is, and judges an empty world without a finding", () => {
    const world = new AgentWorld();
    const view = viewOf(world.agent("extlb-01").knowledge, world.settingsOf("extlb-01"), world.nowMs);
    for (const condition of conditions) {
      expect(condition.summary).toMatch(/^[A-Z].*\.$/);
      expect(condition.find(view).findings).toEqual([]);
    }
  });
});
