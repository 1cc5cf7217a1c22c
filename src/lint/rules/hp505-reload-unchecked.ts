// HP505: a reload that takes whatever stands in the file.

import { linesOf } from "../../keepalived/index.ts";
import { exampleNode } from "../examples/example-instance.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, lineOf } from "../subject.ts";

export const rule: Rule = {
  code: "HP505",
  name: "reload-unchecked",
  severity: "advice",
  scope: "node",
  optional: true,
  versions: "same",
  summary: "no reload_check_config: a reload takes a broken file as it is",
  explanation: `At a reload keepalived throws its configuration away before it reads the new one. A misspelt keyword is ignored and the default goes live, priority 100 for one; a keyword without its argument, or an interface that does not exist, ends the daemon and leaves the address up, so that two nodes hold it.

With reload_check_config (keepalived 2.2 and later) it tries the file first and refuses the reload if anything is wrong with it.`,
  source: "keepalived-behaviour 8.2, 9.32 and 9.33; keepalived.conf(5), reload_check_config; F15",
  bad: { lb1: exampleNode(0) },
  good: { lb1: exampleNode(0).replace("script_user root", "script_user root\n    reload_check_config") },
  check: function* ({ nodes }) {
    for (const node of nodes) {
      const { globals, instances, tree } = node.configuration;
      const [first] = instances;
      const checked = linesOf(tree.items, "global_defs").some(
        (line) => line.keyword.value === "reload_check_config",
      );
      if (first === undefined || checked) continue;
      yield {
        message: `${node.name}: no reload_check_config`,
        at: inKeepalived(node, globals.lines.values().next().value ?? lineOf(first)),
        consequence:
          "a reload of a broken file changes priorities silently, or ends the daemon and leaves the address up",
        advice: "reload_check_config in global_defs; or keepalived -t before every reload",
      };
    }
  },
};
