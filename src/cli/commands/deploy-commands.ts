// Commands that change nodes, or say how they would: plan, apply, remove.

import { buildCommand } from "@stricli/core";
import type { HapairContext } from "../context.ts";
import { jsonFlag, labFlag, pairFileArgument, yesFlag } from "../flags.ts";

export interface PlanFlags {
  readonly json?: boolean;
  readonly lab?: string;
}

export const planCommand = buildCommand<PlanFlags, [string?], HapairContext>({
  docs: { brief: "Show what apply would change, file by file, and in which order" },
  parameters: { flags: { json: jsonFlag, lab: labFlag }, positional: pairFileArgument },
  loader: async () => (await import("../actions/deploy.ts")).plan,
});

export interface ApplyFlags extends PlanFlags {
  readonly yes?: boolean;
}

const changingFlags = { json: jsonFlag, lab: labFlag, yes: yesFlag } as const;

export const applyCommand = buildCommand<ApplyFlags, [string?], HapairContext>({
  docs: {
    brief: "Bring the nodes to what the file says: standby first, checked before anything is replaced",
    fullDescription:
      "Shows the plan, asks (unless --yes or no terminal), does exactly that. A failing step puts that node's files back.",
  },
  parameters: { flags: changingFlags, aliases: { y: "yes" }, positional: pairFileArgument },
  loader: async () => (await import("../actions/deploy.ts")).apply,
});

export const removeCommand = buildCommand<ApplyFlags, [string?], HapairContext>({
  docs: { brief: "Give the nodes back as they were before the first apply" },
  parameters: { flags: changingFlags, aliases: { y: "yes" }, positional: pairFileArgument },
  loader: async () => (await import("../actions/deploy.ts")).remove,
});
