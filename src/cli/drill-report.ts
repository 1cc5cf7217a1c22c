// Writes a drill's report: report.json, report.html and junit.xml beside the raw records, and the table on the terminal.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { decodeProbeRecord, type ProbeRecord } from "../measure/index.ts";
import type { Pair } from "../model/index.ts";
import {
  type DrillReport,
  encodeReport,
  makeReport,
  predictedRows,
  renderHtml,
  renderJunit,
  renderTable,
  type ReportConfiguration,
  type ReportScenario,
} from "../report/index.ts";
import { type HapairContext, printJson } from "./context.ts";
import { thisMachine } from "./drill-setup.ts";
import type { LabDrillResult } from "./lab-drill.ts";
import { hapairVersion } from "./version.ts";

export interface ReportParts {
  readonly pair: Pair;
  readonly configurations: readonly ReportConfiguration[];
  readonly scenarios: readonly ReportScenario[];
  readonly results: readonly LabDrillResult[];
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly environmentNotes: readonly string[];
}

/** The folder for a drill's files, made with its records folder. */
export async function reportFolder(output: string | undefined, startedAt: Date): Promise<string> {
  const name = output ?? `hapair-drill-${startedAt.toISOString().slice(0, 19).replaceAll(/[:T]/g, "-")}`;
  const folder = resolve(name);
  await mkdir(join(folder, "records"), { recursive: true });
  return folder;
}

export function assembleReport(parts: ReportParts): DrillReport {
  const { pair, results } = parts;
  const runs = results.flatMap((result) => result.runs);
  const predictions = predictedRows(runs);
  return makeReport({
    startedAt: parts.startedAt.toISOString(),
    durationMs: Math.round(parts.durationMs),
    hapairVersion,
    pair: {
      name: pair.name,
      vips: pair.routers.flatMap((router) =>
        [...router.vips, ...router.excludedVips].map((vip) => vip.address.text),
      ),
    },
    configurations: parts.configurations,
    scenarios: parts.scenarios,
    environment: {
      ...thisMachine(),
      nodes: results.flatMap((result) => result.nodes),
      notes: [...parts.environmentNotes, ...results.flatMap((result) => result.notes)],
    },
    runs,
    failures: results.flatMap((result) => result.failures),
    ...(predictions.length === 0 ? {} : { predictions }),
  });
}

/** How wide a table may be, and whether it has colours: a pipe has neither terminal width nor colours. */
export function tableOptions(context: HapairContext): { readonly width: number; readonly colour: boolean } {
  const { stdout, env } = context.process;
  return { width: stdout.columns ?? 120, colour: stdout.isTTY && (env["NO_COLOR"] ?? "") === "" };
}

/** Writes every form of the report and shows the table, or the JSON with `json`. */
export async function publishReport(
  context: HapairContext,
  report: DrillReport,
  folder: string,
  json: boolean,
): Promise<void> {
  const records = new Map<string, ProbeRecord>();
  for (const run of report.runs) {
    if (run.recordFile === undefined || records.has(run.recordFile)) continue;
    records.set(
      run.recordFile,
      decodeProbeRecord(await readFile(join(folder, run.recordFile), "utf8"), run.recordFile),
    );
  }
  await writeFile(join(folder, "report.json"), encodeReport(report));
  await writeFile(join(folder, "report.html"), renderHtml(report, records));
  await writeFile(join(folder, "junit.xml"), renderJunit(report));
  if (json) {
    printJson(context, report);
    return;
  }
  context.process.stdout.write(`\n${renderTable(report, tableOptions(context))}\n`);
  context.process.stdout.write(`\nreport: ${join(folder, "report.html")}\n`);
}
