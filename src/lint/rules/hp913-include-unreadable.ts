// HP913: an include line that gives keepalived no file.

import { rootComplaints } from "../facts/complaint-roots.ts";
import { exampleFile } from "../examples/example-file.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived } from "../subject.ts";

export const rule: Rule = {
  code: "HP913",
  name: "include-unreadable",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "an include line whose file is not there, or whose pattern matches nothing",
  explanation: `For a plain include keepalived logs that the file is missing and starts without it, and keepalived -t ends with exit code 0: instances and checks that it was to bring are not there. includer and its kin (include_check in global_defs) make that an error.

Paths are relative to the directory of the file that includes; a file with the x bit is skipped. If the file is there on the node and was only not given to this check, give it along.`,
  source: "keepalived-behaviour 6.1 and 7, tested on 2.2.7",
  bad: { lb1: `include /etc/keepalived/conf.d/*.conf\n${exampleFile()}` },
  good: { lb1: exampleFile() },
  *check({ nodes }) {
    for (const node of nodes) {
      for (const { complaint } of rootComplaints(node)) {
        if (complaint.kind !== "include") continue;
        yield {
          message: `${node.name}: ${complaint.message.replace(/\.$/, "")}`,
          at: inKeepalived(node, complaint.span),
          consequence: complaint.fatal
            ? "keepalived does not start with it"
            : "keepalived runs without what the file was to bring: its instances, checks and peers are not there",
          advice:
            "the path of a file that is there, or no such line; if the file is on the node, give it to this check as well",
        };
      }
    }
  },
};
