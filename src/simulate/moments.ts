// What a person would see of a run if they looked all the time: states, services, holders, and whether clients are answered. Rule: a look is taken when
// everything that is due at one time has happened, so nothing that lasts no time is seen; a look that finds nothing new is not kept.

import { holdsRouter, isServed, layoutOf } from "./network.ts";
import type { Scene } from "./scene.ts";
import type { HaproxyState, NodeWorld } from "./world.ts";

/** What keepalived is seen to be: an instance's state, or why there is none. */
export type SeenState =
  | "INIT"
  | "BACKUP"
  | "MASTER"
  | "FAULT"
  | "frozen"
  | "starts"
  | "ends"
  | "down"
  | "off";

export interface SeenNode {
  /** By router; "down" also where the node has no instance of that router. */
  readonly states: readonly SeenState[];
  /** By router: its VIPs are on this node. */
  readonly holds: readonly boolean[];
  readonly haproxy: HaproxyState | "off";
}

/** How things stand from `atUs` to the next moment. */
export interface Moment {
  readonly atUs: number;
  readonly nodes: readonly SeenNode[];
  /** By router: a client's request is answered. */
  readonly served: readonly boolean[];
}

/** Looks at a scene; the moments are those in which something was new, the first look included. */
export function watcher(scene: Scene): { readonly look: () => void; readonly moments: readonly Moment[] } {
  const moments: Moment[] = [];
  const look = (): void => {
    const last = moments.at(-1);
    if (last !== undefined && isStill(scene, last)) return;
    // Two looks at one time: the later one counts.
    if (last?.atUs === scene.world.nowUs) moments.pop();
    moments.push(seen(scene));
  };
  return { look, moments };
}

function seen(scene: Scene): Moment {
  const { site, world } = scene;
  return {
    atUs: world.nowUs,
    nodes: world.nodes.map((node, index) => ({
      states: site.routers.map((_router, router) => stateOf(scene, index, router)),
      holds: site.routers.map((_router, router) => node.power && holdsRouter(scene, index, router)),
      haproxy: node.power ? node.haproxy : "off",
    })),
    served: site.routers.map((_router, router) => isServed(scene, router)),
  };
}

/** The same questions without making anything: this is asked after every advert. */
function isStill(scene: Scene, last: Moment): boolean {
  const { nodes } = scene.world;
  for (let router = 0; router < last.served.length; router += 1) {
    if (isServed(scene, router) !== last.served[router]) return false;
    for (let index = 0; index < nodes.length; index += 1) {
      const node = nodes[index]!;
      const before = last.nodes[index]!;
      if ((node.power ? node.haproxy : "off") !== before.haproxy) return false;
      if ((node.power && holdsRouter(scene, index, router)) !== before.holds[router]) return false;
      if (stateOf(scene, index, router) !== before.states[router]) return false;
    }
  }
  return true;
}

const withoutStates: Readonly<Record<Exclude<NodeWorld["daemon"], "running">, SeenState>> = {
  stopped: "down",
  starting: "starts",
  frozen: "frozen",
  stopping: "ends",
};

function stateOf(scene: Scene, index: number, router: number): SeenState {
  const node = scene.world.nodes[index]!;
  if (!node.power) return "off";
  if (node.daemon !== "running") return withoutStates[node.daemon];
  const { instances } = layoutOf(scene, index);
  for (let place = 0; place < instances.length; place += 1)
    if (instances[place]!.router === router) return node.instances[place]!.state;
  return "down";
}
