// A trace as a file: the promise it breaks, its scenario as a scenario file's text, and how the clocks stood at each event. Rule: what is written reads back as
// the same trace; no text makes the reader throw.

import { type Diagnostic, type SourceText } from "../diagnostics/index.ts";
import { type KnownNames, readScenario, writeScenario } from "../scenario/index.ts";
import { type PromiseName, promiseNames } from "./promises.ts";
import type { Phases } from "./rest.ts";
import type { Trace } from "./trace.ts";

export const TRACE_SCHEMA = "hapair-trace/1";

/** A run of a check begins every so often; more than an hour nobody waits (keepalived's own intervals are seconds). */
const SINCE_MAX_US = 3_600_000_000;
/** As many as a scenario file may have events. */
const PHASES_MAX = 10_000;

/** The file's text, ending with a newline. */
export function writeTrace({ promise, scenario, phases }: Trace): string {
  return `${JSON.stringify({ schema: TRACE_SCHEMA, promise, scenario: writeScenario(scenario), phases }, undefined, 2)}\n`;
}

export type ReadTrace =
  | { readonly kind: "read"; readonly trace: Trace }
  /** Not a trace at all, or of another version. */
  | { readonly kind: "wrong"; readonly problem: string }
  /** Its scenario has mistakes. */
  | { readonly kind: "scenario"; readonly diagnostics: readonly Diagnostic[]; readonly source: SourceText };

/** Reads a trace file. `file` is its name as the user gave it; the names of nodes, checks and files have to be among `known`. */
export function readTrace(
  file: string,
  text: string,
  known: KnownNames & { readonly nodes: readonly string[] },
): ReadTrace {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own words quote the text, whatever it is.
    return wrong("it is not JSON");
  }
  if (!isMap(value)) return wrong("it is no JSON object");
  const { schema, promise, scenario: scenarioText, phases } = value;
  if (schema !== TRACE_SCHEMA) return wrong(`its schema is not ${TRACE_SCHEMA}`);
  if (!isPromise(promise)) return wrong("its promise is none that this version of hapair knows");
  if (typeof scenarioText !== "string") return wrong("its scenario is no text");
  const { scenario, diagnostics, source } = readScenario(`${file} (scenario)`, scenarioText, known);
  if (scenario === undefined) return { kind: "scenario", diagnostics, source };
  const read = readPhases(phases, known.nodes.length);
  if (read?.length !== scenario.events.length)
    return wrong(`its phases are not one for each of the scenario's ${scenario.events.length} events`);
  return { kind: "read", trace: { promise, scenario, phases: read } };
}

function wrong(problem: string): ReadTrace {
  return { kind: "wrong", problem };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPromise(value: unknown): value is PromiseName {
  return promiseNames.some((name) => name === value);
}

function readPhases(value: unknown, nodes: number): (Phases | null)[] | undefined {
  if (!Array.isArray(value) || value.length > PHASES_MAX) return undefined;
  const read = value.map((each) => (each === null ? null : readPhase(each, nodes)));
  return read.every((each) => each !== undefined) ? read : undefined;
}

function readPhase(value: unknown, nodes: number): Phases | undefined {
  if (!isMap(value)) return undefined;
  const { advertShare, checksUs } = value;
  if (!isNumber(advertShare, 1)) return undefined;
  if (checksUs === undefined) return { advertShare };
  if (!isMap(checksUs)) return undefined;
  const { node, sinceUs } = checksUs;
  const isRight =
    isNumber(node, nodes - 1) &&
    Number.isInteger(node) &&
    isNumber(sinceUs, SINCE_MAX_US) &&
    Number.isInteger(sinceUs);
  return isRight ? { advertShare, checksUs: { node, sinceUs } } : undefined;
}

function isNumber(value: unknown, most: number): value is number {
  return typeof value === "number" && value >= 0 && value <= most;
}
