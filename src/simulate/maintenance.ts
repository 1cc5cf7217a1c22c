// A node under maintenance (render/maintenance-files.ts): it is held until its time is over, over reboots too, and as a last resort let go. Rule: the
// node's own clock and the adverts that reach it decide; a watch that would find nothing new sleeps until it may.

import { NEVER } from "../vrrp/index.ts";
import { mendNode } from "./errands.ts";
import { writeFile } from "./haproxy.ts";
import { schedule, workOf } from "./maintenance-watch.ts";
import { type Scene, tellOf } from "./scene.ts";

/** `maintenance.sh on`: from now on, for as long as the pair says. */
export function beginMaintenance(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  nodeWorld.maintenance = true;
  nodeWorld.maintenanceUntilUs = scene.world.nowUs + workOf(scene).limitUs;
  writeFile(scene, node, scene.site.nodes[node]!.writes.hold, 1);
  beginWatch(scene, node);
}

/** The unit that watches over the maintenance is started: with it, and at every boot while it lasts. */
export function beginWatch(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  if (!nodeWorld.maintenance) return;
  const { nowUs } = scene.world;
  nodeWorld.watch = { anchorUs: nowUs, heardUs: nowUs, released: false, dueUs: NEVER };
  schedule(scene, nodeWorld);
}

/** `maintenance.sh off`, and what the watch does at its time. */
export function endMaintenance(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  nodeWorld.maintenance = false;
  nodeWorld.maintenanceUntilUs = NEVER;
  nodeWorld.watch = undefined;
  writeFile(scene, node, scene.site.nodes[node]!.writes.hold, 0);
  mendNode(scene, node);
}

/** The watch looks. */
export function stepWatch(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  const { watch, maintenanceUntilUs } = nodeWorld;
  const { nowUs } = scene.world;
  const { hold } = scene.site.nodes[node]!.writes;
  if (watch === undefined) return;
  if (nowUs >= maintenanceUntilUs) {
    tellOf(scene, node, "has been under maintenance for its time: that ends");
    endMaintenance(scene, node);
    return;
  }
  if (!watch.released) release(scene, node, nowUs - watch.heardUs);
  else if (watch.heardUs === nowUs && !nodeWorld.holds.includes(true)) {
    tellOf(scene, node, "hears its peers again and is held again");
    nodeWorld.watch = { ...watch, released: false };
    writeFile(scene, node, hold, 1);
  }
  schedule(scene, nodeWorld);
}

function release(scene: Scene, node: number, silentUs: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  const { lastResort, silenceUs } = workOf(scene);
  if (lastResort === "stay" || silentUs < silenceUs) return;
  const text = `has heard no advert of any peer for ${silenceUs / 1_000_000} s: it takes the VIP rather than nobody (last resort)`;
  tellOf(scene, node, text);
  nodeWorld.watch = { ...nodeWorld.watch!, released: true };
  writeFile(scene, node, scene.site.nodes[node]!.writes.hold, 0);
}
