// HP506: a pair that loses its redundancy without telling anybody.

import { linesOf } from "../../keepalived/index.ts";
import { exampleNode } from "../examples/example-instance.ts";
import { notifyLines } from "../checks/executed.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, type LintedNode, lineOf } from "../subject.ts";

const TELLING: ReadonlySet<string> = new Set([
  "notify_fifo",
  "vrrp_notify_fifo",
  "enable_traps",
  "enable_dbus",
  "enable_snmp_vrrp",
  "enable_snmp_keepalived",
  "enable_snmp_rfc",
  "enable_snmp_rfcv2",
  "enable_snmp_rfcv3",
]);

// Of these alone nobody hears that a standby has failed.
const NOT_OF_FAULTS: ReadonlySet<string> = new Set([
  "notify_master",
  "notify_backup",
  "notify_stop",
  "notify_deleted",
  "notify_master_rx_lower_pri",
]);

export const rule: Rule = {
  code: "HP506",
  name: "nobody-told",
  severity: "advice",
  scope: "node",
  optional: true,
  versions: "same",
  summary: "no notify, notify_fault, mail, FIFO, SNMP or D-Bus: a standby in FAULT stays unnoticed",
  explanation: `When the check of the standby fails it goes to FAULT, and nothing else happens: the address is where it was and clients are served. It is found out when the master fails too. Scripts for master and backup alone do not tell, because FAULT is neither.

Where something outside watches the nodes, keepalived need not say anything.`,
  source: "keepalived-behaviour 8.1; F16",
  bad: { lb1: exampleNode(0, { lines: ["notify_master /etc/keepalived/tell.sh"] }) },
  good: { lb1: exampleNode(0, { lines: ["notify /etc/keepalived/tell.sh"] }) },
  check: function* ({ nodes }) {
    for (const node of nodes) {
      const [first] = node.configuration.instances;
      if (first === undefined || tells(node)) continue;
      yield {
        message: `${node.name}: nothing tells anybody when the node goes to FAULT`,
        at: inKeepalived(node, lineOf(first, "notify_master", "notify_backup", "state")),
        consequence: "a standby that could not take over is found out when it is needed",
        advice:
          "notify_fault or notify with a script that tells somebody; or a monitor of both nodes' states",
      };
    }
  },
};

function tells(node: LintedNode): boolean {
  const { tree, instances, syncGroups } = node.configuration;
  return (
    linesOf(tree.items, "global_defs").some((line) => TELLING.has(line.keyword.value)) ||
    notifyLines(node).some((line) => !NOT_OF_FAULTS.has(line.label)) ||
    [...instances, ...syncGroups].some((owner) => owner.smtpAlert)
  );
}
