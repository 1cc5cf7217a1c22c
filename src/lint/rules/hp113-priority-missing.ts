// HP113: no priority line, so that the state decides between 100 and 255.

import { isUnfilled, OWNER_PRIORITY } from "../facts/effective-priority.ts";
import { examplePair } from "../examples/example-instance.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, lineOf } from "../subject.ts";

export const rule: Rule = {
  code: "HP113",
  name: "priority-missing",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "no priority: 100, or 255 with state MASTER",
  explanation:
    "Without a priority line an instance has 100, with state MASTER 255: the address owner's, at which weights and nopreempt count for nothing " +
    "and the VIP is taken at start without waiting for anybody. Two nodes without one tie at 100, or claim the VIP together at 255.",
  source: "keepalived-behaviour 1.3 (tested) and 9.30",
  bad: examplePair({ state: "MASTER", priority: null }),
  good: examplePair({ state: "MASTER", priority: 101 }),
  *check({ nodes }) {
    for (const node of nodes) {
      // The line may stand in a file that could not be read.
      if (node.configuration.complaints.some((complaint) => complaint.kind === "include")) continue;
      for (const instance of node.configuration.instances) {
        if (instance.lines.has("priority") || isUnfilled({ node, instance }, "priority", "state")) continue;
        const owner = instance.priority === OWNER_PRIORITY;
        const because = owner ? " because of state MASTER" : "";
        yield {
          message: `${node.name}: ${instance.name} has no priority, so it is ${instance.priority}${because}`,
          at: inKeepalived(node, lineOf(instance, "state")),
          consequence: owner
            ? `${node.name} takes the VIP at once whenever it starts, as the owner of the address: weights and nopreempt have no effect`
            : `${node.name} ties with every peer that has none either, and loses against 101`,
          advice: "priority 101 on the node that should hold the VIP, 100 on the other",
        };
      }
    }
  },
};
