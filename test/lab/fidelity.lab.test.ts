// The simulator and real keepalived side by side, a few cases of what `npm run fidelity` does by hundreds: where the protocol's formulas give the times they
// agree with the daemon, random cases come out as the simulator says, and nothing is left behind, interrupted or not.

import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { drawCase } from "../support/fidelity/cases.ts";
import type { KeepalivedVersion } from "../support/fidelity/case.ts";
import { type HarnessOptions, type HarnessResult, runHarness } from "../support/fidelity/harness.ts";
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

/** The same cases on every version, side by side as `npm run fidelity` plays as many of one. */
async function onEveryVersion(
  options: Pick<HarnessOptions, "draw" | "predict">,
): Promise<(HarnessResult & { readonly version: KeepalivedVersion })[]> {
  const versions: readonly KeepalivedVersion[] = ["2.2.7", "2.3.3"];
  return await Promise.all(
    versions.map(async (version) => {
      const cases = { seed: SEED, count: PARALLEL, from: 0, version, parallel: PARALLEL };
      return { version, ...(await runHarness({ ...cases, ...options, onResult: () => undefined })) };
    }),
  );
}

/** What differs from the prediction, and what could not be played. */
function troubles({ results, failures }: HarnessResult): unknown[] {
  return [
    ...failures,
    ...results.flatMap(({ comparison }) =>
      comparison === undefined ? ["nothing was compared"] : comparison.differences.map(({ text }) => text),
    ),
  ];
}

it("keepalived takes over and back when the formulas say", async () => {
  const played = await onEveryVersion({
    draw: knownCase,
    predict: (fidelityCase, _version, performed) => knownPrediction(fidelityCase, performed),
  });
  for (const result of played) {
    expect(troubles(result), result.version).toEqual([]);
    expect(result.results, result.version).toHaveLength(PARALLEL);
  }
});

it("keepalived does in random cases what the simulator says, at every start as well, and no process is left", async () => {
  for (const result of await onEveryVersion({ draw: drawCase, predict })) {
    expect(troubles(result), result.version).toEqual([]);
    for (const { fidelityCase, observation } of result.results) {
      const what = `case ${fidelityCase.index} on ${result.version}`;
      expect(
        observation.performed.map(({ index }) => index),
        what,
      ).toEqual(fidelityCase.events.map((_, index) => index));
      for (const { index, readyUs } of observation.performed)
        if (fidelityCase.events[index]?.action.kind === "start-service") expect(readyUs, what).toBeDefined();
      expect(observation.transitions.length, what).toBeGreaterThan(0);
    }
  }
  expect(ownProcesses()).toEqual([]);
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
