// What a check of verify is: a question about the running pair, answered per node or for the pair, each answer with its evidence.

import type { Pair, PairNode, Router } from "../model/index.ts";
import type { ClientAnswer } from "./client-probe.ts";
import type { NodeObservation } from "./observation.ts";
import type { PairStatus } from "./pair-status.ts";

/**
 * ok · failed: not as it must be · warning: works, and something will end that · unknown: could not be seen · skipped: does not apply, the evidence says why
 */
export type CheckOutcome = "ok" | "failed" | "warning" | "unknown" | "skipped";

export interface CheckResult {
  readonly check: string;
  /** undefined: about the pair as a whole. */
  readonly node?: string;
  /** What was asked, e.g. `keepalived is active`. */
  readonly checked: string;
  readonly outcome: CheckOutcome;
  /** What was seen, as near to the machine's own words as can be. */
  readonly evidence: string;
  /** What to do; absent when all is well. */
  readonly advice?: string;
}

/** All that checks may look at. */
export interface CheckContext {
  readonly pair: Pair;
  readonly status: PairStatus;
  /** In the pair's order, reachable nodes only. */
  readonly seen: readonly NodeObservation[];
  readonly clientAnswers: readonly ClientAnswer[];
}

/** An answer without the check's name and, for a check asked of each node, without the node's. */
export type Answer = Omit<CheckResult, "check" | "node">;

/** A question asked of each node that could be reached. An empty answer: it does not apply. */
export interface NodeCheck {
  readonly check: string;
  readonly ofNode: (node: PairNode, observation: NodeObservation, context: CheckContext) => readonly Answer[];
}

/** A question asked of the pair as a whole. */
export interface PairCheck {
  readonly check: string;
  readonly ofPair: (context: CheckContext) => readonly Answer[];
}

export type Check = NodeCheck | PairCheck;

/** All answers of a check, nodes in the pair's order. */
export function runCheck(check: Check, context: CheckContext): CheckResult[] {
  if ("ofPair" in check) return check.ofPair(context).map((answer) => ({ check: check.check, ...answer }));
  return context.seen.flatMap((observation) => {
    const node = context.pair.nodes.find((candidate) => candidate.name === observation.node);
    if (node === undefined) return [];
    return check
      .ofNode(node, observation, context)
      .map((answer) => ({ check: check.check, node: node.name, ...answer }));
  });
}

/** ok with the evidence, or failed with evidence and advice. */
export function okOr(
  holds: boolean,
  checked: string,
  evidence: string,
  advice: string,
  otherwise: "failed" | "warning" = "failed",
): Answer {
  return holds ? { checked, outcome: "ok", evidence } : { checked, outcome: otherwise, evidence, advice };
}

/** Every address of a router that moves: its own family's first. */
export function vipsOf(router: Router): readonly { readonly text: string; readonly interface?: string }[] {
  return [...router.vips, ...router.excludedVips].map((vip) => ({
    text: vip.address.text,
    ...(vip.interface === undefined ? {} : { interface: vip.interface }),
  }));
}
