// Whether a node that returns takes the addresses back: what the files ask for, what they get, and what pair.yaml says.

import { sentenceList } from "../base/index.ts";
import type { NoteList } from "./note.ts";
import { type ImportedRouter, type Member, placeOf } from "./subject.ts";

const AT = ["promises", "failback"] as const;

/** promises.failback for the pair, with what has to be said about it. */
export function readFailback(routers: readonly ImportedRouter[], notes: NoteList): "never" | "allowed" {
  const failback = routers.some((router) => router.preempts) ? "allowed" : "never";
  for (const router of routers) {
    if (router.preempts) remarkPreempting(router, notes);
    else remarkStaying(router, failback, notes);
    remarkDelay(router, notes);
  }
  return failback;
}

/** The preferred node takes the addresses back: nopreempt that stands somewhere all the same does not do what it seems to. */
function remarkPreempting(router: ImportedRouter, notes: NoteList): void {
  const { members, name } = router;
  const takers = members.filter(
    ({ instance }) =>
      !instance.nopreempt && members.some((other) => other.instance.priority < instance.priority),
  );
  const cleared = members.filter(({ instance }) => instance.nopreemptWritten && !instance.nopreempt);
  for (const { node, instance } of cleared) {
    const reason = instance.state === "MASTER" ? "state MASTER" : "priority 255";
    notes.add({
      kind: "does-not-do-what-it-seems",
      message: `${name}: ${node.name} has nopreempt and ${reason}. keepalived takes nopreempt away there, so ${node.name} takes the addresses back when it returns. If that is not wanted, delete failback: allowed.`,
      node: node.name,
      span: placeOf(instance, "nopreempt"),
      at: AT,
      keywords: ["nopreempt"],
      router: router.name,
    });
  }
  const binding = members.filter(({ instance }) => instance.nopreempt);
  const [first] = binding;
  if (first === undefined) return;
  notes.add({
    kind: "does-not-do-what-it-seems",
    message: `${name}: nopreempt is in force on ${namesWithPriority(binding)} and not on ${namesWithPriority(takers)}. It binds only the node that has it, so ${sentenceList(takers.map(({ node }) => node.name))} still ${takers.length === 1 ? "takes" : "take"} the addresses back on return. If that is not wanted, delete failback: allowed.`,
    node: first.node.name,
    nodes: binding.map(({ node }) => node.name),
    span: placeOf(first.instance, "nopreempt"),
    at: AT,
    keywords: ["nopreempt"],
    router: name,
  });
}

function namesWithPriority(members: readonly Member[]): string {
  return sentenceList(members.map(({ node, instance }) => `${node.name} (priority ${instance.priority})`));
}

/** No node takes the addresses back, but not every one has nopreempt, or another router of the pair does. */
function remarkStaying(router: ImportedRouter, failback: "never" | "allowed", notes: NoteList): void {
  const { members, name } = router;
  if (failback === "allowed") {
    notes.add({
      kind: "cannot-express",
      message: `${name}: no node takes these addresses back, while another router's are taken back. pair.yaml has one failback for all routers: allowed.`,
      at: AT,
      keywords: ["nopreempt"],
      router: router.name,
    });
    return;
  }
  const without = members.filter(({ instance }) => !instance.nopreempt);
  if (without.length === 0) return;
  const isTied = members.every(({ instance }) => instance.priority === router.lead.priority);
  const why = isTied
    ? "With equal priorities no node takes the addresses from another, and so it stays"
    : "The preferred node does not take the addresses back, and so it stays";
  notes.add({
    kind: "changed",
    message: `${name}: ${why}: hapair writes nopreempt on every node (the files of ${sentenceList(without.map(({ node }) => node.name))} do not have it in force).`,
    keywords: ["nopreempt"],
    router: router.name,
  });
}

function remarkDelay(router: ImportedRouter, notes: NoteList): void {
  for (const { node, instance } of router.members) {
    if (!instance.lines.has("preempt_delay") || instance.preemptDelayUs === 0) continue;
    const seconds = instance.preemptDelayUs / 1_000_000;
    const isWithout = instance.nopreempt || instance.state === "MASTER";
    const reason = instance.state === "MASTER" ? "state MASTER" : "nopreempt";
    notes.add({
      kind: isWithout ? "does-not-do-what-it-seems" : "cannot-express",
      message: isWithout
        ? `${node.name} has preempt_delay ${seconds} and ${reason}: the delay has no effect there.`
        : `${node.name} waits ${seconds} s before it takes the addresses back (preempt_delay). With hapair it does so at once.`,
      node: node.name,
      span: placeOf(instance, "preempt_delay"),
      at: AT,
      keywords: ["preempt_delay"],
    });
  }
}
