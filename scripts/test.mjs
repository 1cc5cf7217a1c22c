// npm test: sets up what it needs, then checks types, lint, format and unused code, and runs the tests. Its last line counts them.
// With CI=true a missing prerequisite is a failure; otherwise what it leaves out is said and skipped. Arguments go to vitest.

import { spawn, spawnSync } from "node:child_process";
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

/** Runs a program to its end; what it said, and whether it ended well. */
function ended(program, args, stdio = ["ignore", "pipe", "pipe"]) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio });
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

/** Builds the hosts' images that are missing; a lab that finds none would build it, and the tests after it would wait. */
async function imagesBuilt() {
  const script = join(root, "scripts/images.ts");
  const { passed } = await ended(process.execPath, ["--import", "tsx", script], ["ignore", 2, 2]);
  if (!passed) say("The tests on real hosts try again to make what is missing.");
}

if (chosen.length === 0) {
  // Downloads wait for the network, so the code is checked meanwhile.
  const images = missing.length === 0 ? imagesBuilt() : undefined;
  await Promise.all(checks.map(checked));
  await images;
}

const scratch = mkdtempSync(join(tmpdir(), "hapair-test-"));
const resultFile = join(scratch, "results.json");
const projects = missing.length === 0 ? [] : ["--project", "unit"];
const vitest = spawnSync(
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
    cwd: root,
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
if (vitest.status !== 0 && totals.failed === 0) totals.failed += 1;
rmSync(scratch, { recursive: true, force: true });
finish();
