// HAProxy and its unit on a node: what a stop, a start, a crash and a hang do, and when the hook writes the watched file `process`.
// Rule: systemd's part is told by the node's habits; nothing here knows whose configuration it is.

import { NEVER } from "../vrrp/index.ts";
import { rouse } from "./checks.ts";
import { layoutOf } from "./network.ts";
import type { Scene } from "./scene.ts";
import { review } from "./tracking.ts";
import { type HaproxyPlan, type HaproxyState, markUnread } from "./world.ts";

/** Something writes a watched file; keepalived sees it at once. */
export function writeFile(scene: Scene, node: number, name: string | undefined, value: number): void {
  if (name === undefined) return;
  const nodeWorld = scene.world.nodes[node]!;
  const file = layoutOf(scene, node).files.findIndex((one) => one.name === name);
  if (file === -1 || nodeWorld.files[file] === value) return;
  nodeWorld.files = nodeWorld.files.with(file, value);
  scene.tell?.({ kind: "file", node, file, value });
  if (nodeWorld.daemon === "frozen") markUnread(nodeWorld, "files");
  review(scene, node);
}

function become(scene: Scene, node: number, state: HaproxyState, said: string): void {
  const nodeWorld = scene.world.nodes[node]!;
  nodeWorld.haproxy = state;
  scene.tell?.({ kind: "haproxy", node, state: said });
  rouse(scene, node);
  // track_process sees a process come and go.
  review(scene, node);
}

function plan(scene: Scene, node: number, what: HaproxyPlan, afterUs: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  nodeWorld.haproxyPlan = what;
  nodeWorld.haproxyDueUs = what === "none" ? NEVER : scene.world.nowUs + afterUs;
}

const habitsOf = (scene: Scene, node: number) => scene.site.nodes[node]!.habits.haproxy;
const processFile = (scene: Scene, node: number): string | undefined =>
  scene.site.nodes[node]!.writes.process;

/** systemctl start. */
export function startHaproxy(scene: Scene, node: number): void {
  const { power, haproxy, haproxyPlan } = scene.world.nodes[node]!;
  if (power && haproxy === "down" && haproxyPlan === "none")
    plan(scene, node, "start", habitsOf(scene, node).startUs);
}

/** systemctl stop, or restart: with the hook the VIP is let go first. */
export function stopHaproxy(scene: Scene, node: number, restarts: boolean): void {
  const nodeWorld = scene.world.nodes[node]!;
  if (nodeWorld.haproxy === "down") {
    plan(scene, node, "none", 0);
    if (restarts) startHaproxy(scene, node);
    return;
  }
  const { hook, stopLeadUs } = habitsOf(scene, node);
  if (hook) writeFile(scene, node, processFile(scene, node), 1);
  plan(scene, node, restarts ? "restart" : "stop", stopLeadUs);
}

/** SIGKILL: systemd starts it again, if its unit says so. */
export function killHaproxy(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  const { hook, onCrash, restartUs, startUs } = habitsOf(scene, node);
  if (nodeWorld.haproxy === "down") return;
  become(scene, node, "down", "killed");
  if (restartUs === undefined) plan(scene, node, "none", 0);
  else plan(scene, node, "start", restartUs + startUs);
  if (hook && onCrash === "move") writeFile(scene, node, processFile(scene, node), 1);
}

/** SIGSTOP and SIGCONT. */
export function hangHaproxy(scene: Scene, node: number): void {
  if (scene.world.nodes[node]!.haproxy === "up") become(scene, node, "hung", "hung");
}

export function resumeHaproxy(scene: Scene, node: number): void {
  if (scene.world.nodes[node]!.haproxy === "hung") become(scene, node, "up", "resumed");
}

/** What was planned is due. */
export function stepHaproxy(scene: Scene, node: number): void {
  const { haproxyPlan } = scene.world.nodes[node]!;
  const { hook, startUs } = habitsOf(scene, node);
  if (haproxyPlan === "start") {
    plan(scene, node, "none", 0);
    become(scene, node, "up", "up");
    if (hook) writeFile(scene, node, processFile(scene, node), 0);
    return;
  }
  become(scene, node, "down", "stopped");
  plan(scene, node, haproxyPlan === "restart" ? "start" : "none", startUs);
}
