// HP410: a tracked file without a weight raises the priority by what it holds.

import { blockLines } from "../examples/example-block.ts";
import { type ExampleCheck, exampleCheck } from "../examples/example-check.ts";
import { groupsOf } from "../checks/node-checks.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, lineOf, type LintSubject } from "../subject.ts";

const watching = (...lines: readonly string[]): ExampleCheck => ({
  blocks: blockLines("track_file maintenance", lines),
  track: blockLines("track_file", ["maintenance"]),
});

export const rule: Rule = {
  code: "HP410",
  name: "track-file-weight",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "a track_file without weight: the default of 1 raises the priority by the number in the file",
  explanation: `The number in a tracked file times its weight is added to the priority, and the weight is 1 where none is given (that of a vrrp_script is 0). A file that is meant as a flag, 0 for well and 1 for not, makes the node that is not well the stronger one.

With weight 0 any number but 0 takes the node out of the election (FAULT).`,
  source: "keepalived-behaviour 3.3 and 9.28, tested on 2.2.7; F51",
  bad: { lb1: exampleCheck(watching("file /run/keepalived/maintenance")) },
  good: { lb1: exampleCheck(watching("file /run/keepalived/maintenance", "weight 0")) },
  check: findUnweighted,
};

function* findUnweighted(subject: LintSubject): Generator<Finding> {
  for (const node of subject.nodes) {
    const told = new Set<string>();
    for (const instance of node.configuration.instances) {
      for (const entry of [instance, ...groupsOf(node, instance)].flatMap((owner) => owner.trackFiles)) {
        const file = node.configuration.trackFiles.find((each) => each.name === entry.name);
        if (
          file === undefined ||
          entry.weight !== undefined ||
          file.lines.has("weight") ||
          told.has(file.name)
        ) {
          continue;
        }
        told.add(file.name);
        yield {
          message: `${node.name}: the tracked file ${file.name} has no weight, which is weight 1`,
          at: inKeepalived(node, lineOf(file, "file")),
          consequence: `a 1 in ${file.path ?? "the file"} raises ${instance.name} on ${node.name} from ${instance.priority} to ${Math.min(254, instance.priority + 1)}: a file that says "not well" makes the node stronger`,
          advice: "weight 0 for a flag that takes the node out (FAULT), or the weight that is meant",
          related: [{ at: inKeepalived(node, entry.span), message: `${instance.name} tracks it here` }],
        };
      }
    }
  }
}
