// HP908: `off` behind a keyword that any argument, or none, switches on.

import { plainRoots } from "../facts/complaint-roots.ts";
import { exampleFile } from "../examples/example-file.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived } from "../subject.ts";

export const rule: Rule = {
  code: "HP908",
  name: "switched-on-by-off",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "`skip_check_adv_addr off` and its kind switch the setting on",
  explanation: `keepalived looks at whether the word behind skip_check_adv_addr is one it knows, and not at which; vrrp_check_unicast_src and enable_script_security of global_defs do not look at it at all. So off, false and no switch on, in every version up to 2.4.3. vrrp_strict and vrrp_skip_check_adv_addr of global_defs are of that kind up to 2.2.8; from 2.3.0 on off is off.`,
  source: "keepalived-behaviour 4 and 9.13, vrrp/vrrp_parser.c and core/global_parser.c of 2.2.7 to 2.4.3",
  bad: { lb1: exampleFile({ lines: ["skip_check_adv_addr off"] }) },
  good: { lb1: exampleFile({ lines: ["skip_check_adv_addr"] }) },
  *check({ nodes }) {
    for (const node of nodes) {
      for (const { complaint } of plainRoots(node, "invalid-value")) {
        if (!complaint.silent || complaint.used !== "on") continue;
        yield {
          message: `${node.name}: ${complaint.message}`,
          at: inKeepalived(node, complaint.span),
          consequence: EFFECTS[complaint.keyword] ?? `${complaint.keyword} is on`,
          advice: "no such line: without it the setting is off",
        };
      }
    }
  },
};

const EFFECTS: Readonly<Record<string, string>> = {
  vrrp_strict: "strict mode is on: packets to the VIP are dropped, unicast is refused",
  skip_check_adv_addr: "the list of addresses in further adverts of the same master is not checked",
  vrrp_skip_check_adv_addr: "the list of addresses in further adverts of the same master is not checked",
  vrrp_check_unicast_src: "adverts of hosts that are no peers are refused",
};
