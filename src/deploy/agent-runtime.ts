// What the agent needs of a node. Rule: where something is missing nothing is changed, and the command that installs it is named.

import { HapairError } from "../base/index.ts";
import type { Pair } from "../model/index.ts";
import { agentNodeMajorMin, platformOf, platforms } from "../render/index.ts";
import type { NodeFacts } from "./facts.ts";

/** LoadCredential=, by which the agent gets its secrets (systemd's NEWS, 247). */
const SYSTEMD_MIN = 247;

/** Throws one HapairError (`package-missing`) for every node where the agent could not run; nothing for a pair without one. */
export function requireAgentRuntime(pair: Pair, all: Iterable<NodeFacts>): void {
  if (pair.agent === undefined) return;
  const problems: string[] = [];
  const cures: string[] = [];
  for (const facts of all) {
    const { node, systemd } = facts.versions;
    const named = `${facts.node} (${facts.distribution.name})`;
    if (systemd !== undefined && Number(systemd) < SYSTEMD_MIN)
      problems.push(`${named}: the agent needs systemd ${SYSTEMD_MIN} or newer, and this is ${systemd}`);
    const major = Number(/^(\d+)/.exec(node ?? "")?.[1] ?? 0);
    if (major >= agentNodeMajorMin) continue;
    const platform = platformOf(facts.distribution.id, facts.distribution.idLike) ?? platforms.debian;
    const found =
      node === undefined ? `${platform.nodeProgram} is not there` : `${platform.nodeProgram} is ${node}`;
    problems.push(`${named}: the agent needs Node.js ${agentNodeMajorMin} or newer, and ${found}`);
    cures.push(`on ${facts.node}: ${platform.nodeInstallCommand}`);
  }
  if (problems.length === 0) return;
  throw new HapairError({
    kind: "unreachable",
    code: "package-missing",
    message: problems.join("; "),
    hint:
      cures.length === 0
        ? "Nothing was changed. Without agent, alerts and traffic in the pair's file the nodes are as good as before."
        : `Nothing was changed. Install, then run the command again: ${cures.join("; ")}`,
  });
}
