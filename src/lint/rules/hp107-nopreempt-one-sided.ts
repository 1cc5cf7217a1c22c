// HP107: nopreempt only on nodes that are not the preferred one, where it does not keep that one from taking the VIP back.

import {
  electorate,
  OWNER_PRIORITY,
  preferredMember,
  priorityArithmetic,
} from "../facts/effective-priority.ts";
import { examplePair } from "../examples/example-instance.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, lineOf } from "../subject.ts";

export const rule: Rule = {
  code: "HP107",
  name: "nopreempt-one-sided",
  severity: "error",
  scope: "pair",
  versions: "same",
  summary: "nopreempt only on a node that is not the preferred one",
  explanation:
    "nopreempt belongs to the node that receives adverts of lower priority: it then leaves the VIP to the sender. " +
    "Only the preferred node ever hears lower ones, so on the other node alone the line prevents nothing: the preferred node takes the VIP back when it returns. " +
    "What it does there is to keep that node from taking over when a weighted check lowers the preferred one (HP108).\n\n" +
    "With three nodes it may keep the lower ones from taking the VIP from each other, so there it is a warning.",
  source: "keepalived-behaviour 2 (a property of the receiving node, tested), 9.2, F04",
  bad: examplePair({ state: "MASTER" }, { lines: ["nopreempt"] }),
  good: examplePair({ lines: ["nopreempt"] }, { lines: ["nopreempt"] }),
  *check({ routers }) {
    for (const router of routers) {
      const members = electorate(router);
      const preferred = preferredMember(members);
      // Where the preferred node asks for it and does not get it, HP106 says so.
      if (preferred === undefined || preferred.instance.nopreemptWritten) continue;
      const [holding] = members.filter(({ instance }) => instance.nopreempt);
      if (holding === undefined) continue;
      const { node, instance } = holding;
      const sums = `${preferred.node.name}: ${priorityArithmetic(preferred)}, ${node.name}: ${priorityArithmetic(holding)}`;
      const owner = preferred.instance.priority === OWNER_PRIORITY;
      const lower = owner ? "a priority below 255, " : "";
      yield {
        message: `nopreempt stands on ${node.name} and not on ${preferred.node.name}, which has the higher priority (${sums})`,
        at: inKeepalived(node, lineOf(instance, "nopreempt")),
        consequence: `when ${preferred.node.name} returns it takes the VIP back from ${node.name}: the line on ${node.name} does not prevent it`,
        advice: `${lower}nopreempt and state BACKUP on ${preferred.node.name} too; or no nopreempt at all, if ${preferred.node.name} is to take the VIP back`,
        related: [
          {
            at: inKeepalived(preferred.node, lineOf(preferred.instance, "state", "priority")),
            message: `${preferred.node.name} has no nopreempt`,
          },
        ],
        ...(members.length > 2 ? { severity: "warning" as const } : {}),
      };
    }
  },
};
