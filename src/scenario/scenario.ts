// What can happen to a pair, as data: names, faults and planned work, what is watched and which promise is judged. drill performs them; later simulate
// interprets them.
// Rule: nothing here runs anything or knows how a fault is made.

import type { Promises } from "../model/index.ts";

export type Service = "haproxy" | "keepalived" | "hapair-agent";

/** Something done to one node. */
export type Action =
  | { readonly kind: "stop-service"; readonly service: Service }
  | { readonly kind: "start-service"; readonly service: Service }
  | { readonly kind: "restart-service"; readonly service: Service }
  /** SIGKILL to every process of the unit. */
  | { readonly kind: "kill-service"; readonly service: Service }
  /** SIGSTOP to every process of the unit: it is there, holds its sockets, and answers nothing. */
  | { readonly kind: "freeze-service"; readonly service: Service }
  | { readonly kind: "thaw-service"; readonly service: Service }
  | { readonly kind: "power-off" }
  | { readonly kind: "power-on" }
  | { readonly kind: "cut-cable" }
  | { readonly kind: "restore-cable" }
  | { readonly kind: "delete-vip" }
  /** Protocol 112 dropped on this node: what arrives, what leaves, or both. */
  | { readonly kind: "block-vrrp"; readonly direction: "in" | "out" | "both" }
  | { readonly kind: "unblock-vrrp" }
  /** This node reaches none of the back ends' servers: connections to them are refused at once. */
  | { readonly kind: "block-backends" }
  | { readonly kind: "unblock-backends" }
  /** hapair switch: this node gives the VIP to another one, and its open connections drain. */
  | { readonly kind: "switch" }
  /** hapair maintenance: the VIP leaves this node as with a switch, and the node is kept from it. */
  | { readonly kind: "maintenance-on" }
  | { readonly kind: "maintenance-off" }
  /** hapair roll with a reboot as its command: each node in its turn, the standby first. */
  | { readonly kind: "roll" }
  /** Closes what a switch may have left open on this node; nothing where it left nothing. */
  | { readonly kind: "mend-switch" };

/** The node an action is done to; all: every node. victim: what the scenario's first phase chose. */
export type Target = "holder" | "standby" | "all" | "victim";

/** What a phase is judged by. */
export type PhasePromise =
  /** The client-seen outage is at most the pair's figure for this kind of failure. */
  | { readonly kind: "outage"; readonly of: Exclude<keyof Promises, "failback"> }
  /** The VIP stays where it is and no request is lost. */
  | { readonly kind: "stays" }
  /** Two nodes hold the VIP for no longer than this. */
  | { readonly kind: "one-holder"; readonly longestMs: number }
  /** hapair status names the split brain within this time of being asked. */
  | { readonly kind: "named"; readonly withinMs: number }
  /** The VIP moves to the other node, stays there, and the outage is at most the pair's figure. */
  | { readonly kind: "moves"; readonly of: Exclude<keyof Promises, "failback"> }
  /** The same with a figure that is the scenario's own. */
  | { readonly kind: "moves-within"; readonly limitMs: number }
  /** The VIP stays where it is, whatever becomes of requests: moving it would help nobody. */
  | { readonly kind: "holder-stays" }
  /**
   * Clients notice nothing: no request is lost, and none takes longer than the slowest before it began and `slowerByMs`.
   * moves: the VIP goes to another node once and stays there. rests: it may go more often, and one node alone has it in the end.
   */
  | { readonly kind: "unnoticed"; readonly holder: "moves" | "rests"; readonly slowerByMs: number };

/** How long a phase is watched at least. takeover: a failover with its detection; failback: long enough for a returning node to take the VIP. */
export type Watch = "takeover" | "failback";

export interface Phase {
  /** The row's name in every report; permanent. */
  readonly name: string;
  readonly title: string;
  readonly action: Action;
  readonly target: Target;
  readonly watch: Watch;
  readonly promises: readonly PhasePromise[];
}

/** What a scenario needs of a pair, to say something about it; in the words of a list. */
export const needTexts = {
  agent: "with an agent",
  hapair: "where hapair has been applied",
  "no-failback": "where the VIP does not go back by itself",
} as const;

export type Need = keyof typeof needTexts;

export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly phases: readonly [Phase, ...Phase[]];
  /** Undoes the first phase's fault whatever happens; run by the node itself if the operator's connection is lost. */
  readonly undo: Action;
  /** Needs a hand on the power switch or the cable. */
  readonly labOnly: boolean;
  /** Says nothing about a pair without these. */
  readonly needs?: readonly Need[];
}
