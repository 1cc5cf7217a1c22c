// HP207: the preferred node takes the address back the moment it hears of a lower priority, ready or not.

import { electorate, OWNER_PRIORITY, preferredMember } from "../facts/effective-priority.ts";
import { examplePair } from "../examples/example-instance.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, lineOf, type VirtualRouter } from "../subject.ts";

export const rule: Rule = {
  code: "HP207",
  name: "preempt-without-delay",
  severity: "advice",
  scope: "pair",
  versions: "same",
  summary: "the preferred node takes the address back at once when it returns",
  explanation: `A node with the higher priority and without nopreempt takes the address back about three adverts after keepalived starts on it. HAProxy may still be loading certificates then, or know nothing yet of its servers' health; a switch port may still be learning. Clients that were served well by the other node are interrupted a second time.

preempt_delay lets the node listen for a while first. It has no effect beside state MASTER, which takes it away. nopreempt on every node does without the second interruption.`,
  source: "keepalived-behaviour 1.5, 1.7 and 2; F28, F52",
  bad: examplePair(),
  good: examplePair({ lines: ["preempt_delay 60"] }),
  check: function* ({ routers }) {
    for (const router of routers) yield* undelayed(router);
  },
};

function* undelayed(router: VirtualRouter): Iterable<Finding> {
  const members = electorate(router) ?? [];
  const preferred = members.length === 0 ? undefined : preferredMember(members);
  if (preferred === undefined) return;
  const { node, instance } = preferred;
  // On the other node alone it was meant to do this, and does not: another rule's.
  if (members.some((member) => member.instance.nopreemptWritten)) return;
  // An owner's flag has no effect, and its priority is the finding.
  if (instance.priority === OWNER_PRIORITY) return;
  // One that is asked for and has no effect (beside state MASTER) is another rule's.
  const asked = instance.lines.has("preempt_delay");
  if (asked || node.configuration.globals.startupDelayUs > 0) return;
  const state = instance.state === "MASTER" ? "state BACKUP and " : "";
  yield {
    message: `${node.name} has the highest priority of ${router.label}, ${instance.priority}, and neither nopreempt nor preempt_delay`,
    at: inKeepalived(node, lineOf(instance, "priority", "state")),
    consequence: `when ${node.name} returns it takes the address back within seconds, and interrupts the clients once more, also while its HAProxy is still starting`,
    advice: `nopreempt and state BACKUP on every node; or, to have it come back later, ${state}preempt_delay 60 on ${node.name}`,
  };
}
