// When the watch on a node under maintenance looks next. Rule: it is woken by what can change its mind, its time and the peers' adverts, and by nothing else.

import { NEVER } from "../vrrp/index.ts";
import type { Scene } from "./scene.ts";
import type { SiteWork } from "./site.ts";
import { nextLook } from "./work-world.ts";
import type { NodeWorld } from "./world.ts";

/** The watch sleeps a second between its looks. */
const EVERY_US = 1_000_000;

/** model's defaults, for nodes whose files come from elsewhere. */
const usualWork: SiteWork = {
  lastResort: "take",
  silenceUs: 10_000_000,
  limitUs: 7_200_000_000,
  drainUs: 60_000_000,
};

export function workOf({ site }: Scene): SiteWork {
  return site.work ?? usualWork;
}

/** An advert has reached the machine; the counter stands behind the firewall, and before keepalived. */
export function countAdvert(scene: Scene, node: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  const { watch } = nodeWorld;
  if (watch === undefined) return;
  const heardUs = nextLook(watch.anchorUs, scene.world.nowUs, EVERY_US);
  if (watch.heardUs === heardUs) return;
  nodeWorld.watch = { ...watch, heardUs };
  if (watch.released) nodeWorld.watch = { ...nodeWorld.watch, dueUs: Math.min(watch.dueUs, heardUs) };
  else schedule(scene, nodeWorld);
}

/** While the peers are heard, or are no reason any more, there is only the end to wait for. */
export function schedule(scene: Scene, nodeWorld: NodeWorld): void {
  const { watch, maintenanceUntilUs } = nodeWorld;
  if (watch === undefined) return;
  const { lastResort, silenceUs } = workOf(scene);
  const endsUs = nextLook(watch.anchorUs, maintenanceUntilUs, EVERY_US);
  const silentUs = lastResort === "take" && !watch.released ? watch.heardUs + silenceUs : NEVER;
  nodeWorld.watch = { ...watch, dueUs: Math.min(endsUs, silentUs) };
}
