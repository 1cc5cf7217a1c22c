// HP105: priority 255, the address owner's, which takes weights and nopreempt away.

import { OWNER_PRIORITY } from "../facts/effective-priority.ts";
import { examplePair } from "../examples/example-instance.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, lineOf, type RouterMember } from "../subject.ts";

export const rule: Rule = {
  code: "HP105",
  name: "priority-owner",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "priority 255: weights and nopreempt have no effect",
  explanation:
    "255 says that the VIP is the node's own address (RFC 9568, address owner). keepalived then never changes the priority: " +
    "weighted scripts are dropped from tracking, nopreempt is cleared, and with state MASTER the node takes the VIP without waiting. " +
    "Weight 0 still works: a failure is a FAULT.\n\n" +
    "It is not said where the source address of the adverts is one of the VIPs, so that the node does own it.",
  source: "keepalived-behaviour 3.5, 1.3 and 9.31",
  bad: examplePair({ priority: 255 }),
  good: examplePair({ priority: 254 }),
  *check({ nodes }) {
    for (const node of nodes) {
      for (const instance of node.configuration.instances) {
        if (instance.priority !== OWNER_PRIORITY || !instance.lines.has("priority")) continue;
        const lost = lostChecks({ node, instance });
        const owns = instance.virtualIpaddresses.some(
          ({ address }) => address.text === instance.unicastSourceIp?.text,
        );
        if (owns && lost.length === 0) continue;
        yield {
          message:
            `${node.name}: priority 255 of ${instance.name} is the address owner's` +
            (lost.length === 0 ? ", which nothing ever changes" : `: ${lost.join(", ")} is not tracked`),
          at: inKeepalived(node, lineOf(instance, "priority")),
          consequence:
            lost.length === 0
              ? `${node.name} takes the VIP back whenever it returns: weights and nopreempt count for nothing; only a FAULT or its death moves the VIP`
              : `${node.name} keeps the VIP when the check fails: keepalived drops weighted checks of an owner`,
          ...(lost.length === 0 ? {} : { severity: "error" as const }),
          advice:
            "priority 254 or lower" +
            (lost.length === 0 ? "" : "; or the check with weight 0, so that its failure is a FAULT"),
        };
      }
    }
  },
};

/** The weighted scripts of the instance, with their weights: `chk_haproxy (weight -20)`. */
function lostChecks({ node, instance }: RouterMember): string[] {
  return instance.trackScripts.flatMap((entry) => {
    const script = node.configuration.scripts.find((each) => each.name === entry.name);
    const weight = entry.weight ?? script?.weight ?? 0;
    return script === undefined || weight === 0 ? [] : [`${entry.name} (weight ${weight})`];
  });
}
