// A seeded subset of npm run fuzz: random and mutated configurations neither throw nor lose a byte.

import { expect, it } from "vitest";
import { fuzzOne } from "./fuzz/fuzz-lint.ts";
import { tries } from "./support/tries.ts";

const SEED = 20_261_122;
const COUNT = tries(1000, 4000);

it(`reads and lints ${COUNT} random and mutated configurations (seed ${SEED})`, { timeout: 120_000 }, () => {
  const failures = Array.from({ length: COUNT }, (_, index) => fuzzOne(SEED, index)).filter(
    (failure) => failure !== undefined,
  );
  expect(failures).toEqual([]);
});
