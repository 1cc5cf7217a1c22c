// Adverts on their way between nodes, and what clients learn of who has a VIP. Rule: a packet that nothing holds up arrives at the time it was sent, after
// everything that was sent before it.

import { assert } from "../base/index.ts";
import type { Scene } from "./scene.ts";
import type { Layout } from "./site.ts";
import { markUnread, type NodeWorld, type Packet, PACKETS_MAX, QUEUED_MAX } from "./world.ts";

/** Whether anything that a node sends reaches the network. */
export function isConnected(node: NodeWorld): boolean {
  return node.power && node.cable && !node.isolated;
}

/** The file that keepalived has read on that node. */
export function layoutOf(scene: Scene, node: number): Layout {
  const { layouts } = scene.site.nodes[node]!;
  return layouts[scene.world.nodes[node]!.layout]!;
}

/** One advert of an instance to every other node. */
export function sendAdvert(scene: Scene, node: number, instance: number, priority: number): void {
  const { world } = scene;
  const sender = world.nodes[node]!;
  if (!isConnected(sender) || sender.blocksOut) return;
  for (let to = 0; to < world.nodes.length; to += 1) {
    if (to === node) continue;
    const receiver = world.nodes[to]!;
    if (!isConnected(receiver) || receiver.blocksIn) continue;
    const arrivesUs = world.nowUs + Math.max(sender.delayUs, receiver.delayUs);
    world.packets = withPacket(world.packets, {
      arrivesUs,
      from: node,
      fromLayout: sender.layout,
      fromInstance: instance,
      to,
      priority,
    });
  }
}

function withPacket(packets: readonly Packet[], packet: Packet): readonly Packet[] {
  if (packets.length === 0) return [packet];
  assert(packets.length < PACKETS_MAX, "fewer adverts are on their way than a storm has");
  let place = packets.length;
  while (place > 0 && packets[place - 1]!.arrivesUs > packet.arrivesUs) place -= 1;
  return packets.toSpliced(place, 0, packet);
}

/** Keeps a packet for a daemon that does not read now. Of a sender's adverts that follow each other and say the same, the last stands for all. */
export function queue(node: NodeWorld, packet: Packet): void {
  markUnread(node, "adverts");
  const isOfSender = (one: Packet): boolean =>
    one.from === packet.from && one.fromInstance === packet.fromInstance;
  const last = node.queued.findLast(isOfSender);
  const isSame = last?.priority === packet.priority && last.fromLayout === packet.fromLayout;
  const others = isSame ? node.queued.filter((one) => one !== last) : node.queued;
  node.queued = [...others, packet].slice(-QUEUED_MAX);
}

/** A burst of gratuitous ARP: clients' neighbour tables name this node from now on. */
export function announce(scene: Scene, node: number, instance: number): void {
  const { world } = scene;
  if (!isConnected(world.nodes[node]!)) return;
  const { router } = layoutOf(scene, node).instances[instance]!;
  if (world.neighbours[router] === node) return;
  world.neighbours = world.neighbours.with(router, node);
  scene.tell?.({ kind: "neighbours", router, node });
}

/** Whether a node has a router's VIPs on its interface. */
export function holdsRouter(scene: Scene, node: number, router: number): boolean {
  const { instances } = layoutOf(scene, node);
  const { holds } = scene.world.nodes[node]!;
  for (let index = 0; index < instances.length; index += 1)
    if (instances[index]!.router === router && holds[index] === true) return true;
  return false;
}

/** The nodes that have a router's VIPs, and can be reached. */
export function holdersOf(scene: Scene, router: number): number[] {
  const holders: number[] = [];
  for (let index = 0; index < scene.world.nodes.length; index += 1)
    if (scene.world.nodes[index]!.power && holdsRouter(scene, index, router)) holders.push(index);
  return holders;
}

/** Whether a client's request to a router's VIP is answered now. */
export function isServed(scene: Scene, router: number): boolean {
  const target = scene.world.neighbours[router]!;
  if (target < 0) return false;
  const node = scene.world.nodes[target]!;
  return isConnected(node) && node.haproxy === "up" && holdsRouter(scene, target, router);
}
