// verify of a node under maintenance, of drains and of leftovers: recorded scenes with what the observation of operations adds to them.

import { describe, expect, test } from "vitest";
import { documentPair, observedAtMs, scene } from "../../test/support/status-fixtures/scenes.ts";
import type { NodeObservation, Sighting } from "./observation.ts";
import type { OperationState } from "./operation.ts";
import { verifyReport } from "./verify.ts";

const pair = documentPair();
const HOUR_MS = 3_600_000;

const atRest: OperationState = {
  steady: true,
  hasMotd: false,
  drains: [],
  drainTables: [],
  units: {
    "hapair-maintenance": "stopped",
    "hapair-move": "stopped",
    "hapair-aside": "stopped",
    "hapair-boost": "stopped",
    "hapair-drain-give": "stopped",
    "hapair-drain-take": "stopped",
  },
};

const maintained = (haproxy: "runs" | "stopped" = "runs"): OperationState => ({
  ...atRest,
  hasMotd: true,
  record: {
    by: "anna@ops1",
    reason: "kernel upgrade",
    sinceMs: observedAtMs - HOUR_MS,
    untilMs: observedAtMs + HOUR_MS,
    haproxy,
  },
  units: { ...atRest.units, "hapair-maintenance": "runs" },
});

type Change = (observation: NodeObservation) => NodeObservation;

function reportOf(name: string, operation: OperationState, change: Change = (seen) => seen) {
  const sightings = scene(name, pair).map((sighting): Sighting => {
    if (sighting.kind !== "seen") return sighting;
    const { observation } = sighting;
    return observation.node === "extlb-02"
      ? { ...sighting, observation: change({ ...settled(observation), operation }) }
      : { ...sighting, observation: { ...observation, operation: atRest } };
  });
  return verifyReport(pair, sightings, [], { observedAtMs, tookMs: 1300 });
}

/** As it is some time after the recording. */
function settled(observation: NodeObservation): NodeObservation {
  const { watch } = observation;
  if (watch === undefined) return observation;
  const files = watch.files.map((file) => ({ ...file, changedAtMs: file.changedAtMs - HOUR_MS }));
  return { ...observation, watch: { ...watch, files } };
}

function troubles(report: ReturnType<typeof verifyReport>): string[] {
  return report.checks
    .filter(({ outcome }) => outcome !== "ok" && outcome !== "skipped")
    .map(({ outcome, check, node }) => `${outcome} ${check}@${node ?? "pair"}`);
}

const result = (report: ReturnType<typeof verifyReport>, check: string) =>
  report.checks.find((each) => each.check === check && each.node === "extlb-02");

describe("verify of a node under maintenance", () => {
  test("is well: its FAULT is what maintenance means", () => {
    const report = reportOf("hold", maintained());
    expect(troubles(report)).toEqual([]);
    expect(report.answer).toBe("ok");
    expect(result(report, "state")).toMatchObject({
      outcome: "skipped",
      evidence: expect.stringMatching(/^under maintenance: .*FAULT/),
    });
    expect(result(report, "state")).not.toHaveProperty("advice");
    expect(result(report, "leftovers")).toMatchObject({
      outcome: "ok",
      evidence: expect.stringContaining("extlb-02 is under maintenance (kernel upgrade, anna@ops1, until "),
    });
  });

  test("without anything to count adverts with, nothing is unknown", () => {
    const withoutAdverts: Change = ({ adverts: _none, ...seen }) => seen;
    expect(troubles(reportOf("hold", maintained(), withoutAdverts))).toEqual([]);
  });

  test("adverts that do not arrive are told all the same: they have to come before it ends", () => {
    const deaf: Change = (seen) => ({
      ...seen,
      adverts: [{ router: "ext-lb", peer: "extlb-01", arrived: 0, delivered: 0, otherVrid: 0 }],
    });
    expect(troubles(reportOf("hold", maintained(), deaf))).toEqual(["failed adverts-heard@extlb-02"]);
  });

  test("HAProxy that was stopped for it is skipped; HAProxy that ought to run is not", () => {
    expect(troubles(reportOf("standby-fault", maintained("stopped")))).toEqual([]);
    expect(troubles(reportOf("standby-fault", maintained()))).toEqual([
      "failed state@extlb-02",
      "failed haproxy-active@extlb-02",
      "failed health-address@extlb-02",
      "failed check-script@extlb-02",
    ]);
  });

  test("a node that is not under maintenance is judged as ever", () => {
    expect(troubles(reportOf("standby-fault", atRest))).toContain("failed state@extlb-02");
  });
});

describe("the check of leftovers", () => {
  test("fails with what is there and what mends it", () => {
    const report = reportOf("hold", { ...atRest, drainTables: ["ip"] });
    expect(result(report, "leftovers")).toMatchObject({
      outcome: "failed",
      evidence:
        "hold is 1, so keepalived cannot hold the VIP, and neither a maintenance nor a move is under way; nftables has a table ip hapair_drain, and no drain is open",
      advice: "hapair maintenance off extlb-02",
    });
    expect(report.answer).toBe("failed");
  });

  test("says that a node at rest is at rest, and tells a drain on both of its nodes", () => {
    expect(result(reportOf("healthy", atRest), "leftovers")).toMatchObject({
      outcome: "ok",
      evidence: "no maintenance, no drain, no hold",
    });
    const gives: OperationState = {
      ...atRest,
      drains: [{ role: "give" }],
      connections: 3,
      units: { ...atRest.units, "hapair-drain-give": "runs" },
    };
    const evidence = reportOf("healthy", gives)
      .checks.filter(({ check }) => check === "leftovers")
      .map((each) => each.evidence);
    expect(evidence).toEqual([
      "extlb-02 drains 3 connections to extlb-01",
      "extlb-02 drains 3 connections to extlb-01",
    ]);
  });

  test("waits while something is beginning or ending", () => {
    expect(result(reportOf("hold", { ...atRest, steady: false }), "leftovers")).toMatchObject({
      outcome: "skipped",
    });
  });
});
