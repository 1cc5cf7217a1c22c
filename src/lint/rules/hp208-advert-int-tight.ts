// HP208: adverts so frequent that a short stall of the machine looks like its death, and nothing that keeps keepalived from stalling.

import { linesOf } from "../../keepalived/index.ts";
import { secondsText, skewUs, totalText } from "../facts/detection-time.ts";
import { exampleNode } from "../examples/example-instance.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, lineOf, type LintedNode } from "../subject.ts";

const TIGHT_US = 500_000;

const KEEPS_RUNNING: ReadonlySet<string> = new Set([
  "max_auto_priority",
  "vrrp_rt_priority",
  "vrrp_priority",
  "vrrp_cpu_affinity",
]);

const fast = exampleNode(0, { lines: ["version 3"] })
  .replace("advert_int 1", "advert_int 0.1")
  .replace(/^ *authentication \{[^}]*\}\n/m, "");

export const rule: Rule = {
  code: "HP208",
  name: "advert-int-tight",
  severity: "advice",
  scope: "node",
  optional: true,
  versions: "same",
  summary: "advert_int below half a second, and keepalived runs with an ordinary priority",
  explanation: `A standby takes over when it has missed three adverts. With advert_int 0.1 that is a third of a second, and a virtual machine that is being copied, a backup or a busy disk stalls a process for longer. The node that stalled does not notice: for a moment both hold the address.

A real-time priority for keepalived (vrrp_rt_priority, or max_auto_priority, which raises it when timers come late) helps against a busy processor. It does not help against a stall of the whole machine.`,
  source: "keepalived-behaviour 1.1; F10; keepalived.conf(5), max_auto_priority",
  bad: { lb1: fast },
  good: { lb1: fast.replace("script_user root", "script_user root\n    max_auto_priority 20") },
  check: function* ({ nodes }) {
    for (const node of nodes) {
      if (keepsRunning(node)) continue;
      for (const instance of node.configuration.instances) {
        const { advertIntervalUs, downTimerAdverts, priority, lines, name } = instance;
        if (advertIntervalUs >= TIGHT_US || !lines.has("advert_int")) continue;
        const wait = downTimerAdverts * advertIntervalUs + skewUs(priority, instance);
        yield {
          message: `${node.name}: ${name} advertises every ${secondsText(advertIntervalUs)}, and keepalived has no raised priority`,
          at: inKeepalived(node, lineOf(instance, "advert_int")),
          consequence: `a stall of ${downTimerAdverts} × ${secondsText(advertIntervalUs)} and the skew, ${totalText(wait)}, makes another node take over, and for a moment both hold the address`,
          advice: "max_auto_priority 20 in global_defs, or a longer advert_int",
        };
      }
    }
  },
};

function keepsRunning({ configuration }: LintedNode): boolean {
  return linesOf(configuration.tree.items, "global_defs").some((line) =>
    KEEPS_RUNNING.has(line.keyword.value),
  );
}
