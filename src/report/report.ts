// The report of a drill: a versioned JSON document that every rendering and comparison reads.
// Rule: it holds what was measured and judged, never how it looks; times are monotonic microseconds of the machine that drilled, durations milliseconds.

import { HapairError } from "../base/index.ts";
import { type HolderSegment, type Noise, type Outcome, type RunMeasurement } from "../measure/index.ts";
import type { PredictedRow, Prediction } from "./predicted.ts";
import { judgePromise, type Kept, keptOf, type PromiseVerdict, type RunPromise } from "./promise.ts";

export const REPORT_FORMAT = "hapair-drill-report";
export const REPORT_VERSION = 1;

export interface DrillReport {
  readonly format: typeof REPORT_FORMAT;
  readonly version: typeof REPORT_VERSION;
  /** RFC 3339, as given by whoever drilled. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly hapairVersion: string;
  readonly pair: { readonly name: string; readonly vips: readonly string[] };
  /** In the order of the columns. */
  readonly configurations: readonly ReportConfiguration[];
  /** In the order of the rows. */
  readonly scenarios: readonly ReportScenario[];
  readonly environment: ReportEnvironment;
  readonly runs: readonly DrillRun[];
  /** Runs that could not be made. */
  readonly failures: readonly RunFailure[];
  /** What the simulator said beside what was measured, by {@link predictedRows}; absent where nothing was predicted. It is information and judges nothing. */
  readonly predictions?: readonly PredictedRow[];
}

export interface ReportConfiguration {
  readonly name: string;
  /** One sentence: what is configured. */
  readonly what: string;
}

/** One row: one phase of a scenario. */
export interface ReportScenario {
  /** Permanent; comparisons go by it. */
  readonly name: string;
  readonly title: string;
}

export interface ReportEnvironment {
  readonly kernel: string;
  readonly cores?: number;
  readonly nodes: readonly ReportNode[];
  /** How the measurement was made, where it bears on the numbers: "three labs side by side". */
  readonly notes?: readonly string[];
}

export interface ReportNode {
  readonly name: string;
  /** Absent: the same in all configurations. */
  readonly configuration?: string;
  readonly system?: string;
  readonly keepalived?: string;
  readonly haproxy?: string;
  readonly systemd?: string;
}

export interface DrillEvent {
  readonly label: string;
  readonly kind: "fault" | "heal" | "note";
  readonly atUs: number;
}

export interface RunOutage {
  readonly fromUs: number;
  readonly toUs: number;
  readonly recovered: boolean;
  /** It was there before the fault, so it is in none of the sums. */
  readonly inherited: boolean;
  readonly lost: number;
  /** Bounds that the spacing of the requests leaves. */
  readonly atLeastMs: number;
  readonly atMostMs: number;
}

export interface DrillRun {
  /** Name of a row. */
  readonly scenario: string;
  /** Name of a column. */
  readonly configuration: string;
  /** From 1. */
  readonly repeat: number;
  readonly fromUs: number;
  readonly toUs: number;
  readonly faultAtUs: number;
  readonly events: readonly DrillEvent[];
  readonly requests: number;
  /** Sum of all outages; up to the end of the watch when it never recovered. */
  readonly outageMs: number;
  readonly longestOutageMs: number;
  readonly outages: readonly RunOutage[];
  readonly lost: number;
  readonly slow: number;
  /** The slowest good answer from the moment it began, and before; absent in reports from before it was told. */
  readonly slowestMs?: number;
  readonly slowestBeforeMs?: number;
  readonly reset: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly neverRecovered: boolean;
  /** How long recovery was waited for. */
  readonly capMs?: number;
  readonly twoHolderMs: number;
  readonly longestTwoHolderMs: number;
  readonly noHolderMs: number;
  readonly unknownHolderMs: number;
  readonly holderMoves: number;
  readonly holderBefore: readonly string[];
  readonly holderAfter: readonly string[];
  readonly nodes: readonly string[];
  readonly holderSegments: readonly HolderSegment[];
  readonly promises: readonly PromiseVerdict[];
  readonly kept: Kept;
  readonly noise: Noise;
  readonly notes: readonly string[];
  /** What the simulator says of this phase with the VIP where this run found it. */
  readonly predicted?: Prediction;
  /** The raw record, relative to the report's own folder. */
  readonly recordFile?: string;
}

export interface RunFailure {
  readonly scenario: string;
  readonly configuration: string;
  readonly repeat: number;
  readonly message: string;
}

export interface RunDescription {
  readonly scenario: string;
  readonly configuration: string;
  readonly repeat: number;
  readonly measurement: RunMeasurement;
  readonly events: readonly DrillEvent[];
  readonly promises: readonly RunPromise[];
  readonly notes?: readonly string[];
  readonly recordFile?: string;
}

