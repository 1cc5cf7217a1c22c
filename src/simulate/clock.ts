// Time in the world: what is due next, and doing it. Rule: of what is due at one time, adverts come first, then the machines and services of the nodes in
// their order, then checks and the instances' timers, then agents, and planned work last.

import { assert } from "../base/index.ts";
import { NEVER } from "../vrrp/index.ts";
import { nextOfAgent, stepAgent, stepMessages } from "./agents.ts";
import { noticeAgents, rouseAgents } from "./agents-rest.ts";
import { nextOfCheck, stepCheck } from "./checks.ts";
import { reviewConnections } from "./connections.ts";
import { stepDaemon } from "./daemon.ts";
import { stepHaproxy } from "./haproxy.ts";
import { deliverArrived, happen } from "./instances.ts";
import { booted } from "./machine-room.ts";
import { announce, holdsRouter, isConnected, layoutOf } from "./network.ts";
import type { Scene } from "./scene.ts";
import { noticeServers, stepServers } from "./servers.ts";
import { nextKeptTimerUs, timerDueUs } from "./timers.ts";
import { noticeWork, stepWork } from "./work.ts";
import type { NodeWorld, World } from "./world.ts";

/** When something is due next; NEVER: nothing will ever be. `besides`: instances' timers are left out. */
export function nextUs(world: World, besides?: "but instances"): number {
  let next = world.packets.length === 0 ? NEVER : world.packets[0]!.arrivesUs;
  for (const node of world.nodes) next = Math.min(next, nextOfNode(node, besides === undefined));
  for (const { dueUs } of world.jobs) if (dueUs < next) next = dueUs;
  for (const { arrivesUs } of world.messages) if (arrivesUs < next) next = arrivesUs;
  return next;
}

function nextOfNode(node: NodeWorld, withInstances: boolean): number {
  let next = Math.min(node.bootUs, node.haproxyDueUs, node.daemonDueUs, nextOfAgent(node));
  if (node.watch !== undefined) next = Math.min(next, node.watch.dueUs);
  for (const { dueUs } of node.errands) if (dueUs < next) next = dueUs;
  if (node.daemon !== "running") return next;
  if (withInstances) {
    if (node.timerKeepers.length > 0) next = Math.min(next, nextKeptTimerUs(node));
    else for (const { deadlineUs } of node.instances) if (deadlineUs < next) next = deadlineUs;
  }
  for (const check of node.checks) next = Math.min(next, nextOfCheck(check));
  for (const dueUs of node.announceUs) if (dueUs < next) next = dueUs;
  return next;
}

/** Does everything that is due at `world.nowUs`, and what follows from it at the same time. */
export function settle(scene: Scene): void {
  for (let round = 0; ; round += 1) {
    assert(round < ROUNDS_MAX, "what is due at one time comes to an end");
    deliverArrived(scene);
    if (stepOne(scene) || stepAgents(scene) || stepWork(scene) || noticeWork(scene)) continue;
    planRefresh(scene);
    reviewConnections(scene);
    noticeAgents(scene);
    return;
  }
}

const ROUNDS_MAX = 10_000;

/**
 * Where clients' tables name a node that has the VIP no more, whoever has it mends that with its next repeated announcement (garp_master_refresh).
 * Without that, clients ask again by themselves after some tens of seconds, which is not simulated.
 */
function planRefresh(scene: Scene): void {
  const { world } = scene;
  for (let router = 0; router < world.neighbours.length; router += 1) {
    const target = world.neighbours[router]!;
    if (target >= 0 && isConnected(world.nodes[target]!) && holdsRouter(scene, target, router)) continue;
    for (let index = 0; index < world.nodes.length; index += 1) planRefreshOf(scene, index, router);
  }
}

function planRefreshOf(scene: Scene, index: number, router: number): void {
  const node = scene.world.nodes[index]!;
  if (node.daemon !== "running" || !isConnected(node)) return;
  const { instances } = layoutOf(scene, index);
  for (let instance = 0; instance < instances.length; instance += 1) {
    const { refreshUs, router: own } = instances[instance]!;
    if (own !== router || refreshUs === 0 || node.holds[instance] !== true) continue;
    if (node.announceUs[instance]! > scene.world.nowUs + refreshUs)
      node.announceUs = node.announceUs.with(instance, scene.world.nowUs + refreshUs);
  }
}

/** Does one thing that is due; false: nothing is. */
function stepOne(scene: Scene): boolean {
  const { world } = scene;
  const { nowUs, nodes } = world;
  for (let index = 0; index < nodes.length; index += 1) {
    const node = nodes[index]!;
    if (node.bootUs <= nowUs) {
      booted(scene, index);
      return true;
    }
    if (node.haproxyDueUs <= nowUs) {
      stepHaproxy(scene, index);
      return true;
    }
    if (node.daemonDueUs <= nowUs) {
      stepDaemon(scene, index);
      return true;
    }
  }
  for (let index = 0; index < nodes.length; index += 1) if (stepDaemonsWork(scene, index)) return true;
  return false;
}

/** Does one thing of agents and of what they look at; false: nothing is due. */
function stepAgents(scene: Scene): boolean {
  if (scene.site.agents === undefined) return false;
  rouseAgents(scene);
  if (stepMessages(scene)) return true;
  const { nodes, nowUs } = scene.world;
  for (let index = 0; index < nodes.length; index += 1) {
    if (nodes[index]!.servers.dueUs <= nowUs) {
      stepServers(scene, index);
      return true;
    }
    if (noticeServers(scene, index) || stepAgent(scene, index)) return true;
  }
  return false;
}

function stepDaemonsWork(scene: Scene, index: number): boolean {
  const { nowUs } = scene.world;
  const node = scene.world.nodes[index]!;
  if (node.daemon !== "running") return false;
  for (let check = 0; check < node.checks.length; check += 1)
    if (nextOfCheck(node.checks[check]!) <= nowUs) {
      stepCheck(scene, index, check);
      return true;
    }
  for (let instance = 0; instance < node.instances.length; instance += 1) {
    if (timerDueUs(node, instance) <= nowUs) {
      happen(scene, index, instance, "timer");
      return true;
    }
    if (node.announceUs[instance]! <= nowUs) {
      announce(scene, index, instance);
      node.announceUs = node.announceUs.with(instance, NEVER);
      return true;
    }
  }
  return false;
}

/** A pair has a few events a second, and one that advertises each 10 ms has hundreds. */
const STEPS_MAX = 5_000_000;

/** Lets time pass until `untilUs`, everything due then included. */
export function advance(scene: Scene, untilUs: number): void {
  const { world } = scene;
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const next = nextUs(world);
    if (next > untilUs) break;
    world.nowUs = Math.max(world.nowUs, next);
    settle(scene);
    scene.settled?.();
  }
  world.nowUs = Math.max(world.nowUs, untilUs);
}
