// What must hold for every input: nothing thrown, no byte lost, an answer in bounded time. Used by the test and by npm run fuzz.

import { sourceText } from "../../src/diagnostics/index.ts";
import {
  effectiveConfig,
  keepalivedVersions,
  parseConfig,
  printConfig,
  readConfiguration,
} from "../../src/keepalived/index.ts";
import { lintNodes } from "../../src/lint/index.ts";
import { fuzzedConfiguration } from "./configurations.ts";

export interface FuzzFailure {
  readonly index: number;
  readonly kind: "thrown" | "byte lost" | "slow";
  readonly detail: string;
}

const SLOW_MS = 100;

/** Rules cost more than reading and break less: one input in so many is linted, all are read. */
const LINTED_EACH = 4;

/** Tries the input; undefined where all is well. `now` (milliseconds) is given where time counts. */
export function fuzzOne(seed: number, index: number, now?: () => number): FuzzFailure | undefined {
  const text = fuzzedConfiguration(seed, index);
  const startedAt = now?.() ?? 0;
  try {
    const cst = parseConfig(text);
    if (printConfig(cst) !== text)
      return { index, kind: "byte lost", detail: "printed differs from what was parsed" };
    const expanded = effectiveConfig(cst, { configId: "lb1" });
    const again = printConfig(expanded);
    if (printConfig(parseConfig(again)) !== again)
      return { index, kind: "byte lost", detail: "the expanded text differs when parsed again" };
    const other = index % 8 === 0 ? fuzzedConfiguration(seed, index + 1) : undefined;
    const inputs = [text, other].flatMap((each, node) =>
      each === undefined ? [] : [{ name: `lb${node + 1}`, main: sourceText(`lb${node + 1}.conf`, each) }],
    );
    // Every version is another reading; most inputs are asked of one, in turn.
    const version = keepalivedVersions[index % keepalivedVersions.length];
    if (index % LINTED_EACH !== 0) {
      readConfiguration(sourceText("lb1.conf", text), version === undefined ? {} : { version });
      return slowness(index, startedAt, now);
    }
    const options = index % 16 === 0 || version === undefined ? {} : { keepalived: version };
    for (const diagnostic of lintNodes(inputs, options).diagnostics) {
      const length = diagnostic.file === "lb2.conf" ? (other ?? "").length : text.length;
      const { start = 0, end = 0 } = diagnostic.span ?? {};
      if (start < 0 || end < start || end > length)
        return {
          index,
          kind: "thrown",
          detail: `${diagnostic.code} points outside the file (${start}..${end} of ${length})`,
        };
    }
  } catch (thrown) {
    return {
      index,
      kind: "thrown",
      detail: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
    };
  }
  return slowness(index, startedAt, now);
}

function slowness(index: number, startedAt: number, now?: () => number): FuzzFailure | undefined {
  const took = (now?.() ?? 0) - startedAt;
  return took > SLOW_MS ? { index, kind: "slow", detail: `${took.toFixed(0)} ms` } : undefined;
}
