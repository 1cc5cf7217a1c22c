// What a pair says of its agents and of planned work, as a site has it: the values that render gives the agents, the times that switch and maintenance
// go by. Rule: nothing is decided here that pair.yaml or policy decides.

import { type CheckTimes, readCheckTimes, usualCheckTimes } from "../haproxy/index.ts";
import type { AgentOptions, MaintenanceSettings } from "../model/index.ts";
import { agentTimes, giveUpTimes } from "../policy/index.ts";
import type { ServerChecks, SiteAgents, SiteWork } from "./site.ts";

export const usualServerChecks: ServerChecks = serverChecks(usualCheckTimes);

function serverChecks({ intervalMs, fall, rise }: CheckTimes): ServerChecks {
  return { intervalUs: intervalMs * 1000, fall, rise };
}

/** The checks of the back ends that rules ask for; where they differ, the slowest. */
export function serverChecksOf({ rules }: Pick<AgentOptions, "rules">, haproxyConfig: string): ServerChecks {
  const times = readCheckTimes(haproxyConfig);
  const asked = rules.flatMap(({ limit }) => {
    const found = limit.kind === "servers-up" ? times.get(limit.backend) : undefined;
    return found === undefined ? [] : [serverChecks(found)];
  });
  const [first = usualServerChecks, ...others] = asked;
  return others.reduce(
    (slowest, one) => (one.intervalUs * one.fall > slowest.intervalUs * slowest.fall ? one : slowest),
    first,
  );
}

/** The agents of a pair; `checks`: as its haproxy.cfg has them. */
export function siteAgentsOf(
  { pollMs, rules }: Pick<AgentOptions, "pollMs" | "rules">,
  checks: ServerChecks = usualServerChecks,
): SiteAgents {
  return {
    pollUs: pollMs * 1000,
    answerLimitUs: agentTimes.answerLimitMs * 1000,
    beatUs: agentTimes.beatMs * 1000,
    rules,
    times: giveUpTimes(agentTimes),
    serverChecks: checks,
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
