// npm run soak -- --agent [SECTION,...] [--minutes N] [--kills N] [--events N] [--seed N]: the agent's figures in full, each beside its limit. Exit code 1 where a limit is missed.
// Sections: kills, downtime, latency, rest, size, drills (root); all of them take about an hour on two quiet cores. A busy machine makes latencies worse, so the load is printed.

import { statSync } from "node:fs";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { receiverDown } from "../test/support/agent-downtime.ts";
import { killAgain } from "../test/support/agent-kills.ts";
import { measureLatency } from "../test/support/agent-latency.ts";
import { agentProgram, buildAgentIfStale } from "../test/support/agent-process.ts";
import { measureRest, UNIT_START } from "../test/support/agent-rest.ts";
import { seededRandom } from "../test/fuzz/random.ts";
import { agentDrills, agentDrillTable } from "./soak-agent-drills.ts";

interface Figure {
  readonly what: string;
  readonly measured: string;
  readonly limit: string;
  readonly kept: boolean;
}

interface Options {
  readonly minutes: number;
  readonly kills: number;
  readonly events: number;
  readonly latencies: number;
  readonly seed: number;
  readonly port: number;
  readonly repeats: number;
}

const BYTES_IN_MB = 1_000_000;
/** An hour is a minute. */
const QUICKER = 60;
const INCIDENTS_WHILE_DOWN = 200;

function atMost(what: string, value: number, limit: number, unit: string, digits = 1): Figure {
  return {
    what,
    measured: `${value.toFixed(digits)} ${unit}`,
    limit: `under ${limit} ${unit}`,
    kept: value < limit,
  };
}

function none(what: string, problems: readonly string[]): Figure {
  for (const problem of problems.slice(0, 20)) say(`  ${problem}`);
  return { what, measured: String(problems.length), limit: "0", kept: problems.length === 0 };
}

