// HP116: preempt_delay beside something that leaves it nothing to do. (With state MASTER it is HP106.)

import { writtenValue } from "../facts/effective-priority.ts";
import { examplePair } from "../examples/example-instance.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, lineOf } from "../subject.ts";

export const rule: Rule = {
  code: "HP116",
  name: "preempt-delay-unused",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "preempt_delay with nopreempt, or in strict mode: keepalived resets it",
  explanation:
    "preempt_delay makes a returning node wait before it takes the VIP back; nopreempt keeps it from taking it back at all. " +
    "With both keepalived reports an error and forgets the delay; strict mode does not allow it either. " +
    "It is worth saying which of the two is meant, since one of them is not what happens.",
  source: "keepalived-behaviour 2, F52 (tested)",
  bad: examplePair({ lines: ["nopreempt", "preempt_delay 60"] }, { lines: ["nopreempt"] }),
  good: examplePair({ lines: ["preempt_delay 60"] }, { lines: ["preempt_delay 60"] }),
  *check({ nodes }) {
    for (const node of nodes) {
      for (const instance of node.configuration.instances) {
        const seconds = Number(writtenValue({ node, instance }, "preempt_delay") ?? 0);
        if (!instance.lines.has("preempt_delay") || !(seconds > 0)) continue;
        if (!instance.nopreempt && !instance.strict) continue;
        const cause = instance.nopreempt ? "nopreempt" : "strict mode";
        yield {
          message: `${node.name}: preempt_delay ${seconds} has no effect in ${instance.name}: ${cause} resets it`,
          at: inKeepalived(node, lineOf(instance, "preempt_delay")),
          consequence: instance.nopreempt
            ? `${node.name} does not take the VIP back after ${seconds} s, but never while its peer is alive`
            : `${node.name} takes the VIP back without the delay`,
          advice: instance.nopreempt
            ? "one of the two lines: nopreempt never to take the VIP back, preempt_delay to take it back later"
            : "no strict mode, if the delay is wanted",
          related: instance.nopreempt
            ? [{ at: inKeepalived(node, lineOf(instance, "nopreempt")), message: "nopreempt is in force" }]
            : [],
        };
      }
    }
  },
};
