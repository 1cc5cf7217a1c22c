// Merges what was seen on the nodes into one answer: who holds each VIP, how every node is, whether one node may fail now.
// Pure. Rule: what was not seen is said to be unknown; nothing is called fine that was not seen to be fine.

import { sentenceList, unreachable } from "../base/index.ts";
import type { Pair, Router } from "../model/index.ts";
import { type AgentsStatus, agentsStatus } from "./agent-sight.ts";
import { type DrainStatus, drainsOf, maintenanceText } from "./maintenance-status.ts";
import { inOurTime, type NodeStatus, nodeStatus } from "./node-status.ts";
import type { NodeObservation, Sighting } from "./observation.ts";
import { configurationDifferences } from "./configuration-differences.ts";

/**
 * one-holder: as it should be · split-brain: several nodes hold one VIP · no-holder: none does, and every node was seen ·
 * divided: the router's VIPs lie on different nodes · unknown: no holder seen, and a node could not be asked
 */
export type HolderVerdict = "one-holder" | "split-brain" | "no-holder" | "divided" | "unknown";

export interface VipStatus {
  readonly name: string;
  readonly address: string;
  /** Nodes that have the address on a network interface. */
  readonly holders: readonly string[];
}

export interface RouterStatus {
  readonly router: string;
  readonly vrid: number;
  readonly vips: readonly VipStatus[];
  /** Nodes that hold any of its VIPs. */
  readonly holders: readonly string[];
  readonly verdict: HolderVerdict;
  /** The verdict in a sentence. */
  readonly text: string;
  /** Since when the one holder is MASTER, where it is known; milliseconds of the asking machine's wall clock. */
  readonly sinceMs?: number;
}

export interface Redundancy {
  readonly answer: "yes" | "no";
  /** Why not, each a clause that names the node. */
  readonly reasons: readonly string[];
  /** Nothing but maintenance keeps the pair from being redundant: it was asked for, and is no fault. */
  readonly planned?: true;
}

/** The whole answer; also what `status --json` prints. */
export interface PairStatus {
  readonly pair: string;
  readonly profile: string;
  /** The asking machine's wall clock. */
  readonly observedAtMs: number;
  readonly redundant: Redundancy;
  readonly routers: readonly RouterStatus[];
  readonly nodes: readonly NodeStatus[];
  /** Connections that end on the node which no longer holds the VIP. */
  readonly drains: readonly DrainStatus[];
  /** What the agents say; absent: the pair has none. */
  readonly agents?: AgentsStatus;
}

/** Judges sightings of one moment. `observedAtMs`: the asking machine's wall clock. */
export function pairStatus(pair: Pair, sightings: readonly Sighting[], observedAtMs: number): PairStatus {
  const nodes = pair.nodes.map((node) =>
    nodeStatus(
      pair,
      node,
      sightings.find((sighting) => sighting.node === node.name),
    ),
  );
  const seen = sightings.flatMap((sighting) => (sighting.kind === "seen" ? [sighting.observation] : []));
  const routers = pair.routers.map((router) => routerStatus(pair, router, nodes, seen));
  const agents = agentsStatus(pair, seen);
  const maintained = nodes.flatMap(({ node, maintenance }) =>
    maintenance === undefined ? [] : [maintenanceText(node, maintenance, observedAtMs)],
  );
  const faults = [
    ...routers.flatMap((router) => (router.verdict === "one-holder" ? [] : [router.text])),
    ...nodes.flatMap((node) => node.troubles.map((trouble) => `${node.node}: ${trouble}`)),
    ...configurationDifferences(pair, seen).map((difference) => difference.text),
  ];
  const reasons = [...maintained, ...faults];
  const holders = new Set(routers.flatMap((router) => router.holders));
  return {
    pair: pair.name,
    profile: pair.profile,
    observedAtMs,
    redundant: {
      answer: reasons.length === 0 ? "yes" : "no",
      reasons,
      ...(maintained.length > 0 && faults.length === 0 ? { planned: true } : {}),
    },
    routers,
    nodes,
    drains: drainsOf(seen.map(inOurTime), [...holders]),
    ...(agents === undefined ? {} : { agents }),
  };
}

