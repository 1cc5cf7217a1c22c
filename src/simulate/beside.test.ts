// When planned work, maintenance and agents rest, and that worlds which stand alike have the same text.

import { describe, expect, it } from "vitest";
import { settledScene, siteNamed, siteWithAgents } from "../../test/support/simulated-site.ts";
import { advance, beginWork, besideText, brokenConnections, isIdle, settle, strike } from "./index.ts";

const SECOND_US = 1_000_000;

describe("isIdle", () => {
  it("of a switch: from its end on", () => {
    const scene = settledScene(siteNamed("classic"));
    expect(isIdle(scene)).toBe(true);
    beginWork(scene, 0, { kind: "switch" });
    for (const atUs of [0, 200_000, 460_000, 2 * SECOND_US]) {
      advance(scene, atUs);
      expect(isIdle(scene)).toBe(false);
    }
    advance(scene, 10 * SECOND_US);
    expect(isIdle(scene)).toBe(true);
    expect(brokenConnections(scene)).toBe(0);
  });

  it("of maintenance: while a peer is heard, and when the last resort is over", () => {
    const scene = settledScene(siteNamed("classic"));
    beginWork(scene, 0, { kind: "maintenance-on" });
    advance(scene, 20 * SECOND_US);
    expect(isIdle(scene)).toBe(true);
    strike(scene, 1, { kind: "power-off" });
    settle(scene);
    expect(isIdle(scene)).toBe(false);
    advance(scene, 60 * SECOND_US);
    expect(isIdle(scene)).toBe(true);
  });

  it("of agents: when they have agreed", () => {
    const scene = settledScene(siteWithAgents("fast"));
    strike(scene, 0, { kind: "block-backends" });
    settle(scene);
    expect(isIdle(scene)).toBe(false);
    advance(scene, 10 * SECOND_US);
    expect(isIdle(scene)).toBe(true);
  });
});

describe("besideText", () => {
  it("is the same at rest before and after work that leaves nothing", () => {
    const scene = settledScene(siteWithAgents("classic"));
    const before = besideText(scene, true);
    beginWork(scene, 0, { kind: "maintenance-on" });
    advance(scene, 10 * SECOND_US);
    expect(besideText(scene, true)).not.toBe(before);
    beginWork(scene, 0, { kind: "maintenance-off" });
    advance(scene, 20 * SECOND_US);
    expect(isIdle(scene)).toBe(true);
    expect(besideText(scene, true)).toBe(before);
  });

  it("tells steps of a move apart, and not the hour", () => {
    const texts = [3, 4].map((seed) => {
      const scene = settledScene(siteNamed("classic"), seed);
      advance(scene, seed * 100_000);
      beginWork(scene, 0, { kind: "switch" });
      const first = besideText(scene, false);
      advance(scene, scene.world.nowUs + 300_000);
      expect(besideText(scene, false)).not.toBe(first);
      return first;
    });
    expect(texts[0]).toBe(texts[1]);
  });
});
