// HP112: a state that is neither MASTER nor BACKUP in capitals, which keepalived takes for BACKUP.

import { isUnfilled, sourceAt } from "../facts/effective-priority.ts";
import { examplePair } from "../examples/example-instance.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, lineOf } from "../subject.ts";

const STATES: readonly string[] = ["MASTER", "BACKUP"];

export const rule: Rule = {
  code: "HP112",
  name: "state-unknown",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "state is neither MASTER nor BACKUP in capitals",
  explanation:
    "keepalived knows two words here, in capitals. For any other (SLAVE, STANDBY, backup, Master) it logs an error and takes BACKUP; keepalived -t then ends with exit code 5, " +
    "so a deployment that asks it stops. Since every node starts as BACKUP anyway, the node runs as it would have; " +
    "but a `master` does not clear nopreempt, and leaves a missing priority at 100.",
  source: "keepalived-behaviour 1.3 and 7",
  bad: examplePair({ state: "MASTER" }, { state: "SLAVE" }),
  good: examplePair({ state: "MASTER" }, { state: "BACKUP" }),
  *check({ nodes }) {
    for (const node of nodes) {
      for (const instance of node.configuration.instances) {
        const { stateWritten } = instance;
        if (stateWritten === undefined || STATES.includes(stateWritten)) continue;
        if (isUnfilled({ node, instance }, "state")) continue;
        const at = inKeepalived(node, lineOf(instance, "state"));
        const capital = stateWritten.toUpperCase();
        const kept =
          instance.state === "MASTER" ? "keeps the MASTER of an earlier line" : "runs it as BACKUP";
        // Of `backup` the capital word changes nothing; of `master` it would.
        const fixable =
          capital === "BACKUP" && instance.state === "BACKUP" && writtenPlainly(sourceAt(node, at.span));
        yield {
          message: `${node.name}: state ${stateWritten} of ${instance.name} is neither MASTER nor BACKUP`,
          at,
          consequence: `keepalived logs an error and ${kept}; keepalived -t refuses the file with exit code 5`,
          advice:
            capital === "MASTER"
              ? "state BACKUP, as it runs now; who holds the VIP is said by the priority"
              : "state BACKUP",
          ...(fixable
            ? { fix: { title: "write state BACKUP", edits: [{ at, replacement: "state BACKUP" }] } }
            : {}),
        };
      }
    }
  },
};

/** The line as such, with nothing before it (a condition) and no definition in it. */
function writtenPlainly(text: string): boolean {
  return /^state[ \t]+backup$/i.test(text);
}
