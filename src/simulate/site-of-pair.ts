// What a pair says of its agents and of planned work, as a site has it: the values that render gives the agents, the times that switch and maintenance
// go by. Rule: nothing is decided here that pair.yaml or policy decides.

import type { AgentOptions, MaintenanceSettings } from "../model/index.ts";
import { agentTimes, giveUpTimes } from "../policy/index.ts";
import type { ServerChecks, SiteAgents, SiteWork } from "./site.ts";

/** HAProxy's own defaults (configuration manual, 5.2: inter 2s, fall 3, rise 2). */
export const usualServerChecks: ServerChecks = { intervalUs: 2_000_000, fall: 3, rise: 2 };

/** The agents of a pair; `serverChecks`: as its haproxy.cfg has them. */
export function siteAgentsOf(
  { pollMs, rules }: Pick<AgentOptions, "pollMs" | "rules">,
  serverChecks: ServerChecks = usualServerChecks,
): SiteAgents {
  return {
    pollUs: pollMs * 1000,
    answerLimitUs: agentTimes.answerLimitMs * 1000,
    beatUs: agentTimes.beatMs * 1000,
    rules,
    times: giveUpTimes(agentTimes),
    serverChecks,
  };
}

/** How a pair's planned work goes about it. */
export function siteWorkOf({ lastResort, silenceS, limitS, drainS }: MaintenanceSettings): SiteWork {
  return {
    lastResort,
    silenceUs: silenceS * 1_000_000,
    limitUs: limitS * 1_000_000,
    drainUs: drainS * 1_000_000,
  };
}
