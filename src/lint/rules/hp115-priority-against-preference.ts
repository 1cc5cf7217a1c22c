// HP115: the one node with state MASTER has not the highest priority, so the other one holds the VIP.

import { effectivePriority, electorate, priorityArithmetic } from "../facts/effective-priority.ts";
import { examplePair } from "../examples/example-instance.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, lineOf } from "../subject.ts";

export const rule: Rule = {
  code: "HP115",
  name: "priority-against-preference",
  severity: "warning",
  scope: "pair",
  versions: "same",
  summary: "state MASTER stands on the node with the lower priority",
  explanation:
    "The priority alone says who holds the VIP; state MASTER gives no head start. Where the one node with state MASTER has the lower priority, " +
    "the other one holds the VIP whenever it runs, which somebody who reads the files will not expect.",
  source: "keepalived-behaviour 1.3 (tested)",
  bad: examplePair({ state: "MASTER", priority: 100 }, { priority: 101 }),
  good: examplePair({ state: "MASTER", priority: 101 }, { priority: 100 }),
  *check({ routers }) {
    for (const router of routers) {
      const members = electorate(router);
      const [named, ...others] = members.filter(
        ({ instance }) => instance.state === "MASTER" && instance.lines.has("state"),
      );
      if (named === undefined || others.length > 0) continue;
      const own = effectivePriority(named);
      const [best] = members.toSorted((a, b) => effectivePriority(b) - effectivePriority(a));
      if (best === undefined || effectivePriority(best) <= own) continue;
      yield {
        message: `state MASTER stands on ${named.node.name}: ${priorityArithmetic(named)}, but ${best.node.name} has the higher priority: ${priorityArithmetic(best)}`,
        at: inKeepalived(named.node, lineOf(named.instance, "state")),
        consequence: best.instance.nopreempt
          ? `${best.node.name} wins when both start together; ${named.node.name} holds the VIP only if it was there first`
          : `${best.node.name} holds the VIP whenever it runs, and takes it from ${named.node.name}`,
        advice: `the higher priority on the node that should hold the VIP, and state BACKUP on both`,
        related: [
          {
            at: inKeepalived(named.node, lineOf(named.instance, "priority")),
            message: `${named.node.name} has priority ${named.instance.priority}`,
          },
          {
            at: inKeepalived(best.node, lineOf(best.instance, "priority")),
            message: `${best.node.name} has priority ${best.instance.priority}`,
          },
        ],
      };
    }
  },
};
