// What every command is given: the process's streams and environment, and the exit code it sets.

import type { CommandContext } from "@stricli/core";
import { type Paint, plainPaint } from "../diagnostics/index.ts";

export interface HapairContext extends CommandContext {
  readonly process: NodeJS.Process;
}

const STYLES = {
  error: "\u001B[31m",
  warning: "\u001B[33m",
  advice: "\u001B[36m",
  dim: "\u001B[2m",
  strong: "\u001B[1m",
} as const;

/** Colours for a stream: only on a terminal, and never with NO_COLOR; FORCE_COLOR forces them. */
export function paintFor(stream: NodeJS.WriteStream, environment: NodeJS.ProcessEnv = process.env): Paint {
  const refused = environment["NO_COLOR"] !== undefined && environment["NO_COLOR"] !== "";
  const forced = environment["FORCE_COLOR"] !== undefined && environment["FORCE_COLOR"] !== "0";
  if (refused || !(forced || stream.isTTY)) return plainPaint;
  return (kind, text) => `${STYLES[kind]}${text}\u001B[0m`;
}

/** One JSON document on standard output. */
export function printJson(context: HapairContext, value: unknown): void {
  context.process.stdout.write(`${JSON.stringify(value, jsonValue, 2)}\n`);
}

// Maps read as objects, so that a pair or a status can be printed as it is.
function jsonValue(_key: string, value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries(value);
  if (typeof value === "bigint") return Number(value);
  return value;
}
