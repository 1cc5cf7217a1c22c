// HP419: one slow answer takes the VIP away. Off unless asked for: some want exactly that.

import { exampleCheck } from "../examples/example-check.ts";
import { readingOf, trackedScripts } from "../checks/node-checks.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, lineOf, type LintSubject } from "../subject.ts";

export const rule: Rule = {
  code: "HP419",
  name: "one-failure-is-enough",
  severity: "advice",
  scope: "node",
  optional: true,
  versions: "same",
  summary: "fall 1 with a check that asks over the network: one slow answer moves the VIP",
  explanation: `Under load a healthy service may answer one question too late. With fall 1, which is the default, that one answer takes the VIP away; and since the load moves with the VIP, the other node is next.`,
  source: "keepalived-behaviour 3.1; F29",
  bad: {
    lb1: exampleCheck({
      script: '"/usr/bin/curl --silent --fail --max-time 1 http://127.0.0.1:8404/healthz"',
      lines: ["fall 1"],
    }),
  },
  good: {
    lb1: exampleCheck({
      script: '"/usr/bin/curl --silent --fail --max-time 1 http://127.0.0.1:8404/healthz"',
    }),
  },
  check: findHasty,
};

function* findHasty(subject: LintSubject): Generator<Finding> {
  for (const node of subject.nodes) {
    for (const script of trackedScripts(node)) {
      if (script.fall > 1 || readingOf(node, script)?.kind !== "asks") continue;
      const written = script.lines.has("fall") ? "" : " (the default)";
      yield {
        message: `${node.name}: ${script.name} has fall 1${written}, so one answer later than ${script.timeoutS} s is enough`,
        at: inKeepalived(node, lineOf(script, "fall", "script")),
        consequence: "a moment of load takes the VIP from a node that serves",
        advice: "fall 2: a real failure is noticed one interval later",
      };
    }
  }
}
