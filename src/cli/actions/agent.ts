// hapair why, history and alert test: what the agents of a pair recorded, and whether their alerts arrive.

import {
  gapsIn,
  inOrder,
  movesIn,
  renderHistory,
  renderStory,
  type Scene,
  storyOf,
} from "../../agent-api/index.ts";
import { HapairError } from "../../base/index.ts";
import type { Pair } from "../../model/index.ts";
import {
  type AgentHistory,
  readAgentHistory,
  readMoment,
  renderAlertTest,
  testAlerts,
  type WrittenMoment,
} from "../../status/index.ts";
import type { AlertTestFlags, HistoryFlags, WhyFlags } from "../commands/agent-commands.ts";
import { type HapairContext, paintFor, printJson } from "../context.ts";
import { exitCodes } from "../exit-code.ts";
import { openHosts } from "../hosts.ts";
import { readPair } from "../pair-input.ts";

const MOVES_DEFAULT = 20;

export async function why(this: HapairContext, flags: WhyFlags, path?: string): Promise<void> {
  const at = flags.at === undefined ? undefined : momentOf("--at", flags.at);
  const { pair, read } = await recorded(this, flags.lab, path);
  const scene = sceneOf(pair, read);
  const last = at === undefined ? movesIn(read.events, scene).at(-1) : undefined;
  const about = last ?? at?.toMs;
  // Without a move and without a moment there is nothing to tell a story of.
  const story = about === undefined ? undefined : storyOf(about, read.events, scene);
  if (flags.json === true) {
    printJson(this, { ...story, remarks: read.remarks });
    return;
  }
  this.process.stdout.write(`${story === undefined ? renderHistory([]) : renderStory(story)}\n`);
  sayRemarks(this, read);
}

export async function history(this: HapairContext, flags: HistoryFlags, path?: string): Promise<void> {
  const since = flags.since === undefined ? undefined : momentOf("--since", flags.since);
  const { pair, read } = await recorded(this, flags.lab, path);
  // The events before are read as well: a move at the beginning has its causes there.
  const scene = sceneOf(pair, read);
  const all = movesIn(read.events, scene, since?.fromMs);
  const limit = flags.limit ?? MOVES_DEFAULT;
  const moves = all.slice(-limit);
  const fromMs = since?.fromMs ?? (all.length > limit ? moves[0]?.atMs : undefined) ?? -Infinity;
  const gaps = gapsIn(inOrder(read.events, scene)).filter((gap) => gap.toMs >= fromMs);
  if (flags.json === true) {
    printJson(this, { moves, gaps, remarks: read.remarks });
    return;
  }
  this.process.stdout.write(`${renderHistory(moves, gaps)}\n`);
  if (all.length > moves.length)
    this.process.stderr.write(`note: ${all.length - moves.length} older moves are not shown (--limit)\n`);
  sayRemarks(this, read);
}

export async function alertTest(this: HapairContext, flags: AlertTestFlags, path?: string): Promise<void> {
  const { pair } = await readPair(this, path, { quiet: true });
  const opened = await openHosts(pair, flags.lab);
  try {
    const test = await testAlerts(pair, opened.hosts, flags.route);
    if (flags.json === true) printJson(this, test);
    else this.process.stdout.write(`${renderAlertTest(test, paintFor(this.process.stdout))}\n`);
    const fine = test.results.every(({ result }) => result === "delivered");
    this.process.exitCode = fine ? exitCodes.fine : exitCodes.findings;
  } finally {
    await opened.close();
  }
}

async function recorded(
  context: HapairContext,
  lab: string | undefined,
  path: string | undefined,
): Promise<{ pair: Pair; read: AgentHistory }> {
  const { pair } = await readPair(context, path, { quiet: true });
  const opened = await openHosts(pair, lab);
  try {
    return { pair, read: await readAgentHistory(pair, opened.hosts) };
  } finally {
    await opened.close();
  }
}

function momentOf(flag: string, text: string): WrittenMoment {
  const moment = readMoment(text, Date.now());
  if (moment !== undefined) return moment;
  throw new HapairError({
    kind: "usage",
    code: "bad-flag",
    message: `${flag} is a time such as 10:42:07, "2026-01-31 10:00" or "10 min ago", not "${text}"`,
  });
}

function sceneOf(pair: Pair, { clockAheadMs, lastHeardMs }: AgentHistory): Scene {
  return {
    routers: pair.routers.map((router) => ({
      name: router.name,
      vips: [...router.vips, ...router.excludedVips].map((vip) => vip.address.text),
    })),
    clockAheadMs,
    lastHeardMs,
  };
}

function sayRemarks(context: HapairContext, { remarks }: AgentHistory): void {
  for (const remark of remarks) context.process.stderr.write(`note: ${remark}\n`);
}
