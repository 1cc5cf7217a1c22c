// npm run soak -- --tests [vitest's words]: the tests of npm test with everything that they can try, where npm test tries a part: each property as often as it was
// meant, each lab on each Debian release, whole images. Takes about an hour on two quiet cores.

import { spawnSync } from "node:child_process";
import { resolve } from "node:path";

/** What tries a hundred times more takes longer, and is no slower for it. */
const TEST_LIMIT_MS = 600_000;

/** Gives the exit code. */
export function soakTests(words: readonly string[]): number {
  const root = resolve(import.meta.dirname, "..");
  const vitest = resolve(root, "node_modules/.bin/vitest");
  const { status } = spawnSync(vitest, ["run", "--testTimeout", String(TEST_LIMIT_MS), ...words], {
    cwd: root,
    stdio: "inherit",
    env: { EXT_LB_VRRP_PASSWORD: "12345678", ...process.env, HAPAIR_TRY_ALL: "1" },
  });
  return status ?? 1;
}
