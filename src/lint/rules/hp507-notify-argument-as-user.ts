// HP507: an argument of a notify script that keepalived takes for a user.

import { commandWords } from "../../keepalived/index.ts";
import { exampleNode } from "../examples/example-instance.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived } from "../subject.ts";

export const rule: Rule = {
  code: "HP507",
  name: "notify-argument-as-user",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "an argument of a notify script outside the quotes: keepalived takes it for a user",
  explanation: `In a notify line the first word is the command; a second is the user to run it as, and a third the group. So notify_master /etc/keepalived/tell.sh MASTER runs tell.sh, without an argument, as the user MASTER. There is no such user, and keepalived drops the script with a line in its log that keepalived -t does not repeat.

Arguments belong into the quotes with the command. A script of \`notify\` gets kind, name, state and priority behind its own arguments anyway.`,
  source:
    "keepalived.conf(5), notify scripts; source of 2.2.7 (lib/notify.c, notify_script_init); keepalived-behaviour 8.1",
  bad: { lb1: exampleNode(0, { lines: ["notify_master /etc/keepalived/tell.sh MASTER"] }) },
  good: { lb1: exampleNode(0, { lines: ['notify_master "/etc/keepalived/tell.sh MASTER"'] }) },
  check: function* ({ nodes }) {
    for (const node of nodes) {
      const { instances, syncGroups } = node.configuration;
      for (const { keyword, text, span } of [...instances, ...syncGroups].flatMap(
        (owner) => owner.commands,
      )) {
        const [command = "", user] = commandWords(text) ?? [];
        if (user === undefined || !NO_USER.test(user)) continue;
        // What follows an option's letter may be a secret.
        const shown = /^[-/]/.test(user) ? `${user.charAt(0)}...` : user;
        const [program = ""] = commandWords(command) ?? [];
        yield {
          message: `${node.name}: ${keyword} runs its script as a user ${shown}: what stands behind the command is a user, not an argument`,
          at: inKeepalived(node, span),
          consequence: `where there is no user ${shown}, keepalived drops the script and nobody is told of the change of state; where there is one, it runs without its argument`,
          advice: `command and arguments in one pair of quotes: ${keyword} "${program} ${shown}"`,
        };
      }
    }
  },
};

/** A state's name, an option or a path: nobody calls a user so. (Debian has a user backup, but no script meant it.) */
const NO_USER = /^(?:master|backup|fault|stop|stopped|primary|secondary|slave)$|^[-/]/i;
