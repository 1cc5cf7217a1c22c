// HP411: init_fail promises what keepalived does not do.

import { blocksNamed, spanOf, statementsIn } from "../../keepalived/index.ts";
import { exampleCheck } from "../examples/example-check.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, type LintSubject } from "../subject.ts";

export const rule: Rule = {
  code: "HP411",
  name: "init-fail",
  severity: "advice",
  scope: "node",
  versions: "same",
  summary: "init_fail has no effect: tracking the script resets it",
  explanation: `init_fail should make a check begin as failed, so that it needs rise successes first. Naming the script in track_script sets the state back, and the first result alone decides, whatever rise and fall say; so it is in every version from 2.0.20 to 2.4.3.

What holds a node back at start is weight 0: the instance waits for the first result of every such check.`,
  source: "keepalived-behaviour 3.1 and 9.22, tested on 2.2.7; F28",
  bad: { lb1: exampleCheck({ lines: ["rise 2", "init_fail"] }) },
  good: { lb1: exampleCheck({ lines: ["rise 2"] }) },
  check: findInitFail,
};

function* findInitFail(subject: LintSubject): Generator<Finding> {
  for (const node of subject.nodes) {
    for (const block of blocksNamed(node.configuration.tree.items, "vrrp_script")) {
      const script = block.header?.arguments[0]?.value ?? "a script";
      for (const statement of statementsIn(block.items)) {
        if (statement.keyword.value !== "init_fail") continue;
        const span = spanOf(statement);
        yield {
          message: `${node.name}: init_fail of ${script} has no effect`,
          at: inKeepalived(node, span),
          consequence: `the first result of ${script} alone decides at start: one success is enough, whatever rise says`,
          advice: "nothing here; at weight 0 the instance waits for the first result anyway",
          // The line goes with it if nothing else stands there; a comment stays.
          fix: { title: "remove init_fail", edits: [{ at: inKeepalived(node, span), replacement: "" }] },
        };
      }
    }
  }
}
