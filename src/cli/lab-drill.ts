// One configuration in a lab of its own: up, deployed, drilled, down. What the demo does three times and `drill --lab` once.
// What the simulator predicts is reckoned when all labs are down: see predictedInLab.

import { counted } from "../base/index.ts";
import {
  type DrilledTrace,
  type DrillResult,
  deployAsWritten,
  type PromisedBy,
  runDrill,
  runTrace,
  waitUntilRedundant,
  type WrittenFile,
} from "../drill/index.ts";
import { type Lab, type LabSpec, withLab } from "../lab/index.ts";
import type { Pair } from "../model/index.ts";
import type { ReportNode } from "../report/index.ts";
import type { Scenario } from "../scenario/index.ts";
import { verifyHosts } from "./actions/status.ts";
import { type Drilled, predicted } from "./drill-predictions.ts";
import { drillSubject, reportNode } from "./drill-setup.ts";
import { labHosts, type OpenHosts } from "./hosts.ts";
import type { PairFile } from "./pair-input.ts";
import type { Progress } from "./ui.ts";

/** How the hosts get their configuration: hapair applies a pair, or files are put there as they are. */
export type Deployment =
  | { readonly kind: "apply"; readonly file: PairFile }
  | {
      readonly kind: "as-written";
      readonly keepalivedConfs: ReadonlyMap<string, string>;
      readonly files: readonly WrittenFile[];
    };

export interface LabDrill {
  /** The column in the report. */
  readonly configuration: string;
  readonly pair: Pair;
  readonly haproxyConfig: string;
  readonly deployment: Deployment;
  readonly spec: LabSpec;
  readonly scenarios: readonly Scenario[];
  readonly repeats: number;
  readonly promisedBy: PromisedBy;
  readonly directory: string;
  readonly keep: boolean;
  readonly undoAfterS?: number;
  /** A counterexample's events instead of scenarios; `holder` has the VIP when it begins. */
  readonly trace?: DrilledTrace & { readonly holder: string };
}

export interface LabDrillResult extends DrillResult {
  readonly nodes: readonly ReportNode[];
}

// Three intervals, a skew, the check's first answer, on a busy machine.
const FIRST_ELECTION_LIMIT_MS = 25_000;

/** Brings the lab up, deploys, drills, and takes it down unless it is kept. */
export async function drillInLab(drill: LabDrill, progress: Progress): Promise<LabDrillResult> {
  const say: Progress = (line) => progress(`${drill.configuration.padEnd(10)} ${line}`);
  return withLab(drill.spec, { onProgress: say, keep: drill.keep }, async (lab, signal) => {
    say(`${counted(drill.spec.nodes.length, "host")} up`);
    const opened = labHosts(lab);
    try {
      await deploy(drill, lab, opened, say);
      return await drillLab(drill, lab, opened, signal, say);
    } finally {
      await opened.close();
    }
  });
}

/** The drill's result with the simulator's predictions, to be asked for when no lab is measuring any more. */
export function predictedInLab(drill: LabDrill, result: LabDrillResult): LabDrillResult {
  return predicted(drilledInLab(drill), result);
}

/** What is drilled, as predictions are made from it. */
export function drilledInLab({
  pair,
  haproxyConfig,
  scenarios,
  deployment,
}: Pick<LabDrill, "pair" | "haproxyConfig" | "scenarios" | "deployment">): Drilled {
  const written = deployment.kind === "as-written" ? { written: deployment } : {};
  return { pair, haproxyConfig, scenarios, ...written, inLab: true };
}

async function deploy(drill: LabDrill, lab: Lab, opened: OpenHosts, say: Progress): Promise<void> {
  const { deployment } = drill;
  if (deployment.kind === "apply") {
    const { applyToHosts } = await import("./actions/deploy.ts");
    await applyToHosts(deployment.file, opened, say);
    return;
  }
  await Promise.all(
    [...opened.hosts].map(([node, host]) =>
      deployAsWritten(
        host,
        deployment.keepalivedConfs.get(node) ?? "",
        drill.haproxyConfig,
        deployment.files,
      ),
    ),
  );
  say(`files put on ${lab.spec.nodes.map((node) => node.name).join(" and ")} as they are`);
}

async function drillLab(
  drill: LabDrill,
  lab: Lab,
  opened: OpenHosts,
  signal: AbortSignal,
  say: Progress,
): Promise<LabDrillResult> {
  const [router] = drill.pair.routers;
  if (router === undefined) return { runs: [], failures: [], notes: [], nodes: [] };
  const subject = drillSubject({
    pair: drill.pair,
    router,
    haproxyConfig: drill.haproxyConfig,
    clientPrefix: lab.commandPrefix,
    // Asked at the consoles: an operator's own network is not cut together with the node's.
    hosts: new Map(lab.spec.nodes.map(({ name }) => [name, lab.console(name)])),
    lab,
  });
  const nodes = await Promise.all(
    [...opened.hosts.values()].map((host) => reportNode(host, drill.configuration)),
  );
  if (drill.deployment.kind === "apply") {
    await waitUntilRedundant(subject, FIRST_ELECTION_LIMIT_MS);
    const verified = await verifyHosts(drill.pair, opened);
    const failed = verified.checks.filter((check) => check.outcome === "failed");
    say(
      failed.length === 0
        ? `verified: ${counted(verified.checks.length, "check")}, none failed`
        : `verify: ${failed.map((check) => `${check.node === undefined ? "" : `${check.node}: `}${check.checked}: ${check.evidence}`).join("; ")}`,
    );
  }
  const { trace } = drill;
  if (trace !== undefined) {
    const { configuration, directory } = drill;
    const runs = await runTrace(subject, trace, trace.holder, {
      configuration,
      directory,
      signal,
      onProgress: say,
    });
    return { runs, failures: [], notes: [], nodes };
  }
  const result = await runDrill(subject, {
    configuration: drill.configuration,
    scenarios: drill.scenarios,
    repeats: drill.repeats,
    promisedBy: drill.promisedBy,
    directory: drill.directory,
    ...(drill.undoAfterS === undefined ? {} : { undoAfterS: drill.undoAfterS }),
    signal,
    onProgress: say,
  });
  return { ...result, nodes };
}
