// HP117: the members of a sync group prefer different nodes, so that the group, which moves as one, prefers none.

import { electorate, preferredMember, priorityArithmetic } from "../facts/effective-priority.ts";
import { exampleGateway } from "../examples/example-gateway.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, lineOf, type RouterMember, type VirtualRouter } from "../subject.ts";

export const rule: Rule = {
  code: "HP117",
  name: "sync-group-crossed",
  severity: "warning",
  scope: "pair",
  versions: "same",
  summary: "the instances of a sync group have their higher priorities on different nodes",
  explanation:
    "A group becomes MASTER on a node only when every one of its instances wants to, and leaves it when one of them must. " +
    "If one instance is higher here and another there, neither node can take the group from the other: who had it first keeps it. " +
    "When both are MASTER at once, after a simultaneous start or a partition, each node must give up one instance and so the whole group, " +
    "and for some seconds nobody holds the addresses (4 s in a trial).",
  source: "keepalived-behaviour 3.5 (sync group), F41; tried on two nodes with keepalived 2.2.7",
  bad: {
    lb1: exampleGateway({ outside: 101, inside: 100 }),
    lb2: exampleGateway({ outside: 100, inside: 101 }),
  },
  good: {
    lb1: exampleGateway({ outside: 101, inside: 101 }),
    lb2: exampleGateway({ outside: 100, inside: 100 }),
  },
  *check({ nodes, routers }) {
    const told = new Set<VirtualRouter>();
    for (const node of nodes) {
      for (const group of node.configuration.syncGroups) {
        const names = new Set(group.members.map((member) => member.name));
        const preferences = routers
          .filter(({ members }) =>
            members.some((member) => member.node === node && names.has(member.instance.name)),
          )
          .flatMap((router) => {
            const preferred = preferredMember(electorate(router));
            return preferred === undefined ? [] : [{ router, preferred }];
          });
        const [first] = preferences;
        const other = preferences.find(({ preferred }) => preferred.node !== first?.preferred.node);
        if (first === undefined || other === undefined || told.has(first.router)) continue;
        for (const { router } of preferences) told.add(router);
        yield {
          message: `sync group ${group.name}: ${sentence(first.preferred)}, but ${sentence(other.preferred)}`,
          at: inKeepalived(node, lineOf(group, "group")),
          consequence:
            "the group moves as one, so neither node takes it from the other: who had it first keeps it, and when both start together or a partition heals, both give it up for some seconds",
          advice: "the higher priority of every instance of the group on the same node",
          related: [first, other].map(({ preferred }) => ({
            at: inKeepalived(preferred.node, lineOf(preferred.instance, "priority")),
            message: sentence(preferred),
          })),
        };
      }
    }
  },
};

function sentence(member: RouterMember): string {
  return `${member.instance.name} prefers ${member.node.name} (${priorityArithmetic(member)})`;
}
