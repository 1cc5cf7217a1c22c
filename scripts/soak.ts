// npm run soak: the full counts. The document's pair as written, classic and fast, every scenario five times, medians in one table and report.
// Takes about a quarter of an hour on two quiet cores; arguments are handed on (--repeat 10, --sequential). With --agent it is the agent's figures instead,
// with --crash-points the crash points of switch and maintenance,
// with --prove the proofs at their whole depth, with --tests everything that the tests can try.

import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { soakAgent } from "./soak-agent.ts";
import { soakCrashPoints } from "./soak-crash-points.ts";
import { soakProve } from "./soak-prove.ts";
import { soakTests } from "./soak-tests.ts";

/** Drills of the document's pair; gives the exit code. */
function soakPair(words: readonly string[]): number {
  const root = resolve(import.meta.dirname, "..");
  const environment = { EXT_LB_VRRP_PASSWORD: "12345678", ...process.env };
  const repeat = words.includes("--repeat") ? [] : ["--repeat", "5"];
  const output = words.includes("--output") ? [] : ["--output", "hapair-soak"];
  const drilled = spawnSync(
    process.execPath,
    [resolve(root, "dist/cli/hapair.mjs"), "demo", ...repeat, ...output, ...words],
    { stdio: "inherit", env: environment },
  );
  return drilled.status ?? 1;
}

const words = process.argv.slice(2);
process.exitCode = words.includes("--crash-points")
  ? await soakCrashPoints(words.filter((word) => word !== "--crash-points"))
  : words.includes("--agent")
    ? await soakAgent(words.filter((word) => word !== "--agent"))
    : words.includes("--prove")
      ? soakProve(words.filter((word) => word !== "--prove"))
      : words.includes("--tests")
        ? soakTests(words.filter((word) => word !== "--tests"))
        : soakPair(words);
