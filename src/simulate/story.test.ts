// Stories as a person reads them: three configurations of one pair under the same fault, and what each sentence has to say about rarer ones.

import { describe, expect, it } from "vitest";
import type { Happening, TimedEvent } from "../scenario/index.ts";
import { asWrittenSite } from "../../test/support/as-written-site.ts";
import { catalogued, played, siteNamed } from "../../test/support/simulated-site.ts";
import type { Site } from "./site.ts";
import { sentenceOf, storyOf } from "./story.ts";
import { timelineText } from "./timeline-text.ts";

const sites: Readonly<Record<string, () => Site>> = {
  "as-written": asWrittenSite,
  classic: () => siteNamed("classic"),
  fast: () => siteNamed("fast"),
};

const golden = (name: string): string => `../../test/golden/simulate/${name}.txt`;

describe("a timeline", () => {
  it.each(Object.entries(sites))("tells haproxy-stop of %s", async (name, site) => {
    const text = timelineText(played(site(), catalogued("haproxy-stop")), { width: 120 });
    await expect(`${text}\n`).toMatchFileSnapshot(golden(`${name}-haproxy-stop`));
  });

  it("tells of two holders, and of a pair with two routers below its lanes", async () => {
    const blocked = timelineText(played(asWrittenSite(), catalogued("vrrp-blocked")), { width: 120 });
    await expect(`${blocked}\n`).toMatchFileSnapshot(golden("as-written-vrrp-blocked"));
    const crossed = timelineText(played(siteNamed("active-active"), catalogued("node-power")), {
      width: 100,
    });
    await expect(`${crossed}\n`).toMatchFileSnapshot(golden("active-active-node-power"));
  });

  it("keeps within its width where words allow it", () => {
    const text = timelineText(played(asWrittenSite(), catalogued("haproxy-stop")), { width: 100 });
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });
});

/** The sentences of what follows from these happenings to the first node, three seconds apart. */
function sentences(site: Site, ...happenings: readonly Happening[]): string[] {
  const on = { node: site.nodes[0]!.name };
  const events = happenings.map((action, index): TimedEvent => ({
    atUs: (index + 1) * 3_000_000,
    action,
    on,
  }));
  const lengthUs = (happenings.length + 1) * 3_000_000 + 6_000_000;
  const run = played(site, { name: "told", title: "told", lengthUs, events });
  return storyOf(run).map((told) => sentenceOf(told));
}

describe("a story", () => {
  it("says why the VIP comes back", () => {
    const told = storyOf(played(asWrittenSite(), catalogued("haproxy-stop"))).map((one) => sentenceOf(one));
    expect(told).toContain(
      "extlb-01 becomes MASTER and takes the VIP from extlb-02: it has no nopreempt in force and heard only the lower priority of extlb-02 (100 < 101) for 3 × 1 s + 0.605 s skew (priority 101)",
    );
  });

  it("tells no routine", () => {
    expect(sentences(siteNamed("fast"))).toEqual([]);
  });

  it("says how keepalived was killed and what its unit does then", () => {
    const kill: Happening = { kind: "kill-service", service: "keepalived" };
    expect(sentences(siteNamed("classic"), kill)).toContain(
      "extlb-01: keepalived is gone without a goodbye: its unit removes the VIP and starts it again",
    );
    expect(sentences(asWrittenSite(), kill)).toContain(
      "extlb-01: keepalived is gone without a goodbye: nothing starts it again",
    );
  });

  it("counts a check's failures", () => {
    const told = sentences(siteNamed("classic"), { kind: "fail-check", check: "chk_haproxy" });
    expect(told).toContain("extlb-01: chk_haproxy fails, 1 of 2");
    expect(told).toContain(
      "extlb-01 is in FAULT and lets the VIP go: chk_haproxy failed 2 times in a row, every 2 s",
    );
  });

  it("says of a watched file what it holds", () => {
    const told = sentences(siteNamed("classic"), { kind: "write-file", file: "hold", value: 1 });
    expect(told).toContain("extlb-01 is in FAULT and lets the VIP go: the watched file hold holds 1");
  });
});
