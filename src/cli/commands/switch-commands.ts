// Commands that move the VIP on purpose, or keep a node from it: switch, maintenance, roll.

import { buildCommand, buildRouteMap } from "@stricli/core";
import type { HapairContext } from "../context.ts";
import { jsonFlag, labFlag, pairFileArgument, timeSpan, yesFlag } from "../flags.ts";

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;

/** `60s`, `until-empty`. */
function drainTime(input: string): number | "until-empty" {
  return input === "until-empty" ? input : timeSpan(0, 12 * HOUR_S, "--drain")(input);
}

/** `30s`, `never`. */
function askTime(input: string): number | "never" {
  return input === "never" ? input : timeSpan(0, 12 * HOUR_S, "--ask")(input);
}

export interface MoveFlags {
  readonly drain?: number | "until-empty";
  readonly ask?: number | "never";
  readonly force?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly lab?: string;
}

const moveFlags = {
  drain: {
    kind: "parsed",
    parse: drainTime,
    optional: true,
    placeholder: "TIME",
    brief: "How long the old node's connections may take to end: 60s, 10m, until-empty (default: the file's)",
  },
  ask: {
    kind: "parsed",
    parse: askTime,
    optional: true,
    placeholder: "TIME",
    brief: "After this long those that are left are asked to leave, or never (default: half of --drain)",
  },
  force: {
    kind: "boolean",
    optional: true,
    withNegated: false,
    brief: "Go on in spite of what can be overridden, which is named",
  },
  yes: yesFlag,
  json: jsonFlag,
  lab: labFlag,
} as const;

export interface SwitchFlags extends MoveFlags {
  readonly to?: string;
  readonly router?: readonly string[];
}

export const switchCommand = buildCommand<SwitchFlags, [string?], HapairContext>({
  docs: {
    brief: "Move the VIP to the other node without breaking a connection",
    fullDescription:
      "Looks first and refuses with reasons; moves the VIP through keepalived; connections that are open live on at the old node until they end. Whatever happens to this command, the nodes put themselves right.",
  },
  parameters: {
    flags: {
      to: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "NODE",
        brief: "Who shall hold it (default: the other node)",
      },
      router: {
        kind: "parsed",
        parse: String,
        optional: true,
        variadic: true,
        placeholder: "NAME",
        brief: "Only this router's addresses",
      },
      ...moveFlags,
    },
    aliases: { y: "yes" },
    positional: pairFileArgument,
  },
  loader: async () => (await import("../actions/switch.ts")).switchOver,
});

const pairFlag = {
  kind: "parsed",
  parse: String,
  optional: true,
  placeholder: "FILE",
  brief: "The pair's file (default: pair.yaml)",
} as const;

export interface MaintenanceOnFlags extends MoveFlags {
  readonly pair?: string;
  readonly for?: number;
  readonly reason?: string;
  readonly stopHaproxy?: boolean;
}

const maintenanceOnFlags = {
  pair: pairFlag,
  for: {
    kind: "parsed",
    parse: timeSpan(60, 30 * DAY_S, "--for"),
    optional: true,
    placeholder: "TIME",
    brief: "It ends by itself after this long: 30m, 2h (default: the file's limit)",
  },
  reason: {
    kind: "parsed",
    parse: String,
    optional: true,
    placeholder: "TEXT",
    brief: "Why; shown in status, alerts and at login",
  },
  stopHaproxy: {
    kind: "boolean",
    optional: true,
    withNegated: false,
    brief: "Stop HAProxy softly once its connections have ended; the end of maintenance starts it",
  },
  ...moveFlags,
} as const;

const nodeThenCommand = {
  kind: "array",
  parameter: { brief: "The node; behind -- the command to run on it", placeholder: "NODE", parse: String },
  minimum: 1,
} as const;

const onCommand = buildCommand<MaintenanceOnFlags, string[], HapairContext>({
  docs: {
    brief: "Keep a node from the VIP, moving it away first; with a command, until that ends",
    fullDescription:
      "hapair maintenance on extlb-01 --for 2h --reason 'kernel upgrade'. With -- COMMAND it runs that on the node, ends maintenance with it and keeps its exit code.",
  },
  parameters: { flags: maintenanceOnFlags, aliases: { y: "yes", p: "pair" }, positional: nodeThenCommand },
  loader: async () => (await import("../actions/maintenance.ts")).on,
});

const runCommand = buildCommand<MaintenanceOnFlags, string[], HapairContext>({
  docs: { brief: "The same as on NODE -- COMMAND: maintenance for as long as the command runs" },
  parameters: { flags: maintenanceOnFlags, aliases: { y: "yes", p: "pair" }, positional: nodeThenCommand },
  loader: async () => (await import("../actions/maintenance.ts")).runCommand,
});

export interface MaintenanceOffFlags {
  readonly pair?: string;
  readonly json?: boolean;
  readonly lab?: string;
}

const offCommand = buildCommand<MaintenanceOffFlags, [string], HapairContext>({
  docs: { brief: "End a node's maintenance, and mend whatever a switchover left there" },
  parameters: {
    flags: { pair: pairFlag, json: jsonFlag, lab: labFlag },
    aliases: { p: "pair" },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "The node", placeholder: "NODE", parse: String }],
    },
  },
  loader: async () => (await import("../actions/maintenance.ts")).off,
});

const maintenanceStatusCommand = buildCommand<MaintenanceOffFlags, [], HapairContext>({
  docs: { brief: "Which nodes are under maintenance: who, why, until when, and what was left behind" },
  parameters: { flags: { pair: pairFlag, json: jsonFlag, lab: labFlag }, aliases: { p: "pair" } },
  loader: async () => (await import("../actions/maintenance.ts")).maintenanceStatus,
});

export const maintenanceRoutes = buildRouteMap({
  routes: { on: onCommand, off: offCommand, status: maintenanceStatusCommand, run: runCommand },
  docs: { brief: "Work on a node while the other one serves" },
});

export interface RollFlags extends MoveFlags {
  readonly pair?: string;
  readonly reason?: string;
  readonly timeout?: number;
}

export const rollCommand = buildCommand<RollFlags, string[], HapairContext>({
  docs: {
    brief: "Run a command on one node after the other, the standby first, while the pair serves",
    fullDescription:
      "hapair roll -- 'apt-get -y upgrade && systemctl reboot'. Each node: maintenance on, the command (it may reboot), a look at its health, maintenance off. The VIP moves before its holder's turn. Stops at the first failure.",
  },
  parameters: {
    flags: {
      pair: pairFlag,
      reason: maintenanceOnFlags.reason,
      timeout: {
        kind: "parsed",
        parse: timeSpan(10, DAY_S, "--timeout"),
        optional: true,
        placeholder: "TIME",
        brief: "How long the command, reboot included, may take on a node (default: 30m)",
      },
      ...moveFlags,
    },
    aliases: { y: "yes", p: "pair" },
    positional: {
      kind: "array",
      parameter: { brief: "The command, behind --", placeholder: "COMMAND", parse: String },
      minimum: 1,
    },
  },
  loader: async () => (await import("../actions/roll.ts")).roll,
});
