// The simulator and real keepalived side by side, a few cases of what `npm run fidelity` does by hundreds: where the protocol's formulas give the times they
// agree with the daemon, random cases come out as the simulator says, and nothing is left behind, interrupted or not.

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { drawCase } from "../support/fidelity/cases.ts";
import type { KeepalivedVersion } from "../support/fidelity/case.ts";
import { runHarness } from "../support/fidelity/harness.ts";
import { knownCase, knownPrediction } from "../support/fidelity/known-times.ts";
import { predict } from "../support/fidelity/predicted.ts";
import { OWNER_VARIABLE } from "../support/fidelity/shell.ts";

const PARALLEL = 6;
const SEED = 11;

/** What runs on this machine and was started by the harness in this process. */
function ownProcesses(): string[] {
  const mark = `${OWNER_VARIABLE}=${process.pid}`;
  return readdirSync("/proc").filter(
    (name) => /^\d+$/.test(name) && read(`/proc/${name}/environ`).includes(`${mark}\0`),
  );
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

describe.each<KeepalivedVersion>(["2.2.7", "2.3.3"])("keepalived %s", (version) => {
  it("takes over and back when the formulas say", async () => {
    const result = await runHarness({
      seed: SEED,
      count: PARALLEL,
      from: 0,
      version,
      parallel: PARALLEL,
      draw: knownCase,
      predict: (fidelityCase, _version, performed) => knownPrediction(fidelityCase, performed),
      onResult: () => undefined,
    });
    expect(result.failures).toEqual([]);
    expect(result.results).toHaveLength(PARALLEL);
    const texts = result.results.flatMap(({ comparison }) => comparison?.differences.map(({ text }) => text));
    expect(texts).toEqual([]);
  });

  it("does in random cases what the simulator says, at every start as well, and leaves no process", async () => {
    const { results, failures } = await runHarness({
      seed: SEED,
      count: PARALLEL,
      from: 0,
      version,
      parallel: PARALLEL,
      draw: drawCase,
      predict,
      onResult: () => undefined,
    });
    expect(failures).toEqual([]);
    const texts = results.flatMap(({ comparison }) => comparison?.differences.map(({ text }) => text));
    expect(texts).toEqual([]);
    for (const { fidelityCase, observation } of results) {
      const what = `case ${fidelityCase.index}`;
      expect(
        observation.performed.map(({ index }) => index),
        what,
      ).toEqual(fidelityCase.events.map((_, index) => index));
      for (const { index, readyUs } of observation.performed)
        if (fidelityCase.events[index]?.action.kind === "start-service") expect(readyUs, what).toBeDefined();
      expect(observation.transitions.length, what).toBeGreaterThan(0);
    }
    expect(ownProcesses()).toEqual([]);
  });
});

it("an interrupted run takes everything away before it ends", async () => {
  const controller = new AbortController();
  let running = 0;
  const run = runHarness({
    seed: SEED,
    count: PARALLEL,
    from: 0,
    version: "2.2.7",
    parallel: PARALLEL,
    draw: drawCase,
    signal: controller.signal,
    onResult: () => undefined,
  });
  setTimeout(() => {
    running = ownProcesses().length;
    controller.abort();
  }, 4_000);
  await expect(run).rejects.toThrow();
  expect(running).toBeGreaterThan(PARALLEL);
  expect(ownProcesses()).toEqual([]);
});
