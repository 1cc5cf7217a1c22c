// hapair drill: in a lab made for it, in a lab that is up, or on the real nodes; and the comparison of two reports.

import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { HapairError, sentenceList } from "../../base/index.ts";
import { loadPair, type Pair } from "../../model/index.ts";
import {
  pairFromFiles,
  promisedByNobody,
  promisedByPair,
  reportRows,
  runDrill,
  scriptPaths,
  traceRows,
  type WrittenFile,
} from "../../drill/index.ts";
import { freshLabName, openLab, specFromFiles, specFromPair } from "../../lab/index.ts";
import {
  allKept,
  compareReports,
  decodeReport,
  renderComparison,
  type ReportScenario,
} from "../../report/index.ts";
import { type Need, needTexts, type Scenario, scenarios, scenariosFor } from "../../scenario/index.ts";
import type { DrillFlags } from "../commands/drill-commands.ts";
import { type HapairContext, printJson } from "../context.ts";
import { assembleReport, publishReport, reportFolder, tableOptions } from "../drill-report.ts";
import { predicted } from "../drill-predictions.ts";
import { drillSubject, reportNode } from "../drill-setup.ts";
import { drilledTrace } from "../drilled-trace.ts";
import { needsMetBy } from "../pair-needs.ts";
import { exitCodes } from "../exit-code.ts";
import { openHosts } from "../hosts.ts";
import { drillInLab, type LabDrill, type LabDrillResult, predictedInLab } from "../lab-drill.ts";
import { type PairFile, readPair, readRenderInputs } from "../pair-input.ts";
import { confirm, progressOf } from "../ui.ts";

export async function drill(this: HapairContext, flags: DrillFlags, path?: string): Promise<void> {
  if (flags.list === true) {
    for (const scenario of scenarios)
      this.process.stdout.write(
        `${scenario.name.padEnd(26)}${scenario.title}${[...(scenario.labOnly ? ["lab only"] : []), ...(scenario.needs ?? []).map((need) => needTexts[need])].map((text) => ` (${text})`).join("")}\n`,
      );
    return;
  }
  if (flags.node !== undefined && flags.lab !== true)
    throw usage("--node puts files on hosts as they are, which only a lab allows", "Add --lab.");
  if (flags.trace !== undefined && (flags.lab !== true || flags.scenario !== undefined))
    throw usage(
      "--trace plays a counterexample's events instead of scenarios, and nothing undoes them",
      "Add --lab, and leave --scenario out.",
    );
  if (flags.lab === true) await drillNewLab(this, flags, path);
  else await drillRunning(this, flags, path);
}

function usage(message: string, hint: string): HapairError {
  return new HapairError({ kind: "usage", code: "drill-usage", message, hint });
}

/** The scenarios that were named; undefined when none was. */
function namedScenarios(names: readonly string[] | undefined): readonly Scenario[] | undefined {
  return names?.map((name) => {
    const found = scenarios.find((scenario) => scenario.name === name);
    if (found === undefined)
      throw usage(
        `there is no scenario called ${name}`,
        `There are ${sentenceList(scenarios.map((scenario) => scenario.name))}.`,
      );
    return found;
  });
}

/** Why a scenario says nothing about a pair that lacks what it needs, and what to do. */
const MISSING: Readonly<Record<Need, readonly [why: string, hint: string]>> = {
  agent: ["it has no agent", "Give the pair an agent (agent:, alerts: or traffic: in its file), or leave"],
  hapair: ["hapair's scripts are not on its nodes", "Drill a pair's file, which hapair applies, or leave"],
  "no-failback": [
    "its VIP goes back by itself (failback: allowed)",
    "Drill maintenance, which keeps the preferred node from it, or leave",
  ],
};

/** What will be drilled: the named ones, else all that say something about the pair. */
function chosenScenarios(
  named: readonly Scenario[] | undefined,
  pair: Pair,
  applied: boolean,
): readonly Scenario[] {
  const has = needsMetBy(pair, applied);
  for (const { name, needs = [] } of named ?? []) {
    const missing = needs.find((need) => !has.has(need));
    if (missing === undefined) continue;
    const [why, hint] = MISSING[missing];
    throw usage(`${name} says nothing about ${pair.name}: ${why}`, `${hint} the scenario out.`);
  }
  return named ?? scenariosFor(has);
}

