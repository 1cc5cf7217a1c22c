// The promises that `hapair lint --prove` asks for, as rules with pages: what a broken one means and what to look at. Nobody asks them here; a search of every
// sequence of faults gives their findings (docs/reference/proofs.md).

import { exampleFile, otherExampleFile } from "../examples/example-file.ts";
import type { DescribedRule } from "../rule.ts";

/** A rule about a promise, by the promise's name. */
export interface ProofRule extends DescribedRule {
  readonly promise: string;
  readonly consequence: string;
  readonly advice: string;
}

const SOURCE =
  "docs/reference/proofs.md: the simulator plays keepalived as keepalived-behaviour 1 to 5 and 8 record it.";

const STORY =
  "The finding names the shortest sequence of faults and repairs that breaks the promise; `hapair prove` tells it as a timeline.";

const SOUND = { lb1: exampleFile(), lb2: otherExampleFile() };

function changed(from: string, to: string): { lb1: string; lb2: string } {
  return { lb1: SOUND.lb1.replace(from, to), lb2: SOUND.lb2.replace(from, to) };
}

const common = { scope: "pair", optional: true, versions: "same", source: SOURCE } as const;

export const proofRules: readonly ProofRule[] = [
  {
    ...common,
    code: "HP701",
    name: "promise-holder",
    promise: "holder",
    severity: "error",
    summary: "a sequence of faults after which nobody has the VIP, although a node could serve",
    explanation: `Every node keeps away from the VIP, because of a check that fails or waits, while one of them has a running keepalived, a cable and an HAProxy that answers.\n\n${STORY}`,
    consequence: "clients get no answer, although a node could give one",
    advice: "checks that pass where HAProxy answers, whatever the other node does",
    bad: changed("/usr/bin/curl -fs -m 1 http://127.0.0.1:8404/health", "/bin/false"),
    good: SOUND,
  },
  {
    ...common,
    code: "HP702",
    name: "promise-one-holder",
    promise: "one-holder",
    severity: "error",
    summary: "a sequence of faults after which two nodes have the VIP, although the network is whole",
    explanation: `Both nodes are MASTER and stay so: the adverts of one do not reach the other, or are thrown away there. While the network itself is parted nobody can keep two nodes from having the VIP, and that is not asked for. On foreign files neither is what a killed keepalived leaves behind: no line of keepalived.conf mends that.\n\n${STORY}`,
    consequence:
      "clients meet one node or the other as their neighbour tables have it, and connections break when those change",
    advice:
      "the same virtual_router_id, addresses, password and version on both nodes, and each the other's unicast_peer",
    bad: { ...SOUND, lb2: SOUND.lb2.replace("virtual_router_id 50", "virtual_router_id 51") },
    good: SOUND,
  },
  {
    ...common,
    code: "HP703",
    name: "promise-no-failback",
    promise: "no-failback",
    severity: "error",
    summary: "a sequence of faults after which the VIP goes back, although nopreempt is written",
    explanation: `Somebody wrote nopreempt (or failback: never), so a node that serves should keep the VIP when another returns. It loses it all the same, although nothing has happened to it. When a partition heals the higher priority wins in any case, and that is not asked for.\n\n${STORY}`,
    consequence:
      "every return of a node breaks the connections that are open, once more than the failure did",
    advice: "state BACKUP and nopreempt on every node",
    bad: changed("state BACKUP", "state MASTER"),
    good: SOUND,
  },
  {
    ...common,
    code: "HP704",
    name: "promise-no-flap",
    promise: "no-flap",
    severity: "warning",
    summary: "one fault that moves the VIP more than once",
    explanation: `After one fault the VIP moves, and moves again. Where failback is wanted, it may move away and back once for each fault.\n\n${STORY}`,
    consequence: "connections break more often than there are faults",
    advice: "nopreempt and state BACKUP on every node, and checks with a fall and a rise of 2 or more",
    bad: { ...SOUND, lb1: SOUND.lb1.replace("state BACKUP", "state MASTER") },
    good: SOUND,
  },
  {
    ...common,
    code: "HP705",
    name: "promise-check-moves-vip",
    promise: "check-moves-vip",
    severity: "error",
    summary:
      "a sequence of faults after which a node with a dead service keeps the VIP from one that could serve",
    explanation: `HAProxy is down or hangs on the node that has the VIP, and keepalived leaves it there: the check does not see it, or its weight moves too little, or the other node may not take it.\n\n${STORY}`,
    consequence: "clients get no answer until a person moves the VIP",
    advice:
      "a check that asks HAProxy itself with a time limit, with weight 0 (FAULT), tracked by the instance on both nodes",
    bad: changed("fall 2", "fall 2\n    weight -2"),
    good: SOUND,
  },
  {
    ...common,
    code: "HP706",
    name: "promise-outage",
    promise: "outage",
    severity: "error",
    summary: "a fault that leaves clients without an answer for longer than pair.yaml promises",
    explanation: `promises in pair.yaml says how long clients may be without an answer after one fault of a kind; foreign files promise nothing, so it is not asked of them (hapair prove --outage 2s does).\n\n${STORY}`,
    consequence: "an outage that somebody was told would not be",
    advice: "a promise that the timers can keep, or shorter timers",
    bad: { "ext-lb/pair.yaml": "promises: { node_loss_ms: 3000 }\n" },
    good: { "ext-lb/pair.yaml": "promises: { node_loss_ms: 3650 }\n" },
  },
];
