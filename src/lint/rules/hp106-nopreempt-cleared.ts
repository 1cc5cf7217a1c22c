// HP106: nopreempt or preempt_delay that keepalived takes away because of state MASTER or priority 255.

import type { KeepalivedInstance } from "../../keepalived/index.ts";
import {
  effectivePriority,
  isStatedMaster,
  isUnfilled,
  OWNER_PRIORITY,
  sourceAt,
  trackedItems,
  writtenValue,
} from "../facts/effective-priority.ts";
import { examplePair } from "../examples/example-instance.ts";
import type { Finding, FindingFix, Rule } from "../rule.ts";
import { inKeepalived, lineOf, type RouterMember } from "../subject.ts";

export const rule: Rule = {
  code: "HP106",
  name: "nopreempt-cleared",
  severity: "error",
  scope: "node",
  versions: "same",
  summary:
    "nopreempt or preempt_delay with state MASTER, or nopreempt with priority 255: keepalived clears it",
  explanation:
    "nopreempt and preempt_delay belong to a node that starts as BACKUP. With state MASTER keepalived logs a warning, clears them and runs on; " +
    "with priority 255 it clears nopreempt. " +
    "So the node takes the VIP back as soon as it returns, a second interruption that the line was to prevent.\n\n" +
    "state MASTER gives a node no head start: who is to hold the VIP first is said by the higher priority alone. " +
    "Strict mode and auth_type AH take state MASTER away first; there nopreempt stays.",
  source: "keepalived-behaviour 1.3 and 2 (tested), F04, F52",
  bad: examplePair({ state: "MASTER", lines: ["nopreempt"] }, { lines: ["nopreempt"] }),
  good: examplePair({ lines: ["nopreempt"] }, { lines: ["nopreempt"] }),
  *check({ routers }) {
    for (const { members } of routers) {
      for (const member of members) {
        const { instance } = member;
        if (isUnfilled(member, "state", "priority")) continue;
        if (isNopreemptCleared(instance)) {
          yield nopreemptFinding(member, members);
        }
        if (isDelayCleared(member)) yield delayFinding(member);
      }
    }
  },
};

function nopreemptFinding(member: RouterMember, members: readonly RouterMember[]): Finding {
  const { node, instance } = member;
  const owner = instance.priority === OWNER_PRIORITY && instance.lines.has("priority");
  const cause = owner ? "priority 255" : "state MASTER";
  const lower = members.some((other) => effectivePriority(other) > effectivePriority(member));
  const fix = owner ? undefined : stateFix(member, members);
  return {
    message: `${node.name}: nopreempt has no effect in ${instance.name}: ${cause} clears it`,
    at: inKeepalived(node, lineOf(instance, "nopreempt")),
    consequence: lower
      ? `${node.name} runs as if the line were not there; its priority ${instance.priority} is not the highest, so it takes the VIP from nobody who is better`
      : `when ${node.name} returns after a failure it takes the VIP back at once: a second interruption`,
    advice: owner
      ? "priority 254 or lower, and state BACKUP, with nopreempt"
      : "state BACKUP with nopreempt on every node; the higher priority still decides who holds the VIP first",
    related: [
      {
        at: inKeepalived(node, lineOf(instance, owner ? "priority" : "state")),
        message: `${cause} of ${node.name}`,
      },
    ],
    ...(fix === undefined ? {} : { fix }),
  };
}

/**
 * `state BACKUP` does no other harm where all nodes ask for nopreempt, the priority does not hang on the state, and no weighted check is there that
 * a peer with nopreempt would leave without effect.
 */
function stateFix(member: RouterMember, members: readonly RouterMember[]): FindingFix | undefined {
  const { node, instance } = member;
  const safe =
    members.length > 1 &&
    members.every((each) => each.instance.nopreemptWritten) &&
    instance.lines.has("priority") &&
    members.every((each) => trackedItems(each).every((item) => item.weight === 0));
  const at = inKeepalived(node, lineOf(instance, "state"));
  if (!safe || !/^state[ \t]+MASTER$/.test(sourceAt(node, at.span))) return undefined;
  return { title: "write state BACKUP", edits: [{ at, replacement: "state BACKUP" }] };
}

function isDelayCleared(member: RouterMember): boolean {
  const { instance } = member;
  return (
    isStatedMaster(instance) &&
    instance.lines.has("preempt_delay") &&
    Number(writtenValue(member, "preempt_delay") ?? 0) > 0
  );
}

function isNopreemptCleared(instance: KeepalivedInstance): boolean {
  const cleared = instance.nopreemptWritten && !instance.nopreempt;
  return cleared && (instance.priority === OWNER_PRIORITY || isStatedMaster(instance));
}

function delayFinding({ node, instance }: RouterMember): Finding {
  return {
    message: `${node.name}: preempt_delay has no effect in ${instance.name}: state MASTER clears it`,
    at: inKeepalived(node, lineOf(instance, "preempt_delay")),
    consequence: `when ${node.name} returns it takes the VIP back after its usual takeover time, before what it serves may be ready`,
    advice: "state BACKUP on every node; the higher priority still decides who holds the VIP",
    related: [{ at: inKeepalived(node, lineOf(instance, "state")), message: `state MASTER of ${node.name}` }],
  };
}
