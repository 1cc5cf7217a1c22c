// hapair maintenance: on (with a command, for as long as it runs), off, status.

import { counted, HapairError, messageOf } from "../../base/index.ts";
import { shellWord } from "../../host/index.ts";
import { type NodeStatus, observePair, type PairStatus, pairStatus } from "../../status/index.ts";
import {
  maintenanceOffScript,
  type MaintenanceNote,
  planMove,
  preflight,
  stopHaproxyScript,
  workOn,
} from "../../switchover/index.ts";
import type { MaintenanceOffFlags, MaintenanceOnFlags } from "../commands/switch-commands.ts";
import { type HapairContext, printJson } from "../context.ts";
import { exitCodes } from "../exit-code.ts";
import { openHosts, type OpenHosts } from "../hosts.ts";
import { interruptedSignal } from "../interrupted.ts";
import { operator } from "../operator.ts";
import { type PairFile, readPair } from "../pair-input.ts";
import { type Progress, progressOf } from "../ui.ts";
import { mayMove, move, requireNode, showReport, wishOf } from "./switch.ts";

export async function on(this: HapairContext, flags: MaintenanceOnFlags, ...words: string[]): Promise<void> {
  const [node = "", ...command] = words;
  requireSeparator(this, command);
  const file = await readPair(this, flags.pair, { quiet: true });
  requireNode(file, node);
  const opened = await openHosts(file.pair, flags.lab);
  try {
    const progress = progressOf(this, flags.json);
    const begun = await begin(this, { file, opened, flags, node, progress });
    if (begun !== "begun" || command.length === 0) return;
    await runOn(this, { file, opened, flags, node, progress }, command);
  } finally {
    await opened.close();
  }
}

export async function runCommand(
  this: HapairContext,
  flags: MaintenanceOnFlags,
  ...words: string[]
): Promise<void> {
  if (words.length < 2)
    throw new HapairError({
      kind: "usage",
      code: "no-command",
      message: "there is no command to run",
      hint: "Write it behind --: hapair maintenance run NODE -- COMMAND",
    });
  await on.call(this, flags, ...words);
}

interface Work {
  readonly file: PairFile;
  readonly opened: OpenHosts;
  readonly flags: MaintenanceOnFlags;
  readonly node: string;
  readonly progress: Progress;
}

/** A second name without -- would be run as a command, which nobody who names two nodes means. */
function requireSeparator(context: HapairContext, command: readonly string[]): void {
  const [first] = command;
  if (first === undefined || context.process.argv.includes("--")) return;
  throw new HapairError({
    kind: "usage",
    code: "no-separator",
    message: `"${first}" is neither an option nor behind --`,
    hint: "One node at a time: hapair maintenance on NODE. A command stands behind --: hapair maintenance on NODE -- COMMAND",
  });
}

/**
 * Puts a node under maintenance. refused: the operator said no. interrupted: the node is under maintenance, and the operator ended the waiting for
 * its connections. Errors are planMove's and performMove's.
 */
export async function begin(
  context: HapairContext,
  work: Work,
): Promise<"begun" | "refused" | "interrupted"> {
  const { file, opened, flags, node, progress } = work;
  const wish = await wishOf(file, flags, { letGo: "maintain", from: node });
  const looked = await preflight(file.pair, opened.hosts);
  const plan = planMove(file.pair, looked, wish);
  const note: MaintenanceNote = {
    by: operator(),
    reason: flags.reason ?? "",
    lengthS: flags.for ?? file.pair.maintenance.limitS,
  };
  const until = `${node} is kept from the VIP for ${lengthText(note.lengthS)} at most`;
  if (flags.json !== true) context.process.stderr.write(`${until}\n`);
  if (!(await mayMove(context, flags, plan, "Begin?"))) return "refused";
  const report = await move(file, opened, plan, progress, `maintenance of ${node}`, note);
  if (flags.stopHaproxy === true) await runScript(opened, node, stopHaproxyScript());
  if (plan.move.routers.length > 0) showReport(context, flags, report);
  else if (flags.json === true) printJson(context, { moved: false, node, ...note });
  if (flags.json !== true)
    context.process.stdout.write(`${node} is under maintenance for ${lengthText(note.lengthS)}\n`);
  return report.outcome.drains.some(({ left }) => left !== undefined) ? "interrupted" : "begun";
}

function lengthText(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}