/** Names of the seen nodes that have the address. A VIP on `lo` belongs to a switchover that drains and is not held. */
export function holdersOf(address: string, seen: readonly NodeObservation[]): string[] {
  return seen
    .filter((observation) =>
      observation.addresses.some((held) => held.address === address && held.interface !== "lo"),
    )
    .map((observation) => observation.node);
}

function routerStatus(
  pair: Pair,
  router: Router,
  nodes: readonly NodeStatus[],
  seen: readonly NodeObservation[],
): RouterStatus {
  const vips = [...router.vips, ...router.excludedVips].map((vip) => ({
    name: vip.name,
    address: vip.address.text,
    holders: holdersOf(vip.address.text, seen),
  }));
  const holders = pair.nodes
    .map((node) => node.name)
    .filter((name) => vips.some((vip) => vip.holders.includes(name)));
  const unseen = nodes.filter((node) => !node.reachable).map((node) => node.node);
  const verdict = verdictOf(vips, holders, unseen.length > 0);
  const since = nodes
    .find((node) => verdict === "one-holder" && node.node === holders[0])
    ?.instances.find((instance) => instance.router === router.name && instance.state === "MASTER")?.sinceMs;
  return {
    router: router.name,
    vrid: router.id,
    vips,
    holders,
    verdict,
    text: verdictText(verdict, router, vips, nodes),
    ...(since === undefined ? {} : { sinceMs: since }),
  };
}

function verdictOf(
  vips: readonly VipStatus[],
  holders: readonly string[],
  someUnseen: boolean,
): HolderVerdict {
  if (vips.some((vip) => vip.holders.length > 1)) return "split-brain";
  if (holders.length > 1 || (holders.length === 1 && vips.some((vip) => vip.holders.length === 0)))
    return "divided";
  if (holders.length === 1) return "one-holder";
  return someUnseen ? "unknown" : "no-holder";
}

function verdictText(
  verdict: HolderVerdict,
  router: Router,
  vips: readonly VipStatus[],
  nodes: readonly NodeStatus[],
): string {
  const addresses = sentenceList(vips.map((vip) => vip.address));
  switch (verdict) {
    case "one-holder": {
      const unseen = nodes.filter((node) => !node.reachable).map((node) => node.node);
      const doubt =
        unseen.length === 0 ? "" : ` (and perhaps ${sentenceList(unseen, "or")}, which cannot be asked)`;
      return `${sentenceList(vips[0]?.holders ?? [])}${doubt} holds ${addresses}`;
    }
    case "split-brain": {
      const doubled = vips.filter((vip) => vip.holders.length > 1);
      const holders = doubled[0]?.holders ?? [];
      const both = holders.length === 2 ? " both" : "";
      return `split brain: ${sentenceList(holders)}${both} hold ${sentenceList(doubled.map((vip) => vip.address))}`;
    }
    case "divided": {
      const parts = vips.map(
        (vip) => `${vip.address} on ${vip.holders.length === 0 ? "no node" : sentenceList(vip.holders)}`,
      );
      return `router ${router.name} is divided: ${sentenceList(parts)}`;
    }
    case "no-holder":
      return `no holder: ${addresses} ${vips.length === 1 ? "is" : "are"} on ${nodes.length === 2 ? "neither" : "no"} node`;
    case "unknown":
      return unseenHolder(router, `${addresses} ${vips.length === 1 ? "is" : "are"}`, nodes);
    default:
      return unreachable(verdict);
  }
}

/** No holder seen, and someone not seen: a BACKUP that stays BACKUP hears a holder. */
function unseenHolder(router: Router, addressesAre: string, nodes: readonly NodeStatus[]): string {
  const unseen = sentenceList(
    nodes.filter((node) => !node.reachable).map((node) => node.node),
    "or",
  );
  const listener = nodes.find((node) =>
    node.instances.some((instance) => instance.router === router.name && instance.state === "BACKUP"),
  );
  const inference = listener === undefined ? "" : `; ${listener.node} is BACKUP, so it hears a holder`;
  return `holder unknown: ${addressesAre} on no node that answered, perhaps on ${unseen}${inference}`;
}
