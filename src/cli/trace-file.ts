// A counterexample's trace as it lies in a file, read for a subject. Rule: reading is bounded, and what is wrong with a file is said with its place.

import { readFileSync, statSync } from "node:fs";
import { HapairError, messageOf } from "../base/index.ts";
import { renderDiagnostic } from "../diagnostics/index.ts";
import { readTrace, type Trace } from "../prove/index.ts";
import type { Site } from "../simulate/index.ts";
import { AlreadyReported } from "./already-reported.ts";
import { type HapairContext, paintFor, printJson } from "./context.ts";
import { exitCodes } from "./exit-code.ts";

const TRACE_BYTES_MAX = 1024 * 1024;

/** The trace in the file at `path`, which has to name nodes of this site. */
export function traceFrom(
  context: HapairContext,
  site: Site,
  path: string,
  { json }: { readonly json?: boolean },
): Trace {
  const read = readTrace(path, traceText(path), { nodes: site.nodes.map(({ name }) => name) });
  if (read.kind === "read") return read.trace;
  if (read.kind === "wrong") throw unreadable(path, `it is no trace: ${read.problem}`);
  const { diagnostics, source } = read;
  if (json === true) printJson(context, { ok: false, diagnostics });
  const paint = paintFor(context.process.stderr);
  for (const diagnostic of diagnostics)
    context.process.stderr.write(`${renderDiagnostic(diagnostic, source, paint)}\n`);
  throw new AlreadyReported(exitCodes.usage);
}

function traceText(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > TRACE_BYTES_MAX) throw new Error(`it has ${size} bytes, more than any trace`);
    return readFileSync(path, "utf8");
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    throw unreadable(path, missing ? "there is no such file" : messageOf(cause), cause);
  }
}

function unreadable(path: string, problem: string, cause?: unknown): HapairError {
  return new HapairError({
    kind: "usage",
    code: "unreadable-trace",
    message: `the trace ${path} cannot be read: ${problem}`,
    hint: "hapair prove --trace-dir FOLDER writes traces; play one with the same files.",
    cause,
  });
}
