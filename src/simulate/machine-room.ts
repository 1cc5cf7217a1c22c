// The machine under a node: its power, its boot, its cable. Rule: a machine without power forgets everything but what stands on its disk.

import { NEVER } from "../vrrp/index.ts";
import { ended, uncheckedServers } from "./agent-world.ts";
import { startAgent } from "./agents.ts";
import { startDaemon } from "./daemon.ts";
import { startHaproxy } from "./haproxy.ts";
import { setHolds } from "./instances.ts";
import { beginWatch } from "./maintenance.ts";
import { layoutOf } from "./network.ts";
import type { Scene } from "./scene.ts";
import { review } from "./tracking.ts";
import { changedCheck, LINK_CHANGES_MAX, markUnread } from "./world.ts";

/** The power goes: nothing is said to anybody. */
export function powerOff(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  if (!nodeWorld.power && nodeWorld.bootUs === NEVER) return;
  for (let instance = 0; instance < nodeWorld.holds.length; instance += 1)
    setHolds(scene, node, instance, false);
  Object.assign(nodeWorld, {
    power: false,
    bootUs: NEVER,
    blocksIn: false,
    blocksOut: false,
    daemon: "stopped",
    daemonDueUs: NEVER,
    daemonRestarts: false,
    instances: [],
    timerKeepers: [],
    groups: [],
    faulty: [],
    waits: [],
    announceUs: nodeWorld.announceUs.map(() => NEVER),
    checks: nodeWorld.checks.map((check) => changedCheck(check, { runs: [], nextRunUs: NEVER })),
    haproxy: "down",
    haproxyPlan: "none",
    haproxyDueUs: NEVER,
    queued: [],
    unread: [],
    unreadLink: [],
    watch: undefined,
    errands: [],
    agent: ended(nodeWorld.agent),
    servers: uncheckedServers,
  } satisfies Partial<typeof nodeWorld>);
  scene.tell?.({ kind: "machine", node, state: "power off" });
}

/** The power returns, and the boot begins. */
export function powerOn(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  if (nodeWorld.power || nodeWorld.bootUs !== NEVER) return;
  nodeWorld.bootUs = scene.world.nowUs + scene.site.nodes[node]!.habits.bootUs;
  scene.tell?.({ kind: "machine", node, state: "boots" });
}

/** The boot is over: the watched files are as tmpfiles.d makes them, and the services start, keepalived after HAProxy. */
export function booted(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  const layout = layoutOf(scene, node);
  const { hold } = scene.site.nodes[node]!.writes;
  nodeWorld.power = true;
  nodeWorld.bootUs = NEVER;
  nodeWorld.holds = layout.instances.map(() => false);
  nodeWorld.announceUs = layout.instances.map(() => NEVER);
  // A node under maintenance is held again before keepalived looks.
  nodeWorld.files = layout.files.map(({ name, initial }) =>
    nodeWorld.maintenance && name === hold ? 1 : initial,
  );
  scene.tell?.({ kind: "machine", node, state: "up" });
  beginWatch(scene, node);
  startAgent(scene, node);
  startHaproxy(scene, node);
  startDaemon(scene, node);
  // keepalived's unit is ordered behind HAProxy's.
  nodeWorld.daemonDueUs = Math.max(
    nodeWorld.daemonDueUs,
    nodeWorld.haproxyDueUs + scene.site.nodes[node]!.habits.keepalived.startUs,
  );
}

/** The carrier goes and comes: keepalived sees it at once; a frozen one is told of every change afterwards. */
export function setCable(scene: Scene, node: number, isIn: boolean): void {
  const nodeWorld = scene.world.nodes[node]!;
  if (nodeWorld.cable === isIn) return;
  nodeWorld.cable = isIn;
  if (nodeWorld.daemon === "frozen") {
    markUnread(nodeWorld, "kernel");
    nodeWorld.unreadLink = [...nodeWorld.unreadLink, isIn].slice(-LINK_CHANGES_MAX);
  } else nodeWorld.linkSeen = isIn;
  scene.tell?.({ kind: "machine", node, state: isIn ? "cable in" : "cable out" });
  review(scene, node);
}
