// npm run fuzz -- --agent [--seed N] [--count M] [--target NAME] [--from INDEX]: mutated inputs through everything that the agent, and who asks it, reads.
// One process a target, as many at once as there are cores. A reader keeps its state from input to input, so a failure is made again from the same
// beginning; an input alone, from its own index on.

import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { type FuzzResult, fuzzTarget, shownInput, targetNames } from "../test/fuzz/agent/fuzz-agent.ts";

export interface AgentFuzzing {
  readonly seed: number;
  readonly count: number;
  readonly from: number;
  /** Absent: all. */
  readonly target?: string;
  /** Prints the input instead of trying it. */
  readonly show: boolean;
  /** This process tries the one target, and prints what came of it as JSON. */
  readonly child: boolean;
}

/** What is not compiled yet is slow whatever the input. */
const WARM_UP_INPUTS = 300;
const MEGABYTE = 1024 * 1024;

export async function fuzzAgent(fuzzing: AgentFuzzing): Promise<void> {
  const { seed, from, target } = fuzzing;
  if (target !== undefined && !targetNames.includes(target))
    throw new Error(`there is no target ${target}: ${targetNames.join(", ")}`);
  if (target !== undefined && fuzzing.show) process.stdout.write(shownInput(target, seed, from));
  else if (target !== undefined && fuzzing.child)
    process.stdout.write(JSON.stringify(tried(fuzzing, target)));
  else await tryAll(fuzzing, target === undefined ? targetNames : [target]);
}

function tried({ seed, count, from }: AgentFuzzing, target: string): FuzzResult {
  fuzzTarget({ target, seed, from: 0, count: WARM_UP_INPUTS });
  return fuzzTarget({ target, seed, from, count, now: workedMs, memory: bytesInUse });
}

/** What this process has worked: a machine that does something else meanwhile makes no input slow. */
function workedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The engine gives back some things at the second or third asking only. */
const COLLECTIONS = 3;

function bytesInUse(): number {
  const looks = Array.from({ length: COLLECTIONS }, () => {
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  });
  return Math.min(...looks);
}

async function tryAll(fuzzing: AgentFuzzing, names: readonly string[]): Promise<void> {
  const { seed, count, from } = fuzzing;
  process.stdout.write(`seed ${seed}, ${count - from} inputs for each of ${names.join(", ")}\n`);
  const waiting = [...names];
  let failed = 0;
  const work = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const startedMs = performance.now();
      const result = await inProcess(fuzzing, name);
      failed += result.failures.length;
      process.stdout.write(reportOf(result, seed, (performance.now() - startedMs) / 1000));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  process.stdout.write(`${failed} failures (seed ${seed})\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}

function inProcess({ seed, count, from }: AgentFuzzing, target: string): Promise<FuzzResult> {
  const words = [
    "--agent",
    "--child",
    "--target",
    target,
    "--seed",
    seed,
    "--from",
    from,
    "--count",
    count,
  ].map(String);
  const child = spawn(
    process.execPath,
    ["--expose-gc", ...process.execArgv, process.argv[1] ?? "", ...words],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (output += piece));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(JSON.parse(output) as FuzzResult);
      else reject(new Error(`the process of target ${target} ended with ${code}`));
    });
  });
}

function reportOf(
  { target, inputs, failures, slowest, grownBytes }: FuzzResult,
  seed: number,
  seconds: number,
): string {
  const again = `npm run fuzz -- --agent --target ${target} --seed ${seed}`;
  const figures = [
    `${inputs} inputs`,
    `${Math.round(inputs / seconds)}/s`,
    `slowest ${slowest.ms.toFixed(1)} ms (${slowest.index})`,
    `memory ${grownBytes < 0 ? "" : "+"}${(grownBytes / MEGABYTE).toFixed(1)} MB`,
    `${failures.length} failures`,
  ];
  return [
    `${target.padEnd(12)} ${figures.join(", ")}\n`,
    ...failures.map(
      ({ index, kind, detail }) =>
        `${kind} at input ${index}: ${detail}\n  again: ${again} --count ${index + 1}\n  the input: ${again} --from ${index} --show\n`,
    ),
  ].join("");
}
