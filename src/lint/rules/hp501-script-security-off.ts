// HP501: programs that keepalived runs as root although others than root may be able to write them.

import { exampleNode } from "../examples/example-instance.ts";
import { type Executed, executedBy, executedText } from "../checks/executed.ts";
import type { Rule } from "../rule.ts";

export const rule: Rule = {
  code: "HP501",
  name: "script-security-off",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "scripts run as root, and enable_script_security is not set",
  explanation: `keepalived runs checks and notify scripts as the user keepalived_script if there is one, else as root. Whoever can write such a script, or a directory on the way to it, is root then. With enable_script_security keepalived refuses to run as root what others could have changed; without it, it logs a warning, and keepalived -t ends with exit code 6.

Switching it on can take a check away: a script that keepalived refuses is not tracked, and the instance runs on without it. So look at the owner and mode of the script and of every directory above it first, and give script_user, because without that line and without a user keepalived_script nothing runs at all.`,
  source: "keepalived-behaviour 7, 8.4 and 9.35 (tested with 2.2.7); F06",
  bad: {
    lb1: exampleNode(0).replace(/^.*enable_script_security\n.*script_user root\n/m, "    router_id lb1\n"),
  },
  good: { lb1: exampleNode(0) },
  check: function* ({ nodes }) {
    for (const node of nodes) {
      const { scriptSecurity, scriptUser } = node.configuration.globals;
      if (scriptSecurity) continue;
      const asRoot = executedBy(node).filter((each) => isRoot(each, scriptUser));
      const [first] = asRoot;
      if (first === undefined) continue;
      const asked = (first.user ?? scriptUser) !== undefined;
      yield {
        message: `${node.name}: no enable_script_security, and ${executedText(asRoot)} ${asRoot.length > 1 ? "run" : "runs"} as root${asked ? "" : " (unless a user keepalived_script exists)"}`,
        at: first.at,
        consequence: "whoever can write the script or a directory above it is root on this node",
        advice: "enable_script_security and script_user in global_defs; scripts that only root can write",
      };
    }
  },
};

function isRoot({ user }: Executed, scriptUser: string | undefined): boolean {
  return ["root", "0", undefined].includes(user ?? scriptUser);
}
