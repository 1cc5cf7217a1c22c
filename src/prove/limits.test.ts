// Limits: what a pair.yaml promises is asked, and of foreign files what they show.

import { describe, expect, it } from "vitest";
import { asWritten, type WrittenNode, writtenPair } from "../../test/support/proven.ts";
import { pairNamed } from "../../test/support/simulated-site.ts";
import { limitsOfFiles, limitsOfPair } from "./limits.ts";

it("takes a pair's own promises, and lets two nodes have the VIP for one advert interval", () => {
  expect(limitsOfPair(pairNamed("classic"))).toEqual({
    twoHoldersUs: 1_000_000,
    settlesUs: 60_000_000,
    noFailback: true,
    outageUs: {
      "service-stop": 650_000,
      "service-crash": 400_000,
      "service-hang": 5_000_000,
      "node-loss": 3_650_000,
      "keepalived-stop": 650_000,
    },
  });
  expect(limitsOfPair(pairNamed("fast")).twoHoldersUs).toBe(100_000);
  const extra = "promises: { failback: allowed, node_loss_ms: 4000 }\n";
  expect(limitsOfPair(pairNamed("classic", extra))).toMatchObject({
    noFailback: false,
    outageUs: { "node-loss": 4_000_000 },
  });
});

describe("of files", () => {
  const node: WrittenNode = {
    ...{ state: "BACKUP", priority: 100, nopreempt: false, weight: 0, vrid: 50, asks: "service", advertS: 1 },
  };
  const wants = (first: WrittenNode, second: WrittenNode): boolean =>
    limitsOfFiles(writtenPair(first, second).configurations).noFailback;

  it("no failback is wanted where nopreempt is written, in force or not", () => {
    expect(wants(node, node)).toBe(false);
    expect(wants(node, { ...node, nopreempt: true })).toBe(true);
    expect(wants({ ...node, state: "MASTER", nopreempt: true }, node)).toBe(true);
    expect(limitsOfFiles(asWritten().configurations).noFailback).toBe(true);
    expect(limitsOfFiles([]).noFailback).toBe(false);
  });

  it("no outage is promised but by who asks, and slow adverts take their time", () => {
    const { configurations } = writtenPair({ ...node, advertS: 30 }, node);
    expect(limitsOfFiles(configurations)).toMatchObject({
      twoHoldersUs: 60_100_000,
      settlesUs: 300_000_000,
      outageUs: {},
    });
    expect(limitsOfFiles(configurations, { "node-loss": 1 }).outageUs).toEqual({ "node-loss": 1 });
  });
});
