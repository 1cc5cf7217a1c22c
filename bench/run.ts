// npm run bench: what commands cost, as whole processes, with the ratio to what the same job costs otherwise. Needs root and the built command line.
// The figures of others are from the same kind of two-host lab (ansible-core 2.14.18) and from bare ssh; ratios, not seconds, carry over to other machines.

import { spawnSync } from "node:child_process";
import { resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const cli = resolve(root, "dist/cli/hapair.mjs");
const pair = resolve(root, "examples/ext-lb/pair.yaml");
const environment = { EXT_LB_VRRP_PASSWORD: "12345678", ...process.env };
const LAB = `bench-${process.pid}`;

function hapair(...words: string[]): number {
  const startedAt = performance.now();
  const run = spawnSync(process.execPath, [cli, ...words], {
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
  });
  if (run.status !== 0) throw new Error(`hapair ${words.join(" ")} ended with ${run.status}: ${run.stderr}`);
  return performance.now() - startedAt;
}

function bareNode(): number {
  const startedAt = performance.now();
  spawnSync(process.execPath, ["-e", "0"]);
  return performance.now() - startedAt;
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function times(count: number, measure: () => number): number {
  return median(Array.from({ length: count }, measure));
}

interface Line {
  readonly what: string;
  readonly measuredMs: number;
  readonly other: string;
  readonly otherMs: number;
}

function print({ what, measuredMs, other, otherMs }: Line): void {
  const ratio = measuredMs / otherMs;
  process.stdout.write(
    `${what.padEnd(34)}${measuredMs.toFixed(0).padStart(7)} ms   ${ratio.toFixed(2).padStart(6)} x ${other}\n`,
  );
}

const bare = times(9, bareNode);
print({
  what: "hapair --version",
  measuredMs: times(9, () => hapair("--version")),
  other: "node -e 0",
  otherMs: bare,
});
print({
  what: "hapair render",
  measuredMs: times(9, () => hapair("render", pair)),
  other: "node -e 0",
  otherMs: bare,
});

const cleanApplies: number[] = [];
const labStarts: number[] = [];
const idleApplies: number[] = [];
for (let round = 0; round < 5; round += 1) {
  try {
    labStarts.push(hapair("lab", "up", "--name", LAB, pair));
    cleanApplies.push(hapair("apply", "--yes", "--lab", LAB, pair));
    for (let again = 0; again < 3; again += 1) idleApplies.push(hapair("apply", "--yes", "--lab", LAB, pair));
  } finally {
    hapair("lab", "down", LAB);
  }
}
print({
  what: "lab up, both hosts on ssh",
  measuredMs: median(labStarts),
  other: "the limit of 2.5 s",
  otherMs: 2500,
});
print({
  what: "apply from clean, both nodes fit",
  measuredMs: median(cleanApplies),
  other: "ansible's 9.68 s",
  otherMs: 9680,
});
print({
  what: "apply with nothing to do",
  measuredMs: median(idleApplies),
  other: "ansible's 6.23 s",
  otherMs: 6230,
});
print({
  what: "apply with nothing to do",
  measuredMs: median(idleApplies),
  other: "cold ssh's 0.27 s",
  otherMs: 270,
});
