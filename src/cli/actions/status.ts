// hapair verify, status and logs: what is seen of a running pair. None of them changes anything.

import { setTimeout as sleep } from "node:timers/promises";
import { prefixHost } from "../../host/index.ts";
import type { Pair } from "../../model/index.ts";
import {
  clientProbeOn,
  followLogs,
  type LogOptions,
  observePair,
  type PairStatus,
  pairStatus,
  readLogs,
  renderLogEntry,
  renderStatus,
  renderVerify,
  verifyPair,
  type VerifyReport,
} from "../../status/index.ts";
import type { LogsFlags, StatusFlags, VerifyFlags } from "../commands/status-commands.ts";
import { type HapairContext, paintFor, printJson } from "../context.ts";
import { exitCodes } from "../exit-code.ts";
import { openHosts, type OpenHosts } from "../hosts.ts";
import { readPair } from "../pair-input.ts";
import { resolveSecret } from "../secrets.ts";

/** Verifies a pair from where clients are: this machine, or the lab's client. */
export async function verifyHosts(pair: Pair, opened: OpenHosts): Promise<VerifyReport> {
  if (opened.clientPrefix.length === 0) return verifyPair(pair, opened.hosts);
  const client = prefixHost({ name: "client", prefix: [...opened.clientPrefix] });
  try {
    return await verifyPair(pair, opened.hosts, { clientProbe: clientProbeOn(client) });
  } finally {
    await client.close();
  }
}

export async function verify(this: HapairContext, flags: VerifyFlags, path?: string): Promise<void> {
  const { pair } = await readPair(this, path, { quiet: true });
  const opened = await openHosts(pair, flags.lab);
  try {
    const report = await verifyHosts(pair, opened);
    if (flags.json === true) printJson(this, report);
    else this.process.stdout.write(`${renderVerify(report, paintFor(this.process.stdout))}\n`);
    this.process.exitCode = exitCodeFor(report.status, report.answer === "ok");
  } finally {
    await opened.close();
  }
}

/** 0 when fine; 3 when no node could be reached at all; 1 otherwise. */
function exitCodeFor(seen: PairStatus, fine: boolean): number {
  if (fine) return exitCodes.fine;
  return seen.nodes.every((node) => !node.reachable) ? exitCodes.unreachable : exitCodes.findings;
}

const WATCH_EVERY_MS = 1000;
// Clears the screen and puts the cursor at its top.
const CLEAR_SCREEN = "\u001B[2J\u001B[H";

export async function status(this: HapairContext, flags: StatusFlags, path?: string): Promise<void> {
  const { pair } = await readPair(this, path, { quiet: true });
  const opened = await openHosts(pair, flags.lab);
  const paint = paintFor(this.process.stdout);
  let stopped = false;
  const stop = (): void => {
    stopped = true;
  };
  if (flags.watch === true) {
    this.process.once("SIGINT", stop);
    this.process.once("SIGTERM", stop);
  }
  try {
    for (;;) {
      const seen = pairStatus(pair, await observePair(pair, opened.hosts), Date.now());
      if (flags.json === true) printJson(this, seen);
      else
        this.process.stdout.write(
          `${flags.watch === true && this.process.stdout.isTTY ? CLEAR_SCREEN : ""}${renderStatus(seen, paint)}\n`,
        );
      this.process.exitCode = exitCodeFor(seen, seen.redundant.answer === "yes");
      if (flags.watch !== true || stopped) return;
      await sleep(WATCH_EVERY_MS);
    }
  } finally {
    await opened.close();
  }
}

export async function logs(this: HapairContext, flags: LogsFlags, path?: string): Promise<void> {
  const file = await readPair(this, path, { quiet: true });
  const { pair } = file;
  const opened = await openHosts(pair, flags.lab);
  const options: LogOptions = {
    ...(flags.since === undefined ? {} : { since: flags.since }),
    ...(flags.lines === undefined ? {} : { lines: flags.lines }),
    secrets: await knownSecrets(pair),
  };
  try {
    if (flags.follow === true) await follow(this, pair, opened, options, flags.json === true);
    else await show(this, pair, opened, options, flags.json === true);
  } finally {
    await opened.close();
  }
}

/** The passwords that are set here, to be masked; one that is not set cannot be, and is no reason to refuse the logs. */
async function knownSecrets(pair: Pair): Promise<string[]> {
  const values = pair.routers.flatMap((router) =>
    router.password === undefined
      ? []
      : [resolveSecret(router.password, "the password", ".").catch(() => undefined)],
  );
  return (await Promise.all(values)).filter((value) => value !== undefined);
}

async function show(
  context: HapairContext,
  pair: Pair,
  opened: OpenHosts,
  options: LogOptions,
  json: boolean,
): Promise<void> {
  const report = await readLogs(pair, opened.hosts, options);
  if (json) {
    printJson(context, report);
    return;
  }
  const columns = Math.max(...pair.nodes.map((node) => node.name.length));
  const paint = paintFor(context.process.stdout);
  for (const entry of report.entries)
    context.process.stdout.write(`${renderLogEntry(entry, columns, paint)}\n`);
  for (const remark of report.remarks) context.process.stderr.write(`note: ${remark}\n`);
}

async function follow(
  context: HapairContext,
  pair: Pair,
  opened: OpenHosts,
  options: LogOptions,
  json: boolean,
): Promise<void> {
  const followed = followLogs(pair, opened.hosts, options);
  const stop = (): void => void followed.stop();
  context.process.once("SIGINT", stop);
  context.process.once("SIGTERM", stop);
  const columns = Math.max(...pair.nodes.map((node) => node.name.length));
  const paint = paintFor(context.process.stdout);
  for await (const event of followed.events) {
    // One JSON document a line: a stream has no end to close a list at.
    if (json) context.process.stdout.write(`${JSON.stringify(event)}\n`);
    else if ("entry" in event)
      context.process.stdout.write(`${renderLogEntry(event.entry, columns, paint)}\n`);
    else context.process.stderr.write(`note: ${event.remark}\n`);
  }
}
