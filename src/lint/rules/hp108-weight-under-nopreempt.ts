// HP108: a weighted check whose failure lowers the holder, while every peer that could take over has nopreempt in force and never does.

import { itemLabel, priorityArithmetic } from "../facts/effective-priority.ts";
import { examplePair } from "../examples/example-instance.ts";
import { type CheckVerdict, checkVerdicts, unjudgedFiles } from "../facts/failing-checks.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, lineOf, type VirtualRouter } from "../subject.ts";

const lines = ["nopreempt"];

export const rule: Rule = {
  code: "HP108",
  name: "weight-under-nopreempt",
  severity: "error",
  scope: "pair",
  versions: "same",
  summary: "a weighted check that can never move the VIP, because the peers have nopreempt",
  explanation:
    "A weight only lowers (or raises) the priority in the holder's adverts; the VIP moves because a peer hears that it is higher and preempts. " +
    "A peer with nopreempt in force accepts every advert of a living MASTER, however low its priority, and so never takes over. " +
    "The check runs, the log says that the priority has changed, and the VIP stays where the service is dead. keepalived -t says nothing.\n\n" +
    "A check of weight 0 is different: its failure is a FAULT, the holder sends priority 0 and leaves, and nopreempt does not stand in the way.\n\n" +
    "Asked of every node that can hold the VIP beside a healthy peer: also of the lower one, if the preferred node's nopreempt leaves the VIP there.",
  source: "keepalived-behaviour 2 (tested: no failover at all), 9.3, F03; keepalived issue 2483",
  bad: examplePair({ lines, script: ["weight -2"] }, { lines, script: ["weight -2"] }),
  good: examplePair({ lines }, { lines }),
  *check({ routers }) {
    for (const router of routers) {
      yield* scriptFindings(router);
      yield* fileFindings(router);
    }
  },
};

/** One finding for a check of one name, whichever of the nodes have it. */
function* scriptFindings(router: VirtualRouter): Iterable<Finding> {
  const blocked = checkVerdicts(router).filter((verdict) => verdict.effect === "blocked");
  for (const key of new Set(blocked.map((verdict) => verdict.item.key))) {
    const [first, ...others] = blocked.filter((verdict) => verdict.item.key === key);
    if (first === undefined) continue;
    const { holder, item, peer } = first;
    const name = itemLabel(item);
    yield {
      message: `${sentence(first)}, but ${peer.node.name} has nopreempt and never takes the VIP from a living master`,
      at: inKeepalived(holder.node, item.span),
      consequence: `when ${name} fails on the node that holds the VIP, the VIP stays there and clients go on reaching a dead service`,
      advice: `weight 0 for ${name} (no weight line): its failure is then a FAULT and gives the VIP away at once; or no nopreempt`,
      related: [
        {
          at: inKeepalived(peer.node, lineOf(peer.instance, "nopreempt")),
          message: `${peer.node.name} has nopreempt`,
        },
        ...others.map((verdict) => ({
          at: inKeepalived(verdict.holder.node, verdict.item.span),
          message: `the same on ${verdict.holder.node.name}: ${sentence(verdict)}, and ${verdict.peer.node.name} has nopreempt`,
        })),
      ],
    };
  }
}

function sentence({ holder, item, peer }: CheckVerdict): string {
  const after = priorityArithmetic(holder, new Set([item.key]));
  return `when ${itemLabel(item)} fails, ${holder.node.name}: ${after}, ${peer.node.name}: ${priorityArithmetic(peer)}`;
}

/** A weighted track_file lowers by what it holds; only a result of -254 or less is a FAULT. */
function* fileFindings(router: VirtualRouter): Iterable<Finding> {
  const files = unjudgedFiles(router);
  for (const key of new Set(files.map(({ item }) => item.key))) {
    const [first, ...others] = files.filter(({ item }) => item.key === key);
    if (first === undefined) continue;
    const { holder, item, peer } = first;
    yield {
      message: `${holder.node.name}: track_file ${item.name} with weight ${item.weight} only changes the priority, and ${peer.node.name} has nopreempt`,
      at: inKeepalived(holder.node, item.span),
      consequence: `a number in the file does not move the VIP to ${peer.node.name}, unless number times weight is -254 or less, which is a FAULT`,
      advice: `weight 0 for ${item.name}: any number but 0 in the file is then a FAULT and gives the VIP away`,
      related: [
        {
          at: inKeepalived(peer.node, lineOf(peer.instance, "nopreempt")),
          message: `${peer.node.name} has nopreempt`,
        },
        ...others.map((each) => ({
          at: inKeepalived(each.holder.node, each.item.span),
          message: `the same on ${each.holder.node.name}: ${each.peer.node.name} has nopreempt`,
        })),
      ],
      severity: "warning",
    };
  }
}
