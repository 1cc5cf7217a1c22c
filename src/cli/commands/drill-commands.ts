// Failures made on purpose, and what clients see of them: drill, drill compare, demo, and the hidden prober.

import { buildCommand } from "@stricli/core";
import type { HapairContext } from "../context.ts";
import { assignment, jsonFlag, pairFileArgument, wholeNumber, yesFlag } from "../flags.ts";

/** Below this the undo would come before the fault has been seen. */
const UNDO_AFTER_LEAST_S = 5;

export interface DrillFlags {
  readonly lab?: boolean;
  readonly labName?: string;
  readonly scenario?: readonly string[];
  readonly repeat: number;
  readonly node?: readonly (readonly [string, string])[];
  readonly haproxy?: string;
  readonly file?: readonly (readonly [string, string])[];
  readonly suite: "bookworm" | "trixie";
  readonly profile?: "classic" | "fast";
  readonly output?: string;
  readonly budgetS: number;
  readonly outageBudgetMs: number;
  readonly undoAfterS: number;
  readonly trace?: string;
  readonly keep?: boolean;
  readonly list?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export const drillCommand = buildCommand<DrillFlags, [string?], HapairContext>({
  docs: {
    brief: "Make failures happen and measure what clients see",
    fullDescription: [
      "With --lab: boots real hosts on this machine, deploys the pair and drills every scenario.",
      "With --lab --node NAME=FILE (twice) --haproxy FILE: drills two keepalived.conf exactly as they are.",
      "Without --lab: drills the real nodes. Only scenarios that are named, only while the pair is redundant, and every fault undoes itself on the node.",
    ].join("\n"),
  },
  parameters: {
    flags: {
      lab: { kind: "boolean", optional: true, withNegated: false, brief: "In a lab on this machine" },
      labName: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "NAME",
        brief: "In this running lab, which stays up",
      },
      scenario: {
        kind: "parsed",
        parse: String,
        optional: true,
        variadic: ",",
        placeholder: "NAME",
        brief: "Only these scenarios (see --list)",
      },
      repeat: {
        kind: "parsed",
        parse: wholeNumber(1, "--repeat"),
        default: "1",
        placeholder: "N",
        brief: "Each scenario this often; medians are reported",
      },
      node: {
        kind: "parsed",
        parse: assignment,
        optional: true,
        variadic: true,
        placeholder: "NAME=FILE",
        brief: "A node's keepalived.conf as it is (with --lab)",
      },
      haproxy: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FILE",
        brief: "The haproxy.cfg that goes with --node",
      },
      file: {
        kind: "parsed",
        parse: assignment,
        optional: true,
        variadic: true,
        placeholder: "PATH=FILE",
        brief: "A further file for both nodes, with --node (a check script)",
      },
      suite: {
        kind: "enum",
        values: ["bookworm", "trixie"],
        default: "bookworm",
        brief: "Debian 12 or 13, in the lab",
      },
      profile: {
        kind: "enum",
        values: ["classic", "fast"],
        optional: true,
        brief: "Drill the pair as if it had this profile (with --lab)",
      },
      output: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FOLDER",
        brief: "Where the report and its raw records go (default: hapair-drill-TIME)",
      },
      budgetS: {
        kind: "parsed",
        parse: wholeNumber(10, "--budget-s"),
        default: "900",
        placeholder: "SECONDS",
        brief: "Real nodes: stop the drill after this long",
      },
      outageBudgetMs: {
        kind: "parsed",
        parse: wholeNumber(1, "--outage-budget-ms"),
        default: "15000",
        placeholder: "MS",
        brief: "Real nodes: stop, and undo, once clients have seen this much outage in all",
      },
      undoAfterS: {
        kind: "parsed",
        parse: wholeNumber(UNDO_AFTER_LEAST_S, "--undo-after-s"),
        default: "60",
        placeholder: "SECONDS",
        brief: "A node undoes a fault by itself after this long, whatever became of the drill",
      },
      trace: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FILE",
        brief: "Play a counterexample of hapair prove --trace-dir on real daemons (with --lab)",
      },
      keep: { kind: "boolean", optional: true, withNegated: false, brief: "Leave the lab up afterwards" },
      list: { kind: "boolean", optional: true, withNegated: false, brief: "List the scenarios" },
      yes: yesFlag,
      json: jsonFlag,
    },
    aliases: { o: "output", y: "yes" },
    positional: pairFileArgument,
  },
  loader: async () => (await import("../actions/drill.ts")).drill,
});

export const compareCommand = buildCommand<{ readonly json?: boolean }, [string, string], HapairContext>({
  docs: { brief: "Compare two drill reports" },
  parameters: {
    flags: { json: jsonFlag },
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "The earlier report.json", placeholder: "A", parse: String },
        { brief: "The later report.json", placeholder: "B", parse: String },
      ],
    },
  },
  loader: async () => (await import("../actions/drill.ts")).compare,
});

export interface DemoFlags {
  readonly repeat: number;
  readonly keep?: boolean;
  readonly output?: string;
  readonly sequential?: boolean;
  readonly json?: boolean;
}

export const demoCommand = buildCommand<DemoFlags, [], HapairContext>({
  docs: {
    brief:
      "The document's pair in the lab: as written, classic and fast, deployed, verified, drilled, reported",
  },
  parameters: {
    flags: {
      repeat: {
        kind: "parsed",
        parse: wholeNumber(1, "--repeat"),
        default: "1",
        placeholder: "N",
        brief: "Each scenario this often; medians are shown",
      },
      keep: {
        kind: "boolean",
        optional: true,
        withNegated: false,
        brief: "Leave the labs up and print how to look around",
      },
      output: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FOLDER",
        brief: "Where the report goes (default: hapair-report)",
      },
      sequential: {
        kind: "boolean",
        optional: true,
        withNegated: false,
        brief: "One lab after another instead of side by side",
      },
      json: jsonFlag,
    },
  },
  loader: async () => (await import("../actions/demo.ts")).demo,
});

export interface ProberFlags {
  readonly target: string;
  readonly intervalUs: number;
  readonly timeLimitMs: number;
  readonly kind: string;
  readonly output: string;
}

/** The drill starts this one itself, in a process of its own. */
export const proberCommand = buildCommand<ProberFlags, [], HapairContext>({
  docs: { brief: "The drill's open-loop client" },
  parameters: {
    flags: {
      target: { kind: "parsed", parse: String, brief: "ADDRESS:PORT" },
      intervalUs: {
        kind: "parsed",
        parse: wholeNumber(100, "--interval-us"),
        default: "2000",
        brief: "A new request this often",
      },
      timeLimitMs: {
        kind: "parsed",
        parse: wholeNumber(1, "--time-limit-ms"),
        default: "200",
        brief: "Each request's own limit",
      },
      kind: { kind: "parsed", parse: String, default: "http", brief: "http or tcp" },
      output: { kind: "parsed", parse: String, brief: "Where the raw record goes" },
    },
  },
  loader: async () => (await import("../actions/prober.ts")).prober,
});
