// Which incidents are open, out of what every node has told, and who sees to each: the owner, or who stands in for it. Pure.
// Rules: of one incident the highest revision counts; of two for the same thing the older one stays; both choices come out the same on every node.

import type { AgentSettings, Incident } from "../agent-api/index.ts";
import { hearingOf, incidentsTold, isFresh, type Knowledge } from "./knowledge.ts";

export function keyOf(incident: Pick<Incident, "condition" | "scope">): string {
  return `${incident.condition}/${incident.scope}`;
}

export interface OpenIncidents {
  readonly open: Map<string, Incident>;
  /** Opened by another node for a thing that has an older incident. */
  readonly doubled: readonly Incident[];
}

/** `known`: what was open after the last step. */
export function openIncidents(
  known: Iterable<Incident>,
  knowledge: Knowledge,
  settings: AgentSettings,
): OpenIncidents {
  const newest = new Map<string, Incident>();
  const take = (incident: Incident): void => {
    if (incident.phase === "resolved" || knowledge.resolved.has(incident.id)) return;
    const other = newest.get(incident.id);
    if (other === undefined || isNewer(incident, other, settings)) newest.set(incident.id, incident);
  };
  for (const incident of known) take(incident);
  for (const node of knowledge.nodes.keys()) incidentsTold(knowledge, node).forEach(take);
  const open = new Map<string, Incident>();
  const doubled: Incident[] = [];
  for (const incident of newest.values()) {
    const key = keyOf(incident);
    const other = open.get(key);
    const [stays, goes] =
      other === undefined || isOlder(incident, other) ? [incident, other] : [other, incident];
    open.set(key, stays);
    if (goes !== undefined) doubled.push(goes);
  }
  return { open, doubled };
}

function isNewer(left: Incident, right: Incident, settings: AgentSettings): boolean {
  if (left.revision !== right.revision) return left.revision > right.revision;
  const rank = (owner: string): number => settings.nodes.findIndex(({ name }) => name === owner);
  return rank(left.owner) < rank(right.owner);
}

function isOlder(left: Incident, right: Incident): boolean {
  return left.openedAtMs === right.openedAtMs ? left.id < right.id : left.openedAtMs < right.openedAtMs;
}

/** The most preferred node whose agent is heard; undefined: not known yet. */
export function pairOwner(knowledge: Knowledge, settings: AgentSettings): string | undefined {
  for (const { name } of settings.nodes) {
    const hearing = hearingOf(knowledge, name);
    if (hearing === "heard") return name;
    if (hearing === "unknown") return undefined;
  }
  return settings.node;
}

/** Who opens what concerns a node, or the pair where `node` is absent; undefined: not known yet. */
export function openerOf(
  knowledge: Knowledge,
  settings: AgentSettings,
  node: string | undefined,
): string | undefined {
  if (node !== undefined) {
    const hearing = hearingOf(knowledge, node);
    if (hearing === "heard") return node;
    if (hearing === "unknown") return undefined;
  }
  return pairOwner(knowledge, settings);
}

/** Who changes an open incident: its owner while that is heard and knows of it; undefined: not known yet. */
export function handlerOf(
  knowledge: Knowledge,
  settings: AgentSettings,
  incident: Incident,
): string | undefined {
  if (incident.owner === settings.node) return settings.node;
  switch (hearingOf(knowledge, incident.owner)) {
    case "heard":
      // An owner that lost its log knows nothing of it any more.
      return isFresh(knowledge, incident.owner) && !tells(knowledge, incident)
        ? settings.node
        : incident.owner;
    case "unknown":
      return incident.owner;
    case "silent":
      return pairOwner(knowledge, settings);
  }
}

function tells(knowledge: Knowledge, incident: Incident): boolean {
  return incidentsTold(knowledge, incident.owner).some(({ id }) => id === incident.id);
}
