// The command that answers "what will happen if ...?" without a server: simulate.

import { buildCommand } from "@stricli/core";
import type { HapairContext } from "../context.ts";
import { jsonFlag, wholeNumber } from "../flags.ts";

export interface SimulateFlags {
  readonly scenario?: string;
  readonly seed?: number;
  readonly seeds?: number;
  readonly keepalived?: string;
  readonly list?: boolean;
  readonly svg?: string;
  readonly trace?: string;
  readonly json?: boolean;
}

export const simulateCommand = buildCommand<SimulateFlags, string[], HapairContext>({
  docs: {
    brief: "Say what would happen if ...: play failures on a pair's files, without a server and without root",
    fullDescription: [
      "Give it a pair.yaml, or the keepalived.conf of every node. With --scenario one story is told as a timeline: what keepalived and HAProxy do on each node, what clients see, and why, to the microsecond. Without it every scenario that fits the pair is played from many beginnings, a line each.",
      "keepalived's state machine is simulated as the version behaves that --keepalived names; what is modelled and what is not: docs/reference/simulation.md. Where in its intervals the pair is when the story begins, the seed draws: the same seed gives the same bytes.",
    ].join("\n\n"),
    customUsage: [
      { input: "[pair.yaml]", brief: "Every scenario, a line each" },
      { input: "--scenario haproxy-stop [pair.yaml]", brief: "One scenario as a timeline" },
      { input: "--scenario mine.yaml lb1.conf lb2.conf", brief: "A scenario file on foreign files" },
    ],
  },
  parameters: {
    flags: {
      scenario: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "NAME|FILE.yaml",
        brief: "A built-in scenario (see --list), or a scenario file (docs/reference/scenario-files.md)",
      },
      seed: {
        kind: "parsed",
        parse: wholeNumber(0, "--seed"),
        optional: true,
        placeholder: "N",
        brief: "Where in its intervals the pair is at the beginning (default: 1)",
      },
      seeds: {
        kind: "parsed",
        parse: wholeNumber(1, "--seeds"),
        optional: true,
        placeholder: "COUNT",
        brief: "How many beginnings the figures are of (default: 15)",
      },
      keepalived: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "VERSION",
        brief: "The version of keepalived on the nodes (default: 2.2.7)",
      },
      list: { kind: "boolean", optional: true, withNegated: false, brief: "List the scenarios that fit" },
      svg: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FILE",
        brief: "Write the timeline as a picture too (with --scenario or --trace)",
      },
      trace: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FILE",
        brief: "Play a counterexample that hapair prove has found (its --trace-dir)",
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
  loader: async () => (await import("../actions/simulate.ts")).simulate,
});
