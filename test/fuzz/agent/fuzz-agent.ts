// Tries a target of the agent's fuzzing on a row of inputs: nothing thrown, no property broken, an answer in bounded time, a memory that does not grow.

import { seededRandom } from "../random.ts";
import { peerTargets } from "./peer-targets.ts";
import { readerTargets } from "./reader-targets.ts";
import { sourceTargets } from "./source-targets.ts";
import type { FuzzTarget } from "./target.ts";

const targets = [...sourceTargets, ...peerTargets, ...readerTargets] as readonly FuzzTarget<unknown>[];

export const targetNames: readonly string[] = targets.map(({ name }) => name);

export interface FuzzRun {
  readonly target: string;
  readonly seed: number;
  /** The first input; those before it are not tried, and the reader does not know them. */
  readonly from: number;
  readonly count: number;
  /** Milliseconds; absent where time does not count. */
  readonly now?: () => number;
  /** Bytes in use, after what is not needed was given back; asked a few times. */
  readonly memory?: () => number;
}

export interface FuzzFailure {
  readonly index: number;
  readonly kind: "property" | "slow" | "memory";
  readonly detail: string;
}

export interface FuzzResult {
  readonly target: string;
  readonly inputs: number;
  readonly failures: readonly FuzzFailure[];
  readonly slowest: { readonly index: number; readonly ms: number };
  /** From a quarter of the inputs on, when every reader has filled what it keeps. */
  readonly grownBytes: number;
}

const SLOW_MS = 1000;
const FAILURES_MAX = 5;
/** What a reader keeps is bounded, and most of it is there after a quarter; this is what the engine's own caches take after that, and more. */
const GROWTH_BYTES_MAX = 16 * 1024 * 1024;

/** The inputs in their order, through one reader. Stops after a few failures. */
export function fuzzTarget(run: FuzzRun): FuzzResult {
  const { seed, from, count, now, memory } = run;
  const target = targets.find(({ name }) => name === run.target);
  if (target === undefined) throw new Error(`there is no target ${run.target}: ${targetNames.join(", ")}`);
  let read = target.begin();
  const failures: FuzzFailure[] = [];
  let slowest = { index: from, ms: 0 };
  let firstBytes: number | undefined;
  const settledAt = from + Math.floor((count - from) / 4);
  let index = from;
  for (; index < count && failures.length < FAILURES_MAX; index += 1) {
    const input = inputOf(target, seed, index);
    const startedMs = now?.() ?? 0;
    try {
      read(input);
    } catch (thrown) {
      failures.push({ index, kind: "property", detail: textOf(thrown) });
      read = target.begin();
    }
    const ms = (now?.() ?? 0) - startedMs;
    if (ms > slowest.ms) slowest = { index, ms };
    if (ms > SLOW_MS) failures.push({ index, kind: "slow", detail: `${ms.toFixed(0)} ms` });
    if (index === settledAt) firstBytes = memory?.();
  }
  const grownBytes = firstBytes === undefined ? 0 : (memory?.() ?? 0) - firstBytes;
  if (grownBytes > GROWTH_BYTES_MAX)
    failures.push({
      index: count - 1,
      kind: "memory",
      detail: `${grownBytes} bytes more than after a quarter`,
    });
  return { target: run.target, inputs: index - from, failures, slowest, grownBytes };
}

/** The input with this number, the same from wherever one begins. */
function inputOf(target: FuzzTarget<unknown>, seed: number, index: number): unknown {
  // Far apart, so that two seeds, or two targets, do not share their inputs.
  const salt = Buffer.from(target.name).reduce((sum, byte) => Math.imul(sum, 31) + byte, 7);
  return target.make(seededRandom(Math.imul(seed ^ salt, 0x9e3779b1) + index));
}

/** An input, to be looked at. */
export function shownInput(name: string, seed: number, index: number): string {
  const target = targets.find((one) => one.name === name);
  if (target === undefined) throw new Error(`there is no target ${name}: ${targetNames.join(", ")}`);
  const text = (_key: string, value: unknown): unknown => {
    const { type, data } = (value ?? {}) as { type?: unknown; data?: unknown };
    return type === "Buffer" && Array.isArray(data)
      ? Buffer.from(data as number[]).toString("latin1")
      : value;
  };
  return `${JSON.stringify(inputOf(target, seed, index), text, 2)}\n`;
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}
