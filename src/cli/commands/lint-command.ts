// The command that needs least and is tried first: lint.

import { buildCommand } from "@stricli/core";
import { HapairError, sentenceList } from "../../base/index.ts";
import type { HapairContext } from "../context.ts";
import { jsonFlag } from "../flags.ts";

export const lintFormats = ["text", "json", "sarif", "github", "junit"] as const;
export type LintFormat = (typeof lintFormats)[number];

export interface LintFlags {
  readonly haproxy?: readonly string[];
  readonly keepalived?: string;
  readonly configId?: string;
  readonly nonlocalBind?: "on" | "off";
  readonly promise?: number;
  readonly prove?: boolean;
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  readonly add?: readonly string[];
  readonly all?: boolean;
  readonly severity?: readonly (readonly [string, "error" | "warning" | "advice"])[];
  readonly failOn: "error" | "warning" | "advice";
  readonly fix?: boolean;
  readonly dryRun?: boolean;
  readonly format: LintFormat;
  readonly json?: boolean;
}

const list = { kind: "parsed", parse: String, optional: true, variadic: "," } as const;

/** CODE=SEVERITY, as in --severity HP405=error. */
function severityAssignment(input: string): readonly [string, "error" | "warning" | "advice"] {
  const [rule = "", severity] = input.split("=");
  if (rule !== "" && (severity === "error" || severity === "warning" || severity === "advice"))
    return [rule, severity];
  throw new HapairError({
    kind: "usage",
    code: "bad-flag",
    message: `write CODE=SEVERITY, not "${input}"`,
    hint: `A severity is ${sentenceList(["error", "warning", "advice"])}: --severity HP405=error`,
  });
}

/** `2s`, `2.5s` or `500ms`, in milliseconds. */
function milliseconds(input: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(input);
  if (match !== null) return Number(match[1]) * (match[2] === "s" ? 1000 : 1);
  throw new HapairError({
    kind: "usage",
    code: "bad-flag",
    message: `--promise is a time such as 2s or 500ms, not "${input}"`,
  });
}

export const lintCommand = buildCommand<LintFlags, string[], HapairContext>({
  docs: {
    brief: "Find what is wrong with a pair's configuration files, without a server and without root",
    fullDescription: [
      "Give it the keepalived.conf of every node (in any order), a folder that holds them, a pair.yaml, or - for standard input.",
      "Files that belong together are found and compared. Exit code 0: nothing found, or advice alone (see --fail-on); 1: findings; 2: something could not be read.",
      "A comment silences a finding and says why: # hapair-ignore HP405: the proxy has a second check",
    ].join("\n"),
  },
  parameters: {
    flags: {
      haproxy: {
        ...list,
        placeholder: "FILE",
        brief: "The nodes' haproxy.cfg, in the order of the nodes, or one for all",
      },
      keepalived: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "VERSION",
        brief:
          "The version of keepalived that will read the files (default: every one in use; findings say where it matters)",
      },
      configId: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "NAME",
        brief: "What @NAME conditions are compared with (default: every name in the file is a node)",
      },
      nonlocalBind: {
        kind: "enum",
        values: ["on", "off"],
        optional: true,
        brief: "net.ipv4.ip_nonlocal_bind on the nodes, if you know it",
      },
      promise: {
        kind: "parsed",
        parse: milliseconds,
        optional: true,
        placeholder: "TIME",
        brief:
          "How long a failed service may take to move the address (2s, 500ms); longer is a finding (default: 10 s)",
      },
      prove: {
        kind: "boolean",
        optional: true,
        withNegated: false,
        brief:
          "Try sequences of two faults as well: promises they break are findings (HP7; deeper: hapair prove)",
      },
      only: {
        ...list,
        placeholder: "RULE",
        brief: "Ask these rules alone: HP108, weight-under-nopreempt, HP4",
      },
      skip: { ...list, placeholder: "RULE", brief: "Do not ask these rules" },
      add: { ...list, placeholder: "RULE", brief: "Ask these optional rules as well" },
      all: { kind: "boolean", optional: true, withNegated: false, brief: "Ask the optional rules as well" },
      severity: {
        kind: "parsed",
        parse: severityAssignment,
        optional: true,
        variadic: ",",
        placeholder: "RULE=SEVERITY",
        brief: "Count a rule's findings as error, warning or advice",
      },
      failOn: {
        kind: "enum",
        values: ["error", "warning", "advice"],
        default: "warning",
        brief: "The least severity that makes the exit code 1",
      },
      fix: {
        kind: "boolean",
        optional: true,
        withNegated: false,
        brief: "Mend what can be mended without doing other harm",
      },
      dryRun: {
        kind: "boolean",
        optional: true,
        withNegated: false,
        brief: "With --fix: show the changes, write nothing",
      },
      format: { kind: "enum", values: lintFormats, default: "text", brief: "How the findings are written" },
      json: jsonFlag,
    },
    positional: {
      kind: "array",
      minimum: 0,
      parameter: {
        brief: "keepalived.conf files, folders, a pair.yaml, or - (default: pair.yaml)",
        placeholder: "FILE",
        parse: String,
      },
    },
  },
  loader: async () => (await import("../actions/lint.ts")).lint,
});
