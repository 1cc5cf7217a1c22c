// npm run bench:prove: how fast the search is, on the document's pair in both profiles and as its page has it. Prints distinct states and transitions per
// second of processor time, and the whole's wall-clock time. Wants a quiet machine: beside other work both are worse.

import { parseArgs } from "node:util";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { lintInputs } from "../src/cli/lint-inputs.ts";
import { siteOfFiles } from "../src/cli/simulated-files.ts";
import { siteOfPair } from "../src/cli/simulated-pair.ts";
import { loadPair } from "../src/model/index.ts";
import {
  agentPromises,
  limitsOfFiles,
  limitsOfPair,
  plannedPromises,
  prove,
  type PromiseLimits,
  promiseNames,
} from "../src/prove/index.ts";
import { settledWorld, type Site } from "../src/simulate/index.ts";

const { values } = parseArgs({
  options: {
    depth: { type: "string", default: "4" },
    overlap: { type: "string", default: "2" },
    states: { type: "string", default: "3000000" },
  },
});

interface Subject {
  readonly name: string;
  readonly site: Site;
  readonly limits: PromiseLimits;
}

/** What faults alone can break: a proof's main search. */
const PROMISES = promiseNames.filter(
  (name) => !plannedPromises.includes(name) && !agentPromises.includes(name),
);

function subjects(): Subject[] {
  const directory = resolve(import.meta.dirname, "../examples/ext-lb");
  const text = readFileSync(resolve(directory, "pair.yaml"), "utf8");
  const profiles = ["classic", "fast"].map((name): Subject => {
    const { pair } = loadPair("pair.yaml", `${text}\nprofile: ${name}\n`);
    if (pair === undefined) throw new Error("examples/ext-lb/pair.yaml cannot be read");
    return { name, site: siteOfPair(pair), limits: limitsOfPair(pair) };
  });
  const { site, configurations } = siteOfFiles(
    lintInputs([resolve(directory, "as-written")], { haproxy: [] }),
  );
  return [...profiles, { name: "as written", site, limits: limitsOfFiles(configurations) }];
}

const columns = ["pair", "depth", "states", "at rest", "transitions", "states/s", "transitions/s", "s", "MB"];
process.stdout.write(`${line(columns)}\n`);
for (const { name, site, limits } of subjects()) {
  const start = settledWorld(site, 1);
  const options = {
    depth: Number(values.depth),
    overlap: Number(values.overlap),
    overlaps: 1,
    statesMax: Number(values.states),
    limits,
    promises: PROMISES,
  };
  const beganMs = performance.now();
  const usedBefore = process.cpuUsage();
  const { depth, states, rests, transitions } = prove(site, start, options);
  const used = process.cpuUsage(usedBefore);
  const cpuS = (used.user + used.system) / 1e6;
  const figures = [
    ...[depth, states, rests, transitions, Math.round(states / cpuS), Math.round(transitions / cpuS)],
    ...[((performance.now() - beganMs) / 1000).toFixed(1), Math.round(process.memoryUsage.rss() / 1e6)],
  ];
  process.stdout.write(`${line([name, ...figures.map(String)])}\n`);
}

function line(cells: readonly string[]): string {
  return cells.map((cell, index) => (index === 0 ? cell.padEnd(12) : cell.padStart(14))).join("");
}
