// The agent's metrics as Prometheus reads them: text format 0.0.4. Pure.
// Rule: whatever the facts are called and however many there are, the text is well formed and bounded.

import type { AgentStatus } from "../agent-api/index.ts";
import type { AgentCounters } from "./counters.ts";
import {
  type AgentProcess,
  type Labels,
  metricFamilies,
  type MetricFamily,
  type MetricSource,
  type Sample,
} from "./metric-families.ts";

/** Series of one family; what is beyond is left out, and its number is a metric. */
const SERIES_MAX = 600;

/** Says how many series were left out. */
export const leftOutFamily = {
  name: "hapair_agent_series_left_out",
  type: "gauge",
  labels: [],
  help: `Series beyond ${SERIES_MAX} of a family, which are not given`,
} as const;

/** The whole answer to GET /metrics; families without a series are not mentioned. Every series has the labels pair and node. */
export function exposition(status: AgentStatus, counters: AgentCounters, process: AgentProcess): string {
  const source: MetricSource = { status, counters, process };
  const common: Labels = { pair: status.pair, node: status.node };
  const lines: string[] = [];
  let leftOut = 0;
  for (const family of metricFamilies) {
    const samples = distinct(family.samples(source));
    leftOut += Math.max(0, samples.length - SERIES_MAX);
    lines.push(...familyLines(family, samples.slice(0, SERIES_MAX), common));
  }
  lines.push(...familyLines(leftOutFamily, [{ labels: {}, value: leftOut }], common), "");
  return lines.join("\n");
}

/** Prometheus refuses an answer in which one series stands twice. */
function distinct(samples: readonly Sample[]): Sample[] {
  const seen = new Map<string, Sample>();
  for (const sample of samples) {
    const key = JSON.stringify([sample.suffix, sample.labels]);
    if (!seen.has(key)) seen.set(key, sample);
  }
  return [...seen.values()];
}

function familyLines(
  family: Pick<MetricFamily, "name" | "type" | "help">,
  samples: readonly Sample[],
  common: Labels,
): string[] {
  if (samples.length === 0) return [];
  return [
    `# HELP ${family.name} ${family.help}.`,
    `# TYPE ${family.name} ${family.type}`,
    ...samples.map(
      ({ suffix = "", labels, value }) =>
        `${family.name}${suffix}${labelsText({ ...common, ...labels })} ${numberText(value)}`,
    ),
  ];
}

function labelsText(labels: Labels): string {
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(",")}}`;
}

/** Backslash, quote and line feed, as the format asks. */
function escaped(value: string): string {
  return value
    .replaceAll("\\", "\\\\")
    .replaceAll('"', String.raw`\"`)
    .replaceAll("\n", String.raw`\n`);
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? "+Inf" : "-Inf";
}
