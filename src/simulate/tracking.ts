// What everything that is watched comes to, for each instance: in FAULT or not, and its priority (keepalived-behaviour section 3). Rule: it is reckoned
// anew from how things stand, and only a difference makes an event.

import { unreachable } from "../base/index.ts";
import { changedState, withPriority } from "../vrrp/index.ts";
import { happen } from "./instances.ts";
import { layoutOf } from "./network.ts";
import type { Scene } from "./scene.ts";
import type { Layout, SiteInstance, Watched } from "./site.ts";
import { keepOrder } from "./timers.ts";
import type { NodeWorld } from "./world.ts";

/** At or below this, a file's number times its weight is a FAULT; above the other bound it counts as that (section 3.3). */
const FILE_FAULT = -254;
const FILE_MOST = 253;

interface Standing {
  readonly faulty: boolean;
  readonly waits: boolean;
  readonly total: number;
}

/** What one instance's watched things come to. */
export function standingOf(instance: SiteInstance, node: NodeWorld): Standing {
  let faulty = false;
  let waits = false;
  let total = instance.settings.priority;
  for (const watched of instance.watched) {
    const share = shareOf(watched, node);
    if (share === "fault") faulty = true;
    else if (share === "waits") waits = true;
    else total += share;
  }
  return { faulty, waits, total };
}

function shareOf(watched: Watched, node: NodeWorld): number | "fault" | "waits" {
  const { kind, index } = watched;
  if (kind === "file") return fileShare(watched, node);
  const isWell = wellness(kind, index, node);
  if (isWell === undefined)
    return watched.weight === 0 && node.checks[watched.index]?.verdict !== "added" ? "waits" : 0;
  const { weight, reverse } = watched;
  if (weight === 0) return isWell === reverse ? "fault" : 0;
  const counts = weight > 0 === isWell;
  return counts ? (reverse ? -weight : weight) : 0;
}

/** Undefined: no result yet. */
function wellness(
  kind: Exclude<Watched["kind"], "file">,
  index: number,
  node: NodeWorld,
): boolean | undefined {
  switch (kind) {
    case "check": {
      const verdict = node.checks[index]?.verdict;
      return verdict === "passed" ? true : verdict === "failed" ? false : undefined;
    }
    case "process":
      return node.haproxy !== "down";
    case "interface":
      return node.linkSeen;
    default:
      return unreachable(kind);
  }
}

function fileShare({ index, weight, reverse }: Watched, node: NodeWorld): number | "fault" {
  // A file that is gone counts as 0.
  const written = node.files[index] ?? 0;
  const value = Number.isNaN(written) ? 0 : written;
  if (weight === 0) return (value !== 0) === !reverse ? "fault" : 0;
  const share = value * weight * (reverse ? -1 : 1);
  return share <= FILE_FAULT ? "fault" : Math.min(FILE_MOST, share);
}

/** Reckons anew what a running daemon watches, and makes the events that follow from it. */
export function review(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  if (nodeWorld.daemon !== "running") return;
  const { instances } = layoutOf(scene, node);
  for (let instance = 0; instance < instances.length; instance += 1)
    reviewInstance(scene, node, instance, standingOf(instances[instance]!, nodeWorld));
}

function reviewInstance(scene: Scene, node: number, instance: number, standing: Standing): void {
  const nodeWorld = scene.world.nodes[node]!;
  const { settings } = layoutOf(scene, node).instances[instance]!;
  const before = nodeWorld.instances[instance]!;
  const after = withPriority(settings, before, standing.total);
  if (after !== before) {
    if (after.deadlineUs !== before.deadlineUs) keepOrder(nodeWorld, layoutOf(scene, node), instance);
    nodeWorld.instances = nodeWorld.instances.with(instance, after);
    scene.tell?.({ kind: "priority", node, instance, before: before.priority, after: after.priority });
  }
  const wasFaulty = nodeWorld.faulty[instance]!;
  const waited = nodeWorld.waits[instance]!;
  if (standing.faulty !== wasFaulty) nodeWorld.faulty = nodeWorld.faulty.with(instance, standing.faulty);
  if (standing.waits !== waited) nodeWorld.waits = nodeWorld.waits.with(instance, standing.waits);
  if (standing.faulty && !wasFaulty) happen(scene, node, instance, "fail");
  else if (!standing.faulty && !standing.waits && (wasFaulty || waited)) comeUp(scene, node, instance);
}

/** Nothing speaks against it any more. An owner that only waited for its checks' first results does not wait for adverts. */
function comeUp(scene: Scene, node: number, instance: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  const isFirst = nodeWorld.instances[instance]!.state === "INIT";
  const layout = layoutOf(scene, node);
  if (!isFirst || !startsAtOnce(nodeWorld, layout, instance)) return happen(scene, node, instance, "recover");
  // The others of its sync group have waited for nothing but this one.
  for (const place of membersBeside(layout, instance))
    if (nodeWorld.instances[place]!.state === "INIT") hasten(scene, nodeWorld, place);
}

/** The places of its sync group, itself among them. */
export function membersBeside(layout: Layout, place: number): readonly number[] {
  const { group } = layout.instances[place]!;
  return group === undefined ? [place] : layout.groups[group.index]!;
}

/** An owner that is told to be MASTER does not wait at its first start; in a sync group all have to be such. */
export function startsAtOnce(nodeWorld: NodeWorld, layout: Layout, place: number): boolean {
  return membersBeside(layout, place).every(
    (member) =>
      layout.instances[member]!.settings.startsAsOwner &&
      nodeWorld.faulty[member] === false &&
      nodeWorld.waits[member] === false,
  );
}

/** As if the wait for other MASTERs were over at once; vrrp_startup_delay holds for it all the same. */
export function hasten(scene: Scene, nodeWorld: NodeWorld, place: number): void {
  const state = nodeWorld.instances[place]!;
  const fromUs = Math.max(scene.world.nowUs, nodeWorld.delayEndsUs);
  nodeWorld.instances = nodeWorld.instances.with(
    place,
    changedState(state, { state: "BACKUP", wants: "MASTER", deadlineUs: fromUs + 1 }),
  );
}
