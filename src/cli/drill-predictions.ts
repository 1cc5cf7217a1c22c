// The simulator's word on a drill: the site of what was deployed, with the habits of where it was drilled, and its predictions in the runs.

import { withPredictions, type WrittenFile } from "../drill/index.ts";
import { type SourceText, sourceText } from "../diagnostics/index.ts";
import { TESTED_VERSION, versionNumbers } from "../keepalived/index.ts";
import type { Pair } from "../model/index.ts";
import type { ReportNode } from "../report/index.ts";
import type { Scenario } from "../scenario/index.ts";
import type { Site } from "../simulate/index.ts";
import type { LabDrillResult } from "./lab-drill.ts";
import { siteOfFiles } from "./simulated-files.ts";
import { siteOfPair } from "./simulated-pair.ts";

/** A lab's host from power to its services: 0.69 to 0.80 s (baselines.md of the reference). */
const LAB_BOOT_US = 750_000;

export interface Drilled {
  readonly pair: Pair;
  readonly haproxyConfig: string;
  readonly scenarios: readonly Scenario[];
  /** The nodes' files where they were drilled as they are; absent: as hapair renders the pair. */
  readonly written?: {
    readonly keepalivedConfs: ReadonlyMap<string, string>;
    readonly files: readonly WrittenFile[];
  };
  readonly inLab: boolean;
}

/** The result with what the simulator says of each run. */
export function predicted(drilled: Drilled, result: LabDrillResult): LabDrillResult {
  const { pair, scenarios } = drilled;
  const site = drilledSite(drilled, result.nodes);
  return { ...result, runs: withPredictions(site, pair.routers[0]?.name ?? "", scenarios, result.runs) };
}

/** What was drilled as the simulator takes it, with the version of keepalived that was seen on `nodes`. */
export function drilledSite(drilled: Drilled, nodes: readonly ReportNode[] = []): Site {
  return siteOf(drilled, versionOn(nodes));
}

function siteOf({ pair, haproxyConfig, written, inLab }: Drilled, keepalived: string): Site {
  const site =
    written === undefined
      ? siteOfPair(pair, { keepalived, haproxyConfig })
      : siteAsWritten(written, keepalived);
  return {
    ...site,
    nodes: site.nodes.map((node, index) => ({
      ...node,
      name: pair.nodes[index]?.name ?? node.name,
      ...(inLab ? { habits: { ...node.habits, bootUs: LAB_BOOT_US } } : {}),
    })),
  };
}

function siteAsWritten(
  { keepalivedConfs, files }: NonNullable<Drilled["written"]>,
  keepalived: string,
): Site {
  const scripts = new Map<string, SourceText>(
    files.map(({ path, content }) => [path, sourceText(path, content)]),
  );
  const inputs = [...keepalivedConfs].map(([name, text]) => ({
    name,
    main: sourceText(`${name}.conf`, text),
    configId: name.split(".")[0] ?? name,
    surroundings: { scripts },
  }));
  return siteOfFiles(inputs, { keepalived }).site;
}

/** The version that was seen on the nodes. */
function versionOn(nodes: readonly ReportNode[]): string {
  const version = nodes.find(({ keepalived = "" }) => keepalived !== "")?.keepalived ?? TESTED_VERSION;
  return versionNumbers(version) === undefined ? TESTED_VERSION : version;
}
