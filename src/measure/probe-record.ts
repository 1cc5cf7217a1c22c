// The raw record of an open-loop probe run, and its compact JSON form (kept beside every report, so that each number can be computed again).
// Rule: every slot of the schedule is in the record, also those that were never started; times are integer microseconds of one monotonic clock.

import { HapairError } from "../base/index.ts";

/**
 * What became of a slot. `missed`: not started, because the client itself was too late or out of sockets; it says nothing about the target.
 * `bad-answer`: an answer that is not a 2xx or 3xx. `truncated`: the connection ended in order, but before the whole answer was there.
 */
export const OUTCOMES = [
  "missed",
  "ok",
  "refused",
  "reset",
  "timeout",
  "unreachable",
  "bad-answer",
  "truncated",
] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** http: a new connection and one GET. tcp: a new connection only (a frozen server still accepts those: the kernel does). */
export type ProbeKind = "http" | "tcp";

export interface ProbeTarget {
  /** Without brackets. */
  readonly address: string;
  readonly port: number;
  readonly kind: ProbeKind;
}

/** Slot i was due at startedAtUs + i * intervalUs. The columns have one entry per slot. */
export interface ProbeRecord {
  readonly target: ProbeTarget;
  readonly intervalUs: number;
  /** A request without a whole answer after this long is a `timeout`. */
  readonly timeLimitUs: number;
  /** CLOCK_MONOTONIC of the machine the client ran on. */
  readonly startedAtUs: number;
  /** How much later than due the request was started (for `missed`: given up). */
  readonly latenessUs: ArrayLike<number>;
  /** From the start to the whole answer or the failure; 0 for `missed`. */
  readonly durationUs: ArrayLike<number>;
  /** Index into OUTCOMES. */
  readonly outcomes: ArrayLike<number>;
  /** Index into `names`. */
  readonly answeredBy: ArrayLike<number>;
  /** Who answered, as the answers' own header says; names[0] is "" and means not known. */
  readonly names: readonly string[];
}

export const PROBE_INTERVAL_US = 2000;
export const PROBE_TIME_LIMIT_US = 200_000;
/** The most slots a record may have: 33 minutes at one per 2 ms. */
export const PROBE_SLOTS_MAX = 1_000_000;
/** The most different names of answering machines a record keeps. */
export const PROBE_NAMES_MAX = 64;

const FORMAT = "hapair-probe-record";
const VERSION = 1;

/** One slot, times absolute. */
export interface Probe {
  readonly slot: number;
  readonly startUs: number;
  readonly latenessUs: number;
  readonly durationUs: number;
  readonly outcome: Outcome;
  /** "" when not known. */
  readonly answeredBy: string;
}

/** How many slots the record has. */
export function slotCount(record: ProbeRecord): number {
  return record.latenessUs.length;
}

/** The slot as one value. */
export function probeAt(record: ProbeRecord, slot: number): Probe {
  return {
    slot,
    startUs: startOf(record, slot),
    latenessUs: record.latenessUs[slot] ?? 0,
    durationUs: record.durationUs[slot] ?? 0,
    outcome: outcomeOf(record, slot),
    answeredBy: record.names[record.answeredBy[slot] ?? 0] ?? "",
  };
}

/** When the request of a slot was really started: the moment that says what the target was like. Never falls from slot to slot. */
export function startOf(record: ProbeRecord, slot: number): number {
  return record.startedAtUs + slot * record.intervalUs + (record.latenessUs[slot] ?? 0);
}

export function outcomeOf(record: ProbeRecord, slot: number): Outcome {
  return OUTCOMES[record.outcomes[slot] ?? 0] ?? "missed";
}

/** When the record ends: one interval after its last slot was due, or its last start if that is later. */
export function recordEndUs(record: ProbeRecord): number {
  const slots = slotCount(record);
  if (slots === 0) return record.startedAtUs;
  return Math.max(record.startedAtUs + slots * record.intervalUs, startOf(record, slots - 1));
}

/** The first slot that was started at or after `atUs`; the slot count when there is none. */
export function firstSlotFrom(record: ProbeRecord, atUs: number): number {
  let low = 0;
  let high = slotCount(record);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (startOf(record, middle) < atUs) low = middle + 1;
    else high = middle;
  }
  return low;
}

type Run = readonly [value: number, count: number];

function toRuns(column: ArrayLike<number>): Run[] {
  const runs: Run[] = [];
  let from = 0;
  for (let index = 1; index <= column.length; index += 1) {
    if (index < column.length && column[index] === column[from]) continue;
    runs.push([column[from] ?? 0, index - from]);
    from = index;
  }
  return runs;
}

