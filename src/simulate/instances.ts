// The instances of a node's keepalived: an event for one of them goes through the state machine, and what follows is done. Rule: only here do the state
// machine's effects become something in the world.

import { assert } from "../base/index.ts";
import {
  type ArrivedAdvert,
  changedState,
  type InstanceState,
  NEVER,
  stepGroup,
  stepInstance,
  type VrrpEffect,
  type VrrpEventKind,
} from "../vrrp/index.ts";
import { countAdvert } from "./maintenance-watch.ts";
import { announce, layoutOf, queue, sendAdvert } from "./network.ts";
import type { Scene } from "./scene.ts";
import { rulingOn } from "./site.ts";
import { restoreOrder } from "./timers.ts";
import { NO_PACKETS, type NodeWorld, type Packet } from "./world.ts";

/** An event for one instance, and for its sync group with it. */
export function happen(
  scene: Scene,
  node: number,
  instance: number,
  event: VrrpEventKind,
  advert?: ArrivedAdvert,
  from?: number,
): void {
  const { nowUs } = scene.world;
  const nodeWorld = scene.world.nodes[node]!;
  const layout = layoutOf(scene, node);
  const { settings, group } = layout.instances[instance]!;
  restoreOrder(nodeWorld, layout, instance);
  if (group !== undefined) {
    happenInGroup(scene, node, group, event, advert);
    return;
  }
  const before = nodeWorld.instances[instance]!;
  const step = stepInstance(settings, before, event, nowUs, advert);
  const after = delayed(nodeWorld, step.state, before, nowUs, event === "advert");
  nodeWorld.instances = nodeWorld.instances.with(instance, after);
  if (step.transition !== undefined)
    scene.tell?.({
      kind: "step",
      node,
      instance,
      before,
      after,
      transition: step.transition,
      ...(from === undefined ? {} : { from }),
    });
  for (const effect of step.effects) perform(scene, node, instance, effect);
  if (event === "timer" && before.state === "MASTER") repeatAnnouncement(scene, node, instance);
}

function happenInGroup(
  scene: Scene,
  node: number,
  { index, member }: { readonly index: number; readonly member: number },
  event: VrrpEventKind,
  advert?: ArrivedAdvert,
): void {
  const { nowUs } = scene.world;
  const nodeWorld = scene.world.nodes[node]!;
  const layout = layoutOf(scene, node);
  const places = layout.groups[index]!;
  const before = places.map((place) => nodeWorld.instances[place]!);
  const { group, effects } = stepGroup(
    places.map((place) => layout.instances[place]!.settings),
    { state: nodeWorld.groups[index]!, members: before },
    member,
    event,
    nowUs,
    {
      faulty: places.map((place) => nodeWorld.faulty[place]!),
      waits: places.map((place) => nodeWorld.waits[place]!),
    },
    advert,
  );
  nodeWorld.groups = nodeWorld.groups.with(index, group.state);
  for (const [each, place] of places.entries()) {
    const isHeard = event === "advert" && each === member;
    const after = delayed(nodeWorld, group.members[each]!, before[each]!, nowUs, isHeard);
    nodeWorld.instances = nodeWorld.instances.with(place, after);
    if (after.state !== before[each]!.state)
      scene.tell?.({
        kind: "step",
        node,
        instance: place,
        before: before[each]!,
        after,
        transition: undefined,
      });
  }
  for (const { member: each, effect } of effects) perform(scene, node, places[each]!, effect);
}

/**
 * While vrrp_startup_delay lasts, a BACKUP's wait begins at its end (keepalived-behaviour 1.3). That holds for what an ignored advert leaves of a wait,
 * too: each one heard puts the end off by what is left of the delay.
 */
function delayed(
  node: NodeWorld,
  after: InstanceState,
  before: InstanceState,
  nowUs: number,
  isHeard: boolean,
): InstanceState {
  if (node.delayEndsUs <= nowUs || after.state !== "BACKUP") return after;
  if (after.deadlineUs === before.deadlineUs && !isHeard) return after;
  return changedState(after, { deadlineUs: node.delayEndsUs + after.downTimerUs });
}

/**
 * garp_master_refresh: keepalived looks whether it is time for it whenever it has advertised. Where it is no longer than the advert interval that is
 * after every advert; longer ones matter only where clients are wrong about the holder, and clock.ts plans those.
 */
