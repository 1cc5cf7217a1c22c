// hapair simulate: plays scenarios on a pair's files and says what clients would see, one story whole or all of them a line each.

import { writeFileSync } from "node:fs";
import { HapairError, messageOf } from "../../base/index.ts";
import { PAGE_COLUMNS } from "../../diagnostics/index.ts";
import { TESTED_VERSION, versionNumbers } from "../../keepalived/index.ts";
import {
  advertsHeardPerSecond,
  forecast,
  forecastDocument,
  restingWorld,
  type Run,
  runDocument,
  type RunHead,
  timedOn,
} from "../../simulate/index.ts";
import type { SimulateFlags } from "../commands/simulate-command.ts";
import { type HapairContext, paintFor, printJson } from "../context.ts";
import { figuresText, storyFrom, storyText, traceStoryText } from "../simulate-text.ts";
import { namedScenario, scenariosOf, type SimulateSubject, simulateSubject } from "../simulate-subject.ts";

const SEED = 1;
const SEEDS = 15;
/** A pair with forty instances and advert_int 1 still has its usual seeds. */
const HEARD_PER_SEED_SUM = 24_000;
/** Each seed plays every scenario; more than this is a search, which is another command. */
const SEEDS_MAX = 10_000;

export async function simulate(this: HapairContext, flags: SimulateFlags, ...given: string[]): Promise<void> {
  refuseImpossible(flags);
  const subject = await simulateSubject(this, given, flags);
  if (flags.list === true) listScenarios(this, subject, flags);
  else if (flags.trace !== undefined) await tellTrace(this, subject, flags.trace, flags);
  else if (flags.scenario === undefined) forecastAll(this, subject, flags);
  else await tellOne(this, subject, flags.scenario, flags);
}

function refuseImpossible(flags: SimulateFlags): void {
  const refuse = (code: string, message: string, hint: string): never => {
    throw new HapairError({ kind: "usage", code, message, hint });
  };
  if (flags.keepalived !== undefined && versionNumbers(flags.keepalived) === undefined)
    refuse("bad-version", `"${flags.keepalived}" is no version of keepalived`, "Write it as 2.2.7.");
  if (flags.trace !== undefined && flags.scenario !== undefined)
    refuse("two-stories", "--trace and --scenario are a story each", "Give one of them.");
  if (flags.svg !== undefined && flags.scenario === undefined && flags.trace === undefined)
    refuse("svg-of-what", "--svg draws one story", "Name it with --scenario or --trace.");
  if ((flags.seeds ?? 0) > SEEDS_MAX)
    refuse("too-many-seeds", `--seeds is at most ${SEEDS_MAX}`, "hapair prove searches all beginnings.");
}

function headOf({ name, notes }: SimulateSubject, flags: SimulateFlags): RunHead {
  return { name, notes, keepalived: flags.keepalived ?? TESTED_VERSION };
}

function listScenarios(context: HapairContext, subject: SimulateSubject, flags: SimulateFlags): void {
  const fitting = scenariosOf(subject);
  if (flags.json === true) {
    printJson(
      context,
      fitting.map(({ name, title }) => ({ name, title })),
    );
    return;
  }
  const width = Math.max(...fitting.map(({ name }) => name.length));
  for (const { name, title } of fitting) context.process.stdout.write(`${name.padEnd(width)}  ${title}\n`);
}

/** As many as were asked for; else fewer than usual where a site is large. */
function seedsOf({ site }: SimulateSubject, { seeds, seed = SEED }: SimulateFlags): number[] {
  const affordable = Math.floor(HEARD_PER_SEED_SUM / Math.max(1, advertsHeardPerSecond(site)));
  const length = seeds ?? Math.max(1, Math.min(SEEDS, affordable));
  return Array.from({ length }, (_each, index) => seed + index);
}

function forecastAll(context: HapairContext, subject: SimulateSubject, flags: SimulateFlags): void {
  const { site } = subject;
  const resting = restingWorld(site);
  const seeds = seedsOf(subject, flags);
  const forecasts = scenariosOf(subject).map((scenario) => {
    const timed = timedOn(site, scenario);
    return { scenario: timed, events: forecast(site, resting, timed, seeds) };
  });
  const head = headOf(subject, flags);
  if (flags.json === true) {
    printJson(context, forecastDocument(site, head, seeds, forecasts));
    return;
  }
  const paint = paintFor(context.process.stdout);
  const hint = `One of them whole: hapair simulate ${subject.given.join(" ")} --scenario NAME`;
  const figures = figuresText(site, head, seeds, forecasts, paint);
  context.process.stdout.write(`${figures}\n\n${paint("dim", hint)}\n`);
}

async function tellOne(
  context: HapairContext,
  subject: SimulateSubject,
  named: string,
  flags: SimulateFlags,
): Promise<void> {
  const scenario = namedScenario(context, subject, named, flags);
  const story = storyFrom(subject.site, headOf(subject, flags), scenario, seedsOf(subject, flags));
  const { head, run, seed, seeds, events } = story;
  if (flags.svg !== undefined) await draw(flags.svg, head.name, run);
  if (flags.json === true) {
    printJson(context, runDocument(run, head, seed, { seeds, events }));
    return;
  }
  const { stdout } = context.process;
  stdout.write(`${storyText(story, stdout.columns ?? WIDTH, paintFor(stdout))}\n`);
}

/** A counterexample, played from where hapair prove began. */
async function tellTrace(
  context: HapairContext,
  subject: SimulateSubject,
  path: string,
  flags: SimulateFlags,
): Promise<void> {
  const { playTrace, provenSite, provenStart } = await import("../../prove/index.ts");
  const { traceFrom } = await import("../trace-file.ts");
  const trace = traceFrom(context, subject.site, path, flags);
  const site = provenSite(subject.site, [trace.promise]);
  const run = playTrace(site, provenStart(site), trace);
  const head = headOf(subject, flags);
  if (flags.svg !== undefined) await draw(flags.svg, head.name, run);
  if (flags.json === true) {
    const document = runDocument(run, head, 0, { seeds: [], events: [] });
    printJson(context, { ...document, promise: trace.promise });
    return;
  }
  const { stdout } = context.process;
  stdout.write(`${traceStoryText(head, run, stdout.columns ?? WIDTH, paintFor(stdout))}
`);
}

/** Without a terminal. */
const WIDTH = PAGE_COLUMNS + 20;

async function draw(path: string, name: string, run: Run): Promise<void> {
  const { renderSimulatedTimeline } = await import("../../report/index.ts");
  try {
    writeFileSync(path, renderSimulatedTimeline(name, run));
  } catch (cause) {
    throw new HapairError({
      kind: "usage",
      code: "unwritable-file",
      message: `${path} cannot be written: ${messageOf(cause)}`,
      cause,
    });
  }
}
