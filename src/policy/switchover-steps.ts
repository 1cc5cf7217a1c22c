// The order in which the VIP is moved on purpose, as data. Rules: whatever keeps connections alive is there before anything moves and goes last, the
// new node's part first; what a step opens, the node itself closes after a time; the VIP moves by keepalived alone.

import type { Move } from "./switchover.ts";

/** open-give and open-take make the drain path; boost shortens the taker's skew; aside keeps a third node out of it for the moment. */
export type MoveStepKind =
  | "open-give"
  | "open-take"
  | "boost"
  | "aside"
  /** The giver gives up until its VIPs have left, and no longer: where nobody takes them it takes them again. */
  | "give"
  /** The giver gives up and stays so: maintenance begins. */
  | "maintain"
  /** The taker has the VIPs. */
  | "await"
  | "unboost"
  /** Seen from a client: who answers, and whose hardware address the VIP has. */
  | "confirm"
  /** The old node's connections end, or are asked to. */
  | "drain"
  | "close-take"
  | "close-give";

export interface MoveStep {
  readonly kind: MoveStepKind;
  readonly node: string;
  /** Routers the step is about; for open-take each with its giver. */
  readonly routers: readonly { readonly router: string; readonly from: string }[];
}

export interface MoveOptions {
  /** Whether open connections live on. */
  readonly drain: boolean;
  /** Whether the taker's skew is long enough to be shortened. */
  readonly boost: boolean;
  /** How the giver lets go: for the moment, or because it is under maintenance from now on. */
  readonly letGo: "give" | "maintain";
  /** The pair's nodes that can be told something. */
  readonly nodes: readonly string[];
}

/** The steps of a move, in order. A move of nothing has none, but for the maintenance it was for. */
export function moveSteps(move: Move, options: MoveOptions & { readonly maintained?: string }): MoveStep[] {
  const givers = [...new Set(move.routers.map(({ from }) => from))];
  const of = (giver: string): Move["routers"] => move.routers.filter(({ from }) => from === giver);
  const at = (kind: MoveStepKind, node: string, routers = move.routers): MoveStep => ({
    kind,
    node,
    routers,
  });
  if (givers.length === 0)
    return options.maintained === undefined ? [] : [at("maintain", options.maintained, [])];
  const others = options.nodes.filter((node) => node !== move.to && !givers.includes(node));
  const each = (kind: MoveStepKind): MoveStep[] => givers.map((giver) => at(kind, giver, of(giver)));
  return [
    ...(options.drain ? [...each("open-give"), at("open-take", move.to)] : []),
    ...(options.boost ? [at("boost", move.to)] : []),
    ...others.map((node) => at("aside", node)),
    ...each(options.letGo),
    at("await", move.to),
    ...(options.boost ? [at("unboost", move.to)] : []),
    at("confirm", move.to),
    ...(options.drain ? [...each("drain"), at("close-take", move.to), ...each("close-give")] : []),
  ];
}

/** Until this step has been done a failure leaves the VIP where it was, and what was opened is closed again. */
export function isBeforeMove(kind: MoveStepKind): boolean {
  return kind === "open-give" || kind === "open-take" || kind === "boost" || kind === "aside";
}
