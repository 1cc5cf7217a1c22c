// keepalived's process on a node: started, stopped, killed, frozen, and told to read its file again (keepalived-behaviour sections 1.3, 8.2 and 8.3).
// Rule: what a way of dying leaves behind stands here: a goodbye or none, VIPs on the interface or none.

import {
  changedState,
  initialState,
  NEVER,
  OWNER_PRIORITY,
  type VrrpState,
  withTimer,
} from "../vrrp/index.ts";
import { countEnded, holdClocks, releaseClocks, rouse } from "./checks.ts";
import { happen, read, setHolds } from "./instances.ts";
import { announce, layoutOf, sendAdvert } from "./network.ts";
import type { Scene } from "./scene.ts";
import type { Layout, SiteCheck } from "./site.ts";
import { forgetOrder } from "./timers.ts";
import { hasten, membersBeside, review, standingOf, startsAtOnce } from "./tracking.ts";
import {
  changedCheck,
  type CheckWorld,
  type DaemonState,
  freshCheck,
  type NodeWorld,
  type Unread,
} from "./world.ts";

function become(scene: Scene, node: number, state: DaemonState, dueUs = NEVER): void {
  const nodeWorld = scene.world.nodes[node]!;
  nodeWorld.daemon = state;
  nodeWorld.daemonDueUs = dueUs;
  scene.tell?.({ kind: "daemon", node, state });
}

/** systemctl start; one that runs, or is about to, is left alone. While it stops, it is started afterwards. */
export function startDaemon(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  if (!nodeWorld.power) return;
  if (nodeWorld.daemon === "stopping") nodeWorld.daemonRestarts = true;
  if (nodeWorld.daemon !== "stopped") return;
  nodeWorld.respawnUs = 0;
  become(scene, node, "starting", scene.world.nowUs + scene.site.nodes[node]!.habits.keepalived.startUs);
}

/** What was due of the process: it runs, or it has ended. */
export function stepDaemon(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  if (nodeWorld.daemon === "starting") run(scene, node);
  else if (nodeWorld.daemon === "stopping") {
    const again = nodeWorld.daemonRestarts;
    nodeWorld.daemonRestarts = false;
    become(scene, node, "stopped");
    if (again) startDaemon(scene, node);
  }
}

/** The daemon has read its file: VIPs that were left are removed, and the instances begin. */
function run(scene: Scene, node: number): void {
  const { world } = scene;
  const nodeWorld = world.nodes[node]!;
  const layout = layoutOf(scene, node);
  nodeWorld.childBeganUs = world.nowUs;
  for (let instance = 0; instance < layout.instances.length; instance += 1)
    setHolds(scene, node, instance, false);
  nodeWorld.delayEndsUs = layout.startupDelayUs > 0 ? world.nowUs + layout.startupDelayUs : 0;
  const forced = nodeWorld.checks;
  nodeWorld.checks = layout.checks.map((check, index) =>
    freshCheck(check, world.nowUs, forced[index]?.forced),
  );
  nodeWorld.instances = layout.instances.map(({ settings }) => initialState(settings));
  forgetOrder(nodeWorld);
  nodeWorld.groups = layout.groups.map(() => "INIT" as const);
  nodeWorld.announceUs = layout.instances.map(() => NEVER);
  become(scene, node, "running");
  begin(scene, node, layout);
}

/**
 * The instances' first look at what they watch: FAULT, a wait for first results, or BACKUP. `were`: what a reload found them as; one that was BACKUP waits as
 * one, also an owner.
 */
