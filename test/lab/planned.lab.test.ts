// Planned work as drills, through the command line in a lab: the VIP moves twice and no request of the client is lost; and where it is refused.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeReport, type DrillRun } from "../../src/report/index.ts";
import { buildIfMissing, hapair } from "../support/hapair-command.ts";

const folder = mkdtempSync(join(tmpdir(), "hapair-planned-"));
const example = new URL("../../examples/ext-lb/", import.meta.url).pathname;

beforeAll(buildIfMissing);
afterAll(() => rmSync(folder, { recursive: true }));

test("switch and maintenance in classic: the VIP goes and comes back without a lost request", async () => {
  const output = join(folder, "drill");
  const words = ["drill", "--lab", "--profile", "classic", "--scenario", "switch,maintenance", "-o", output];
  const ended = await hapair([...words, join(example, "pair.yaml")]);
  const file = join(output, "report.json");
  const report = decodeReport(readFileSync(file, "utf8"), file);
  expect(report.failures, ended.stderr).toEqual([]);
  expect(report.runs.map(({ scenario }) => scenario)).toEqual([
    "switch",
    "maintenance-on",
    "maintenance-off",
  ]);
  const [switched, on, off] = report.runs as [DrillRun, DrillRun, DrillRun];
  for (const run of report.runs) {
    expect(run.requests).toBeGreaterThan(1000);
    expect(run.lost, run.scenario).toBe(0);
  }
  expect(switched.holderMoves).toBe(1);
  expect(switched.holderAfter).toEqual(on.holderBefore);
  // The pair's two nodes: the second move is the way back.
  expect(on.holderAfter).toEqual(switched.holderBefore);
  expect(off).toMatchObject({ holderMoves: 0, holderBefore: on.holderAfter, holderAfter: on.holderAfter });
  // How slow a request may be is the machine's matter here; what else was promised is in the figures above.
  expect(switched.promises.map(({ kind }) => kind)).toEqual(["unnoticed"]);
  expect(switched.slowestMs).toBeGreaterThan(0);
  expect(switched.notes.join()).toMatch(/^extlb-\d+ to extlb-\d+ in [\d.]+ s: .* 0 cut$/);
});

test("files as they are written have no scripts to switch by: that is said before a lab is made", async () => {
  const files = ["extlb-01", "extlb-02"].flatMap((node) => [
    "--node",
    `${node}=${join(example, "as-written", `${node}.conf`)}`,
  ]);
  const words = [
    "drill",
    "--lab",
    ...files,
    "--haproxy",
    join(example, "haproxy.cfg"),
    "--scenario",
    "switch",
  ];
  const ended = await hapair([...words, "-o", join(folder, "written")]);
  expect(ended.exitCode).toBe(2);
  expect(ended.stderr).toContain(
    "switch says nothing about as-written: hapair's scripts are not on its nodes",
  );
});
