// What the world may do to a pair in a proof: one thing to one node, where it would change anything. Rule: a fault and its repair are both moves, and both
// count; a move that changes nothing is not tried.

import type { Happening } from "../scenario/index.ts";
import { beginWork, isWork, type NodeWorld, type Scene, strike, type World } from "../simulate/index.ts";

/** Of what kind a move is, for the promises. */
export type MoveKind =
  | "service-stop"
  | "service-crash"
  | "service-hang"
  | "node-loss"
  | "keepalived-stop"
  | "keepalived-crash"
  | "partition"
  | "tamper"
  /** Something that was broken works again. */
  | "repair"
  /** The network is whole again: two holders may have to agree, and VRRP lets the higher priority win. */
  | "heal"
  /** hapair's own work on the pair: a switch, maintenance. */
  | "planned"
  /** The back ends' servers cannot be reached by a node, or can again. */
  | "servers";

export interface Move {
  /** As scenario files name it. */
  readonly name: string;
  readonly kind: MoveKind;
  readonly fault: Happening;
  /** Checks of the node find something else afterwards: how their clocks stand matters. */
  readonly stirsChecks: boolean;
  readonly isPossible: (node: NodeWorld) => boolean;
}

const isOn = ({ power }: NodeWorld): boolean => power;
const runs = (node: NodeWorld): boolean => node.power && node.daemon === "running";
const serves = (node: NodeWorld): boolean =>
  node.power && node.haproxy === "up" && node.haproxyPlan === "none";

/** What happens to any pair. */
export const moves: readonly Move[] = [
  {
    name: "stop-haproxy",
    kind: "service-stop",
    fault: { kind: "stop-service", service: "haproxy" },
    stirsChecks: true,
    isPossible: serves,
  },
  {
    name: "kill-haproxy",
    kind: "service-crash",
    fault: { kind: "kill-service", service: "haproxy" },
    stirsChecks: true,
    isPossible: serves,
  },
  {
    name: "hang-haproxy",
    kind: "service-hang",
    fault: { kind: "freeze-service", service: "haproxy" },
    stirsChecks: true,
    isPossible: serves,
  },
  {
    name: "start-haproxy",
    kind: "repair",
    fault: { kind: "start-service", service: "haproxy" },
    stirsChecks: true,
    isPossible: (node) => node.power && node.haproxy === "down" && node.haproxyPlan === "none",
  },
  {
    name: "resume-haproxy",
    kind: "repair",
    fault: { kind: "thaw-service", service: "haproxy" },
    stirsChecks: true,
    isPossible: (node) => node.power && node.haproxy === "hung",
  },
  {
    name: "stop-keepalived",
    kind: "keepalived-stop",
    fault: { kind: "stop-service", service: "keepalived" },
    stirsChecks: false,
    isPossible: runs,
  },
  {
    name: "restart-keepalived",
    kind: "keepalived-stop",
    fault: { kind: "restart-service", service: "keepalived" },
    stirsChecks: false,
    isPossible: runs,
  },
  {
    name: "kill-keepalived",
    kind: "keepalived-crash",
    fault: { kind: "kill-service", service: "keepalived" },
    stirsChecks: false,
    isPossible: runs,
  },
  {
    name: "hang-keepalived",
    kind: "keepalived-crash",
    fault: { kind: "freeze-service", service: "keepalived" },
    stirsChecks: false,
    isPossible: runs,
  },
  {
    name: "start-keepalived",
    kind: "repair",
    fault: { kind: "start-service", service: "keepalived" },
    stirsChecks: false,
    isPossible: (node) => node.power && node.daemon === "stopped",
  },
  {
    name: "resume-keepalived",
    kind: "heal",
    fault: { kind: "thaw-service", service: "keepalived" },
    stirsChecks: false,
    isPossible: (node) => node.power && node.daemon === "frozen",
  },
  { name: "reload", kind: "repair", fault: { kind: "reload" }, stirsChecks: false, isPossible: runs },
  {
    name: "power-off",
    kind: "node-loss",
    fault: { kind: "power-off" },
    stirsChecks: false,
    isPossible: isOn,
  },
  {
    name: "power-on",
    kind: "repair",
    fault: { kind: "power-on" },
    stirsChecks: false,
    isPossible: (node) => !node.power && node.bootUs === Infinity,
  },
  {
    name: "cut-cable",
    kind: "node-loss",
    fault: { kind: "cut-cable" },
    stirsChecks: false,
    isPossible: (node) => node.power && node.cable,
  },
  {
    name: "restore-cable",
    kind: "repair",
    fault: { kind: "restore-cable" },
    stirsChecks: false,
    isPossible: (node) => node.power && !node.cable,
  },
  {
    name: "block-vrrp-in",
    kind: "partition",
    fault: { kind: "block-vrrp", direction: "in" },
    stirsChecks: false,
    isPossible: (node) => node.power && !node.blocksIn && !node.blocksOut,
  },
  {
    name: "block-vrrp",
    kind: "partition",
    fault: { kind: "block-vrrp", direction: "both" },
    stirsChecks: false,
    isPossible: (node) => node.power && !node.blocksIn && !node.blocksOut,
  },
  {
    name: "unblock-vrrp",
    kind: "heal",
    fault: { kind: "unblock-vrrp" },
    stirsChecks: false,
    isPossible: (node) => node.power && (node.blocksIn || node.blocksOut),
  },
  {
    name: "delete-vip",
    kind: "tamper",
    fault: { kind: "delete-vip" },
    stirsChecks: false,
    isPossible: (node) => node.power && node.holds.some(Boolean),
  },
];

/** What operators do to a pair that hapair has been applied to. Refusals are its own: what is refused changes nothing. */
export const plannedMoves: readonly Move[] = [
  {
    name: "switch",
    kind: "planned",
    fault: { kind: "switch" },
    stirsChecks: false,
    isPossible: (node) => runs(node) && node.holds.some(Boolean),
  },
  {
    name: "maintenance-on",
    kind: "planned",
    fault: { kind: "maintenance-on" },
    stirsChecks: false,
    isPossible: (node) => node.power && !node.maintenance,
  },
  {
    name: "maintenance-off",
    kind: "planned",
    fault: { kind: "maintenance-off" },
    stirsChecks: false,
    isPossible: (node) => node.power && node.maintenance,
  },
];

/** What a pair with agents notices. */
export const serverMoves: readonly Move[] = [
  {
    name: "block-backends",
    kind: "servers",
    fault: { kind: "block-backends" },
    stirsChecks: false,
    isPossible: (node) => node.power && node.backends,
  },
  {
    name: "unblock-backends",
    kind: "servers",
    fault: { kind: "unblock-backends" },
    stirsChecks: false,
    isPossible: (node) => node.power && !node.backends,
  },
];

/** Moves that may be made in a world: a node's number and the move. */
export function possibleMoves(
  world: World,
  among: readonly Move[],
): { readonly node: number; readonly move: Move }[] {
  return world.nodes.flatMap((node, index) =>
    among.filter(({ isPossible }) => isPossible(node)).map((move) => ({ node: index, move })),
  );
}

/** Makes a move. */
export function make(scene: Scene, node: number, { fault }: Move): void {
  if (isWork(fault)) beginWork(scene, node, fault);
  else strike(scene, node, fault);
}
