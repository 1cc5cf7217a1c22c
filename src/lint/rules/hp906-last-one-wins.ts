// HP906: a keyword that is given twice in one block with two values, of which one counts.

import type { Complaint } from "../../keepalived/index.ts";
import { plainRoots } from "../facts/complaint-roots.ts";
import { exampleFile } from "../examples/example-file.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived } from "../subject.ts";

export const rule: Rule = {
  code: "HP906",
  name: "last-one-wins",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "a keyword given twice in one block with different values",
  explanation: `Of two lines with one keyword the last one counts, and keepalived -t says nothing. A value that was changed in the first of them changes nothing in service. Of notify_master and the other notify keywords the first one counts.

Lines for different hosts belong behind @name conditions; then only one of them is there.`,
  source: "keepalived-behaviour 6.1 and 7 (duplicate priority line: exit code 0), tested on 2.2.7",
  bad: { lb1: exampleFile({ lines: ["priority 150"] }) },
  good: { lb1: exampleFile() },
  *check({ nodes }) {
    for (const node of nodes) {
      for (const { complaint } of plainRoots(node, "repeated-keyword")) {
        if (!differs(complaint)) continue;
        const { keyword, value = "", used = "" } = complaint;
        const lost = complaint.silent ? value : "the second one";
        yield {
          message: complaint.silent
            ? `${node.name}: ${keyword} is given twice in ${complaint.context}: ${value}, then ${used}`
            : `${node.name}: ${complaint.message}`,
          at: inKeepalived(node, complaint.span),
          consequence: complaint.silent
            ? `${used} counts, being the last; ${lost} has no effect, and keepalived does not say so`
            : "keepalived ignores this line",
          advice: `one ${keyword} line`,
        };
      }
    }
  },
};

/** Two equal lines do no harm; of a second line that keepalived refuses it says so itself. */
function differs({ silent, keyword, value, used }: Complaint): boolean {
  if (keyword === "state") return false;
  return !silent || (value !== undefined && used !== undefined && value !== used);
}
