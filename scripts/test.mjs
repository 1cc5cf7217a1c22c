// npm test: sets up what it needs, then checks types, lint, format and unused code, and runs the tests. Its last line counts them.
// With CI=true a missing prerequisite is a failure; otherwise what it leaves out is said and skipped. Arguments go to vitest.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { build, installDependencies, prepareLab, requireNode, root, say } from "./prerequisites.mjs";

requireNode();
const inCi = process.env.CI === "true";
const chosen = process.argv.slice(2);
const totals = { passed: 0, failed: 0, skipped: 0 };

function finish() {
  process.stdout.write(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`);
  process.exit(totals.failed === 0 ? 0 : 1);
}

function bin(name) {
  return join(root, "node_modules/.bin", name);
}

try {
  installDependencies();
  build();
} catch (error) {
  say(`the project could not be prepared: ${error.message}`);
  totals.failed += 1;
  finish();
}

const missing = prepareLab();
if (missing.length > 0) {
  say("The tests on real hosts are left out:");
  for (const reason of missing) say(`  - ${reason}`);
  if (inCi) totals.failed += 1;
  else totals.skipped += 1;
}

const checks = [
  { title: "types", program: "tsc", args: ["--noEmit"] },
  { title: "lint", program: "oxlint", args: ["--type-aware", "--deny-warnings"] },
  { title: "format", program: "oxfmt", args: ["--check"] },
  { title: "unused code", program: "knip", args: [] },
];

/** Runs a program to its end; what it said, where that is piped, and whether it ended well. */
function ended(program, args, { stdio = ["ignore", "pipe", "pipe"], env = process.env } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio, env });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text) => {
        said += text;
      });
    }
    child.once("error", (error) => resolve({ passed: false, said: error.message }));
    child.once("close", (code) => resolve({ passed: code === 0, said }));
  });
}

async function checked({ title, program, args }) {
  const { passed, said } = await ended(bin(program), args);
  totals[passed ? "passed" : "failed"] += 1;
  say(`${passed ? "✓" : "✗"} ${title}`);
  if (!passed) say(said);
}

/** Builds the hosts' images that are missing, which is mostly waiting for the network. A lab that comes before its image waits for it (flock). */
async function imagesBuilt() {
  const script = join(root, "scripts/images.ts");
  const { passed } = await ended(process.execPath, ["--import", "tsx", script], { stdio: ["ignore", 2, 2] });
  if (!passed) say("The tests on real hosts try again to make what is missing.");
}

// The code is checked, and what needs no host is tested meanwhile.
const images = chosen.length === 0 && missing.length === 0 ? imagesBuilt() : undefined;
if (chosen.length === 0) await Promise.all(checks.map(checked));

const scratch = mkdtempSync(join(tmpdir(), "hapair-test-"));
const resultFile = join(scratch, "results.json");
const projects = missing.length === 0 ? [] : ["--project", "unit"];
const vitest = await ended(
  bin("vitest"),
  [
    "run",
    ...projects,
    "--reporter",
    "default",
    "--reporter",
    "json",
    "--outputFile.json",
    resultFile,
    ...chosen,
  ],
  {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, EXT_LB_VRRP_PASSWORD: "12345678" },
  },
);
if (existsSync(resultFile)) {
  const results = JSON.parse(readFileSync(resultFile, "utf8"));
  totals.passed += results.numPassedTests;
  totals.failed += results.numFailedTests;
  totals.skipped += results.numPendingTests + results.numTodoTests;
}
// A file that could not even be loaded counts no failed test, but vitest's exit code knows.
if (!vitest.passed && totals.failed === 0) totals.failed += 1;
rmSync(scratch, { recursive: true, force: true });
await images;
finish();