/** One run's entry: its measurement in the report's units, judged by its promises. */
export function makeRun(description: RunDescription): DrillRun {
  const { measurement } = description;
  const { outage, holder, answers } = measurement;
  const promises = description.promises.map((promise) => judgePromise(promise, measurement));
  return {
    scenario: description.scenario,
    configuration: description.configuration,
    repeat: description.repeat,
    fromUs: measurement.fromUs,
    toUs: measurement.toUs,
    faultAtUs: measurement.faultAtUs,
    events: description.events.toSorted((left, right) => left.atUs - right.atUs),
    requests: outage.requests,
    outageMs: outage.totalUs / 1000,
    longestOutageMs: outage.longestUs / 1000,
    outages: outage.intervals.map(({ fromUs, toUs, recovered, inherited, lost, atLeastUs, atMostUs }) => ({
      fromUs,
      toUs,
      recovered,
      inherited,
      lost,
      atLeastMs: atLeastUs / 1000,
      atMostMs: atMostUs / 1000,
    })),
    lost: outage.lost,
    slow: outage.slow,
    slowestMs: answers.slowestUs / 1000,
    slowestBeforeMs: answers.slowestBeforeUs / 1000,
    reset: outage.reset,
    outcomes: outage.byOutcome,
    neverRecovered: outage.neverRecovered,
    ...(outage.capUs === undefined ? {} : { capMs: outage.capUs / 1000 }),
    twoHolderMs: holder.twoHolderUs / 1000,
    longestTwoHolderMs: holder.longestTwoHolderUs / 1000,
    noHolderMs: holder.noHolderUs / 1000,
    unknownHolderMs: holder.unknownUs / 1000,
    holderMoves: holder.moves,
    holderBefore: measurement.holderBefore,
    holderAfter: measurement.holderAfter,
    nodes: holder.nodes,
    holderSegments: holder.segments,
    promises,
    kept: keptOf(promises),
    noise: measurement.noise,
    notes: description.notes ?? [],
    ...(description.recordFile === undefined ? {} : { recordFile: description.recordFile }),
  };
}

/** The document from its parts; format and version are added here. */
export function makeReport(parts: Omit<DrillReport, "format" | "version">): DrillReport {
  return { format: REPORT_FORMAT, version: REPORT_VERSION, ...parts };
}

/** Whether every run was made and kept its promises: what the drill's exit code says. */
export function allKept(report: DrillReport): boolean {
  return report.failures.length === 0 && report.runs.every(({ kept }) => kept !== "no");
}

/** The document as JSON text that a person can read too; ends with a newline. */
export function encodeReport(report: DrillReport): string {
  return `${JSON.stringify(report, null, 1)}\n`;
}

/** Reads what {@link encodeReport} wrote. Throws HapairError `drill-report` (usage) naming `source` and what is wrong. */
export function decodeReport(text: string, source = "the drill report"): DrillReport {
  const refuse = (wrong: string): HapairError =>
    new HapairError({
      kind: "usage",
      code: "drill-report",
      message: `${source} is not a drill report: ${wrong}`,
      hint: "give the report.json that `hapair drill` wrote",
    });
  let document: Partial<DrillReport> | null;
  try {
    document = JSON.parse(text) as Partial<DrillReport> | null;
  } catch {
    throw refuse("it is not JSON (cut off while it was written?)");
  }
  if (typeof document !== "object" || document === null) throw refuse("it is not a JSON object");
  if (document.format !== REPORT_FORMAT) throw refuse(`"format" is not "${REPORT_FORMAT}"`);
  if (document.version !== REPORT_VERSION) {
    throw refuse(`version ${String(document.version)} is not one this hapair reads (${REPORT_VERSION})`);
  }
  for (const key of ["configurations", "scenarios", "runs", "failures"] as const) {
    if (!Array.isArray(document[key])) throw refuse(`"${key}" is not a list`);
  }
  for (const [index, run] of (document.runs ?? []).entries()) {
    const wrong = wrongFieldOf(run);
    if (wrong !== undefined) throw refuse(`runs[${index}].${wrong}`);
  }
  return document as DrillReport;
}

function wrongFieldOf(run: Partial<DrillRun> | null): string | undefined {
  if (typeof run !== "object" || run === null) return "is not an object";
  for (const key of ["scenario", "configuration", "kept"] as const) {
    if (typeof run[key] !== "string") return `${key} is not text`;
  }
  for (const key of ["repeat", "fromUs", "toUs", "faultAtUs", "outageMs", "lost"] as const) {
    if (typeof run[key] !== "number") return `${key} is not a number`;
  }
  for (const key of ["events", "outages", "promises", "holderAfter", "holderSegments", "notes"] as const) {
    if (!Array.isArray(run[key])) return `${key} is not a list`;
  }
  return typeof run.noise === "object" && run.noise !== null ? undefined : "noise is missing";
}
