// Knowledge as plain JSON and back, for the log's snapshots. Rule: a snapshot that is not what it should be is none; the log is then read from its beginning.

import type { AgentEvent, Fact } from "../agent-api/index.ts";
import { emptyKnowledge, type Knowledge, setFact } from "./knowledge.ts";

export interface KnowledgeSnapshot {
  readonly nodes: readonly {
    readonly name: string;
    readonly log?: string;
    readonly sequence: number;
    readonly pastLogs: readonly string[];
    readonly facts: readonly (readonly [key: string, fact: Fact])[];
  }[];
  readonly recent: readonly AgentEvent[];
  readonly resolved: readonly (readonly [id: string, revision: number])[];
}

/** Who is heard is not part of it: that is found out anew by each run. */
export function knowledgeSnapshot(knowledge: Knowledge): KnowledgeSnapshot {
  return {
    nodes: [...knowledge.nodes].map(([name, node]) => ({
      name,
      ...(node.log === undefined ? {} : { log: node.log }),
      sequence: node.sequence,
      pastLogs: [...node.pastLogs],
      facts: [...node.facts],
    })),
    recent: [...knowledge.recent],
    resolved: [...knowledge.resolved],
  };
}

/** `value` was parsed from the agent's own file, whose checksum held; its shape is looked at all the same. Nodes that left the pair are left out. */
export function knowledgeFromSnapshot(
  value: unknown,
  node: string,
  nodes: readonly string[],
): Knowledge | undefined {
  if (!isSnapshot(value)) return undefined;
  const knowledge = emptyKnowledge(node, nodes);
  for (const stored of value.nodes) {
    const known = knowledge.nodes.get(stored.name);
    if (known === undefined) continue;
    if (stored.log !== undefined) known.log = stored.log;
    known.sequence = stored.sequence;
    known.pastLogs.push(...stored.pastLogs);
    for (const [key, fact] of stored.facts) setFact(known, key, fact);
  }
  knowledge.recent.push(...value.recent.filter((event) => knowledge.nodes.has(event.node)));
  for (const [id, revision] of value.resolved) knowledge.resolved.set(id, revision);
  return knowledge;
}

function isSnapshot(value: unknown): value is KnowledgeSnapshot {
  if (typeof value !== "object" || value === null) return false;
  const { nodes, recent, resolved } = value as Partial<Record<keyof KnowledgeSnapshot, unknown>>;
  return (
    Array.isArray(nodes) &&
    Array.isArray(recent) &&
    Array.isArray(resolved) &&
    nodes.every(isNodePart) &&
    recent.every((event: unknown) => typeof event === "object" && event !== null && "node" in event) &&
    resolved.every((pair: unknown) => Array.isArray(pair) && pair.length === 2)
  );
}

function isNodePart(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const part = value as Record<string, unknown>;
  return (
    typeof part["name"] === "string" &&
    typeof part["sequence"] === "number" &&
    Array.isArray(part["pastLogs"]) &&
    Array.isArray(part["facts"]) &&
    part["facts"].every((pair: unknown) => Array.isArray(pair) && pair.length === 2)
  );
}
