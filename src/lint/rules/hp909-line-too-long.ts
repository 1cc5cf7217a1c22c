// HP909: a line that is longer than keepalived's buffer.

import { plainRoots } from "../facts/complaint-roots.ts";
import { exampleFile } from "../examples/example-file.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived } from "../subject.ts";

const COMMENT_LENGTH = 1100;

export const rule: Rule = {
  code: "HP909",
  name: "line-too-long",
  severity: "error",
  scope: "node",
  versions: "same",
  summary: "a line of more than 1,023 bytes, whose rest keepalived reads as a new line",
  explanation: `keepalived reads a line into a buffer of 1,024 bytes. The rest of a longer one is the next line to it, even out of the middle of a comment: words of the comment are unknown keywords, an address list loses an address, a brace opens or closes a block.

Definitions and repetitions (~SEQ) may make a file longer than hapair reads, some thirty thousand lines. keepalived goes on; the warning says that the findings are only of the part that was read.`,
  source: "keepalived-behaviour 6.1, lib/parser.c read_line; tested on 2.2.7",
  bad: { lb1: exampleFile({ before: [`# ${"a very long story ".repeat(COMMENT_LENGTH / 18)}`] }) },
  good: { lb1: exampleFile({ before: ["# a short story"] }) },
  *check({ nodes }) {
    for (const node of nodes) {
      for (const { complaint } of plainRoots(node, "expansion-cut")) {
        yield {
          severity: "warning",
          message: `${node.name}: ${complaint.message}`,
          at: inKeepalived(node, complaint.span),
          consequence: "keepalived reads on; what comes after this was not checked",
          advice: "fewer repetitions, or a file for each part",
        };
      }
      for (const { complaint } of plainRoots(node, "line-too-long")) {
        yield {
          message: `${node.name}: ${complaint.message}`,
          at: inKeepalived(node, complaint.span),
          consequence: "the rest of the line is read as a line of its own, be it a comment or not",
          advice: "several shorter lines: keepalived takes them in every block",
        };
      }
    }
  },
};
