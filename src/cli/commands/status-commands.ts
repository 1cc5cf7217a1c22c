// Commands that look at a running pair and change nothing: verify, status, logs.

import { buildCommand } from "@stricli/core";
import type { HapairContext } from "../context.ts";
import { jsonFlag, labFlag, pairFileArgument, wholeNumber } from "../flags.ts";

export interface VerifyFlags {
  readonly json?: boolean;
  readonly lab?: string;
}

export const verifyCommand = buildCommand<VerifyFlags, [string?], HapairContext>({
  docs: { brief: "Check the running pair, line by line, with the evidence" },
  parameters: { flags: { json: jsonFlag, lab: labFlag }, positional: pairFileArgument },
  loader: async () => (await import("../actions/status.ts")).verify,
});

export interface StatusFlags extends VerifyFlags {
  readonly watch?: boolean;
}

export const statusCommand = buildCommand<StatusFlags, [string?], HapairContext>({
  docs: { brief: "One screen: who holds the VIP, how every node is, redundant or not and why" },
  parameters: {
    flags: {
      json: jsonFlag,
      lab: labFlag,
      watch: {
        kind: "boolean",
        optional: true,
        withNegated: false,
        brief: "Repeat every second until Ctrl-C",
      },
    },
    aliases: { w: "watch" },
    positional: pairFileArgument,
  },
  loader: async () => (await import("../actions/status.ts")).status,
});

export interface LogsFlags extends VerifyFlags {
  readonly follow?: boolean;
  readonly since?: string;
  readonly lines?: number;
}

export const logsCommand = buildCommand<LogsFlags, [string?], HapairContext>({
  docs: { brief: "keepalived's and HAProxy's journals of all nodes, merged by time" },
  parameters: {
    flags: {
      json: jsonFlag,
      lab: labFlag,
      follow: { kind: "boolean", optional: true, withNegated: false, brief: "Go on as new lines come" },
      since: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "TIME",
        brief: 'As journalctl understands it: "10 min ago", "2026-01-31 10:00"',
      },
      lines: {
        kind: "parsed",
        parse: wholeNumber(1, "--lines"),
        optional: true,
        placeholder: "N",
        brief: "At most this many lines a node (default 100)",
      },
    },
    aliases: { f: "follow", n: "lines" },
    positional: pairFileArgument,
  },
  loader: async () => (await import("../actions/status.ts")).logs,
});
