// HP414: a script file without its whole path. Rule: programs of the system by their bare name are left alone, since keepalived looks them up.

import { ownScriptOf, unwrapped } from "../checks/check-command.ts";
import { exampleCheck } from "../examples/example-check.ts";
import { placeOfScript, trackedScripts } from "../checks/node-checks.ts";
import type { Finding, Rule } from "../rule.ts";
import type { LintSubject } from "../subject.ts";

export const rule: Rule = {
  code: "HP414",
  name: "script-path-relative",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "a script file without its whole path: keepalived looks for it elsewhere",
  explanation: `A name without a slash is looked for in the directories of PATH, which /etc/keepalived is none of. A path that does not begin with a slash counts from the directory in which the daemon was started, not from the one its configuration is in. A script that is not found is dropped at start, with a line in the log: the instance runs without the check.`,
  source: "lib/notify.c find_path, check_script_secure (2.2.7); keepalived-behaviour 3.1, 8.4",
  bad: { lb1: exampleCheck({ script: '"chk_haproxy.sh"' }) },
  good: { lb1: exampleCheck({ script: '"/etc/keepalived/chk_haproxy.sh"' }) },
  check: findRelative,
};

function* findRelative(subject: LintSubject): Generator<Finding> {
  for (const node of subject.nodes) {
    for (const script of trackedScripts(node)) {
      const [program] = unwrapped(script.command ?? []);
      const path = script.command === undefined ? undefined : ownScriptOf(script.command);
      if (path === undefined || !/^[\w.][\w./-]*$/.test(path)) continue;
      // `python3 -m module` names no file.
      if (!path.includes("/") && !/\.(?:sh|bash|py|pl|rb)$/.test(path)) continue;
      const searched =
        path.includes("/") || program !== path
          ? "in the directory the daemon was started in"
          : "in the directories of PATH";
      const end =
        program === path
          ? `where it is not there, ${script.name} is dropped and the instance runs without it`
          : "where it is not there, the check always fails";
      yield {
        message: `${node.name}: ${script.name} runs ${path}, which is no whole path`,
        at: placeOfScript(node, script),
        consequence: `it is looked for ${searched}; ${end}`,
        advice: `the whole path, as /etc/keepalived/${path.slice(path.lastIndexOf("/") + 1)}`,
      };
    }
  }
}
