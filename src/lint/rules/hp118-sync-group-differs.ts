// HP118: instances that move together on one node and singly on another, so that after a failure there they part.

import { syncGroupOf } from "../facts/effective-priority.ts";
import { exampleGateway } from "../examples/example-gateway.ts";
import type { Finding, Rule } from "../rule.ts";
import type { SyncGroup } from "../../keepalived/index.ts";
import { inKeepalived, type LintedNode, lineOf, type LintSubject } from "../subject.ts";

const example = (priority: number, grouped: boolean): string =>
  exampleGateway({ outside: priority, inside: priority }, grouped);

export const rule: Rule = {
  code: "HP118",
  name: "sync-group-differs",
  severity: "warning",
  scope: "pair",
  versions: "same",
  summary: "instances are in one sync group on one node and not on the other",
  explanation:
    "A sync group keeps the two legs of a gateway on one node: when one of them must leave, all leave. Every node keeps that for itself alone. " +
    "Where only one node has the group, a failure of one leg on the other node moves that leg and leaves the rest: " +
    "traffic goes in at one node and is expected to come out at the other.",
  source: "keepalived-behaviour 3.5 (members leave together), F41",
  bad: { lb1: example(101, true), lb2: example(100, false) },
  good: { lb1: example(101, true), lb2: example(100, true) },
  *check(subject) {
    const told = new Set<string>();
    for (const node of subject.nodes) {
      for (const syncGroup of node.configuration.syncGroups) {
        for (const other of subject.nodes) {
          const finding = other === node ? undefined : findingOn(subject, node, syncGroup, other);
          const pair = [node.name, other.name].toSorted().join(" ");
          if (finding === undefined || told.has(pair)) continue;
          told.add(pair);
          yield finding;
        }
      }
    }
  },
};

function findingOn(
  { routers }: LintSubject,
  node: LintedNode,
  syncGroup: SyncGroup,
  other: LintedNode,
): Finding | undefined {
  const names = new Set(syncGroup.members.map((member) => member.name));
  const counterparts = routers
    .filter(({ members }) =>
      members.some((member) => member.node === node && names.has(member.instance.name)),
    )
    .flatMap(({ members }) => members.filter((member) => member.node === other));
  const groups = counterparts.map(({ instance }) => syncGroupOf(other, instance.name));
  const [first] = counterparts;
  if (first === undefined || counterparts.length < 2) return undefined;
  if (groups[0] !== undefined && groups.every((each) => each === groups[0])) return undefined;
  const listed = counterparts.map(({ instance }) => instance.name).join(", ");
  return {
    message: `${node.name} has ${[...names].join(", ")} in sync group ${syncGroup.name}; ${other.name} has no group that holds all of ${listed}`,
    at: inKeepalived(node, lineOf(syncGroup, "group")),
    consequence: `when one of them fails on ${other.name}, it alone moves to ${node.name}, and the others stay: the addresses part`,
    advice: `the same vrrp_sync_group on ${other.name}`,
    related: counterparts.map((member) => ({
      at: inKeepalived(other, lineOf(member.instance)),
      message: `${member.instance.name} of ${other.name}`,
    })),
  };
}
