// The agent's files on a node: its user, its program, its settings, its unit. Rule: without an agent in the pair there is none of them.

import { assert } from "../base/index.ts";
import type { Pair, PairNode } from "../model/index.ts";
import { agentSettings } from "./agent-settings.ts";
import { renderAgentUnit } from "./agent-unit.ts";
import { type MakeFile, type NodeFile, withMarkInComment } from "./node-file.ts";
import { agentPaths, agentUser } from "./paths.ts";
import type { Platform } from "./platform.ts";

export interface AgentInputs {
  /** The text of the agent's program. */
  readonly program: string;
  /** By the secret's name (model's agentSecrets): its value. */
  readonly secrets: ReadonlyMap<string, string>;
  /** By path as the pair's file has it: templates and authorities. */
  readonly texts: ReadonlyMap<string, string>;
}

export interface AgentFilesRequest {
  readonly pair: Pair;
  readonly node: PairNode;
  readonly platform: Platform;
  readonly inputs: AgentInputs | undefined;
  readonly made: MakeFile;
}

/** The agent's user comes before what belongs to it. */
export function agentUserFiles(pair: Pair, made: MakeFile): NodeFile[] {
  if (pair.agent === undefined) return [];
  const line = `u ${agentUser} - "hapair's agent"\n`;
  return [made(agentPaths.users, 0o644, "sysusers", line)];
}

/** Program, settings and unit. */
export function agentFiles({ pair, node, platform, inputs, made }: AgentFilesRequest): NodeFile[] {
  const { agent } = pair;
  if (agent === undefined) return [];
  assert(inputs !== undefined, "a pair with an agent is rendered with the agent's program and secrets");
  const settings = agentSettings({ pair, node, platform, agent, inputs });
  const usesSendmail = agent.alerts.routes.some(({ target }) => target.kind === "sendmail");
  return [
    {
      ...made(agentPaths.program, 0o644, "agent", ""),
      content: withMarkInComment(pair.name, inputs.program),
      isProgram: true,
    },
    made(
      agentPaths.settings,
      0o600,
      "agent",
      `${JSON.stringify(settings, undefined, 2)}\n`,
      secretTexts(inputs.secrets.values()),
    ),
    made(agentPaths.unit, 0o644, "agent", renderAgentUnit(platform, { usesSendmail })),
  ];
}

/** The secrets as they stand in JSON, so that each is found there and masked. */
function secretTexts(secrets: Iterable<string>): string[] {
  return [...secrets].map((secret) => JSON.stringify(secret).slice(1, -1));
}
