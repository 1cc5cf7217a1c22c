// HP415: curl succeeds on any answer, an error page included. Rule: only where curl's own exit status is what decides.

import { curlArguments } from "../checks/check-asks.ts";
import type { Deed } from "../checks/check-command.ts";
import { exampleCheck } from "../examples/example-check.ts";
import { placeOfScript, readingOf, trackedScripts } from "../checks/node-checks.ts";
import type { Finding, Rule } from "../rule.ts";
import type { LintSubject } from "../subject.ts";

export const rule: Rule = {
  code: "HP415",
  name: "curl-without-fail",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "curl without --fail: an HTTP 500 or 503 passes the check",
  explanation: `curl ends with 0 whenever it got an answer, whatever the answer says. A 503 of HAProxy (no server is up, or monitor fail is true) is an answer. --fail makes it end with 22 on a status of 400 or more.`,
  source: "curl(1), --fail",
  bad: {
    lb1: exampleCheck({ script: '"/usr/bin/curl --silent --max-time 1 http://127.0.0.1:8404/healthz"' }),
  },
  good: {
    lb1: exampleCheck({
      script: '"/usr/bin/curl --silent --fail --max-time 1 http://127.0.0.1:8404/healthz"',
    }),
  },
  check: findCurl,
};

function* findCurl(subject: LintSubject): Generator<Finding> {
  for (const node of subject.nodes) {
    for (const script of trackedScripts(node)) {
      const reading = readingOf(node, script);
      // A script may look at what curl wrote into a file.
      if (reading === undefined || reading.deeds.some((deed) => READERS.has(deed.program))) continue;
      const deed = reading.deeds.find((each) => takesAnyAnswer(each));
      if (deed === undefined) continue;
      yield {
        message: `${node.name}: ${script.name} runs curl without --fail`,
        at: placeOfScript(node, script),
        consequence: `an error page passes: with HTTP 500 or 503 from ${deed.asked?.host ?? "the service"}, the check succeeds and the VIP stays`,
        advice: "--fail (-f) behind curl",
      };
    }
  }
}

const READERS = new Set(["grep", "egrep", "fgrep", "awk", "sed", "jq", "cut", "diff", "cmp"]);

function takesAnyAnswer(deed: Deed): boolean {
  if (deed.program !== "curl" || deed.outputRead || deed.asked?.protocol !== "http") return false;
  const { options } = curlArguments(deed.words.slice(1));
  const failing = ["f", "fail", "fail-with-body", "fail-early", "K", "config"];
  return !failing.some((option) => options.has(option));
}
