// HP119: a weighted check whose failure does move the VIP, but only after the peer's preempt_delay, meant for a returning node.

import {
  effectivePriority,
  electorate,
  isStatedMaster,
  itemLabel,
  priorityArithmetic,
  weightedChecks,
} from "../facts/effective-priority.ts";
import { examplePair } from "../examples/example-instance.ts";
import { type CheckVerdict, checkVerdicts } from "../facts/failing-checks.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, lineOf, type RouterMember, type VirtualRouter } from "../subject.ts";

const MICROSECONDS = 1_000_000;

// A shorter delay is little beside the three adverts that a takeover by priority lasts anyway.
const DELAY_LEAST_US = 5 * MICROSECONDS;

const script = ["weight -20"];
const lines = ["preempt_delay 60"];

export const rule: Rule = {
  code: "HP119",
  name: "weight-under-preempt-delay",
  severity: "warning",
  scope: "pair",
  versions: "same",
  summary: "a weighted check moves the VIP only after the peer's preempt_delay",
  explanation:
    "preempt_delay is meant for a node that returns: it waits before it takes the VIP back. But keepalived counts it whenever a BACKUP hears " +
    "a MASTER of lower priority, also one whose priority a failing check has just lowered. " +
    "So the peer listens to the broken node for the whole delay before it takes over: with preempt_delay 15 the VIP moved 19 s after the check had failed (tried on 2.2.7).\n\n" +
    "A check of weight 0 is not delayed: its failure is a FAULT, the holder sends priority 0 and the peer follows within a second. " +
    "Delays below 5 s are not told.",
  source: "keepalived-behaviour 1.5 (preempt_delay), F52; tried on two nodes with keepalived 2.2.7",
  bad: examplePair({ script, lines }, { script, lines }),
  good: examplePair({ lines }, { lines }),
  *check({ routers }) {
    for (const router of routers) {
      const told = new Set<string>();
      for (const verdict of checkVerdicts(router)) {
        if (verdict.effect !== "moves" || told.has(verdict.item.key)) continue;
        const delayed = firstToTakeOver(verdict, router);
        if (delayed === undefined) continue;
        told.add(verdict.item.key);
        yield findingOn(verdict, delayed);
      }
    }
  },
};

/** The peer with the shortest delay of those that could take over, if even that one is worth telling. */
function firstToTakeOver({ holder }: CheckVerdict, router: VirtualRouter): RouterMember | undefined {
  const healthy = effectivePriority(holder);
  const worst = effectivePriority(holder, new Set(weightedChecks(holder).map((item) => item.key)));
  const [first] = electorate(router)
    .filter((peer) => peer !== holder && !peer.instance.nopreempt)
    .filter((peer) => effectivePriority(peer) <= healthy && effectivePriority(peer) > worst)
    .toSorted((a, b) => delayInForceUs(a) - delayInForceUs(b));
  return first !== undefined && delayInForceUs(first) >= DELAY_LEAST_US ? first : undefined;
}

function delayInForceUs({ instance }: RouterMember): number {
  return isStatedMaster(instance) || instance.strict ? 0 : instance.preemptDelayUs;
}

function findingOn({ holder, item }: CheckVerdict, peer: RouterMember): Finding {
  const name = itemLabel(item);
  const seconds = peer.instance.preemptDelayUs / MICROSECONDS;
  const after = priorityArithmetic(holder, new Set([item.key]));
  return {
    message: `when ${name} (weight ${item.weight}) fails, ${holder.node.name}: ${after}, ${peer.node.name}: ${priorityArithmetic(peer)}, but ${peer.node.name} waits for its preempt_delay of ${seconds} s`,
    at: inKeepalived(peer.node, lineOf(peer.instance, "preempt_delay")),
    consequence: `the VIP stays on ${holder.node.name} for ${seconds} s longer than the takeover would last, and clients reach what has failed`,
    advice: `weight 0 for ${name} (no weight line): its failure is then a FAULT, after which nobody waits; or a preempt_delay that an outage may last`,
    related: [{ at: inKeepalived(holder.node, item.span), message: `${holder.node.name} tracks ${name}` }],
  };
}
