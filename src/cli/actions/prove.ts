// hapair prove: every sequence of faults up to a depth on a pair's files, and what became of each promise.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HapairError, messageOf, nearest } from "../../base/index.ts";
import { TESTED_VERSION, versionNumbers } from "../../keepalived/index.ts";
import {
  type Answer,
  answer,
  itfText,
  limitsOfFiles,
  limitsOfPair,
  outageKinds,
  type OutageLimits,
  type PromiseLimits,
  type PromiseName,
  promiseNames,
  promiseTexts,
  proofDocument,
  proofText,
  provenSite,
  provenStart,
  writeTrace,
} from "../../prove/index.ts";
import type { ProveFlags } from "../commands/prove-command.ts";
import { type HapairContext, paintFor, printJson } from "../context.ts";
import { exitCodes } from "../exit-code.ts";
import { type SimulateSubject, simulateSubject } from "../simulate-subject.ts";
import { hapairVersion } from "../version.ts";

const DEPTH = 4;
/** A sequence longer than this nobody reads, and no machine ends the search for it. */
const DEPTH_MAX = 12;
const OVERLAP = 2;
const OVERLAPS = 1;
const STATES_MAX = 3_000_000;

export async function prove(this: HapairContext, flags: ProveFlags, ...given: string[]): Promise<void> {
  if (flags.list === true) {
    listPromises(this, flags);
    return;
  }
  const promises = promisesOf(flags);
  const outages = outagesOf(flags);
  refuseImpossible(flags);
  const subject = await simulateSubject(this, given, flags);
  const { name, notes } = subject;
  const site = provenSite(subject.site, promises ?? []);
  const startedAt = performance.now();
  const found = answer(site, provenStart(site), {
    depth: flags.depth ?? DEPTH,
    overlap: flags.overlap ?? OVERLAP,
    overlaps: flags.overlaps ?? OVERLAPS,
    statesMax: flags.states ?? STATES_MAX,
    limits: limitsOf(subject, outages),
    promises,
    progress: progressOn(this),
  });
  const seconds = (performance.now() - startedAt) / 1000;
  endProgress(this);
  writeTraces(flags, found, name);
  const head = { name, notes, keepalived: flags.keepalived ?? TESTED_VERSION };
  if (flags.json === true) printJson(this, proofDocument(site, head, found, seconds));
  else {
    const paint = paintFor(this.process.stdout);
    const lines = [
      `${paint("strong", name)} ${paint("dim", `(keepalived ${head.keepalived})`)}`,
      ...notes.map((note) => `note: ${note}`),
      proofText(site, found, { paint, seconds, replay: replayCommand(subject, flags) }),
    ];
    this.process.stdout.write(`${lines.join("\n")}\n`);
  }
  if (found.broken.size > 0) this.process.exitCode = exitCodes.findings;
}

function refuseImpossible({ keepalived, depth = DEPTH }: ProveFlags): void {
  if (keepalived !== undefined && versionNumbers(keepalived) === undefined)
    throw usage("bad-version", `"${keepalived}" is no version of keepalived`, "Write it as 2.2.7.");
  if (depth > DEPTH_MAX)
    throw usage(
      "too-deep",
      `--depth is at most ${DEPTH_MAX}`,
      "Each further fault takes about five times as long; 4 finds what people meet.",
    );
}

function listPromises(context: HapairContext, flags: ProveFlags): void {
  if (flags.json === true) {
    printJson(
      context,
      promiseNames.map((name) => ({ name, text: promiseTexts[name] })),
    );
    return;
  }
  const width = Math.max(...promiseNames.map((name) => name.length));
  for (const name of promiseNames)
    context.process.stdout.write(`${name.padEnd(width)}  ${promiseTexts[name]}\n`);
}

function promisesOf({ promise }: ProveFlags): readonly PromiseName[] | undefined {
  return promise?.map((word) => {
    const known = promiseNames.find((name) => name === word);
    if (known !== undefined) return known;
    const meant = nearest(word, promiseNames);
    throw usage(
      "no-promise",
      `there is no promise ${word}`,
      meant === undefined ? `There are ${promiseNames.join(", ")}.` : `Did you mean ${meant}?`,
    );
  });
}

function outagesOf({ outage = [] }: ProveFlags): OutageLimits {
  const limits: [string, number][] = outage.flatMap(({ kind, limitUs }): [string, number][] => {
    if (kind === undefined) return outageKinds.map((each) => [each, limitUs]);
    if (outageKinds.some((each) => each === kind)) return [[kind, limitUs]];
    throw usage("no-kind", `there is no kind of fault ${kind}`, `--outage knows ${outageKinds.join(", ")}.`);
  });
  return Object.fromEntries(limits);
}

/** What the files promise; `outages` are promises of the command line, and come before a pair.yaml's. */
function limitsOf({ origin }: SimulateSubject, outages: OutageLimits): PromiseLimits {
  if (origin.kind === "files") return limitsOfFiles(origin.configurations, outages);
  const limits = limitsOfPair(origin.pair);
  return { ...limits, outageUs: { ...limits.outageUs, ...outages } };
}

const CLEAR_LINE = "\r\u001B[K";

/** One line that says how far the search is, on a terminal alone. */
function progressOn({ process: { stderr } }: HapairContext): (states: number, depth: number) => void {
  if (!stderr.isTTY) return () => undefined;
  return (states, depth) =>
    stderr.write(`${CLEAR_LINE}${states.toLocaleString("en")} states, ${depth} faults deep`);
}

function endProgress({ process: { stderr } }: HapairContext): void {
  if (stderr.isTTY) stderr.write(CLEAR_LINE);
}

function traceName(promise: PromiseName | "PROMISE"): string {
  return `${promise}.trace.json`;
}

/** What to type to play a counterexample again. Where none has been written, `--trace-dir` comes first. */
function replayCommand({ given }: SimulateSubject, { traceDir, keepalived }: ProveFlags): string {
  const version = keepalived === undefined ? "" : ` --keepalived ${keepalived}`;
  const file = join(traceDir ?? "traces", traceName("PROMISE"));
  const play = `hapair simulate --trace ${file}${version} ${given.join(" ")}`;
  return traceDir === undefined ? `the same with --trace-dir traces, then ${play}` : play;
}

function writeTraces({ traceDir, itf }: ProveFlags, { broken }: Answer, name: string): void {
  if (traceDir !== undefined) {
    write(traceDir, () => mkdirSync(traceDir, { recursive: true }));
    for (const [promise, { trace }] of broken) {
      const path = join(traceDir, traceName(promise));
      write(path, () => writeFileSync(path, writeTrace(trace)));
    }
  }
  const [first] = broken.values();
  if (itf !== undefined && first !== undefined)
    write(itf, () => writeFileSync(itf, itfText(first.run, `hapair ${hapairVersion}, ${name}`)));
}

function write(path: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    throw new HapairError({
      kind: "usage",
      code: "unwritable-file",
      message: `${path} cannot be written: ${messageOf(cause)}`,
      cause,
    });
  }
}

function usage(code: string, message: string, hint: string): HapairError {
  return new HapairError({ kind: "usage", code, message, hint });
}
