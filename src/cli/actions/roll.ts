// hapair roll: a command on one node after the other, the standby first, while the pair serves. Rule: the next node's turn comes when the last one
// is whole again; at the first failure everything stays as it is, and what to do is said.

import { setTimeout as sleep } from "node:timers/promises";
import { HapairError, messageOf } from "../../base/index.ts";
import { rollOrder } from "../../policy/index.ts";
import { observePair, pairStatus } from "../../status/index.ts";
import { maintenanceOffScript, workOn } from "../../switchover/index.ts";
import type { RollFlags } from "../commands/switch-commands.ts";
import { type HapairContext, printJson } from "../context.ts";
import { openHosts, type OpenHosts } from "../hosts.ts";
import { interruptedSignal } from "../interrupted.ts";
import { type PairFile, readPair } from "../pair-input.ts";
import { confirm, type Progress, progressOf } from "../ui.ts";
import { begin, scriptOf } from "./maintenance.ts";
import { verifyHosts } from "./status.ts";

const DEFAULT_LIMIT_S = 1800;
/** After the command and its reboot, everything on the node has to be well again. */
const HEALTH_LIMIT_MS = 120_000;
const LOOK_MS = 1000;

interface Turn {
  readonly node: string;
  readonly exitCode: number;
  readonly rebooted: boolean;
  readonly tookMs: number;
}

export async function roll(this: HapairContext, flags: RollFlags, ...words: string[]): Promise<void> {
  const file = await readPair(this, flags.pair, { quiet: true });
  const opened = await openHosts(file.pair, flags.lab);
  const progress = progressOf(this, flags.json);
  const startedMs = performance.now();
  const interrupted = interruptedSignal(progress, "ends after this step; the pair goes on serving");
  try {
    const order = rollOrder(await holders(file, opened));
    const names = order.map(({ node }) => node);
    if (flags.json !== true)
      this.process.stderr.write(`order: ${names.join(", ")}; on each: ${scriptOf(words)}\n`);
    if (flags.yes !== true && !(await confirm(this, "Begin?", false))) {
      this.process.stderr.write("nothing was changed (say --yes where nobody can be asked)\n");
      this.process.exitCode = 2;
      return;
    }
    const turns: Turn[] = [];
    for (const node of names) {
      if (interrupted.signal.aborted) throw stopped(turns, node, "it was ended");
      turns.push(
        await turn(this, { file, opened, flags, progress, signal: interrupted.signal }, node, words, turns),
      );
    }
    const tookMs = Math.round(performance.now() - startedMs);
    if (flags.json === true) printJson(this, { turns, tookMs });
    else
      this.process.stdout.write(
        `${turns.map(({ node, rebooted }) => `${node} done${rebooted ? " (rebooted)" : ""}`).join(", ")} in ${(tookMs / 1000).toFixed(0)} s; the pair is whole\n`,
      );
  } finally {
    interrupted.release();
    await opened.close();
  }
}

async function holders(
  file: PairFile,
  opened: OpenHosts,
): Promise<{ node: string; holds: readonly string[] }[]> {
  const seen = pairStatus(file.pair, await observePair(file.pair, opened.hosts), Date.now());
  return seen.nodes.map(({ node, instances }) => ({
    node,
    holds: instances.filter(({ holds }) => holds === "all").map(({ router }) => router),
  }));
}

interface Rolling {
  readonly file: PairFile;
  readonly opened: OpenHosts;
  readonly flags: RollFlags;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

async function turn(
  context: HapairContext,
  rolling: Rolling,
  node: string,
  words: readonly string[],
  done: readonly Turn[],
): Promise<Turn> {
  const { file, opened, flags, progress, signal } = rolling;
  const host = opened.hosts.get(node);
  if (host === undefined) throw stopped(done, node, "there is no connection");
  const limitS = flags.timeout ?? DEFAULT_LIMIT_S;
  const quiet = {
    ...flags,
    yes: true,
    for: limitS + HEALTH_LIMIT_MS / 1000 + 600,
    reason: flags.reason ?? `roll: ${scriptOf(words)}`,
  };
  let begun;
  try {
    begun = await begin(context, { file, opened, flags: quiet, node, progress });
  } catch (failure) {
    // Before the first turn a refusal says all there is to say.
    if (done.length === 0 && failure instanceof HapairError && failure.kind === "unreachable") throw failure;
    throw stopped(done, node, messageOf(failure));
  }
  if (begun === "interrupted") throw stopped(done, node, "it was ended while connections were waited for");
  let worked;
  try {
    worked = await workOn(host, scriptOf(words), {
      limitMs: limitS * 1000,
      onOutput: (line) =>
        (flags.json === true ? context.process.stderr : context.process.stdout).write(`${node}  ${line}\n`),
      onProgress: progress,
      signal,
    });
  } catch (failure) {
    throw stopped(done, node, messageOf(failure));
  }
  if (worked.exitCode !== undefined && worked.exitCode !== 0)
    throw stopped(done, node, `the command ended with exit code ${worked.exitCode}`);
  progress(`${node}  ${worked.rebooted ? "has rebooted" : "the command is done"}; its health is looked at`);
  const ill = await illness(rolling, node);
  if (ill !== undefined) throw stopped(done, node, `it is not well: ${ill}`);
  const ended = await host.run(maintenanceOffScript(), { timeoutMs: 60_000 });
  if (ended.exitCode !== 0) throw stopped(done, node, `maintenance does not end: ${ended.stderr.trim()}`);
  const missing = await redundancyMissing(rolling);
  if (missing !== undefined) throw stopped(done, node, `the pair is not whole: ${missing}`);
  progress(`${node}  is whole again`);
  return { node, exitCode: worked.exitCode ?? 0, rebooted: worked.rebooted, tookMs: worked.tookMs };
}

/** What verify finds failed on the node under maintenance, once it has had its time; undefined: it is well. */
async function illness({ file, opened, signal }: Rolling, node: string): Promise<string | undefined> {
  const deadlineMs = performance.now() + HEALTH_LIMIT_MS;
  for (;;) {
    const { checks } = await verifyHosts(file.pair, opened);
    const failed = checks.filter((check) => check.node === node && check.outcome === "failed");
    if (failed.length === 0) return undefined;
    if (performance.now() > deadlineMs || signal.aborted)
      return failed.map(({ checked, evidence }) => `${checked}: ${evidence}`).join("; ");
    await sleep(LOOK_MS);
  }
}

async function redundancyMissing({ file, opened, signal }: Rolling): Promise<string | undefined> {
  const deadlineMs = performance.now() + HEALTH_LIMIT_MS;
  for (;;) {
    const seen = pairStatus(file.pair, await observePair(file.pair, opened.hosts), Date.now());
    if (seen.redundant.answer === "yes") return undefined;
    if (performance.now() > deadlineMs || signal.aborted) return seen.redundant.reasons.join("; ");
    await sleep(LOOK_MS);
  }
}

function stopped(done: readonly Turn[], node: string, why: string): HapairError {
  const before = done.length === 0 ? "no node is done" : `${done.map((one) => one.node).join(", ")} done`;
  return new HapairError({
    kind: "half-applied",
    code: "roll-stopped",
    message: `stopped at ${node}: ${why}`,
    hint: `${before}; the other nodes were not touched and the pair goes on serving. Mend ${node}, then: hapair maintenance off ${node}`,
  });
}