function begin(
  scene: Scene,
  node: number,
  layout: Layout,
  were: readonly (VrrpState | undefined)[] = [],
): void {
  const nodeWorld = scene.world.nodes[node]!;
  const standings = layout.instances.map((instance) => standingOf(instance, nodeWorld));
  nodeWorld.faulty = standings.map(({ faulty }) => faulty);
  nodeWorld.waits = standings.map(({ waits }) => waits);
  nodeWorld.instances = nodeWorld.instances.map((state, place) => {
    const { priority } = layout.instances[place]!.settings;
    const { total } = standings[place]!;
    const effective = priority === OWNER_PRIORITY ? priority : Math.min(254, Math.max(1, total));
    return changedState(state, { priority: effective });
  });
  const places = layout.instances.map((_instance, place) => place);
  // A sync group with a member in FAULT begins in FAULT as a whole, and each of its members says so.
  const isDown = (place: number): boolean =>
    membersBeside(layout, place).some((member) => nodeWorld.faulty[member] === true);
  for (const place of places) if (isDown(place)) happen(scene, node, place, "fail");
  for (const place of places) {
    if (isDown(place) || nodeWorld.waits[place] === true) continue;
    const wasBackup = membersBeside(layout, place).some((member) => were[member] === "BACKUP");
    if (!wasBackup && startsAtOnce(nodeWorld, layout, place)) hasten(scene, nodeWorld, place);
    else happen(scene, node, place, "recover");
  }
}

/** systemctl stop: one goodbye, the VIPs are removed at once, and the process ends a moment later. */
export function stopDaemon(scene: Scene, node: number, restarts: boolean): void {
  const nodeWorld = scene.world.nodes[node]!;
  if (nodeWorld.daemon === "stopped") {
    if (restarts) startDaemon(scene, node);
    return;
  }
  if (nodeWorld.daemon === "stopping") {
    nodeWorld.daemonRestarts = restarts;
    return;
  }
  if (nodeWorld.daemon === "running") sayGoodbye(scene, node);
  nodeWorld.daemonRestarts = restarts;
  clear(nodeWorld);
  become(scene, node, "stopping", scene.world.nowUs + scene.site.nodes[node]!.habits.keepalived.stopUs);
}

function sayGoodbye(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  for (let instance = 0; instance < nodeWorld.instances.length; instance += 1)
    if (nodeWorld.instances[instance]!.state === "MASTER") happen(scene, node, instance, "stop");
}

function clear(nodeWorld: NodeWorld): void {
  forgetOrder(nodeWorld);
  nodeWorld.instances = nodeWorld.instances.map((state) =>
    changedState(state, { state: "INIT", deadlineUs: NEVER }),
  );
  nodeWorld.checks = nodeWorld.checks.map((check) => changedCheck(check, { runs: [], nextRunUs: NEVER }));
  nodeWorld.announceUs = nodeWorld.announceUs.map(() => NEVER);
  nodeWorld.queued = [];
  nodeWorld.unread = [];
  nodeWorld.unreadLink = [];
  nodeWorld.linkSeen = nodeWorld.cable;
}

/** SIGKILL to all its processes: no goodbye, and the VIPs stay on the interface unless the unit removes them. */
export function killDaemon(scene: Scene, node: number): void {
  const { keepalived } = scene.site.nodes[node]!.habits;
  const nodeWorld = scene.world.nodes[node]!;
  if (nodeWorld.daemon === "stopped") return;
  clear(nodeWorld);
  if (keepalived.cleansUp)
    for (let instance = 0; instance < nodeWorld.holds.length; instance += 1)
      setHolds(scene, node, instance, false);
  nodeWorld.respawnUs = 0;
  if (keepalived.restartUs === undefined) become(scene, node, "stopped");
  else become(scene, node, "starting", scene.world.nowUs + keepalived.restartUs + keepalived.startUs);
}

/** A child that has lived this long is followed by another at once. */
const CHILD_LIVED_US = 60_000_000;
/** The wait before the next child, after the first that was due at once: it doubles up to the greatest. */
const RESPAWN_LEAST_US = 1_000_000;
const RESPAWN_MOST_US = 60_000_000;

/** How long the parent waits now that its child died: not at all the first time, and ever longer for children that die young. */
function respawnAfter(scene: Scene, nodeWorld: NodeWorld): number {
  if (scene.world.nowUs - nodeWorld.childBeganUs >= CHILD_LIVED_US) {
    nodeWorld.respawnUs = 0;
    return 0;
  }
  const afterUs = nodeWorld.respawnUs;
  nodeWorld.respawnUs =
    afterUs === 0 ? RESPAWN_LEAST_US : afterUs > RESPAWN_MOST_US / 2 ? RESPAWN_MOST_US : 2 * afterUs;
  return afterUs;
}

