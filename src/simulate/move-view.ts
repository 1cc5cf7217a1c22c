// What whoever plans a move sees of a pair: the view that policy decides on, as `hapair switch` would find it. Rule: what cannot be reached over the
// network cannot be asked, and of the rest only what verify and the look before a move ask is told.

import type { MoveNode, MoveView } from "../policy/index.ts";
import { holdsRouter, isConnected, layoutOf } from "./network.ts";
import type { Scene } from "./scene.ts";
import type { NodeWorld } from "./world.ts";

/** The view of everything. */
export function moveViewOf(scene: Scene): MoveView {
  const { site, world } = scene;
  const nameOf = (node: number): string => site.nodes[node]!.name;
  return {
    nodes: world.nodes.map((node, index) => moveNode(scene, node, index)),
    routers: site.routers.map(({ name, preempt, prefer }) => ({
      router: name,
      preempt,
      prefer: prefer.map(nameOf),
    })),
    problems: world.nodes.flatMap((node, index) =>
      node.blocksIn || node.blocksOut
        ? [{ code: "firewall", node: nameOf(index), text: "VRRP passes the node's firewall: it is dropped" }]
        : [],
    ),
  };
}

function moveNode(scene: Scene, node: NodeWorld, index: number): MoveNode {
  const { site } = scene;
  const { name } = site.nodes[index]!;
  const reachable = isConnected(node);
  const routers = site.routers.map((router, place) => ({ name: router.name, place }));
  return {
    node: name,
    reachable,
    states: Object.fromEntries(routers.map((router) => [router.name, stateOf(scene, index, router.place)])),
    holds: reachable
      ? routers.filter(({ place }) => holdsRouter(scene, index, place)).map((router) => router.name)
      : [],
    underMaintenance: reachable && node.maintenance,
    draining: routers
      .filter(({ place }) =>
        node.errands.some(({ kind, routers: given }) => kind === "give" && given.includes(place)),
      )
      .map((router) => router.name),
    service: { answers: reachable && node.haproxy === "up", text: `HAProxy is ${node.haproxy}` },
  };
}

/** keepalived's word on a router. */
function stateOf(scene: Scene, index: number, router: number): MoveNode["states"][string] {
  const node = scene.world.nodes[index]!;
  if (!isConnected(node)) return "unknown";
  if (node.daemon === "stopped" || node.daemon === "stopping") return "STOPPED";
  if (node.daemon !== "running") return "unknown";
  const place = layoutOf(scene, index).instances.findIndex((instance) => instance.router === router);
  const state = node.instances[place]?.state;
  return state === undefined || state === "INIT" ? "unknown" : state;
}

/** Whether the pair could lose a node now: each router has one holder, and everybody else is ready to take it. */
export function isWhole(scene: Scene): boolean {
  const { nodes, routers } = moveViewOf(scene);
  return routers.every(({ router }) =>
    nodes.every(({ reachable, states, holds, service }) => {
      const isReady = states[router] === (holds.includes(router) ? "MASTER" : "BACKUP");
      return reachable && service.answers && isReady;
    }),
  );
}