async function drillNewLab(
  context: HapairContext,
  flags: DrillFlags,
  path: string | undefined,
): Promise<void> {
  const startedAt = new Date();
  const named = namedScenarios(flags.scenario);
  const subject =
    flags.node === undefined ? await fromPairFile(context, flags, path) : await fromFiles(flags);
  const trace = await drilledTrace(context, subject, flags);
  const folder = await reportFolder(flags.output, startedAt);
  const common = {
    repeats: flags.repeat,
    directory: join(folder, "records"),
    keep: flags.keep === true,
    undoAfterS: flags.undoAfterS,
  };
  const chosen =
    trace === undefined ? chosenScenarios(named, subject.pair, subject.deployment.kind === "apply") : [];
  const labDrill: LabDrill = {
    ...subject,
    ...common,
    scenarios: chosen,
    ...(trace === undefined ? {} : { trace: trace.drilled }),
  };
  for (const note of labDrill.spec.notes) context.process.stderr.write(`note: ${note}\n`);
  const measured = await drillInLab(labDrill, progressOf(context, flags.json));
  const result = trace === undefined ? predictedInLab(labDrill, measured) : trace.predicted(measured);
  if (flags.keep === true)
    context.process.stderr.write(
      `\nlab ${labDrill.spec.name} stays up; end it with: hapair lab down ${labDrill.spec.name}\n`,
    );
  await finish(context, {
    flags,
    pair: labDrill.pair,
    configuration: labDrill.configuration,
    rows: trace === undefined ? reportRows(chosen) : traceRows(trace.drilled),
    result,
    folder,
    startedAt,
  });
}

async function fromPairFile(
  context: HapairContext,
  flags: DrillFlags,
  path: string | undefined,
): Promise<Omit<LabDrill, "scenarios" | "repeats" | "directory" | "keep">> {
  const file = await withProfile(await readPair(context, path), flags.profile);
  const { haproxyConfig } = await readRenderInputs(file);
  return {
    configuration: file.pair.profile,
    pair: file.pair,
    haproxyConfig,
    deployment: { kind: "apply", file },
    spec: specFromPair(file.pair, haproxyConfig, { name: freshLabName(file.pair.name), suite: flags.suite }),
    promisedBy: promisedByPair(file.pair.promises),
  };
}

/** The same file read as if it named this profile. */
export async function withProfile(
  file: PairFile,
  profile: "classic" | "fast" | undefined,
): Promise<PairFile> {
  if (profile === undefined || profile === file.pair.profile) return file;
  const text = await readFile(file.path, "utf8");
  const rest = text.replaceAll(/^profile:.*$/gm, "");
  const { pair, diagnostics } = loadPair(file.path, `${rest.trimEnd()}\nprofile: ${profile}\n`);
  if (pair === undefined)
    throw usage(
      `${file.path} cannot be read with profile ${profile}: ${diagnostics[0]?.message ?? ""}`,
      "Its other values do not go with that profile.",
    );
  return { ...file, pair, diagnostics };
}

async function fromFiles(
  flags: DrillFlags,
): Promise<Omit<LabDrill, "scenarios" | "repeats" | "directory" | "keep">> {
  const nodes = await Promise.all(
    (flags.node ?? []).map(async ([name, file]) => ({ name, file, text: await readText(file) })),
  );
  if (flags.haproxy === undefined)
    throw usage("--node needs the haproxy.cfg that goes with it", "Add --haproxy FILE.");
  const haproxyConfig = await readText(flags.haproxy);
  const keepalivedConfs = new Map(nodes.map(({ name, text }) => [name, text]));
  const spec = specFromFiles(keepalivedConfs, haproxyConfig, {
    name: freshLabName("as-written"),
    suite: flags.suite,
  });
  const addresses = new Map(
    spec.nodes.map((node) => [node.name, node.addresses.map(({ address }) => address)]),
  );
  const pair = pairFromFiles("as-written", nodes, addresses);
  const files = await writtenFiles(flags, scriptPaths(nodes), dirname(resolve(nodes[0]?.file ?? ".")));
  return {
    configuration: "as-written",
    pair,
    haproxyConfig,
    deployment: { kind: "as-written", keepalivedConfs, files },
    spec,
    promisedBy: promisedByNobody,
  };
}

/** Files named by --file, and scripts that lie beside the configuration under their own name. */
async function writtenFiles(
  flags: DrillFlags,
  scripts: readonly string[],
  directory: string,
): Promise<WrittenFile[]> {
  const named = await Promise.all(
    (flags.file ?? []).map(async ([path, file]) => ({ path, content: await readText(file), mode: 0o755 })),
  );
  const beside = await Promise.all(
    scripts
      .filter((script) => !named.some((file) => file.path === script))
      .map(async (path) => {
        const content = await readFile(join(directory, basename(path)), "utf8").catch(() => undefined);
        return content === undefined ? undefined : { path, content, mode: 0o755 };
      }),
  );
  return [...named, ...beside.filter((file) => file !== undefined)];
}

async function readText(file: string): Promise<string> {
  return readFile(file, "utf8").catch((cause: unknown) => {
    throw new HapairError({
      kind: "usage",
      code: "unreadable-file",
      message: `${file} cannot be read`,
      hint: "Check the path.",
      cause,
    });
  });
}

