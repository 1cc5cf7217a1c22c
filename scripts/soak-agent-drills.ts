// The failovers of the first two layers with the agents well, stopped, hung and out of memory: whatever the agent does, they take what they take without it.
// A lab of its own; each failure as often as asked, medians side by side. The agent's own gain (a hang is noticed sooner) shows in the first column alone.

import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { decodeReport } from "../src/report/index.ts";
import { AGENT_NODES, agentLab, type AgentLab } from "../test/support/agent-lab.ts";
import { hapair } from "../test/support/hapair-command.ts";

const SCENARIOS = ["haproxy-stop", "haproxy-kill", "haproxy-hang", "keepalived-stop", "cable", "node-power"];

/** What is done to both agents before the failures, and what lifts it. Loops on the node end with the mark they look for. */
const conditions = {
  running: { make: "systemctl start hapair-agent", lift: "true" },
  stopped: { make: "systemctl stop hapair-agent", lift: "systemctl start hapair-agent" },
  hung: {
    make: "touch /run/hold-agent; (while [ -e /run/hold-agent ]; do systemctl kill --signal=STOP hapair-agent; sleep 0.3; done) > /dev/null 2>&1 &",
    lift: "rm -f /run/hold-agent; sleep 0.5; systemctl kill --signal=CONT hapair-agent; systemctl start hapair-agent",
  },
  "out of memory": {
    make: "systemctl set-property --runtime hapair-agent MemoryMax=24M; systemctl restart --no-block hapair-agent",
    lift: "systemctl set-property --runtime hapair-agent MemoryMax=192M; systemctl restart --no-block hapair-agent",
  },
} as const;
type Condition = keyof typeof conditions;

export interface AgentDrillRow {
  readonly scenario: string;
  /** Median outage in milliseconds by the agents' condition. */
  readonly medians: Readonly<Record<Condition, number>>;
}

/** Drills every condition; prints nothing itself. Takes about a minute for each condition and repeat. */
export async function agentDrills(
  profile: "classic" | "fast",
  repeats: number,
  onProgress: (line: string) => void,
): Promise<AgentDrillRow[]> {
  const site = await agentLab({ base: "agent-drills", profile });
  try {
    const outages = new Map<string, Map<Condition, number[]>>();
    for (const condition of Object.keys(conditions) as Condition[]) {
      onProgress(`${profile}: agents ${condition}`);
      await onBoth(site, conditions[condition].make);
      try {
        for (const [scenario, outageMs] of await drilled(site, repeats)) {
          const row = outages.get(scenario) ?? new Map<Condition, number[]>();
          row.set(condition, [...(row.get(condition) ?? []), outageMs]);
          outages.set(scenario, row);
        }
      } finally {
        await onBoth(site, conditions[condition].lift);
      }
      await site.redundant();
    }
    return [...outages].map(([scenario, row]) => ({
      scenario,
      medians: Object.fromEntries(
        [...row].map(([condition, values]) => [condition, median(values)]),
      ) as AgentDrillRow["medians"],
    }));
  } finally {
    await site.down();
  }
}

async function drilled(site: AgentLab, repeats: number): Promise<[string, number][]> {
  const output = join(site.lab.directory, "agent-drill");
  const words = [
    "drill",
    "--lab-name",
    site.name,
    "--repeat",
    String(repeats),
    "--scenario",
    SCENARIOS.join(","),
    "-o",
    output,
  ];
  const ended = await hapair([...words, site.file], {
    environment: site.environment,
    timeLimitMs: 1_800_000,
  });
  const file = join(output, "report.json");
  try {
    const report = decodeReport(readFileSync(file, "utf8"), file);
    for (const failure of report.failures) throw new Error(`${failure.scenario}: ${failure.message}`);
    const first = new Set(
      SCENARIOS.map((name) =>
        name === "cable" ? "cable-cut" : name === "node-power" ? "node-power-off" : name,
      ),
    );
    return report.runs
      .filter(({ scenario }) => first.has(scenario))
      .map(({ scenario, outageMs }) => [scenario, outageMs]);
  } catch (failure) {
    throw new Error(`the drill failed: ${ended.stderr}`, { cause: failure });
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}

async function onBoth(site: AgentLab, script: string): Promise<void> {
  for (const node of AGENT_NODES) await site.on(node, script);
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** The rows as a table for people. */
export function agentDrillTable(profile: string, rows: readonly AgentDrillRow[]): string {
  const names = Object.keys(conditions) as Condition[];
  const lines = rows.map(
    ({ scenario, medians }) =>
      `  ${scenario.padEnd(20)}${names.map((name) => `${Math.round(medians[name])} ms`.padStart(15)).join("")}`,
  );
  return [`  ${profile.padEnd(20)}${names.map((name) => name.padStart(15)).join("")}`, ...lines].join("\n");
}
