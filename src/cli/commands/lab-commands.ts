// The lab: real hosts in network namespaces on this machine.

import { buildCommand, buildRouteMap } from "@stricli/core";
import type { HapairContext } from "../context.ts";
import { jsonFlag, pairFileArgument } from "../flags.ts";

export interface LabUpFlags {
  readonly name?: string;
  readonly suite: "bookworm" | "trixie";
  readonly sudoOnly?: readonly string[];
  readonly firewalld?: boolean;
  readonly apply?: boolean;
  readonly json?: boolean;
}

const nameFlag = {
  kind: "parsed",
  parse: String,
  optional: true,
  placeholder: "NAME",
  brief: "The lab's name (default: the pair's)",
} as const;

const labUp = buildCommand<LabUpFlags, [string?], HapairContext>({
  docs: { brief: "Boot the pair's hosts, two back ends and a client; they run until lab down" },
  parameters: {
    flags: {
      name: nameFlag,
      suite: { kind: "enum", values: ["bookworm", "trixie"], default: "bookworm", brief: "Debian 12 or 13" },
      sudoOnly: {
        kind: "parsed",
        parse: String,
        optional: true,
        variadic: true,
        placeholder: "NODE",
        brief: "Give this node a login that is not root and may sudo",
      },
      firewalld: { kind: "boolean", optional: true, withNegated: false, brief: "Run firewalld on the hosts" },
      apply: {
        kind: "boolean",
        optional: true,
        withNegated: false,
        brief: "Deploy the pair once the hosts are up",
      },
      json: jsonFlag,
    },
    positional: pairFileArgument,
  },
  loader: async () => (await import("../actions/lab.ts")).up,
});

export interface LabNameFlags {
  readonly json?: boolean;
}

const nameArgument = {
  kind: "tuple",
  parameters: [
    { brief: "The lab's name (default: the only one)", placeholder: "NAME", parse: String, optional: true },
  ],
} as const;

const labDown = buildCommand<{ readonly all?: boolean }, [string?], HapairContext>({
  docs: { brief: "End a lab and everything it made" },
  parameters: {
    flags: {
      all: { kind: "boolean", optional: true, withNegated: false, brief: "Every lab on this machine" },
    },
    positional: nameArgument,
  },
  loader: async () => (await import("../actions/lab.ts")).down,
});

const labStatus = buildCommand<LabNameFlags, [], HapairContext>({
  docs: { brief: "The labs on this machine and their hosts" },
  parameters: { flags: { json: jsonFlag } },
  loader: async () => (await import("../actions/lab.ts")).labStatus,
});

export interface LabShellFlags {
  readonly lab?: string;
}

const labShell = buildCommand<LabShellFlags, string[], HapairContext>({
  docs: { brief: "A root shell on a lab's host, or at its client; with a command, run just that" },
  parameters: {
    flags: { lab: nameFlag },
    positional: {
      kind: "array",
      parameter: { brief: 'A node\'s name, or "client"; then a command', placeholder: "NODE", parse: String },
      minimum: 1,
    },
  },
  loader: async () => (await import("../actions/lab.ts")).shell,
});

/** What can be done to a lab's host by hand; the words of the scenarios. */
export const labFaults = [
  "power-off",
  "power-on",
  "cut-cable",
  "restore-cable",
  "freeze",
  "thaw",
  "block-vrrp-in",
  "block-vrrp",
  "unblock-vrrp",
] as const;
export type LabFault = (typeof labFaults)[number];

const labFault = buildCommand<LabShellFlags, [string, string], HapairContext>({
  docs: { brief: `Make a fault on a lab's host, or mend it: ${labFaults.join(", ")}` },
  parameters: {
    flags: { lab: nameFlag },
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "A node's name", placeholder: "NODE", parse: String },
        { brief: "What is done to it", placeholder: "FAULT", parse: String },
      ],
    },
  },
  loader: async () => (await import("../actions/lab.ts")).fault,
});

export const labRoutes = buildRouteMap({
  routes: { up: labUp, down: labDown, status: labStatus, shell: labShell, fault: labFault },
  docs: { brief: "Real hosts on this machine to try a pair on" },
});
