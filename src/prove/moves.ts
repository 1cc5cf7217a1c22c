// What the world may do to a pair in a proof: one thing to one node, where it would change anything. Rule: a fault and its repair are both moves, and both
// count; a move that changes nothing is not tried.

import { type FaultName, type Happening, happeningOf } from "../scenario/index.ts";
import {
  beginWork,
  isWork,
  NEVER,
  type NodeWorld,
  type Scene,
  strike,
  type World,
} from "../simulate/index.ts";

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
  readonly name: FaultName;
  readonly kind: MoveKind;
  readonly fault: Happening;
  /** Checks of the node find something else afterwards: how their clocks stand matters. */
  readonly stirsChecks: boolean;
  readonly isPossible: (node: NodeWorld) => boolean;
}

type Row = readonly [name: FaultName, kind: MoveKind, isPossible: Move["isPossible"]];

/** Rows as moves: what a name does stands in the scenario's own table. */
function movesOf(rows: readonly Row[]): readonly Move[] {
  return rows.map(([name, kind, isPossible]) => {
    const fault = happeningOf(name, {});
    return { name, kind, fault, isPossible, stirsChecks: "service" in fault && fault.service === "haproxy" };
  });
}

const isOn = ({ power }: NodeWorld): boolean => power;
const runs = (node: NodeWorld): boolean => node.power && node.daemon === "running";
const serves = (node: NodeWorld): boolean =>
  node.power && node.haproxy === "up" && node.haproxyPlan === "none";
const blocks = ({ blocksIn, blocksOut }: NodeWorld): boolean => blocksIn || blocksOut;

/** What happens to any pair. */
export const moves: readonly Move[] = movesOf([
  ["stop-haproxy", "service-stop", serves],
  ["kill-haproxy", "service-crash", serves],
  ["hang-haproxy", "service-hang", serves],
  ["start-haproxy", "repair", (node) => node.power && node.haproxy === "down" && node.haproxyPlan === "none"],
  ["resume-haproxy", "repair", (node) => node.power && node.haproxy === "hung"],
  ["stop-keepalived", "keepalived-stop", runs],
  ["restart-keepalived", "keepalived-stop", runs],
  ["kill-keepalived", "keepalived-crash", runs],
  ["hang-keepalived", "keepalived-crash", runs],
  ["start-keepalived", "repair", (node) => node.power && node.daemon === "stopped"],
  ["resume-keepalived", "heal", (node) => node.power && node.daemon === "frozen"],
  ["reload", "repair", runs],
  ["power-off", "node-loss", isOn],
  ["power-on", "repair", (node) => !node.power && node.bootUs === NEVER],
  ["cut-cable", "node-loss", (node) => node.power && node.cable],
  ["restore-cable", "repair", (node) => node.power && !node.cable],
  ["block-vrrp-in", "partition", (node) => node.power && !blocks(node)],
  ["block-vrrp", "partition", (node) => node.power && !blocks(node)],
  ["unblock-vrrp", "heal", (node) => node.power && blocks(node)],
  ["delete-vip", "tamper", (node) => node.power && node.holds.some(Boolean)],
]);

/** What operators do to a pair that hapair has been applied to. Refusals are its own: what is refused changes nothing. */
export const plannedMoves: readonly Move[] = movesOf([
  ["switch", "planned", (node) => runs(node) && node.holds.some(Boolean)],
  ["maintenance-on", "planned", (node) => node.power && !node.maintenance],
  ["maintenance-off", "planned", (node) => node.power && node.maintenance],
]);

/** What a pair with agents notices. */
export const serverMoves: readonly Move[] = movesOf([
  ["block-backends", "servers", (node) => node.power && node.backends],
  ["unblock-backends", "servers", (node) => node.power && !node.backends],
]);

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
