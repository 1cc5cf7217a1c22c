// A seeded subset of npm run fuzz -- --agent: whatever the agent and its readers are given, nothing is thrown and every property holds.

import { expect, it } from "vitest";
import { fuzzTarget, targetNames } from "./fuzz/agent/fuzz-agent.ts";
import { tries } from "./support/tries.ts";

const SEED = 20_261_122;
const COUNT = tries(500, 2000);

it.each(targetNames)(`reads ${COUNT} mutated inputs: %s (seed ${SEED})`, { timeout: 60_000 }, (target) => {
  const { inputs, failures } = fuzzTarget({ target, seed: SEED, from: 0, count: COUNT });
  expect(failures).toEqual([]);
  expect(inputs).toBe(COUNT);
});
