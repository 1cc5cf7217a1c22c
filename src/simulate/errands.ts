// What a move begins on a node and the node ends by itself (render/switchover-script.ts): the pulse, standing aside, the boost, the two halves of the
// drain path. Rule: whatever is begun here ends at its own time, and a machine without power forgets it.

import { BOOST, moveTimes } from "../policy/index.ts";
import { writeFile } from "./haproxy.ts";
import { holdsRouter, layoutOf } from "./network.ts";
import type { Scene } from "./scene.ts";
import { type Errand, nextLook } from "./work-world.ts";

/** `ip` and `grep` take some milliseconds beside the pause. */
export const LOOK_US = moveTimes.lookMs * 1000 + 5_000;
const LEAVES_WITHIN_US = moveTimes.leaveLooks * LOOK_US;
const ASIDE_US = moveTimes.asideS * 1_000_000;
const BOOST_US = moveTimes.boostS * 1_000_000;

/** How long whoever waits for a VIP looks for it. */
export const AWAIT_US = moveTimes.awaitLooks * LOOK_US;

/** A node gives the routers up until their VIPs have left. */
export function beginPulse(scene: Scene, node: number, owner: number, routers: readonly number[]): void {
  begin(scene, node, { kind: "pulse", owner, routers }, LEAVES_WITHIN_US);
  hold(scene, node, routers);
}

/** A third node keeps out of a move. */
export function standAside(scene: Scene, node: number, owner: number, routers: readonly number[]): void {
  begin(scene, node, { kind: "aside", owner, routers }, ASIDE_US);
  hold(scene, node, routers);
}

/** The standby is quick to take the VIP. */
export function boost(scene: Scene, node: number, owner: number): void {
  begin(scene, node, { kind: "boost", owner, routers: [] }, BOOST_US);
  writeFile(scene, node, scene.site.nodes[node]!.writes.boost, BOOST);
}

/** Opens one half of the drain path, and keeps the other open, where a drain the other way round still needs it. */
export function openPath(
  scene: Scene,
  node: number,
  { kind, owner, routers }: Pick<Errand, "kind" | "owner" | "routers">,
  leaseUs: number,
): void {
  const nodeWorld = scene.world.nodes[node]!;
  const untilUs = scene.world.nowUs + leaseUs;
  const other = kind === "give" ? "take" : "give";
  nodeWorld.errands = nodeWorld.errands.map((errand) =>
    errand.kind === other ? { ...errand, dueUs: untilUs, untilUs } : errand,
  );
  begin(scene, node, { kind, owner, routers }, leaseUs);
}

/** One of a kind at a time: a later one takes the older one's place. */
function begin(
  scene: Scene,
  node: number,
  errand: Pick<Errand, "kind" | "owner" | "routers">,
  lastsUs: number,
): void {
  const nodeWorld = scene.world.nodes[node]!;
  const { nowUs } = scene.world;
  const untilUs = nowUs + lastsUs;
  nodeWorld.errands = [
    ...nodeWorld.errands.filter(({ kind }) => kind !== errand.kind),
    { ...errand, sinceUs: nowUs, dueUs: untilUs, untilUs },
  ];
}

/** Ends a node's errand of that kind; of that owner alone, where one is named. */
export function endErrand(scene: Scene, node: number, kind: Errand["kind"], owner?: number): void {
  const nodeWorld = scene.world.nodes[node]!;
  const errand = nodeWorld.errands.find(
    (one) => one.kind === kind && (owner === undefined || one.owner === owner),
  );
  if (errand === undefined) return;
  nodeWorld.errands = nodeWorld.errands.filter((one) => one !== errand);
  if (kind === "pulse" || kind === "aside") unhold(scene, node, errand.routers);
  if (kind === "boost") writeFile(scene, node, scene.site.nodes[node]!.writes.boost, 0);
}

/** The errand that is due has come to its end. */
export function stepErrand(scene: Scene, node: number): void {
  const { nowUs, nodes } = scene.world;
  const due = nodes[node]!.errands.find(({ dueUs }) => dueUs <= nowUs);
  if (due !== undefined) endErrand(scene, node, due.kind);
}

/** A pulse whose VIPs have left is over at its next look; true: that is now. */
export function noticeErrands(scene: Scene, node: number): boolean {
  const nodeWorld = scene.world.nodes[node]!;
  const { nowUs } = scene.world;
  const pulse = nodeWorld.errands.find(({ kind, dueUs, untilUs }) => kind === "pulse" && dueUs === untilUs);
  if (pulse === undefined || pulse.routers.some((router) => holdsRouter(scene, node, router))) return false;
  // The first look comes before keepalived has done anything.
  const dueUs = nextLook(pulse.sinceUs, Math.max(nowUs, pulse.sinceUs + 1), LOOK_US);
  nodeWorld.errands = nodeWorld.errands.map((one) => (one === pulse ? { ...pulse, dueUs } : one));
  return dueUs <= nowUs;
}

/** `switchover.sh mend`: undoes whatever any move has left on a node. */
export function mendNode(scene: Scene, node: number): void {
  const { files } = layoutOf(scene, node);
  for (const kind of ["take", "give", "pulse", "aside", "boost"] as const) endErrand(scene, node, kind);
  const { hold: everywhere, boost: lift } = scene.site.nodes[node]!.writes;
  if (everywhere !== undefined)
    for (const { name } of files)
      if (name === everywhere || name.startsWith(`${everywhere}-`)) releaseFile(scene, node, name);
  writeFile(scene, node, lift, 0);
}

/** The files that keep a node from holding these routers: one for each where there are several. */
function holdFiles(scene: Scene, node: number, routers: readonly number[]): string[] {
  const { hold: everywhere } = scene.site.nodes[node]!.writes;
  if (everywhere === undefined) return [];
  const { files } = layoutOf(scene, node);
  const names = routers.map((router) => {
    const own = `${everywhere}-${scene.site.routers[router]!.name}`;
    return files.some(({ name }) => name === own) ? own : everywhere;
  });
  return [...new Set(names)];
}

function hold(scene: Scene, node: number, routers: readonly number[]): void {
  for (const name of holdFiles(scene, node, routers)) writeFile(scene, node, name, 1);
}

function unhold(scene: Scene, node: number, routers: readonly number[]): void {
  for (const name of holdFiles(scene, node, routers)) releaseFile(scene, node, name);
}

/** A node under maintenance keeps its hold. */
function releaseFile(scene: Scene, node: number, name: string): void {
  if (name === scene.site.nodes[node]!.writes.hold && scene.world.nodes[node]!.maintenance) return;
  writeFile(scene, node, name, 0);
}
