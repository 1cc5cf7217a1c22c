// The command that tries everything: prove.

import { buildCommand } from "@stricli/core";
import { HapairError } from "../../base/index.ts";
import type { HapairContext } from "../context.ts";
import { jsonFlag, wholeNumber } from "../flags.ts";

export interface ProveFlags {
  readonly depth?: number;
  readonly overlap?: number;
  readonly overlaps?: number;
  readonly promise?: readonly string[];
  readonly outage?: readonly OutageWish[];
  readonly states?: number;
  readonly keepalived?: string;
  readonly list?: boolean;
  readonly traceDir?: string;
  readonly itf?: string;
  readonly json?: boolean;
}

/** `service-stop=2s`, or `2s` for every kind of fault. */
export interface OutageWish {
  readonly kind?: string;
  readonly limitUs: number;
}

function outageWish(input: string): OutageWish {
  const match = /^(?:([a-z-]+)=)?(\d{1,6}(?:\.\d{1,3})?)(ms|s)$/.exec(input);
  if (match === null)
    throw new HapairError({
      kind: "usage",
      code: "bad-flag",
      message: `--outage is a time such as 2s or 500ms, or one with a kind of fault, such as service-stop=2s, not "${input}"`,
    });
  const [, kind, amount, unit] = match;
  const limitUs = Math.round(Number(amount) * (unit === "ms" ? 1000 : 1_000_000));
  return { limitUs, ...(kind === undefined ? {} : { kind }) };
}

export const proveCommand = buildCommand<ProveFlags, string[], HapairContext>({
  docs: {
    brief:
      "Try every sequence of faults up to a depth: each promise is proved, or shown broken by the shortest story",
    fullDescription: [
      "Give it a pair.yaml, or the keepalived.conf of every node. What a pair.yaml promises is taken from it; foreign files promise that one healthy node has the VIP and no failback where they say nopreempt, and outages where --outage says so.",
      "Exit code 0: every promise is kept in all that was tried; 1: one is broken; 2: something could not be read. What is tried, and what a proof does not say: docs/reference/proofs.md.",
    ].join("\n\n"),
    customUsage: [
      { input: "[pair.yaml]", brief: "Every promise" },
      { input: "--outage 2s lb1.conf lb2.conf", brief: "Foreign files, with a promise of their page" },
      { input: "--promise no-failback --trace-dir traces", brief: "One promise, its story kept" },
    ],
  },
  parameters: {
    flags: {
      depth: {
        kind: "parsed",
        parse: wholeNumber(0, "--depth"),
        optional: true,
        placeholder: "N",
        brief: "Faults and repairs in a sequence at most (default: 4)",
      },
      overlap: {
        kind: "parsed",
        parse: wholeNumber(1, "--overlap"),
        optional: true,
        placeholder: "N",
        brief: "How many of them may come before the pair has come to rest (default: 2)",
      },
      overlaps: {
        kind: "parsed",
        parse: wholeNumber(0, "--overlaps"),
        optional: true,
        placeholder: "N",
        brief: "How often in a sequence they may come so close (default: 1)",
      },
      promise: {
        kind: "parsed",
        parse: String,
        optional: true,
        variadic: ",",
        placeholder: "NAME",
        brief: "Ask for these promises alone (see --list)",
      },
      outage: {
        kind: "parsed",
        parse: outageWish,
        optional: true,
        variadic: ",",
        placeholder: "KIND=TIME",
        brief: "How long clients may be without an answer after a fault of that kind, or of any (2s)",
      },
      states: {
        kind: "parsed",
        parse: wholeNumber(1, "--states"),
        optional: true,
        placeholder: "N",
        brief: "Give up after so many different states, to bound the memory (default: 3000000)",
      },
      keepalived: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "VERSION",
        brief: "The version of keepalived on the nodes (default: 2.2.7)",
      },
      list: { kind: "boolean", optional: true, withNegated: false, brief: "List the promises" },
      traceDir: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FOLDER",
        brief: "Write each counterexample there, for hapair simulate --trace",
      },
      itf: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FILE",
        brief: "Write the first counterexample as an ITF trace, for other tools",
      },
      json: jsonFlag,
    },
    positional: {
      kind: "array",
      parameter: {
        brief: "A pair.yaml, or keepalived.conf files and folders (default: pair.yaml)",
        placeholder: "FILE",
        parse: String,
      },
    },
  },
  loader: async () => (await import("../actions/prove.ts")).prove,
});
