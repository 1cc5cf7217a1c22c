// hapair simulate: plays scenarios on a pair's files and says what clients would see, one story whole or all of them a line each.

import { writeFileSync } from "node:fs";
import { HapairError, messageOf } from "../../base/index.ts";
import { PAGE_COLUMNS } from "../../diagnostics/index.ts";
import { TESTED_VERSION, versionNumbers } from "../../keepalived/index.ts";
import type { TimedScenario } from "../../scenario/index.ts";
import {
  type EventForecast,
  forecast,
  forecastDocument,
  forecastText,
  phased,
  play,
  type Run,
  runDocument,
  type RunHead,
  restingWorld,
  timedOn,
  timelineText,
  type World,
} from "../../simulate/index.ts";
import type { SimulateFlags } from "../commands/simulate-command.ts";
import { type HapairContext, paintFor, printJson } from "../context.ts";
import { namedScenario, scenariosOf, type SimulateSubject, simulateSubject } from "../simulate-subject.ts";

const SEED = 1;
const SEEDS = 15;
/** Each seed plays every scenario; more than this is a search, which is another command. */
const SEEDS_MAX = 10_000;

export async function simulate(this: HapairContext, flags: SimulateFlags, ...given: string[]): Promise<void> {
  refuseImpossible(flags);
  const subject = await simulateSubject(this, given, flags);
  if (flags.list === true) listScenarios(this, subject, flags);
  else if (flags.scenario === undefined) forecastAll(this, subject, flags);
  else await tellOne(this, subject, flags.scenario, flags);
}

function refuseImpossible(flags: SimulateFlags): void {
  const refuse = (code: string, message: string, hint: string): never => {
    throw new HapairError({ kind: "usage", code, message, hint });
  };
  if (flags.keepalived !== undefined && versionNumbers(flags.keepalived) === undefined)
    refuse("bad-version", `"${flags.keepalived}" is no version of keepalived`, "Write it as 2.2.7.");
  if (flags.svg !== undefined && flags.scenario === undefined)
    refuse("svg-of-what", "--svg draws one story", "Name it with --scenario.");
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

function seedsOf({ seeds = SEEDS, seed = SEED }: SimulateFlags): number[] {
  return Array.from({ length: seeds }, (_each, index) => seed + index);
}

function forecastAll(context: HapairContext, subject: SimulateSubject, flags: SimulateFlags): void {
  const { site } = subject;
  const resting = restingWorld(site);
  const seeds = seedsOf(flags);
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
  const beginnings = seeds.length === 1 ? "from one beginning" : `from ${seeds.length} beginnings`;
  write(context, [
    `${paint("strong", head.name)} ${paint("dim", `(keepalived ${head.keepalived}), ${beginnings}`)}`,
    ...notesOf(head),
    "",
    forecastText(site, forecasts, paint),
    "",
    paint("dim", `One of them whole: hapair simulate ${subject.given.join(" ")} --scenario NAME`),
  ]);
}

async function tellOne(
  context: HapairContext,
  subject: SimulateSubject,
  named: string,
  flags: SimulateFlags,
): Promise<void> {
  const { site } = subject;
  const scenario = namedScenario(context, subject, named, flags);
  const resting = restingWorld(site);
  const seed = flags.seed ?? SEED;
  const run = play(site, scenario, phased(site, resting, seed));
  const seeds = seedsOf(flags);
  const events = forecast(site, resting, scenario, seeds);
  const head = headOf(subject, flags);
  if (flags.svg !== undefined) await draw(flags.svg, head.name, run);
  if (flags.json === true) {
    printJson(context, runDocument(run, head, seed, { seeds, events }));
    return;
  }
  const paint = paintFor(context.process.stdout);
  write(context, [
    `${paint("strong", head.name)} ${paint("dim", `(keepalived ${head.keepalived}), seed ${seed}`)}`,
    ...notesOf(head),
    timelineText(run, { width: context.process.stdout.columns ?? WIDTH, paint }),
    ...rangeLines(context, { run, resting, scenario, seeds, events }),
  ]);
}

/** Without a terminal. */
const WIDTH = PAGE_COLUMNS + 20;

interface Told {
  readonly run: Run;
  readonly resting: World;
  readonly scenario: TimedScenario;
  readonly seeds: readonly number[];
  readonly events: readonly EventForecast[];
}

/** How the figures of this story lie among those of other beginnings. */
function rangeLines(context: HapairContext, { run, scenario, seeds, events }: Told): string[] {
  if (seeds.length < 2 || events.every(({ outageUs }) => outageUs.max === 0)) return [];
  const paint = paintFor(context.process.stdout);
  return [
    "",
    paint("dim", `from ${seeds.length} beginnings (--seed ${seeds[0]} to ${seeds.at(-1)}):`),
    forecastText(run.site, [{ scenario, events }], paint),
  ];
}

function notesOf({ notes }: RunHead): string[] {
  return notes.map((note) => `note: ${note}`);
}

function write(context: HapairContext, lines: readonly string[]): void {
  context.process.stdout.write(`${lines.join("\n")}\n`);
}

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
