// HP502: script security is on, and no user is named that scripts shall run as.

import { exampleNode } from "../examples/example-instance.ts";
import { executedBy, executedText } from "../checks/executed.ts";
import { trackedScripts } from "../checks/node-checks.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived } from "../subject.ts";

export const rule: Rule = {
  code: "HP502",
  name: "script-user-missing",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "enable_script_security without script_user",
  explanation: `With enable_script_security keepalived does not fall back to root: without script_user it runs scripts as the user keepalived_script. Few systems have that user. Where it is missing, keepalived logs "Unable to set default user", removes the checks and notify scripts, and runs the instance without them: the node counts as healthy whatever its HAProxy does.`,
  source: "keepalived-behaviour 7 and 8.4 (tested with 2.2.7); F06",
  bad: { lb1: exampleNode(0).replace(/^.*script_user root\n/m, "") },
  good: { lb1: exampleNode(0) },
  check: function* ({ nodes }) {
    for (const node of nodes) {
      const { scriptSecurity, scriptUser, lines } = node.configuration.globals;
      const affected = executedBy(node).filter((each) => each.user === undefined);
      const [first] = affected;
      if (!scriptSecurity || scriptUser !== undefined || first === undefined) continue;
      const hasCheck = trackedScripts(node).some((script) => script.user === undefined);
      const security = lines.get("enable_script_security");
      yield {
        message: `${node.name}: enable_script_security without script_user: ${executedText(affected)} ${affected.length > 1 ? "run" : "runs"} only if there is a user keepalived_script`,
        at: security === undefined ? first.at : inKeepalived(node, security),
        consequence: `without that user keepalived drops the scripts and runs on${hasCheck ? ", and takes the node for healthy whatever its services do" : ", and nobody is told of a change of state"}`,
        advice: "script_user root, or another user that exists, in global_defs",
      };
    }
  },
};
