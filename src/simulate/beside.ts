// What goes on beside keepalived and HAProxy, for whoever searches worlds: whether planned work, maintenance and agents rest, and how they stand as a
// text. Rule: two worlds with the same text behave alike in this, whatever their clocks say; what nothing depends on any more is left out.

import { NEVER } from "../vrrp/index.ts";
import { shiftedAgent, shiftedServers } from "./agent-world.ts";
import { isConnected } from "./network.ts";
import type { Scene } from "./scene.ts";
import { shiftedErrand, shiftedJob, shiftedWatch } from "./work-world.ts";
import type { NodeWorld } from "./world.ts";

/** Whether nothing of it will happen by itself, as long as adverts go on as they do; the end of a maintenance, hours away, is not waited for. */
export function isIdle(scene: Scene): boolean {
  const { world } = scene;
  if (world.jobs.length > 0 || world.messages.length > 0) return false;
  return world.nodes.every((node, index) => {
    const { agent, errands, servers } = node;
    const next = Math.min(agent.dueUs, agent.lookUs, agent.beatUs, servers.dueUs);
    return next === NEVER && errands.length === 0 && watchIsIdle(scene, node, index);
  });
}

/** A watch on maintenance is set back by every advert, like a BACKUP; one that has let its node go waits for nothing. */
function watchIsIdle(scene: Scene, node: NodeWorld, index: number): boolean {
  const { watch, maintenanceUntilUs } = node;
  if (watch === undefined) return true;
  const hears = hearsAdverts(scene, index);
  if (watch.released) return !hears;
  return hears || watch.dueUs >= maintenanceUntilUs;
}

/** Whether adverts of a peer reach the machine. */
function hearsAdverts({ world }: Scene, index: number): boolean {
  const node = world.nodes[index]!;
  if (!isConnected(node) || node.blocksIn) return false;
  return world.nodes.some(
    (peer, other) =>
      other !== index &&
      isConnected(peer) &&
      !peer.blocksOut &&
      peer.daemon === "running" &&
      peer.instances.some(({ state }) => state === "MASTER"),
  );
}

/** How it stands; "" where there is nothing of it. `idle`: as {@link isIdle} finds it, and then without its clocks. */
export function besideText(scene: Scene, idle: boolean): string {
  const { world, site } = scene;
  const at = (timeUs: number): number => (timeUs === NEVER ? -1 : timeUs - world.nowUs);
  const nodes = world.nodes.map((node) => {
    if (idle)
      return [node.maintenance, node.watch?.released ?? false, ...agentText(node, site.agents !== undefined)];
    const work = [
      node.maintenance,
      shiftedWatch(node.watch, at) ?? 0,
      node.errands.map((errand) => shiftedErrand(errand, at)),
    ];
    if (site.agents === undefined) return work;
    return [...work, shiftedServers(node.servers, at), shiftedAgent(node.agent, at)];
  });
  const messages = world.messages.map((message) => ({ ...message, arrivesUs: at(message.arrivesUs) }));
  if (!idle) return JSON.stringify([nodes, world.jobs.map((job) => shiftedJob(job, at)), messages]);
  return JSON.stringify(nodes);
}

/** An agent at rest: what it knows and has done, without when. */
function agentText({ agent, servers }: NodeWorld, hasAgents: boolean): unknown[] {
  if (!hasAgents) return [];
  const { givenUp, heard } = agent.giveUp;
  return [
    agent.state,
    agent.looks,
    givenUp?.to ?? "",
    heard.map(({ peer, decision }) => [peer, decision]),
    servers.view,
    servers.against,
  ];
}

/** Connections that have been broken so far, of all routers. */
export function brokenConnections({ world }: Scene): number {
  return world.connections.reduce((sum, { broken }) => sum + broken, 0);
}
