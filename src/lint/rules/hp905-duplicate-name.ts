// HP905: two instances, scripts or groups of one name, of which keepalived takes the first.

import { plainRoots } from "../facts/complaint-roots.ts";
import { exampleFile } from "../examples/example-file.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived } from "../subject.ts";

export const rule: Rule = {
  code: "HP905",
  name: "duplicate-name",
  severity: "error",
  scope: "node",
  versions: "same",
  summary: "two instances, scripts or groups of one name",
  explanation: `A second vrrp_instance, vrrp_sync_group or track_group of a name is passed over with all its lines: its VIP is on no node. A second vrrp_script, track_file or vrrp_track_process is read and never used, since whoever names it finds the first one; keepalived -t says nothing of that.`,
  source: "keepalived-behaviour 6.1 and 7, vrrp/vrrp_parser.c; tested on 2.2.7",
  bad: {
    lb1: exampleFile({
      before: [
        "vrrp_script chk_haproxy {",
        '    script "/etc/keepalived/chk_http.sh"',
        "    interval 2",
        "}",
      ],
    }),
  },
  good: { lb1: exampleFile() },
  *check({ nodes }) {
    for (const node of nodes) {
      for (const { complaint } of plainRoots(node, "duplicate-name")) {
        const { keyword, value = "" } = complaint;
        yield {
          message: `${node.name}: ${complaint.message}`,
          at: inKeepalived(node, complaint.span),
          consequence: complaint.silent
            ? `whatever tracks ${value} gets the first one; this one is never used`
            : `keepalived passes over this block${keyword === "vrrp_instance" ? ": its VIP is on no node" : ""}`,
          advice: "another name for one of the two, or only one of them",
        };
      }
    }
  },
};