// On real nodes: only scenarios that are named, only with consent, with budgets, and without hands on power and cables.
async function drillRunning(
  context: HapairContext,
  flags: DrillFlags,
  path: string | undefined,
): Promise<void> {
  const real = flags.labName === undefined;
  if (real && flags.scenario === undefined)
    throw usage(
      "a drill on real nodes makes only failures that are named",
      "Name them: --scenario haproxy-stop,switch-back (see --list), or use --lab.",
    );
  const named = namedScenarios(flags.scenario);
  const refused = (named ?? []).filter((scenario) => scenario.labOnly);
  if (real && refused.length > 0)
    throw usage(
      `${sentenceList(refused.map((scenario) => scenario.name))} can only be made in the lab`,
      "Leave it out, or use --lab.",
    );
  const file = await readPair(context, path);
  const chosen = chosenScenarios(named, file.pair, true);
  const { haproxyConfig } = await readRenderInputs(file);
  const [router] = file.pair.routers;
  if (router === undefined) return;
  const opened = await openHosts(file.pair, flags.labName);
  const startedAt = new Date();
  try {
    const parts = {
      pair: file.pair,
      router,
      haproxyConfig,
      clientPrefix: opened.clientPrefix,
      hosts: opened.hosts,
    };
    const subject = drillSubject(
      flags.labName === undefined ? parts : { ...parts, lab: await openLab(flags.labName) },
    );
    if (!(await mayDrill(context, flags, file.pair, chosen)))
      throw usage("nothing was done", "Say --yes to drill without being asked.");
    const folder = await reportFolder(flags.output, startedAt);
    const progress = progressOf(context, flags.json);
    const nodes = await Promise.all([...opened.hosts.values()].map((host) => reportNode(host)));
    const drilled = await runDrill(subject, {
      configuration: file.pair.profile,
      scenarios: chosen,
      repeats: flags.repeat,
      promisedBy: promisedByPair(file.pair.promises),
      directory: join(folder, "records"),
      budgetMs: flags.budgetS * 1000,
      undoAfterS: flags.undoAfterS,
      ...(real ? { outageBudgetMs: flags.outageBudgetMs } : {}),
      signal: interruptSignal(),
      onProgress: progress,
    });
    await finish(context, {
      flags,
      pair: file.pair,
      configuration: file.pair.profile,
      rows: reportRows(chosen),
      result: predicted(
        { pair: file.pair, haproxyConfig, scenarios: chosen, inLab: !real },
        { ...drilled, nodes },
      ),
      folder,
      startedAt,
    });
  } finally {
    await opened.close();
  }
}

/** Fires at the first Ctrl-C or SIGTERM, so that the fault under way is undone before the process ends. */
function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(name, () =>
      controller.abort(
        new HapairError({
          kind: "unreachable",
          code: "interrupted",
          message: `ended by ${name}; the fault was undone`,
        }),
      ),
    );
  }
  return controller.signal;
}

async function mayDrill(
  context: HapairContext,
  flags: DrillFlags,
  pair: Pair,
  chosen: readonly Scenario[],
): Promise<boolean> {
  if (flags.yes === true || flags.labName !== undefined) return true;
  const nodes = sentenceList(pair.nodes.map((node) => `${node.name} (${node.ssh.host})`));
  return confirm(
    context,
    `Make these failures on ${nodes}: ${sentenceList(chosen.map((scenario) => scenario.name))}? Clients will notice.`,
    false,
  );
}

interface Finished {
  readonly flags: DrillFlags;
  readonly pair: Pair;
  readonly configuration: string;
  readonly rows: readonly ReportScenario[];
  readonly result: LabDrillResult;
  readonly folder: string;
  readonly startedAt: Date;
}

async function finish(context: HapairContext, finished: Finished): Promise<void> {
  const { flags, pair, configuration, rows, result, folder, startedAt } = finished;
  const report = assembleReport({
    pair,
    configurations: [
      {
        name: configuration,
        what: configuration === "as-written" ? "the files as they are" : `hapair's ${configuration} profile`,
      },
    ],
    scenarios: rows,
    results: [result],
    startedAt,
    durationMs: Date.now() - startedAt.getTime(),
    environmentNotes: [],
  });
  await publishReport(context, report, folder, flags.json === true);
  context.process.exitCode = allKept(report) ? exitCodes.fine : exitCodes.findings;
}

/** hapair drill compare A.json B.json */
export async function compare(
  this: HapairContext,
  flags: { readonly json?: boolean },
  earlier: string,
  later: string,
): Promise<void> {
  const before = decodeReport(await readText(earlier), earlier);
  const after = decodeReport(await readText(later), later);
  const comparison = compareReports(before, after);
  if (flags.json === true) printJson(this, comparison);
  else this.process.stdout.write(`${renderComparison(comparison, tableOptions(this))}\n`);
}
