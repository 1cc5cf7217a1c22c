// npm run fuzz -- [--seed N] [--count M] [--from INDEX]: random and mutated configurations through the language and the linter.
// Prints the seed first; a failure prints the seed and index that make it again. One process per core. With --agent: see fuzz-agent.ts.

import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { fuzzOne } from "../test/fuzz/fuzz-lint.ts";
import { fuzzedConfiguration } from "../test/fuzz/configurations.ts";
import { fuzzAgent } from "./fuzz-agent.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    count: { type: "string" },
    from: { type: "string", default: "0" },
    step: { type: "string", default: "0" },
    show: { type: "boolean", default: false },
    agent: { type: "boolean", default: false },
    target: { type: "string" },
    child: { type: "boolean", default: false },
  },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
const from = Number(values.from);
const count = Number(values.count ?? (values.agent ? 200_000 : 1_000_000));
const step = Number(values.step);
const FAILURES_MAX = 10;
const WARM_UP_INPUTS = 300;

if (values.agent) {
  const { show, child, target } = values;
  await fuzzAgent({ seed, count, from, show, child, ...(target === undefined ? {} : { target }) });
} else if (values.show) process.stdout.write(fuzzedConfiguration(seed, from));
else if (step > 0) run(step);
else await runAll();

/** Every step-th input. */
function run(stride: number): void {
  const failures = [];
  let slowestMs = 0;
  // What is not compiled yet is slow whatever the input.
  for (let turn = 0; turn < WARM_UP_INPUTS; turn += 1) fuzzOne(seed, turn);
  for (let index = from; index < count && failures.length < FAILURES_MAX; index += stride) {
    const startedAt = performance.now();
    let failure = fuzzOne(seed, index, () => performance.now());
    // The machine may have done something else for a moment: what is slow is slow again.
    if (failure?.kind === "slow") failure = fuzzOne(seed, index, () => performance.now());
    else slowestMs = Math.max(slowestMs, performance.now() - startedAt);
    if (failure !== undefined) failures.push(failure);
  }
  process.stdout.write(`${JSON.stringify({ failures, slowestMs })}\n`);
}

async function runAll(): Promise<void> {
  process.stdout.write(`seed ${seed}, ${count} inputs\n`);
  const workers = availableParallelism();
  const startedAt = performance.now();
  const results = await Promise.all(
    Array.from({ length: workers }, (_, worker) => startWorker(worker, workers)),
  );
  const failures = results.flatMap((result) => result.failures);
  const slowestMs = Math.max(...results.map((result) => result.slowestMs));
  const seconds = (performance.now() - startedAt) / 1000;
  for (const failure of failures) {
    process.stdout.write(`${failure.kind} at index ${failure.index}: ${failure.detail}\n`);
    process.stdout.write(
      `  again: npm run fuzz -- --seed ${seed} --from ${failure.index} --count ${failure.index + 1}\n`,
    );
  }
  process.stdout.write(
    `${failures.length} failures in ${count - from} inputs (seed ${seed}), slowest ${slowestMs.toFixed(0)} ms, ${seconds.toFixed(0)} s\n`,
  );
  process.exitCode = failures.length === 0 ? 0 : 1;
}

interface WorkerResult {
  readonly failures: readonly { readonly index: number; readonly kind: string; readonly detail: string }[];
  readonly slowestMs: number;
}

function startWorker(worker: number, workers: number): Promise<WorkerResult> {
  const words = ["--seed", seed, "--from", from + worker, "--count", count, "--step", workers].map(String);
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? "", ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (output += piece));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(JSON.parse(output) as WorkerResult);
      else reject(new Error(`a worker ended with ${code}`));
    });
  });
}
