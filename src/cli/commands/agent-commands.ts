// Commands that ask the agents: why, history, alert test. None of them changes how the pair runs.

import { buildCommand, buildRouteMap } from "@stricli/core";
import type { HapairContext } from "../context.ts";
import { jsonFlag, labFlag, pairFileArgument, wholeNumber } from "../flags.ts";

interface AgentFlags {
  readonly json?: boolean;
  readonly lab?: string;
}

const MOMENT = '10:42:07, "2026-01-31 10:00", "10 min ago" (UTC)';

export interface WhyFlags extends AgentFlags {
  readonly at?: string;
}

export const whyCommand = buildCommand<WhyFlags, [string?], HapairContext>({
  docs: { brief: "Why the VIP last moved: what happened on both nodes, in order, with the evidence" },
  parameters: {
    flags: {
      json: jsonFlag,
      lab: labFlag,
      at: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "TIME",
        brief: `The last move at or before then: ${MOMENT}`,
      },
    },
    positional: pairFileArgument,
  },
  loader: async () => (await import("../actions/agent.ts")).why,
});

export interface HistoryFlags extends AgentFlags {
  readonly since?: string;
  readonly limit?: number;
}

export const historyCommand = buildCommand<HistoryFlags, [string?], HapairContext>({
  docs: { brief: "The moves of the VIP, each with its outage and its cause" },
  parameters: {
    flags: {
      json: jsonFlag,
      lab: labFlag,
      since: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "TIME",
        brief: `Moves from then on: ${MOMENT}; default: all that are recorded`,
      },
      limit: {
        kind: "parsed",
        parse: wholeNumber(1, "--limit"),
        optional: true,
        placeholder: "N",
        brief: "At most this many moves, the newest (default 20)",
      },
    },
    aliases: { n: "limit" },
    positional: pairFileArgument,
  },
  loader: async () => (await import("../actions/agent.ts")).history,
});

export interface AlertTestFlags extends AgentFlags {
  readonly route?: string;
}

const alertTestCommand = buildCommand<AlertTestFlags, [string?], HapairContext>({
  docs: { brief: "Send a test along every alert route from every node, and show what came back" },
  parameters: {
    flags: {
      json: jsonFlag,
      lab: labFlag,
      route: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "NAME",
        brief: "Only along this route",
      },
    },
    positional: pairFileArgument,
  },
  loader: async () => (await import("../actions/agent.ts")).alertTest,
});

export const alertRoutes = buildRouteMap({
  routes: { test: alertTestCommand },
  docs: { brief: "Alerts: whether they arrive" },
});