function repeatAnnouncement(scene: Scene, node: number, instance: number): void {
  const { refreshUs, settings } = layoutOf(scene, node).instances[instance]!;
  if (refreshUs > 0 && refreshUs <= settings.advertIntervalUs) announce(scene, node, instance);
}

function perform(scene: Scene, node: number, instance: number, effect: VrrpEffect): void {
  const nodeWorld = scene.world.nodes[node]!;
  switch (effect) {
    case "advert":
      sendAdvert(scene, node, instance, nodeWorld.instances[instance]!.priority);
      return;
    case "goodbye":
      sendAdvert(scene, node, instance, 0);
      return;
    case "take":
      setHolds(scene, node, instance, true);
      announce(scene, node, instance);
      nodeWorld.announceUs = nodeWorld.announceUs.with(
        instance,
        later(scene, layoutOf(scene, node).instances[instance]!.announceAgainUs),
      );
      return;
    case "release":
      setHolds(scene, node, instance, false);
      if (nodeWorld.announceUs[instance] !== NEVER)
        nodeWorld.announceUs = nodeWorld.announceUs.with(instance, NEVER);
      return;
    case "announce":
      announce(scene, node, instance);
  }
}

function later(scene: Scene, afterUs: number): number {
  return afterUs > 0 ? scene.world.nowUs + afterUs : NEVER;
}

/** The VIPs come to or leave the interface. */
export function setHolds(scene: Scene, node: number, instance: number, holds: boolean): void {
  const nodeWorld = scene.world.nodes[node]!;
  if (nodeWorld.holds[instance] === holds) return;
  nodeWorld.holds = nodeWorld.holds.with(instance, holds);
  scene.tell?.({ kind: "holds", node, instance, holds });
}

/** A packet reaches a node: its keepalived reads it at once, or when it is thawed. */
function deliver(scene: Scene, packet: Packet): void {
  const node = scene.world.nodes[packet.to]!;
  if (!node.power || !node.cable || node.isolated || node.blocksIn) return;
  countAdvert(scene, packet.to);
  if (node.daemon === "frozen") queue(node, packet);
  else if (node.daemon === "running") read(scene, packet);
}

/** keepalived reads a packet: every instance that is not deaf to it takes it. */
export function read(scene: Scene, packet: Packet): void {
  const { site, world } = scene;
  const node = world.nodes[packet.to]!;
  const { instances } = layoutOf(scene, packet.to);
  const sender = site.nodes[packet.from]!.layouts[packet.fromLayout]!.instances[packet.fromInstance]!;
  const from = { node: packet.from, layout: packet.fromLayout, instance: packet.fromInstance };
  for (let instance = 0; instance < instances.length; instance += 1) {
    const state = node.instances[instance]!;
    if (state.state !== "BACKUP" && state.state !== "MASTER") continue;
    const { behaviour } = instances[instance]!.settings;
    if (behaviour.startupDelayDeafens && node.delayEndsUs > world.nowUs) continue;
    const hearing = site.hearing({ node: packet.to, layout: node.layout, instance }, from);
    const { verdict, why = "" } = rulingOn(hearing, state);
    if (verdict === "deaf") continue;
    if (verdict === "refused")
      scene.tell?.({ kind: "refused", node: packet.to, instance, from: packet.from, why });
    happen(
      scene,
      packet.to,
      instance,
      "advert",
      {
        refused: verdict === "refused",
        priority: packet.priority,
        intervalUs: sender.settings.advertIntervalUs,
        addressOrder: hearing.addressOrder,
        from: hearing.from,
      },
      packet.from,
    );
  }
}

/** At one time two daemons answer each other a few times at most. */
const DELIVERIES_MAX = 4096;

/** Delivers what has arrived by now, and what is sent because of it. */
export function deliverArrived(scene: Scene): void {
  const { world } = scene;
  for (let count = 0; ; count += 1) {
    const [first] = world.packets;
    if (first === undefined || first.arrivesUs > world.nowUs) return;
    assert(count < DELIVERIES_MAX, "adverts that answer each other come to an end");
    world.packets = world.packets.length === 1 ? NO_PACKETS : world.packets.slice(1);
    deliver(scene, first);
  }
}