/** SIGKILL to the child alone: no goodbye; its parent starts another, which removes the VIPs. */
export function killChild(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  if (nodeWorld.daemon !== "running" && nodeWorld.daemon !== "frozen") return;
  clear(nodeWorld);
  const { startUs } = scene.site.nodes[node]!.habits.keepalived;
  become(scene, node, "starting", scene.world.nowUs + respawnAfter(scene, nodeWorld) + startUs);
}

/** SIGKILL to the parent alone: its child hears of it and ends as if it had been stopped. */
export function killParent(scene: Scene, node: number): void {
  const { restartUs } = scene.site.nodes[node]!.habits.keepalived;
  stopDaemon(scene, node, restartUs !== undefined);
}

/** SIGSTOP: the VIPs stay, and nothing is sent or read. */
export function freezeDaemon(scene: Scene, node: number): void {
  if (scene.world.nodes[node]!.daemon !== "running") return;
  holdClocks(scene, node);
  become(scene, node, "frozen");
}

/**
 * SIGCONT. What came in the meantime is read first, in the order in which it began to come; then come the instances' timers that ran out, the earliest
 * first, and then the checks'.
 */
export function thawDaemon(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  if (nodeWorld.daemon !== "frozen") return;
  become(scene, node, "running");
  const { unread } = nodeWorld;
  nodeWorld.unread = [];
  for (const what of unread) readers[what](scene, node);
  countEnded(scene, node);
  const late = nodeWorld.instances
    .map(({ deadlineUs }, instance) => ({ deadlineUs, instance }))
    .filter(({ deadlineUs }) => deadlineUs <= scene.world.nowUs)
    .toSorted((left, right) => left.deadlineUs - right.deadlineUs);
  // One that an earlier one of its sync group took along is not late any more.
  for (const { instance } of late)
    if (nodeWorld.instances[instance]!.deadlineUs <= scene.world.nowUs)
      happen(scene, node, instance, "timer");
  releaseClocks(scene, node);
  review(scene, node);
  rouse(scene, node);
}

/** Every advert in the socket is read before any timer counts: one that came in time or late sets a BACKUP back. */
function readAdverts(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  const { queued } = nodeWorld;
  nodeWorld.queued = [];
  for (const packet of queued) read(scene, packet);
}

/** The kernel has kept every change of the carrier, and says which VIPs were deleted. */
function readKernel(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  const { unreadLink } = nodeWorld;
  nodeWorld.unreadLink = [];
  for (const isUp of unreadLink) {
    nodeWorld.linkSeen = isUp;
    review(scene, node);
  }
  nodeWorld.instances.forEach((state, instance) => {
    if (state.state === "MASTER" && nodeWorld.holds[instance] === false)
      happen(scene, node, instance, "vip-deleted");
  });
}

const readers: Readonly<Record<Unread, (scene: Scene, node: number) => void>> = {
  adverts: readAdverts,
  kernel: readKernel,
  files: review,
};

/**
 * SIGHUP. A MASTER advertises before and after and stays MASTER; a BACKUP's wait begins anew; an instance whose identity has changed is another one
 * (section 8.2). Checks keep their counts and run at once.
 */
