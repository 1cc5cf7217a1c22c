// npm run bench:lint: what a lint costs, as a whole process and per pair, beside starting keepalived -t for each file where it is installed.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { sourceText } from "../src/diagnostics/index.ts";
import { lintNodes } from "../src/lint/index.ts";

const root = resolve(import.meta.dirname, "..");
const cli = resolve(root, "dist/cli/hapair.mjs");
const PAIRS = 1000;
const RUNS = 15;

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** A pair as people have it: two files of some forty lines, each pair with its own address, VRID and names. */
function pairText(pair: number, node: 0 | 1): string {
  const network = `10.${Math.floor(pair / 250)}.${pair % 250}`;
  return `global_defs {
    router_id lb${node + 1}-${pair}
    script_user root
    enable_script_security
}

vrrp_script chk_haproxy {
    script "/usr/bin/curl --fail --silent --max-time 1 http://127.0.0.1:8404/health"
    interval 2
    timeout 2
    fall 2
    rise 2
}

vrrp_instance VI_${pair} {
    state BACKUP
    interface eth0
    virtual_router_id ${(pair % 254) + 1}
    priority ${101 - node}
    advert_int 1
    nopreempt
    unicast_src_ip ${network}.${11 + node}
    check_unicast_src
    unicast_peer {
        ${network}.${12 - node}
    }
    authentication {
        auth_type PASS
        auth_pass k${pair}
    }
    virtual_ipaddress {
        ${network}.10/32
    }
    track_script {
        chk_haproxy
    }
    notify_fault "/usr/local/sbin/tell fault"
}
`;
}

function wholeProcess(...words: string[]): number {
  const startedAt = performance.now();
  const run = spawnSync(process.execPath, words, { stdio: "ignore" });
  if (run.status !== 0 && run.status !== 1) throw new Error(`${words.join(" ")} ended with ${run.status}`);
  return performance.now() - startedAt;
}

const folder = mkdtempSync(join(tmpdir(), "hapair-bench-"));
try {
  const files = ([0, 1] as const).map((node) => {
    const path = join(folder, `lb${node + 1}.conf`);
    writeFileSync(path, pairText(7, node));
    return path;
  });
  const bareMs = median(Array.from({ length: RUNS }, () => wholeProcess("-e", "0")));
  const lintMs = median(Array.from({ length: RUNS }, () => wholeProcess(cli, "lint", ...files)));
  const texts = Array.from({ length: PAIRS }, (_, pair) =>
    ([0, 1] as const).map((node) => pairText(pair, node)),
  );
  const startedAt = performance.now();
  let findings = 0;
  for (const pair of texts) {
    findings += lintNodes(
      pair.map((text, node) => ({ name: `lb${node + 1}`, main: sourceText(`lb${node + 1}.conf`, text) })),
    ).diagnostics.length;
  }
  const pairsMs = performance.now() - startedAt;
  process.stdout.write(
    [
      `hapair lint a.conf b.conf       ${lintMs.toFixed(0).padStart(6)} ms   ${(lintMs / bareMs).toFixed(2)} x node -e 0, ${(lintMs / 200).toFixed(2)} of the limit of 200 ms`,
      `${PAIRS} pairs in one process     ${pairsMs.toFixed(0).padStart(6)} ms   ${(pairsMs / 3000).toFixed(2)} of the limit of 3000 ms (${findings} findings)`,
      keepalivedLine(files, pairsMs / (2 * PAIRS)),
      "",
    ].join("\n"),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The ratio to one start of keepalived -t per file; $KEEPALIVED names the program where it is not on the path. */
function keepalivedLine(files: readonly string[], ownMsPerFile: number): string {
  const [program = "keepalived", ...before] = (process.env["KEEPALIVED"] ?? "keepalived").split(" ");
  const once = (): number => {
    const startedAt = performance.now();
    const run = spawnSync(program, [...before, "-t", "-f", files[0] ?? ""], { stdio: "ignore" });
    return run.error === undefined ? performance.now() - startedAt : Number.NaN;
  };
  const otherMs = median(Array.from({ length: RUNS }, once));
  if (Number.isNaN(otherMs))
    return "keepalived -t per file            not measured: keepalived is not installed here";
  return `a file, beside keepalived -t    ${ownMsPerFile.toFixed(2).padStart(6)} ms   ${(ownMsPerFile / otherMs).toFixed(2)} x keepalived -t per file (${otherMs.toFixed(1)} ms)`;
}
