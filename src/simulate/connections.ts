// Clients' open connections, as far as a move of the VIP decides about them: a connection lives at the node that took it, as long as its packets get
// there. Rule: a hundred a router stand for all of them; when nothing breaks one, none is broken.

import { isServed, holdsRouter } from "./network.ts";
import type { Scene } from "./scene.ts";
import type { Connections } from "./work-world.ts";

/** What is open at whoever serves. */
const OPEN = 100;

/** Looks at how things stand after everything that was due at one time has happened. */
export function reviewConnections(scene: Scene): void {
  const { world } = scene;
  for (let router = 0; router < world.connections.length; router += 1) {
    const before = world.connections[router]!;
    const after = reviewed(scene, router, before);
    if (after === before) continue;
    world.connections = world.connections.with(router, after);
    if (after.broken > before.broken) tellBroken(scene, router, before, after);
  }
}

function reviewed(scene: Scene, router: number, before: Connections): Connections {
  let { open, broken } = before;
  const serving = isServed(scene, router) ? scene.world.neighbours[router]! : -1;
  for (let node = 0; node < open.length; node += 1) {
    const here = open[node]!;
    if (here > 0 && isBroken(scene, router, node)) {
      broken += here;
      open = open.with(node, 0);
    }
    if (node === serving && open[node] === 0) open = open.with(node, OPEN);
  }
  return open === before.open ? before : { open, broken };
}

/** Whether what is open at a node is broken now: its machine or HAProxy is gone, or another node answers its packets and does not hand them over. */
function isBroken(scene: Scene, router: number, node: number): boolean {
  const { world } = scene;
  const owner = world.nodes[node]!;
  if (!owner.power || owner.haproxy === "down") return true;
  const target = world.neighbours[router]!;
  if (target === node || target < 0 || !holdsRouter(scene, target, router)) return false;
  return !isHandedOver(scene, router, node, target);
}

/** Both halves of the drain path are open. */
function isHandedOver({ world }: Scene, router: number, from: number, to: number): boolean {
  const isOpen = (node: number, half: "give" | "take"): boolean =>
    world.nodes[node]!.errands.some(({ kind, routers }) => kind === half && routers.includes(router));
  return isOpen(from, "give") && isOpen(to, "take");
}

/** What was draining at a node has ended by itself. */
export function endConnections({ world }: Scene, node: number, routers: readonly number[]): void {
  for (const router of routers) {
    const { open, broken } = world.connections[router]!;
    world.connections = world.connections.with(router, { open: open.with(node, 0), broken });
  }
}

function tellBroken(scene: Scene, router: number, before: Connections, after: Connections): void {
  const node = before.open.findIndex((count, index) => count > 0 && after.open[index] === 0);
  const name = scene.site.routers[router]!.name;
  const text = `open connections of ${name} to ${scene.site.nodes[node]!.name} are broken`;
  scene.tell?.({ kind: "work", node, text });
}
