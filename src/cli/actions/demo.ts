// hapair demo: the document's pair stood up three times in the lab (as written, classic, fast), deployed, verified, drilled and compared.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pairFromFiles, promisedByPage, promisedByPair, reportRows } from "../../drill/index.ts";
import { ensureImage, freshLabName, specFromPair } from "../../lab/index.ts";
import type { Pair } from "../../model/index.ts";
import { type Scenario, scenarios, scenariosFor } from "../../scenario/index.ts";
import type { DemoFlags } from "../commands/drill-commands.ts";
import type { HapairContext } from "../context.ts";
import { assembleReport, publishReport, reportFolder } from "../drill-report.ts";
import { projectFile } from "../drill-setup.ts";
import { needsMetBy } from "../pair-needs.ts";
import { exitCodes } from "../exit-code.ts";
import { drillInLab, type LabDrill, type LabDrillResult, predictedInLab } from "../lab-drill.ts";
import { readPair, readRenderInputs } from "../pair-input.ts";
import { progressOf } from "../ui.ts";
import { withProfile } from "./drill.ts";
import { lookAround } from "./lab.ts";

const CONFIGURATIONS = [
  { name: "as-written", what: "the document's two configurations and script, exactly as written" },
  { name: "classic", what: "hapair's classic profile: the document's values, made true" },
  { name: "fast", what: "hapair's fast profile: VRRPv3, advertisements every 0.1 s" },
] as const;

export async function demo(this: HapairContext, flags: DemoFlags): Promise<void> {
  const startedAt = new Date();
  const progress = progressOf(this, flags.json);
  const folder = await reportFolder(flags.output ?? "hapair-report", startedAt);
  // Made once, before three labs ask for it at the same time.
  await ensureImage("bookworm", { onProgress: progress });
  const drills = await demoDrills(this, {
    directory: join(folder, "records"),
    keep: flags.keep === true,
    repeats: flags.repeat,
  });
  const measured = await runAll(drills, flags.sequential === true, progress);
  const results = measured.map((result, index) => predictedInLab(drills[index]!, result));
  const [first] = drills;
  if (first === undefined) return;
  const report = assembleReport({
    pair: first.pair,
    configurations: CONFIGURATIONS,
    scenarios: reportRows(scenarios.filter((one) => drills.some((drill) => drill.scenarios.includes(one)))),
    results,
    startedAt,
    durationMs: Date.now() - startedAt.getTime(),
    environmentNotes: [
      flags.sequential === true
        ? "one lab after another"
        : `${drills.length} labs side by side on this machine`,
    ],
  });
  await publishReport(this, report, folder, flags.json === true);
  if (flags.keep === true) {
    for (const drill of drills)
      this.process.stdout.write(
        `\nlab ${drill.spec.name} (${drill.configuration}) stays up:\n${lookAround(drill.spec.name, projectFile("examples/ext-lb/pair.yaml"), "extlb-01")}`,
      );
  }
  // The page's broken promises are what the demo shows; what hapair deployed has to keep its own.
  const broken = report.runs.filter((run) => run.kept === "no" && run.configuration !== "as-written");
  this.process.exitCode =
    broken.length === 0 && report.failures.length === 0 ? exitCodes.fine : exitCodes.findings;
}

/** A roll with its two reboots would make the demo a minute longer; `hapair drill --lab --scenario roll` shows it. */
function demoScenarios(pair: Pair, applied: boolean): readonly Scenario[] {
  return scenariosFor(needsMetBy(pair, applied)).filter(({ name }) => name !== "roll");
}

async function runAll(
  drills: readonly LabDrill[],
  oneByOne: boolean,
  progress: (line: string) => void,
): Promise<LabDrillResult[]> {
  if (!oneByOne) {
    // All are waited for, also when one fails: a lab under way takes itself down before anything is said.
    const settled = await Promise.allSettled(drills.map((drill) => drillInLab(drill, progress)));
    return settled.map((one) => {
      if (one.status === "rejected") throw one.reason;
      return one.value;
    });
  }
  const results: LabDrillResult[] = [];
  for (const drill of drills) results.push(await drillInLab(drill, progress));
  return results;
}

async function demoDrills(
  context: HapairContext,
  options: Pick<LabDrill, "directory" | "keep" | "repeats">,
): Promise<LabDrill[]> {
  const example = (path: string) => projectFile(`examples/ext-lb/${path}`);
  const file = await readPair(context, example("pair.yaml"));
  const { haproxyConfig } = await readRenderInputs(file);
  const common = { ...options, haproxyConfig };
  const specOf = (name: string) =>
    specFromPair(file.pair, haproxyConfig, { name: freshLabName(name), suite: "bookworm" });

  const written = await Promise.all(
    file.pair.nodes.map(async (node) => {
      const path = example(`as-written/${node.name}.conf`);
      return { name: node.name, file: path, text: await readFile(path, "utf8") };
    }),
  );
  const script = await readFile(example("as-written/chk_haproxy.sh"), "utf8");
  const pair = pairFromFiles(file.pair.name, written, new Map());
  const asWritten: LabDrill = {
    ...common,
    configuration: "as-written",
    pair,
    scenarios: demoScenarios(pair, false),
    deployment: {
      kind: "as-written",
      keepalivedConfs: new Map(written.map(({ name, text }) => [name, text])),
      files: [{ path: "/etc/keepalived/chk_haproxy.sh", content: script, mode: 0o755 }],
    },
    spec: specOf("as-written"),
    promisedBy: promisedByPage,
  };
  const ours = await Promise.all(
    (["classic", "fast"] as const).map(async (profile): Promise<LabDrill> => {
      const read = await withProfile(file, profile);
      const deployment = { kind: "apply", file: read } as const;
      return {
        ...common,
        configuration: profile,
        pair: read.pair,
        scenarios: demoScenarios(read.pair, true),
        deployment,
        spec: specOf(profile),
        promisedBy: promisedByPair(read.pair.promises),
      };
    }),
  );
  return [asWritten, ...ours];
}
