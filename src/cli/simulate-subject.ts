// What `hapair simulate` was given, as a site with a name: a pair.yaml, or the keepalived.conf files of any nodes.

import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { HapairError, messageOf } from "../base/index.ts";
import { renderDiagnostic } from "../diagnostics/index.ts";
import type { KeepalivedConfiguration } from "../keepalived/index.ts";
import { loadPair, type Pair } from "../model/index.ts";
import {
  type Need,
  readScenario,
  type Scenario,
  scenarios,
  scenariosFor,
  type TimedScenario,
} from "../scenario/index.ts";
import { advertsHeardPerSecond, type Site, timedOn } from "../simulate/index.ts";
import { AlreadyReported } from "./already-reported.ts";
import { type HapairContext, paintFor, printJson } from "./context.ts";
import { exitCodes } from "./exit-code.ts";
import { lintInputs, readSource } from "./lint-inputs.ts";
import { needsMetBy } from "./pair-needs.ts";
import type { GuessedCheck } from "./simulated-files.ts";

/** Each hears each other one; more than this nobody has seen, and the simulation keeps its tables small. */
const NODES_MAX = 16;
/** 255 instances with advert_int 1 are 65,000, and take a second for each scenario. */
const HEARD_MAX = 100_000;
const SCENARIO_BYTES_MAX = 1024 * 1024;

export interface SimulateSubject {
  /** The pair's name, or the files'. */
  readonly name: string;
  /** As it was given on the command line, for hints. */
  readonly given: readonly string[];
  readonly site: Site;
  /** What the answer hangs on that the input does not say. */
  readonly notes: readonly string[];
  readonly has: ReadonlySet<Need>;
  /** Where it was made from: what is promised stands there. */
  readonly origin:
    | { readonly kind: "pair"; readonly pair: Pair }
    /** One for each node, as keepalived reads it. */
    | { readonly kind: "files"; readonly configurations: readonly KeepalivedConfiguration[] };
}

export interface SubjectFlags {
  readonly keepalived?: string;
  readonly json?: boolean;
}

/** The site of the pair.yaml or the files at `paths`; ./pair.yaml where there is none. */
export async function simulateSubject(
  context: HapairContext,
  paths: readonly string[],
  flags: SubjectFlags,
): Promise<SimulateSubject> {
  const given = paths.length === 0 ? ["pair.yaml"] : paths;
  const pairFiles = given.filter((path) => /\.ya?ml$/.test(path));
  if (pairFiles.length > 0 && given.length > 1)
    throw usage(
      "one-pair",
      "a pair.yaml is simulated alone",
      "Name one pair.yaml, or the keepalived.conf files of the nodes.",
    );
  const [pairFile] = pairFiles;
  const subject =
    pairFile === undefined ? await ofFiles(given, flags) : await ofPair(context, pairFile, flags);
  refuseUnplayable(subject);
  return subject;
}

async function ofPair(context: HapairContext, path: string, flags: SubjectFlags): Promise<SimulateSubject> {
  const { file, text } = readSource(path);
  const { pair, diagnostics, source } = loadPair(file, text);
  const failed = pair === undefined || diagnostics.some(({ severity }) => severity === "error");
  if (failed) {
    if (flags.json === true) printJson(context, { ok: false, diagnostics });
    const paint = paintFor(context.process.stderr);
    for (const diagnostic of diagnostics)
      context.process.stderr.write(`${renderDiagnostic(diagnostic, source, paint)}\n`);
    throw new AlreadyReported(exitCodes.usage);
  }
  const { siteOfPair } = await import("./simulated-pair.ts");
  const haproxyConfig = pair.agent === undefined ? "" : serverChecksText(path, pair);
  return {
    name: pair.name,
    given: [path],
    site: siteOfPair(pair, { ...flags, haproxyConfig: haproxyConfig ?? "" }),
    notes:
      haproxyConfig === undefined
        ? [
            `${pair.haproxy.config} cannot be read: HAProxy is taken to check its servers every 2 s, three failures, as by default`,
          ]
        : [],
    has: needsMetBy(pair, true),
    origin: { kind: "pair", pair },
  };
}

/** Beyond this no haproxy.cfg is read for its times. */
const HAPROXY_BYTES_MAX = 8 * 1024 * 1024;

