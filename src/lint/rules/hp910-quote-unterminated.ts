// HP910: a quotation mark that never closes.

import { plainRoots } from "../facts/complaint-roots.ts";
import { exampleFile } from "../examples/example-file.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived } from "../subject.ts";
import type { LintedNode } from "../subject.ts";
import type { Complaint } from "../../keepalived/index.ts";

export const rule: Rule = {
  code: "HP910",
  name: "quote-unterminated",
  severity: "error",
  scope: "node",
  versions: "same",
  summary: "a quotation mark that opens and never closes; in a script line keepalived crashes",
  explanation: `A quote reaches to the end of its line at most. A word whose quote never closes is dropped, and a # behind it is part of it. In the script line of a vrrp_script keepalived crashes when it reads it (2.2.7 and 2.3.3 were tried; the code is the same up to 2.4.3), at a reload too: the VIP stays on the node without a daemon. Single quotes count in lines that name a program.`,
  source: "keepalived-behaviour 6.1 and 7 (exit code 139), tested on 2.2.7 and 2.3.3",
  bad: { lb1: exampleFile().replace('health"', "health") },
  good: { lb1: exampleFile() },
  *check({ nodes }) {
    for (const node of nodes) {
      for (const { complaint } of plainRoots(node, "unterminated-quote")) yield unterminated(node, complaint);
    }
  },
};

function unterminated(node: LintedNode, { keyword, fatal, span }: Complaint): Finding {
  const where = keyword === "" ? "" : ` in the ${keyword} line`;
  return {
    message: `${node.name}: a quotation mark${where} opens here and never closes`,
    at: inKeepalived(node, span),
    consequence: fatal
      ? "keepalived crashes when it reads the line; at a reload the VIP stays on the node, and the peer takes it as well"
      : "keepalived drops the word and reads the line without it",
    advice: 'a second " where it ends',
  };
}
