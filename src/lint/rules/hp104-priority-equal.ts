// HP104: two nodes of one priority, so that addresses and chance decide. Said with who wins and when.

import {
  effectivePriority,
  electorate,
  OWNER_PRIORITY,
  priorityArithmetic,
} from "../facts/effective-priority.ts";
import { examplePair } from "../examples/example-instance.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, lineOf, type RouterMember } from "../subject.ts";

export const rule: Rule = {
  code: "HP104",
  name: "priority-equal",
  severity: "warning",
  scope: "pair",
  versions: "same",
  summary: "two nodes have the same priority",
  explanation:
    "A BACKUP accepts adverts of its own priority, so who times out first becomes MASTER and stays it: the order of starting decides, " +
    "and state MASTER does not, since every node starts as BACKUP. " +
    "Nodes of one priority also time out at the same moment, and can become MASTER together; then the higher source address wins.\n\n" +
    "Where no node is to be preferred that can be meant. It is then said as advice if nopreempt is in force on all of them, " +
    "which states the intention; different priorities with nopreempt do the same without the double MASTER. " +
    "It is advice as well for nodes that stand behind a better one.",
  source:
    "keepalived-behaviour 1.5 (no tie-break in BACKUP, source address between two MASTERs), F19; RFC 9568 section 6.4.3",
  bad: examplePair({ priority: 100 }, { priority: 100 }),
  good: examplePair({ priority: 101 }, { priority: 100 }),
  *check({ routers }) {
    for (const router of routers) {
      const members = electorate(router);
      const tied = tiedMembers(members);
      if (tied !== undefined) yield findingOn(tied, members);
    }
  },
};

/** The members that share the highest priority with everything well, else some that share the priority their files give. */
function tiedMembers(members: readonly RouterMember[]): readonly RouterMember[] | undefined {
  const highest = Math.max(...members.map((member) => effectivePriority(member)));
  const leading = members.filter((member) => effectivePriority(member) === highest);
  if (leading.length > 1) return leading;
  return members
    .map(({ instance }) => members.filter((other) => other.instance.priority === instance.priority))
    .find((group) => group.length > 1);
}

function findingOn(tied: readonly RouterMember[], members: readonly RouterMember[]): Finding {
  const [first, ...others] = tied as [RouterMember, ...RouterMember[]];
  const names = listed(tied.map((member) => member.node.name));
  const sameBase = others.every(({ instance }) => instance.priority === first.instance.priority);
  const sums = tied.map((member) => `${member.node.name}: ${priorityArithmetic(member)}`).join(", ");
  const apart = new Set(tied.map((member) => effectivePriority(member))).size > 1;
  const message = sameBase
    ? `${names} have the same priority ${first.instance.priority}`
    : `${names} have the same priority while all checks are well`;
  const deliberate = tied.every(({ instance }) => instance.nopreempt);
  const beaten = members.some((member) =>
    tied.every((each) => effectivePriority(each) < effectivePriority(member)),
  );
  return {
    message: message + (sameBase && !apart ? "" : ` (${sums})`),
    at: inKeepalived(first.node, lineOf(first.instance, "priority")),
    consequence: beaten ? consequenceBehind(tied) : consequenceOf(tied, apart),
    advice:
      "different priorities, such as 101 and 100; with nopreempt and state BACKUP on all nodes none of them takes the VIP back",
    related: others.map(({ node, instance }) => ({
      at: inKeepalived(node, lineOf(instance, "priority")),
      message: `${node.name} has priority ${instance.priority}`,
    })),
    ...(deliberate || beaten ? { severity: "advice" as const } : {}),
  };
}

/** Of nodes that stand behind a better one. */
function consequenceBehind(tied: readonly RouterMember[]): string {
  return `when the node above them dies, both time out at the same moment and take the VIP together; then ${winnerOf(tied)} keeps it`;
}

function consequenceOf(tied: readonly RouterMember[], apart: boolean): string {
  if (tied.every(({ instance }) => instance.priority === OWNER_PRIORITY)) {
    return "each claims to own the VIP and becomes MASTER the moment it starts, so both hold it until one of them lowers its priority and logs a configuration error";
  }
  const when = apart ? "as soon as their checks differ no more, " : "";
  const wanting = tied.find(({ instance }) => instance.state === "MASTER");
  const state = wanting === undefined ? "" : `, whatever state MASTER on ${wanting.node.name} seems to say`;
  return `${when}whoever times out first holds the VIP and keeps it${state}; when they become MASTER together (a simultaneous start, a healed partition) ${winnerOf(tied)} wins`;
}

function winnerOf(tied: readonly RouterMember[]): string {
  const winner = highestSource(tied);
  return winner === undefined
    ? "the node with the higher address"
    : `${winner.node.name} (${winner.instance.unicastSourceIp?.text})`;
}

/** The member with the numerically highest IPv4 source address; undefined where one of them is not known. */
function highestSource(members: readonly RouterMember[]): RouterMember | undefined {
  const numbered = members.flatMap((member) => {
    const source = member.instance.unicastSourceIp;
    return source?.family === 4 ? [{ member, number: ipv4Number(source.text) }] : [];
  });
  if (numbered.length < members.length) return undefined;
  const highest = Math.max(...numbered.map((each) => each.number));
  const [winner, ...same] = numbered.filter((each) => each.number === highest);
  return same.length === 0 ? winner?.member : undefined;
}

function ipv4Number(text: string): number {
  return text.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
