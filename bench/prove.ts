// npm run bench:prove: what a proof costs: distinct states a second, states, transitions, seconds and memory for each profile and the page's pair as written, at the
// depth that `hapair prove` has without flags. The built command line, a process each, so that nothing is warm that would not be. Wants a quiet machine: beside other
// work the seconds are more. Further words are handed on (--depth 3).

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const cli = resolve(root, "dist/cli/hapair.mjs");
const LIMIT_S = 10;

const DOCUMENT = `pair: ext-lb
nodes:
  extlb-01: { address: 10.150.160.30, interface: ens192 }
  extlb-02: { address: 10.150.160.31, interface: ens192 }
vips: { ext-lb-VIP: 10.150.160.32/32 }
vrrp: { id: 50, password: { env: EXT_LB_VRRP_PASSWORD } }
haproxy: { config: ./haproxy.cfg }
`;

interface Figures {
  readonly depth: number;
  readonly states: number;
  readonly rests: number;
  readonly transitions: number;
  readonly seconds: number;
  readonly isComplete: boolean;
  readonly promises: readonly { readonly verdict: string }[];
}

/** Its figures, and the most memory that the process had, MiB. */
function prove(words: readonly string[]): { readonly figures: Figures; readonly memoryMib: number } {
  const watched = `process.on("exit", () => process.stderr.write(String(process.resourceUsage().maxRSS)))`;
  const run = spawnSync(
    process.execPath,
    ["--import", `data:text/javascript,${encodeURIComponent(watched)}`, cli, "prove", "--json", ...words],
    { encoding: "utf8", maxBuffer: 256 * 1024 * 1024 },
  );
  if (run.status !== 0 && run.status !== 1)
    throw new Error(`hapair prove ended with ${run.status}: ${run.stderr}`);
  return { figures: JSON.parse(run.stdout) as Figures, memoryMib: Number(run.stderr) / 1024 };
}

const folder = mkdtempSync(join(tmpdir(), "hapair-bench-"));
try {
  const put = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const flags = process.argv.slice(2);
  const subjects: readonly (readonly [string, string])[] = [
    ["classic", put("classic.yaml", DOCUMENT)],
    ["fast", put("fast.yaml", `${DOCUMENT}profile: fast\n`)],
    ["as written", resolve(root, "examples/ext-lb/as-written")],
  ];
  process.stdout.write(
    "hapair prove    depth     states    at rest  transitions  states/s  transitions/s  seconds  of 10 s     MiB  broken\n",
  );
  for (const [name, path] of subjects) {
    const { figures, memoryMib } = prove([...flags, path]);
    const { depth, states, rests, transitions, seconds, isComplete, promises } = figures;
    const broken = promises.filter(({ verdict }) => verdict === "broken").length;
    const columns = [
      name.padEnd(14),
      String(depth).padStart(6),
      states.toLocaleString("en").padStart(10),
      rests.toLocaleString("en").padStart(10),
      transitions.toLocaleString("en").padStart(12),
      Math.round(states / seconds)
        .toLocaleString("en")
        .padStart(9),
      Math.round(transitions / seconds)
        .toLocaleString("en")
        .padStart(14),
      seconds.toFixed(1).padStart(8),
      (seconds / LIMIT_S).toFixed(2).padStart(8),
      memoryMib.toFixed(0).padStart(7),
      String(broken).padStart(7),
    ];
    process.stdout.write(`${columns.join(" ")}${isComplete ? "" : "  bound of states met"}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