/** The record as JSON text: outcomes and names as runs, times as plain integers, so that jq can read it. Ends with a newline. */
export function encodeProbeRecord(record: ProbeRecord): string {
  const document = {
    format: FORMAT,
    version: VERSION,
    target: record.target,
    intervalUs: record.intervalUs,
    timeLimitUs: record.timeLimitUs,
    startedAtUs: record.startedAtUs,
    slots: slotCount(record),
    outcomes: toRuns(record.outcomes).map(([value, count]) => [OUTCOMES[value] ?? "missed", count]),
    names: record.names,
    answeredBy: toRuns(record.answeredBy),
    latenessUs: Array.from(record.latenessUs),
    durationUs: Array.from(record.durationUs),
  };
  return `${JSON.stringify(document)}\n`;
}

/** Reads what {@link encodeProbeRecord} wrote. Throws HapairError `probe-record` (usage) naming `source` and what is wrong with it. */
export function decodeProbeRecord(text: string, source = "the probe record"): ProbeRecord {
  const refuse = (wrong: string): HapairError =>
    new HapairError({
      kind: "usage",
      code: "probe-record",
      message: `${source} is not a probe record: ${wrong}`,
      hint: "give a file that `hapair drill` wrote beside its report",
    });
  let document: Record<string, unknown>;
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null) throw refuse("it is not a JSON object");
    document = parsed as Record<string, unknown>;
  } catch (error) {
    if (error instanceof HapairError) throw error;
    throw refuse("it is not JSON (cut off while it was written?)");
  }
  if (document["format"] !== FORMAT) throw refuse(`"format" is not "${FORMAT}"`);
  if (document["version"] !== VERSION) {
    throw refuse(`version ${String(document["version"])} is not one this hapair reads (${VERSION})`);
  }
  const slots = wholeNumber(document["slots"]);
  if (slots === undefined || slots > PROBE_SLOTS_MAX)
    throw refuse(`"slots" is not a count up to ${PROBE_SLOTS_MAX}`);
  const numbers = (key: string): number[] => {
    const column = document[key];
    if (
      !Array.isArray(column) ||
      column.length !== slots ||
      column.some((value) => wholeNumber(value) === undefined)
    ) {
      throw refuse(`"${key}" is not a list of ${slots} whole numbers`);
    }
    return column as number[];
  };
  const runs = (key: string, valueOf: (value: unknown) => number): number[] => {
    const column = fromRuns(document[key], slots, valueOf);
    if (column === undefined) throw refuse(`"${key}" does not describe ${slots} slots`);
    return column;
  };
  const single = (key: string): number => {
    const value = wholeNumber(document[key]);
    if (value === undefined) throw refuse(`"${key}" is not a whole number`);
    return value;
  };
  const target = readTarget(document["target"]);
  if (target === undefined) throw refuse(`"target" is not { address, port, kind }`);
  const names = document["names"];
  if (!Array.isArray(names) || names[0] !== "" || names.some((name) => typeof name !== "string")) {
    throw refuse(`"names" is not a list of names that starts with ""`);
  }
  const record: ProbeRecord = {
    target,
    intervalUs: single("intervalUs"),
    timeLimitUs: single("timeLimitUs"),
    startedAtUs: single("startedAtUs"),
    latenessUs: numbers("latenessUs"),
    durationUs: numbers("durationUs"),
    outcomes: runs("outcomes", (value) => OUTCOMES.indexOf(value as Outcome)),
    answeredBy: runs("answeredBy", (value) => wholeNumber(value) ?? -1),
    names: names as string[],
  };
  for (let slot = 1; slot < slots; slot += 1) {
    if (startOf(record, slot) < startOf(record, slot - 1))
      throw refuse(`slot ${slot} starts before the one ahead of it`);
  }
  return record;
}

function wholeNumber(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function readTarget(value: unknown): ProbeTarget | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { address, port, kind } = value as Record<string, unknown>;
  if (typeof address !== "string" || typeof port !== "number") return undefined;
  return kind === "http" || kind === "tcp" ? { address, port, kind } : undefined;
}

function fromRuns(value: unknown, slots: number, valueOf: (value: unknown) => number): number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const column: number[] = [];
  for (const run of value) {
    if (!Array.isArray(run)) return undefined;
    const entry = valueOf(run[0]);
    const count = wholeNumber(run[1]);
    if (entry < 0 || count === undefined || column.length + count > slots) return undefined;
    for (let index = 0; index < count; index += 1) column.push(entry);
  }
  return column.length === slots ? column : undefined;
}
