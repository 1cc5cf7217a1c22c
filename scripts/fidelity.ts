// npm run fidelity -- [--seed N] [--count M] [--keepalived 2.2.7|2.3.3]: random cases on real keepalived daemons and in the simulator, compared.
// --case INDEX: that one alone, told in full. --itf DIRECTORY: traces of both sides. --real-only: no prediction. --calibrate: cases whose times the
// formulas give, to learn how exact this machine is. Needs root, as labs do. Exit code 1: differences; 3: the machine could not do it.

import { mkdirSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { HapairError, messageOf } from "../src/base/index.ts";
import { itfTrace } from "../test/support/fidelity/itf.ts";
import { drawCase } from "../test/support/fidelity/cases.ts";
import type { KeepalivedVersion } from "../test/support/fidelity/case.ts";
import { type CaseResult, type HarnessResult, runHarness } from "../test/support/fidelity/harness.ts";
import { knownCase, knownPrediction } from "../test/support/fidelity/known-times.ts";
import { predict } from "../test/support/fidelity/predicted.ts";
import { caseText, resultLine, summaryText } from "../test/support/fidelity/result-text.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    count: { type: "string", default: "100" },
    from: { type: "string", default: "0" },
    case: { type: "string" },
    keepalived: { type: "string", default: "2.2.7" },
    parallel: { type: "string", default: "12" },
    itf: { type: "string" },
    "real-only": { type: "boolean", default: false },
    calibrate: { type: "boolean", default: false },
  },
});

const seed = wholeNumber("--seed", values.seed ?? String(Date.now() % 1_000_000));
const one = values.case === undefined ? undefined : wholeNumber("--case", values.case);
const version = keepalivedVersion(values.keepalived);
const controller = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(name, () => {
    if (controller.signal.aborted) process.exit(130);
    process.stderr.write("taking the namespaces away ...\n");
    controller.abort();
  });
}

/** Before other work of this machine, as far as it may be: what the daemons wait for a processor is no part of what is compared. */
const NICENESS = -10;
try {
  setPriority(NICENESS);
} catch {
  // Without the right to it the runs are noisier, and say so.
}

try {
  process.exitCode = report(await run());
} catch (error) {
  const hint = error instanceof HapairError && error.hint !== undefined ? `\n${error.hint}` : "";
  process.stderr.write(controller.signal.aborted ? "interrupted\n" : `${messageOf(error)}${hint}\n`);
  process.exitCode = controller.signal.aborted ? 130 : 3;
}

async function run(): Promise<HarnessResult> {
  const count = one === undefined ? wholeNumber("--count", values.count) : 1;
  const from = one ?? wholeNumber("--from", values.from);
  const parallel = Math.min(count, wholeNumber("--parallel", values.parallel));
  process.stdout.write(`seed ${seed}, ${count} cases on keepalived ${version}, ${parallel} at a time\n`);
  const told = one === undefined ? resultLine : caseText;
  const { calibrate } = values;
  return await runHarness({
    seed,
    count,
    from,
    version,
    parallel,
    draw: calibrate ? knownCase : drawCase,
    ...(calibrate
      ? { predict: (fidelityCase, _version, performed) => knownPrediction(fidelityCase, performed) }
      : values["real-only"]
        ? {}
        : { predict }),
    signal: controller.signal,
    onResult: (result, done) => {
      process.stdout.write(`${done}/${count} ${told(result)}\n`);
      if (values.itf !== undefined) writeTraces(values.itf, result);
    },
  });
}

/** Prints the tables; gives the exit code. */
function report(result: HarnessResult): number {
  process.stdout.write(`\n${summaryText(result, version)}\n`);
  const differing = result.results.filter(
    ({ comparison, unfit }) => unfit === undefined && (comparison?.differences.length ?? 0) > 0,
  );
  for (const { fidelityCase } of differing) {
    process.stdout.write(
      `again: npm run fidelity -- --seed ${seed} --case ${fidelityCase.index} --keepalived ${version}\n`,
    );
  }
  if (result.failures.length > 0) return 3;
  return differing.length > 0 ? 1 : 0;
}

function writeTraces(directory: string, { fidelityCase, observation, prediction }: CaseResult): void {
  mkdirSync(directory, { recursive: true });
  const write = (side: string, trace: unknown): void =>
    writeFileSync(
      join(directory, `seed-${fidelityCase.seed}-case-${fidelityCase.index}-${side}.itf.json`),
      `${JSON.stringify(trace)}\n`,
    );
  write("real", itfTrace(fidelityCase, observation, `keepalived ${version}`));
  if (prediction === undefined) return;
  const story = { ...prediction, performed: observation.performed };
  write("simulated", itfTrace(fidelityCase, story, "hapair's simulator"));
}

function wholeNumber(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  process.stderr.write(`${flag} takes a whole number, not ${text}\n`);
  process.exit(2);
}

function keepalivedVersion(text: string): KeepalivedVersion {
  if (text === "2.2.7" || text === "2.3.3") return text;
  process.stderr.write(`--keepalived takes 2.2.7 or 2.3.3, not ${text}\n`);
  process.exit(2);
}
