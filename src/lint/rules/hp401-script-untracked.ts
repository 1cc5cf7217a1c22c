// HP401: a check that is written and that nobody runs. Rule: a name in any track_script counts as tracked, whatever keepalived makes of the line.

import { nearest } from "../../base/index.ts";
import { exampleCheck } from "../examples/example-check.ts";
import { isUnfilled, lostTrackLines } from "../checks/node-checks.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, type LintedNode, type LintSubject } from "../subject.ts";

export const rule: Rule = {
  code: "HP401",
  name: "script-untracked",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "a vrrp_script that no instance and no sync group tracks",
  explanation: `A vrrp_script only defines a check. It runs where an instance or a sync group names it in a track_script block; keepalived drops one that nobody names, and says so in its log only, not in keepalived -t.

The file looks as if the service were watched, and it is not.`,
  source: "keepalived-behaviour 3.1 and 7; F42",
  bad: { lb1: exampleCheck({ track: [] }) },
  good: { lb1: exampleCheck() },
  check: findUntracked,
};

function* findUntracked(subject: LintSubject): Generator<Finding> {
  for (const node of subject.nodes) {
    const { instances, syncGroups, scripts, complaints } = node.configuration;
    // A file without instances is a part of another one; what an include line did not give may track it.
    if (instances.length === 0 || isUnfilled(node)) continue;
    if (complaints.some((complaint) => complaint.kind === "include")) continue;
    const lost = new Set(lostTrackLines(node).map((line) => line.name));
    const named = new Set(
      [...instances, ...syncGroups].flatMap((owner) => owner.trackScripts.map((entry) => entry.name)),
    );
    for (const script of scripts) {
      if (named.has(script.name) || lost.has(script.name)) continue;
      const meant = nearest(script.name, undefinedNames(node, named));
      yield {
        message: `${node.name}: no instance tracks the script ${script.name}`,
        at: inKeepalived(node, { start: script.span.start, end: script.span.start + "vrrp_script".length }),
        consequence: `keepalived drops ${script.name} at start: it never runs, and its failure moves nothing`,
        advice:
          meant === undefined
            ? `${script.name} into the instance's track_script block, or no such script`
            : `track_script names ${meant}, which is not defined: write ${script.name} there`,
      };
    }
  }
}

function undefinedNames(node: LintedNode, named: ReadonlySet<string>): string[] {
  const defined = new Set(node.configuration.scripts.map((script) => script.name));
  return [...named].filter((name) => !defined.has(name));
}
