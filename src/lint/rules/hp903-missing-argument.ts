// HP903: a keyword without its value, on which keepalived exits.

import { plainRoots } from "../facts/complaint-roots.ts";
import { exampleFile } from "../examples/example-file.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived } from "../subject.ts";

export const rule: Rule = {
  code: "HP903",
  name: "missing-argument",
  severity: "error",
  scope: "node",
  versions: "same",
  summary:
    "a keyword without its value, or an instance without a VIP: keepalived exits, at a reload too, and leaves the VIP up",
  explanation: `For most mistakes keepalived takes a default; for a keyword without its value it exits with code 2. At a start that is a service that does not start. At a reload the daemon that held the VIP is gone: it sends no farewell and does not remove the address, the peer takes over after its timeout, and two hosts hold the VIP.

Often the value is there and is taken for a comment: # and ! begin one anywhere in a line. An instance of VRRP version 3, or in strict mode, must have a virtual_ipaddress; without one keepalived exits once it has read the whole file.`,
  source: "keepalived-behaviour 6.1, 8.2 and 9.33, tested on 2.2.7",
  bad: { lb1: exampleFile().replace("advert_int 1", "advert_int") },
  good: { lb1: exampleFile() },
  *check({ nodes }) {
    for (const node of nodes) {
      for (const { complaint } of plainRoots(node, "missing-argument", "dropped")) {
        if (!complaint.fatal) continue;
        yield {
          message: `${node.name}: ${complaint.message}`,
          at: inKeepalived(node, complaint.span),
          consequence: `keepalived exits when it ${complaint.kind === "dropped" ? "has read the file" : "reads the line"}. At a reload it leaves the VIP up without adverts, the peer takes over, and both hold the VIP`,
          advice:
            complaint.kind === "dropped"
              ? `give the instance a ${complaint.keyword}, or remove it`
              : `the value behind ${complaint.keyword}, or no such line`,
        };
      }
    }
  },
};
