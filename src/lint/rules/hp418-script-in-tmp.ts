// HP418: a check in a directory that is emptied when the machine starts.

import { ownScriptOf } from "../checks/check-command.ts";
import { exampleCheck } from "../examples/example-check.ts";
import { placeOfScript, trackedScripts } from "../checks/node-checks.ts";
import type { Finding, Rule } from "../rule.ts";
import type { LintSubject } from "../subject.ts";

export const rule: Rule = {
  code: "HP418",
  name: "script-in-tmp",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary:
    "a check script below /tmp, /var/tmp, /run or /dev/shm: gone after a restart of the machine, or anybody's",
  explanation: `/tmp, /run and /dev/shm are empty after a restart of the machine (/tmp on most systems), and systemd removes old files from /tmp and /var/tmp. A script that is missing when keepalived starts is dropped with a line in the log, and the instance runs without the check. And in /tmp any user may put a file of that name, which keepalived then runs.`,
  source: "keepalived-behaviour 3.1, 8.4; tmpfiles.d(5); F06",
  bad: { lb1: exampleCheck({ script: '"/tmp/chk_haproxy.sh"' }) },
  good: { lb1: exampleCheck() },
  check: findTemporary,
};

function* findTemporary(subject: LintSubject): Generator<Finding> {
  for (const node of subject.nodes) {
    for (const script of trackedScripts(node)) {
      const path = script.command === undefined ? undefined : ownScriptOf(script.command);
      const [, directory] = /^(\/(?:var\/)?tmp|\/(?:var\/)?run|\/dev\/shm)\//.exec(path ?? "") ?? [];
      if (path === undefined || directory === undefined) continue;
      yield {
        message: `${node.name}: ${script.name} runs ${path}, and ${directory} is no place that lasts`,
        at: placeOfScript(node, script),
        consequence: `after a restart of the machine, or a cleaning of ${directory}, the script is missing: keepalived drops ${script.name} at start, and the instance runs without it`,
        advice: `a path where only root may write: /etc/keepalived/${path.slice(path.lastIndexOf("/") + 1)}`,
      };
    }
  }
}