async function runScript(opened: OpenHosts, node: string, script: string): Promise<void> {
  const host = opened.hosts.get(node);
  const result = await host?.run(script, { timeoutMs: 60_000 });
  if (result?.exitCode === 0) return;
  throw new HapairError({
    kind: "half-applied",
    code: "node-command-failed",
    message: `${node}: ${result?.stderr.trim() ?? "there is no connection"}`,
    hint: "hapair maintenance status says how the nodes are; hapair maintenance off NODE ends it.",
  });
}

/** One word is a script, several are a command and its arguments. */
export function scriptOf(words: readonly string[]): string {
  return words.length === 1 ? (words[0] ?? "") : words.map(shellWord).join(" ");
}

async function runOn(context: HapairContext, work: Work, words: readonly string[]): Promise<void> {
  const { opened, node, progress, flags } = work;
  const host = opened.hosts.get(node);
  if (host === undefined) return;
  const interrupted = interruptedSignal(progress, `the command on ${node} is ended`);
  let exitCode: number = exitCodes.unreachable;
  try {
    const result = await workOn(host, scriptOf(words), {
      limitMs: (flags.for ?? work.file.pair.maintenance.limitS) * 1000,
      onOutput: (line) => context.process.stdout.write(`${line}\n`),
      onProgress: progress,
      signal: interrupted.signal,
    });
    exitCode = result.exitCode ?? exitCodes.fine;
  } finally {
    interrupted.release();
    await runScript(opened, node, maintenanceOffScript()).catch((failure: unknown) =>
      progress(`${node}  maintenance could not be ended, it ends at its time: ${messageOf(failure)}`),
    );
  }
  progress(`${node}  maintenance is over; the command's exit code is ${exitCode}`);
  context.process.exitCode = exitCode;
}

export async function off(this: HapairContext, flags: MaintenanceOffFlags, node: string): Promise<void> {
  const file = await readPair(this, flags.pair, { quiet: true });
  requireNode(file, node);
  const opened = await openHosts(file.pair, flags.lab);
  try {
    await runScript(opened, node, maintenanceOffScript());
    if (flags.json === true) printJson(this, { node, maintenance: "off" });
    else
      this.process.stdout.write(
        `${node} may hold the VIP again; it does not take it from the node that has it\n`,
      );
  } finally {
    await opened.close();
  }
}

export async function maintenanceStatus(this: HapairContext, flags: MaintenanceOffFlags): Promise<void> {
  const file = await readPair(this, flags.pair, { quiet: true });
  const opened = await openHosts(file.pair, flags.lab);
  try {
    const seen = pairStatus(file.pair, await observePair(file.pair, opened.hosts), Date.now());
    if (flags.json === true) printJson(this, seen.nodes.map(maintenanceOf));
    else this.process.stdout.write(statusText(seen));
    if (seen.nodes.every(({ reachable }) => !reachable)) this.process.exitCode = exitCodes.unreachable;
    else if (seen.nodes.some(({ reachable, leftovers }) => !reachable || leftovers.length > 0))
      this.process.exitCode = exitCodes.findings;
  } finally {
    await opened.close();
  }
}

function maintenanceOf({ node, reachable, maintenance, leftovers }: NodeStatus): object {
  return { node, reachable, maintenance: maintenance ?? null, leftovers };
}

function statusText(seen: PairStatus): string {
  const width = Math.max(...seen.nodes.map(({ node }) => node.length));
  const lines = seen.nodes.flatMap((status) => {
    const { node, reachable, maintenance, leftovers } = status;
    const name = node.padEnd(width);
    if (!reachable) return [`${name}  cannot be asked`];
    const left = leftovers.map(({ text }) => `${name}  left over: ${text}`);
    if (maintenance === undefined) return [`${name}  not under maintenance`, ...left];
    const { by, reason, untilMs, lastResort } = maintenance;
    const until =
      untilMs === undefined
        ? ""
        : `, until ${new Date(untilMs).toISOString().slice(0, 16).replace("T", " ")}Z`;
    const resort =
      lastResort === undefined ? "" : "; released as a last resort, because its peers were silent";
    return [
      `${name}  under maintenance by ${by ?? "somebody"}${reason === undefined || reason === "" ? "" : `: ${reason}`}${until}${resort}`,
      ...left,
    ];
  });
  const held = seen.nodes.filter(({ maintenance }) => maintenance !== undefined).length;
  return `${lines.join("\n")}\n${held === 0 ? "" : `${counted(held, "node")} under maintenance; hapair maintenance off NODE ends it\n`}`;
}