/** The pair's haproxy.cfg, for how soon dead servers are noticed; undefined: it cannot be read. */
function serverChecksText(path: string, pair: Pair): string | undefined {
  try {
    const bytes = readFileSync(resolve(dirname(path), pair.haproxy.config));
    return bytes.length > HAPROXY_BYTES_MAX ? undefined : bytes.toString("utf8");
  } catch {
    return undefined;
  }
}

async function ofFiles(paths: readonly string[], flags: SubjectFlags): Promise<SimulateSubject> {
  const { siteOfFiles } = await import("./simulated-files.ts");
  const { site, guessed, configurations } = siteOfFiles(lintInputs(paths, { haproxy: [] }), flags);
  return {
    name: site.nodes.map(({ name }) => name).join(" and "),
    given: paths,
    site,
    notes: guessed.map((check) => guessText(check)),
    has: new Set(),
    origin: { kind: "files", configurations },
  };
}

function guessText({ node, check, script, failsInDash }: GuessedCheck): string {
  if (failsInDash === true)
    return `${node}: ${check} is taken to fail always, as it does where /bin/sh is dash (Debian, Ubuntu)`;
  const why = script === undefined ? "its command does not show what it asks" : `${script} was not given`;
  return `${node}: ${check} is taken for a check of HAProxy's process (${why})`;
}

function refuseUnplayable({ site, given }: SimulateSubject): void {
  if (site.nodes.length > NODES_MAX)
    throw usage(
      "too-many-nodes",
      `${site.nodes.length} nodes are more than a simulation takes (${NODES_MAX})`,
      "Name the files of one pair.",
    );
  if (advertsHeardPerSecond(site) > HEARD_MAX)
    throw usage(
      "too-busy",
      `${given.join(", ")}: so many instances with such short intervals would take hours to simulate`,
      "Keep one or a few of the instances in a copy of the files.",
    );
  if (site.routers.length === 0)
    throw usage(
      "nothing-to-simulate",
      `${given.join(", ")}: no vrrp_instance that keepalived would run`,
      "hapair lint says what is wrong with the files.",
    );
}

/** All scenarios that say something about the subject. */
export function scenariosOf({ has }: SimulateSubject): readonly Scenario[] {
  return scenariosFor(has);
}

/** The scenario of that name, with this site's times, or the one in the file of that name. */
export function namedScenario(
  context: HapairContext,
  subject: SimulateSubject,
  named: string,
  flags: SubjectFlags,
): TimedScenario {
  const known = scenarios.find(({ name }) => name === named);
  if (known !== undefined) return timedOn(subject.site, known);
  if (!/\.ya?ml$/.test(named))
    throw usage(
      "unknown-scenario",
      `there is no scenario called ${named}`,
      `There are ${scenarios.map(({ name }) => name).join(", ")}; or name a scenario file (NAME.yaml).`,
    );
  return scenarioFile(context, subject.site, named, flags);
}

function scenarioFile(context: HapairContext, site: Site, path: string, flags: SubjectFlags): TimedScenario {
  const { scenario, diagnostics, source } = readScenario(path, scenarioText(path), {
    nodes: site.nodes.map(({ name }) => name),
    checks: namesIn(site, "checks"),
    files: namesIn(site, "files"),
    configs: [],
  });
  if (diagnostics.length > 0 && flags.json === true && scenario === undefined)
    printJson(context, { ok: false, diagnostics });
  const paint = paintFor(context.process.stderr);
  for (const diagnostic of diagnostics)
    context.process.stderr.write(`${renderDiagnostic(diagnostic, source, paint)}\n`);
  if (scenario === undefined) throw new AlreadyReported(exitCodes.usage);
  return scenario;
}

function namesIn(site: Site, kind: "checks" | "files"): string[] {
  return [...new Set(site.nodes.flatMap(({ layouts: [first] }) => first[kind].map(({ name }) => name)))];
}

function scenarioText(path: string): string {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > SCENARIO_BYTES_MAX) throw new Error(`it has ${bytes.length} bytes`);
    return bytes.toString("utf8");
  } catch (cause) {
    throw usage(
      "unreadable-file",
      `the scenario ${path} cannot be read: ${messageOf(cause)}`,
      "Name a built-in scenario (see --list) or a scenario file.",
      cause,
    );
  }
}

function usage(code: string, message: string, hint: string, cause?: unknown): HapairError {
  return new HapairError({ kind: "usage", code, message, hint, cause });
}