const sections: Readonly<Record<string, (options: Options) => Promise<Figure[]>>> = {
  async kills({ kills, events, seed }) {
    say(`kills: ${kills} times kill -9 at random moments while ${events} events flow (seed ${seed})`);
    const result = await killAgain({ kills, events, seed, onProgress: (line) => say(`  ${line}`) });
    return [
      none(`${result.kills} kills, ${result.events} events: incidents lost or out of order`, result.problems),
      {
        what: "  told more than once, under the same id",
        measured: `${result.repeated} of ${result.notices}`,
        limit: "any",
        kept: true,
      },
    ];
  },
  async downtime({ port }) {
    say(
      `downtime: everything ${QUICKER} times quicker: first retry after 17 ms, at most 5 s between two, given up after 24 min`,
    );
    const result = await receiverDown({ quicker: QUICKER, incidents: INCIDENTS_WHILE_DOWN, port });
    const lost = result.expected - result.delivered;
    return [
      none(`receiver down for an hour (${result.downMs / 1000} s): out of order`, result.problems),
      { what: `  not delivered of ${result.expected}`, measured: String(lost), limit: "0", kept: lost === 0 },
      {
        what: "  all there after its return",
        measured: `${result.caughtUpMs.toFixed(0)} ms`,
        limit: "any",
        kept: true,
      },
    ];
  },
  async latency({ latencies, port, seed }) {
    const random = seededRandom(seed);
    const how = UNIT_START;
    const random01 = (): number => random.below(1000) / 1000;
    say(`latency: ${latencies} events to a webhook, one after another`);
    const hook = await measureLatency({ to: "webhook", events: latencies, port, how, random01 });
    say(
      `latency: ${latencies} events to a mail server, which waits 100 ms before its greeting (smtp-server does)`,
    );
    const mail = await measureLatency({ to: "mail", events: latencies, port, how, random01 });
    return [
      atMost("event to webhook received, median", hook.medianMs, 30, "ms"),
      atMost("event to webhook received, p99", hook.p99Ms, 150, "ms"),
      { what: "  the worst", measured: `${hook.worstMs.toFixed(1)} ms`, limit: "any", kept: true },
      atMost("event to mail received, median", mail.medianMs, 300, "ms"),
      atMost("event to mail received, p99", mail.p99Ms, 300, "ms"),
      { what: "  the worst", measured: `${mail.worstMs.toFixed(1)} ms`, limit: "any", kept: true },
    ];
  },
  async rest({ minutes, port }) {
    say(`rest: ${minutes} minutes at 250 ms polling, 10 back ends of 10 servers, a peer beside it`);
    const result = await measureRest({ minutes, port });
    say(
      `  ${result.looks} looks at ${result.haproxy === "real" ? "HAProxy" : "a played HAProxy"}; the journal is a file followed by tail`,
    );
    if (!result.watchdog) say("  without systemd's watchdog: perl is missing here");
    return [
      atMost("agent's resident memory, most", result.residentBytesMax / BYTES_IN_MB, 70, "MB"),
      {
        what: "  its children's",
        measured: `${(result.childrenResidentBytesMax / BYTES_IN_MB).toFixed(1)} MB`,
        limit: "any",
        kept: true,
      },
      atMost(
        "CPU of agent and children",
        (result.cpuShare + result.childrenCpuShare) * 100,
        1,
        "% of a core",
        2,
      ),
      {
        what: "  of it the children's",
        measured: `${(result.childrenCpuShare * 100).toFixed(2)} % of a core`,
        limit: "any",
        kept: true,
      },
    ];
  },
  async drills({ repeats }) {
    say(`drills: the first two layers' failures with the agents well and ill, medians of ${repeats}`);
    const figures: Figure[] = [];
    for (const profile of ["fast", "classic"] as const) {
      const rows = await agentDrills(profile, repeats, (line) => say(`  ${line}`));
      say(agentDrillTable(profile, rows));
      // A hang is what the agent notices sooner; everything else is the first two layers' alone.
      const alone = rows.filter(({ scenario }) => scenario !== "haproxy-hang");
      const worst = Math.max(
        ...alone.map(({ medians }) => Math.max(medians.stopped, medians.hung) - medians.running),
      );
      figures.push({
        what: `${profile}: most that an agent stopped or hung made slower`,
        measured: `${worst.toFixed(0)} ms`,
        limit: "look at it",
        kept: true,
      });
    }
    return figures;
  },
  size() {
    return Promise.resolve([
      atMost("the agent's file", statSync(agentProgram).size / BYTES_IN_MB, 1, "MB", 3),
    ]);
  },
};

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function loadText(): string {
  return `load ${loadavg()
    .map((value) => value.toFixed(2))
    .join(" ")}`;
}

/** Runs the sections named (all where none is) and prints their figures; gives the exit code. */
export async function soakAgent(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      minutes: { type: "string", default: "10" },
      kills: { type: "string", default: "1000" },
      events: { type: "string", default: "5000" },
      latencies: { type: "string", default: "1000" },
      repeats: { type: "string", default: "5" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
    },
  });
  const options: Options = {
    minutes: Number(values.minutes),
    kills: Number(values.kills),
    events: Number(values.events),
    latencies: Number(values.latencies),
    seed: Number(values.seed),
    repeats: Number(values.repeats),
    port: 20_000 + (process.pid % 10_000),
  };
  const chosen = positionals.flatMap((word) => word.split(",")).filter((word) => word !== "");
  const unknown = chosen.find((name) => sections[name] === undefined);
  if (unknown !== undefined) {
    say(`${unknown} is no section; there are ${Object.keys(sections).join(", ")}`);
    return 2;
  }
  buildAgentIfStale();
  const figures: Figure[] = [];
  for (const [name, run] of Object.entries(sections)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    say(`${name}: ${loadText()}`);
    figures.push(...(await run(options)));
    say(`${name}: done, ${loadText()}`);
  }
  say("");
  for (const { what, measured, limit, kept } of figures)
    say(`${kept ? "✓" : "✗"} ${what.padEnd(66)}${measured.padStart(18)}   ${limit}`);
  return figures.every(({ kept }) => kept) ? 0 : 1;
}
