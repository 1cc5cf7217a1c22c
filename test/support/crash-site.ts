// A lab of the document's pair for crash points: the pair as applied, a client in front, and nothing besides.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { requireProcess } from "../../src/host/index.ts";
import { freshLabName, type Lab, labDown, openLab } from "../../src/lab/index.ts";
import { type Ended, hapair, type Running, startHapair } from "./hapair-command.ts";

export const CRASH_NODES = ["extlb-01", "extlb-02"] as const;
export const CRASH_VIP = "10.150.160.32";

export interface CrashSite {
  readonly lab: Lab;
  /** hapair with these words, this lab and this pair. */
  hapair(...words: string[]): Promise<Ended>;
  /** The same, under way. */
  start(...words: string[]): Running;
  /** The one node that has the VIP. Throws where it is not one. */
  holder(): Promise<string>;
  isHeldOnce(): Promise<boolean>;
  isUnderMaintenance(node: string): Promise<boolean>;
  /** Resolves when `hapair status` has nothing to complain about. */
  redundant(): Promise<void>;
  /** Whether a client gets an answer from the VIP. */
  vipAnswers(): Promise<boolean>;
  /** Lets what the nodes end by themselves end in a moment, by their own scripts; what is longer than it may be, in sentences. */
  hurry(drainMaxS: number, maintenanceMaxS: number): Promise<string[]>;
  /** Sets the end of every operators' lock to now, instead of waiting for it. */
  expireLocks(): Promise<void>;
  down(): Promise<void>;
}

const example = new URL("../../examples/ext-lb/", import.meta.url).pathname;
const UP_LIMIT_MS = 180_000;
const REDUNDANT_LIMIT_MS = 60_000;
const LOOK_MS = 500;

/** Boots and deploys the pair. Whoever calls takes it down; where it fails, nothing is left. */
export async function crashSite(base: string, profile: "classic" | "fast"): Promise<CrashSite> {
  const folder = mkdtempSync(join(tmpdir(), `hapair-${base}-`));
  const file = join(folder, "pair.yaml");
  writeFileSync(join(folder, "haproxy.cfg"), readFileSync(join(example, "haproxy.cfg")));
  const text = readFileSync(join(example, "pair.yaml"), "utf8");
  // Version 3 has no password.
  const own = profile === "fast" ? text.replace(/, password: \{[^}]*\}/, "") : text;
  writeFileSync(file, `${own}profile: ${profile}\n`);
  const name = freshLabName(base);
  const removed = async (): Promise<void> => {
    await labDown(name);
    rmSync(folder, { recursive: true });
  };
  const up = await hapair(["lab", "up", "--name", name, "--apply", file], { timeLimitMs: UP_LIMIT_MS });
  if (up.exitCode !== 0) {
    await removed();
    throw new Error(`the lab does not come up: ${up.stderr}`);
  }
  return { ...siteOf(await openLab(name), file), down: removed };
}

function siteOf(lab: Lab, file: string): Omit<CrashSite, "down"> {
  // What a killed command has in its temporary directory goes with the site's own.
  const environment = { TMPDIR: dirname(file) };
  /** switch and status name the file last, maintenance names it as an option, before a command. */
  const withPair = ([first = "", ...rest]: readonly string[]): string[] =>
    first === "maintenance"
      ? [first, rest[0] ?? "", "--lab", lab.name, "--pair", file, ...rest.slice(1)]
      : [first, ...rest, "--lab", lab.name, file];
  const on = async (node: string, script: string): Promise<string> =>
    (await lab.console(node).run(script)).stdout;
  const holders = async (): Promise<string[]> => {
    const found: string[] = [];
    for (const node of CRASH_NODES)
      if ((await on(node, "ip -o address show dev ens192")).includes(`${CRASH_VIP}/`)) found.push(node);
    return found;
  };
  const site: Omit<CrashSite, "down"> = {
    lab,
    hapair: (...words) => hapair(withPair(words), { environment }),
    start: (...words) => startHapair(withPair(words), { environment }),
    async holder() {
      const found = await holders();
      const [holder] = found;
      if (holder === undefined || found.length > 1)
        throw new Error(`holders: ${found.join(" and ") || "nobody"}`);
      return holder;
    },
    isHeldOnce: async () => (await holders()).length === 1,
    isUnderMaintenance: async (node) => (await on(node, "cat /etc/hapair/maintenance")) !== "",
    async redundant() {
      const deadlineMs = performance.now() + REDUNDANT_LIMIT_MS;
      for (;;) {
        const status = await site.hapair("status");
        if (status.exitCode === 0) return;
        if (performance.now() > deadlineMs) throw new Error(`the pair is not redundant: ${status.stdout}`);
        await sleep(LOOK_MS);
      }
    },
    async vipAnswers() {
      const [program = "", ...prefix] = lab.commandPrefix;
      const words = ["curl", "--silent", "--output", "/dev/null", "--noproxy", "*", "--max-time", "2"];
      return requireProcess(program, [...prefix, ...words, `http://${CRASH_VIP}/`]).then(
        () => true,
        () => false,
      );
    },
    async hurry(drainMaxS, maintenanceMaxS) {
      const script = hurryScript(drainMaxS, maintenanceMaxS);
      const said = await Promise.all(
        CRASH_NODES.map(async (node) => (await on(node, script)).split("\n").filter((line) => line !== "")),
      );
      return said.flat();
    },
    async expireLocks() {
      for (const node of CRASH_NODES)
        await on(
          node,
          `lock=/var/lib/hapair/lock; [ ! -e $lock ] || sed -i "s/\\"untilS\\":[0-9]*/\\"untilS\\":$(date +%s)/" $lock`,
        );
    },
  };
  return site;
}

/** Prints a line for each time limit that lies further ahead than it may. */
function hurryScript(drainMaxS: number, maintenanceMaxS: number): string {
  return `hurry() { # NAME LEFT MOST COMMAND ...
    name=$1 left=$2 most=$3; shift 3
    if [ "$left" -gt "$most" ]; then echo "$(hostname): $name ends in $left s only, $most s is its limit"; fi
    if [ "$left" -gt 2 ]; then "$@" 1; fi
}
now=$(cut -d. -f1 /proc/uptime)
for role in give take; do
    until=$(cat /run/hapair/drain/$role.until 2> /dev/null) || continue
    hurry "the drain path ($role)" $((until - now)) ${drainMaxS} /etc/hapair/switchover.sh extend $role
done
until=$(sed -n 's/.*"untilS":\\([0-9]*\\).*/\\1/p' /etc/hapair/maintenance 2> /dev/null)
[ -z "$until" ] || hurry maintenance $((until - $(date +%s))) ${maintenanceMaxS} /etc/hapair/maintenance.sh extend
`;
}
