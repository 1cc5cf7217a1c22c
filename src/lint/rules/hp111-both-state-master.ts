// HP111: state MASTER on more than one node, as if it were each node's to decide.

import { electorate, isUnfilled, preferredMember, priorityArithmetic } from "../facts/effective-priority.ts";
import { examplePair } from "../examples/example-instance.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, lineOf } from "../subject.ts";

export const rule: Rule = {
  code: "HP111",
  name: "both-state-master",
  severity: "warning",
  scope: "pair",
  versions: "same",
  summary: "state MASTER on more than one node",
  explanation:
    "state MASTER does not make a node MASTER: every node below priority 255 starts as BACKUP and waits, and the higher priority wins. " +
    "What the word does is to clear nopreempt and preempt_delay, and to make 255 of a missing priority. " +
    "On two nodes it mostly says that one file was copied and not changed.",
  source: "keepalived-behaviour 1.3 (tested)",
  bad: examplePair({ state: "MASTER", priority: 150 }, { state: "MASTER", priority: 140 }),
  good: examplePair({ state: "BACKUP", priority: 150 }, { state: "BACKUP", priority: 140 }),
  *check({ routers }) {
    for (const router of routers) {
      const stated = router.members.filter(
        (member) =>
          member.instance.state === "MASTER" &&
          member.instance.lines.has("state") &&
          !isUnfilled(member, "state"),
      );
      const [first, ...others] = stated;
      const last = others.at(-1);
      if (first === undefined || last === undefined) continue;
      const names = stated.map((member) => member.node.name).join(" and ");
      const preferred = preferredMember(electorate(router));
      const winner =
        preferred === undefined
          ? "the higher priority"
          : `${preferred.node.name} (${priorityArithmetic(preferred)})`;
      yield {
        message: `state MASTER stands on ${names}`,
        at: inKeepalived(last.node, lineOf(last.instance, "state")),
        consequence: `every node starts as BACKUP all the same and ${winner} becomes MASTER; but each takes the VIP back whenever it is the higher one, since nopreempt and preempt_delay are cleared by the word`,
        advice: "state BACKUP on every node; the priority decides",
        related: stated
          .filter((member) => member !== last)
          .map(({ node, instance }) => ({
            at: inKeepalived(node, lineOf(instance, "state")),
            message: `state MASTER of ${node.name}`,
          })),
      };
    }
  },
};
