// hapair switch: looks, says what will be done, asks, moves the VIP, and reports what became of connections and requests.

import { HapairError } from "../../base/index.ts";
import {
  drainWishOf,
  type MovePlan,
  planMove,
  type PlanWish,
  preflight,
  runMove,
  type SwitchReport,
} from "../../switchover/index.ts";
import type { MoveFlags, SwitchFlags } from "../commands/switch-commands.ts";
import { type HapairContext, printJson } from "../context.ts";
import { exitCodes } from "../exit-code.ts";
import { openHosts, type OpenHosts } from "../hosts.ts";
import { interruptedSignal } from "../interrupted.ts";
import { openMoveClient } from "../move-client.ts";
import { renderMovePlan, renderMoveReport } from "../move-text.ts";
import { operator } from "../operator.ts";
import { type PairFile, readHaproxyConfig, readPair } from "../pair-input.ts";
import { confirm, type Progress, progressOf } from "../ui.ts";

export async function switchOver(this: HapairContext, flags: SwitchFlags, path?: string): Promise<void> {
  const file = await readPair(this, path, { quiet: true });
  const opened = await openHosts(file.pair, flags.lab);
  try {
    const wish = await wishOf(file, flags, {
      letGo: "give",
      ...(flags.to === undefined ? {} : { to: flags.to }),
      ...(flags.router === undefined ? {} : { routers: flags.router }),
    });
    const progress = progressOf(this, flags.json);
    const looked = await preflight(file.pair, opened.hosts);
    const plan = planMove(file.pair, looked, wish);
    if (plan.move.routers.length === 0) {
      if (flags.json === true) printJson(this, { moved: false, to: plan.move.to });
      else this.process.stdout.write(`${plan.move.to} holds the VIP already; nothing to do\n`);
      return;
    }
    if (!(await mayMove(this, flags, plan, "Move it?"))) return;
    const report = await move(file, opened, plan, progress, "switch");
    showReport(this, flags, report);
  } finally {
    await opened.close();
  }
}

/** What the operator wants, with the file's times where the flags say none. */
export async function wishOf(
  file: PairFile,
  flags: MoveFlags,
  more: Pick<PlanWish, "letGo" | "to" | "from" | "routers">,
): Promise<PlanWish> {
  const forS = flags.drain ?? file.pair.maintenance.drainS;
  const hardStopAfterS = hardStopAfter(await readHaproxyConfig(file));
  return {
    ...more,
    force: flags.force === true,
    drain: forS !== 0,
    drainWish: drainWishOf(forS, flags.ask),
    ...(hardStopAfterS === undefined ? {} : { hardStopAfterS }),
  };
}

const SECONDS_OF = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** haproxy.cfg's hard-stop-after, seconds (configuration manual, section 3.1: milliseconds without a unit). */
function hardStopAfter(config: string): number | undefined {
  const [, amount, unit = "ms"] = /^\s*hard-stop-after\s+(\d+)(ms|s|m|h|d)?\b/m.exec(config) ?? [];
  return amount === undefined ? undefined : Number(amount) * SECONDS_OF[unit as keyof typeof SECONDS_OF];
}

/** Shows the plan and asks; without a terminal only --yes allows it. */
export async function mayMove(
  context: HapairContext,
  flags: MoveFlags,
  plan: MovePlan,
  question: string,
): Promise<boolean> {
  if (flags.json !== true) context.process.stderr.write(renderMovePlan(plan));
  if (flags.yes === true || (await confirm(context, question, false))) return true;
  context.process.stderr.write("nothing was changed (say --yes where nobody can be asked)\n");
  context.process.exitCode = exitCodes.usage;
  return false;
}

/** Moves, with a client looking on. */
export async function move(
  file: PairFile,
  opened: OpenHosts,
  plan: MovePlan,
  progress: Progress,
  what: string,
  note?: { readonly by: string; readonly reason: string; readonly lengthS: number },
): Promise<SwitchReport> {
  const client = await openMoveClient(
    file.pair,
    plan.move.routers.map(({ router }) => router),
    await readHaproxyConfig(file),
    opened,
  );
  const interrupted = interruptedSignal(progress, "ends; a drain that is under way is left to the nodes");
  try {
    return await runMove({
      ...{ plan, client, hosts: opened.hosts, who: operator(), what: `${what} of pair ${file.pair.name}` },
      ...{ onProgress: progress, signal: interrupted.signal },
      ...(note === undefined ? {} : { note }),
    });
  } finally {
    interrupted.release();
    await client.stop();
  }
}

/** The report on standard output. Failures after the move are a finding, and so is a VIP that did not answer. */
export function showReport(context: HapairContext, flags: MoveFlags, report: SwitchReport): void {
  if (flags.json === true) printJson(context, { moved: true, ...report });
  else context.process.stdout.write(renderMoveReport(report));
  const silent = report.outcome.confirmation?.vips.some(({ answered }) => !answered) === true;
  const measured = "notMeasured" in report.probe ? false : report.probe.lost > 0;
  if (report.outcome.failures.length > 0 || (silent && !("notMeasured" in report.probe)) || measured)
    context.process.exitCode = exitCodes.findings;
}

/** A node of the pair. Throws HapairError `no-node`. */
export function requireNode(file: PairFile, name: string): void {
  if (file.pair.nodes.some((node) => node.name === name)) return;
  throw new HapairError({
    kind: "usage",
    code: "no-node",
    message: `pair ${file.pair.name} has no node ${name}`,
    hint: `Its nodes: ${file.pair.nodes.map((node) => node.name).join(", ")}.`,
  });
}