export function reloadDaemon(scene: Scene, node: number, layoutIndex: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  if (nodeWorld.daemon !== "running") {
    nodeWorld.layout = layoutIndex;
    return;
  }
  const old = layoutOf(scene, node);
  nodeWorld.instances.forEach((state, instance) => {
    if (state.state === "MASTER") sendAdvert(scene, node, instance, state.priority);
  });
  const next = scene.site.nodes[node]!.layouts[layoutIndex]!;
  const pairs = next.instances.map((instance) =>
    old.instances.findIndex(({ identity }) => identity === instance.identity),
  );
  old.instances.forEach((_instance, index) => {
    if (!pairs.includes(index) && nodeWorld.instances[index]!.state === "MASTER")
      happen(scene, node, index, "stop");
  });
  const before = { instances: nodeWorld.instances, holds: nodeWorld.holds, announceUs: nodeWorld.announceUs };
  nodeWorld.checks = next.checks.map((check) => carriedCheck(scene, node, old, check.name, next));
  nodeWorld.files = next.files.map(({ name, initial }) => {
    const index = old.files.findIndex((file) => file.name === name);
    return index === -1 ? initial : nodeWorld.files[index]!;
  });
  nodeWorld.layout = layoutIndex;
  nodeWorld.groups = next.groups.map(() => "INIT" as const);
  nodeWorld.instances = next.instances.map(({ settings }) => initialState(settings));
  forgetOrder(nodeWorld);
  nodeWorld.holds = pairs.map((index) => (index === -1 ? false : before.holds[index]!));
  nodeWorld.announceUs = pairs.map((index) => (index === -1 ? NEVER : before.announceUs[index]!));
  // keepalived tells of a state that is another than before, and of no step on the way to it.
  const { tell, ...silent } = scene;
  begin(
    silent,
    node,
    next,
    pairs.map((index) => before.instances[index]?.state),
  );
  pairs.forEach((index, place) => {
    if (index !== -1 && before.instances[index]!.state === "MASTER") staysMaster(silent, node, place, next);
  });
  next.instances.forEach((_instance, place) => {
    if (nodeWorld.holds[place] === true && nodeWorld.instances[place]!.state !== "MASTER")
      setHolds(scene, node, place, false);
    const index = pairs[place]!;
    const was = index === -1 ? initialState(next.instances[place]!.settings) : before.instances[index]!;
    const after = nodeWorld.instances[place]!;
    // One that has not come up yet counts as down to keepalived: in FAULT it is where it was.
    const staysDown = index !== -1 && was.state === "INIT" && after.state === "FAULT";
    if (after.state !== was.state && !staysDown)
      tell?.({ kind: "step", node, instance: place, before: was, after, transition: undefined });
  });
}

/** A MASTER that reloads is MASTER again before anything else, and advertises at once with its new priority; unless it is in FAULT now. */
function staysMaster(scene: Scene, node: number, place: number, layout: Layout): void {
  const nodeWorld = scene.world.nodes[node]!;
  const state = nodeWorld.instances[place]!;
  if (state.state !== "BACKUP") return;
  const { settings, group } = layout.instances[place]!;
  const master = changedState(state, { state: "MASTER", wants: "MASTER" });
  nodeWorld.instances = nodeWorld.instances.with(
    place,
    withTimer(settings, master, "advert", scene.world.nowUs),
  );
  if (group !== undefined) nodeWorld.groups = nodeWorld.groups.with(group.index, "MASTER");
  sendAdvert(scene, node, place, master.priority);
  announce(scene, node, place);
}

/**
 * A check keeps its count, as far from the threshold or from the full count as it was; one that had no result yet still is waited for, and one that the
 * reload brings is not.
 */
function carriedCheck(scene: Scene, node: number, old: Layout, name: string, next: Layout): CheckWorld {
  const check = next.checks.find((one) => one.name === name)!;
  const index = old.checks.findIndex((one) => one.name === name);
  const before = scene.world.nodes[node]!.checks[index];
  const fresh = freshCheck(check, scene.world.nowUs, before?.forced);
  if (before === undefined) return changedCheck(fresh, { verdict: "added" });
  if (before.verdict === "unknown" || before.verdict === "added")
    return changedCheck(fresh, { verdict: before.verdict });
  return changedCheck(fresh, {
    verdict: before.verdict,
    counter: carriedCount(old.checks[index]!, check, before.counter),
    fresh: false,
  });
}

function carriedCount(old: SiteCheck, next: SiteCheck, counter: number): number {
  const full = next.rise + next.fall - 1;
  if (counter === 0) return 0;
  if (counter === old.rise + old.fall - 1) return full;
  return Math.min(full, Math.max(0, next.rise + counter - old.rise));
}
