// Deploy on real hosts that serve: what an apply, a reload and the way back cost the clients. Needs root on Linux.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HapairError } from "../../src/base/index.ts";
import { gatherPairFacts, makeRemovePlan } from "../../src/deploy/index.ts";
import { type NodeFile, nodePaths } from "../../src/render/index.ts";
import {
  apply,
  classic,
  failureOf,
  fast,
  followThePage,
  haproxyConfig,
  NODES,
  perform,
  planOf,
  type Site,
  site,
  snapshot,
  underTraffic,
} from "../support/deploy-site.ts";

describe("the page's running pair", () => {
  let where: Site;
  beforeAll(async () => {
    where = await site();
    await followThePage(where);
  });
  afterAll(async () => where?.close());
  const unharmed = { lost: 0, twoHolderUs: 0, noHolderUs: 0, moves: 0 };
  let before: string[] = [];

  it("has the holder put back as it was when the second HAProxy cannot run, and goes on serving", async () => {
    before = await Promise.all(NODES.map((node) => snapshot(where, node)));
    await where.run(
      "extlb-01",
      "systemd-run --quiet --unit=hapair-test-taker /usr/bin/python3 -m http.server 8405",
    );
    const planned = await planOf(where, classic);
    let failure: HapairError | undefined;
    const seen = await underTraffic(where, async () => {
      failure = await failureOf(perform(where, classic, planned));
    });
    await where.run("extlb-01", "systemctl stop hapair-test-taker");
    expect(seen).toMatchObject(unharmed);
    expect(failure).toMatchObject({ kind: "half-applied" });
    expect(failure?.message).toContain("the second HAProxy that would bridge the restart does not start");
    expect(failure?.hint).toMatch(/^extlb-02 has revision \S+ extlb-01 is as before\./);
    expect(await snapshot(where, "extlb-01")).toBe(before[0]);
  });

  it("becomes classic, fast and classic again without a lost request, a second holder or a moment without one", async () => {
    const first = await planOf(where, classic);
    expect(
      first.plan.nodes.flatMap((node) =>
        node.changes.filter((change) => change.kind === "take-over").map((change) => change.path),
      ),
    ).toHaveLength(3);
    expect(first.plan.steps.map((step) => step.kind)).toContain("bridge-exchange");
    expect(await underTraffic(where, () => perform(where, classic, first))).toMatchObject(unharmed);
    expect(
      await where.run(
        "extlb-01",
        "systemctl is-active hapair-bridge; cat /proc/sys/net/ipv4/tcp_migrate_req; tr '\\0' ' ' < /proc/$(systemctl show -P MainPID haproxy)/cmdline; cat /run/haproxy.pid; systemctl show -P MainPID haproxy",
      ),
    ).toMatch(
      /^inactive\n0\n\S+ -Ws -f \/etc\/haproxy\/haproxy\.cfg -f \/etc\/haproxy\/hapair\.cfg .*\n?(\d+)\n\1$/s,
    );
    const second = await planOf(where, fast);
    expect(second.plan.warnings.map((warning) => warning.text).join()).toContain("VRRP version 2 becomes 3");
    expect(await underTraffic(where, () => perform(where, fast, second))).toMatchObject(unharmed);
    expect(await underTraffic(where, () => apply(where, classic))).toMatchObject(unharmed);
  });

  it("takes a changed priority by a reload of keepalived alone, and a changed haproxy.cfg by a reload of HAProxy alone", async () => {
    const swapped = (file: NodeFile, node: string): NodeFile =>
      file.path === nodePaths.keepalivedConf && node === "extlb-02"
        ? { ...file, content: file.content.replace("priority 100", "priority 99") }
        : file;
    const priority = await planOf(where, classic, haproxyConfig, swapped);
    expect(
      priority.plan.steps
        .filter((step) => step.kind === "keepalived" || step.kind === "haproxy")
        .map((step) => `${step.node} ${step.title}`),
    ).toEqual(["extlb-02 reload keepalived"]);
    await perform(where, classic, priority);
    const slower = haproxyConfig.replace("timeout connect 2s", "timeout connect 3s");
    const proxy = await planOf(where, classic, slower, swapped);
    expect(
      proxy.plan.steps
        .filter((step) => step.kind === "keepalived" || step.kind === "haproxy")
        .map((step) => `${step.node} ${step.title}`),
    ).toEqual(["extlb-02 reload HAProxy", "extlb-01 reload HAProxy"]);
    const seen = await underTraffic(where, () => perform(where, classic, proxy));
    expect(seen).toMatchObject({ lost: 0, twoHolderUs: 0, noHolderUs: 0 });
    expect((await planOf(where, classic, slower, swapped)).plan.changed).toBe(false);
    await apply(where, classic);
  });

  it("is given back exactly as the page had it, still serving", async () => {
    const plan = makeRemovePlan(classic, await gatherPairFacts(classic, where.hosts));
    expect(
      await underTraffic(where, () => perform(where, classic, { plan, desired: new Map() })),
    ).toMatchObject(unharmed);
    expect(await Promise.all(NODES.map((node) => snapshot(where, node)))).toEqual(before);
  });
});

it("nodes of Debian 13 take the same apply, page to classic without a lost request", async () => {
  const where = await site({ suite: "trixie" });
  try {
    await followThePage(where);
    expect(await underTraffic(where, () => apply(where, classic))).toMatchObject({
      lost: 0,
      twoHolderUs: 0,
    });
    expect(await underTraffic(where, () => apply(where, fast))).toMatchObject({ lost: 0, twoHolderUs: 0 });
    expect((await planOf(where, fast)).plan.changed).toBe(false);
  } finally {
    await where.close();
  }
});
