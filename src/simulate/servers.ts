// HAProxy's own checks of its servers, and the numbers that an agent reads of it. Rule: a check that would find what the last ones found sleeps; nodes
// check at different moments, since no two of them began alike.

import type { BackendNumbers, FrontendNumbers, ProxyNumbers, TrafficRule } from "../policy/index.ts";
import { NEVER } from "../vrrp/index.ts";
import { type ServersWorld, uncheckedServers } from "./agent-world.ts";
import { type Scene, tellOf } from "./scene.ts";
import { nextLook } from "./work-world.ts";

/** Begins, wakes and ends the checks as HAProxy and its servers come and go; true: one is due now. */
export function noticeServers(scene: Scene, node: number): boolean {
  const { agents } = scene.site;
  const nodeWorld = scene.world.nodes[node]!;
  const { servers, haproxy } = nodeWorld;
  if (agents === undefined) return false;
  const { nowUs } = scene.world;
  if (haproxy === "down") {
    if (servers.view !== "fresh" || servers.dueUs !== NEVER) nodeWorld.servers = uncheckedServers;
    return false;
  }
  // A hung one checks nothing, and goes on where it was.
  const isAsleep = servers.dueUs === NEVER;
  if (haproxy === "hung") {
    if (!isAsleep) nodeWorld.servers = { ...servers, dueUs: NEVER };
    return false;
  }
  if (!isAsleep || isSteady(servers, nodeWorld.backends)) return false;
  const { intervalUs } = agents.serverChecks;
  const dueUs =
    servers.view === "fresh"
      ? nowUs + Math.round((intervalUs * (node + 1)) / scene.world.nodes.length)
      : nextLook(servers.anchorUs, nowUs, intervalUs);
  nodeWorld.servers = { ...servers, dueUs, ...(servers.view === "fresh" ? { anchorUs: dueUs } : {}) };
  return dueUs <= nowUs;
}

function isSteady({ view, against }: ServersWorld, reachable: boolean): boolean {
  return against === 0 && view === (reachable ? "up" : "down");
}

/** A check of all servers. */
export function stepServers(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  const { servers, backends } = nodeWorld;
  const { fall, rise, intervalUs } = scene.site.agents!.serverChecks;
  const after = checked(servers, backends, fall, rise);
  const dueUs = isSteady(after, backends) ? NEVER : scene.world.nowUs + intervalUs;
  nodeWorld.servers = { ...after, dueUs };
  if (after.view !== servers.view && servers.view !== "fresh")
    tellOf(scene, node, `'s HAProxy finds its servers ${after.view}`);
}

function checked(servers: ServersWorld, reachable: boolean, fall: number, rise: number): ServersWorld {
  const found = reachable ? "up" : "down";
  // The first check of a worker decides alone.
  if (servers.view === "fresh") return { ...servers, view: found, against: 0 };
  if (servers.view === found) return { ...servers, against: 0 };
  const against = servers.against + 1;
  const enough = servers.view === "up" ? fall : rise;
  return against >= enough ? { ...servers, view: found, against: 0 } : { ...servers, against };
}

/** Servers of a back end, where a rule does not ask for more. */
const SERVERS = 2;

/** What a look at the node's HAProxy gives, for these rules. */
export function numbersOf(scene: Scene, node: number, rules: readonly TrafficRule[]): ProxyNumbers {
  const { haproxy, servers } = scene.world.nodes[node]!;
  const frontends = new Map<string, FrontendNumbers>();
  const backends = new Map<string, BackendNumbers>();
  if (haproxy === "down") return { answering: false, absent: true, frontends, backends };
  if (haproxy === "hung") return { answering: false, frontends, backends };
  frontends.set("", { open: true, sessions: 0, sessionLimit: 0 });
  for (const { limit } of rules) {
    if (limit.kind !== "servers-up") continue;
    const total = Math.max(SERVERS, limit.atLeast);
    // One whose last check spoke against it may be up or down (agent decision 0007).
    const isDoubted = servers.view === "fresh" || servers.against > 0;
    backends.set(limit.backend, {
      serversUp: servers.view === "up" && !isDoubted ? total : 0,
      serversUnverified: isDoubted ? total : 0,
      serversTotal: total,
      queue: 0,
    });
  }
  return { answering: true, frontends, backends };
}
