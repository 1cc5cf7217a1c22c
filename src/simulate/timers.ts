// The timers of a node's instances. Rule: each has its own, but for instances that share a socket: those keepalived keeps in the order of their deadlines and waits
// for the first, and a change of priority moves a deadline without putting it in its place (keepalived 2.0 to 2.3, seen in case 68 of seed 2042).

import type { Layout } from "./site.ts";
import type { NodeWorld } from "./world.ts";

const OWN_TIMERS: readonly number[] = [];

/** When an instance's timer ends, as far as keepalived sees to it then. */
export function timerDueUs({ instances, timerKeepers }: NodeWorld, instance: number): number {
  const { deadlineUs } = instances[instance]!;
  if (timerKeepers.length === 0) return deadlineUs;
  return Math.max(deadlineUs, instances[timerKeepers[instance]!]!.deadlineUs);
}

/** When the first of a node's timers ends, where some wait for others. */
export function nextKeptTimerUs(node: NodeWorld): number {
  return Math.min(...node.instances.map((_state, instance) => timerDueUs(node, instance)));
}

/** A change of priority is about to move an instance's deadline: until one of those on its socket is put in order again, the first of them keeps the timer of all. */
export function keepOrder(node: NodeWorld, layout: Layout, instance: number): void {
  const { socketmates } = layout.instances[instance]!;
  if (socketmates.length === 0) return;
  const { instances, timerKeepers } = node;
  const all = [instance, ...socketmates].toSorted((left, right) => left - right);
  // Where one of them keeps it already, that stays so.
  const isKept = all.some((each) => (timerKeepers[each] ?? each) !== each);
  const keeper = isKept
    ? timerKeepers[instance]!
    : all.reduce((first, each) =>
        instances[each]!.deadlineUs < instances[first]!.deadlineUs ? each : first,
      );
  node.timerKeepers = instances.map((_state, place) =>
    all.includes(place) ? keeper : (timerKeepers[place] ?? place),
  );
}

/** Something happened to an instance that sets a timer of its socket anew: all of them stand in their order. */
export function restoreOrder(node: NodeWorld, layout: Layout, instance: number): void {
  if (node.timerKeepers.length === 0) return;
  const { socketmates } = layout.instances[instance]!;
  const after = node.timerKeepers.map((keeper, place) =>
    place === instance || socketmates.includes(place) ? place : keeper,
  );
  node.timerKeepers = after.every((keeper, place) => keeper === place) ? OWN_TIMERS : after;
}

/** Instances begin anew. */
export function forgetOrder(node: NodeWorld): void {
  node.timerKeepers = OWN_TIMERS;
}
