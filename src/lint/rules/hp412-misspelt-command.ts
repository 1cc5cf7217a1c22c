// HP412: a program or an option in a check that does not exist, and is near to one that does.

import { type Misspelling, misspellingIn } from "../checks/command-spelling.ts";
import { exampleCheck } from "../examples/example-check.ts";
import { placeOfScript, readingOf, trackedScripts } from "../checks/node-checks.ts";
import type { Finding, Rule } from "../rule.ts";
import type { LintSubject } from "../subject.ts";

export const rule: Rule = {
  code: "HP412",
  name: "misspelt-command",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "a program or an option in a check that cannot be right (systemctl is-active --quite, kilall)",
  explanation: `keepalived -t does not run the checks. A program that is not there is found missing at start: keepalived drops the check, says so in its log, and the instance runs without it. An option that the program does not have makes it end with an error each time, so the check always fails, whatever the service does.

killall - 0 haproxy is worse than wrong: the signal is lost, and each run ends HAProxy.`,
  source: "keepalived-behaviour 3.1, 8.4; manual pages of the programs",
  bad: { lb1: exampleCheck({ script: '"/usr/bin/systemctl is-active --quite haproxy"' }) },
  good: { lb1: exampleCheck({ script: '"/usr/bin/systemctl is-active --quiet haproxy"' }) },
  check: findMisspellings,
};

function* findMisspellings(subject: LintSubject): Generator<Finding> {
  for (const node of subject.nodes) {
    for (const script of trackedScripts(node)) {
      if (script.command === undefined) continue;
      // A function of the script's own may be called as it likes.
      const ofShell = (readingOf(node, script)?.deeds ?? [])
        .filter((deed) => deed.kind !== "neutral")
        .map((deed) => deed.words);
      const found = [script.command, ...ofShell]
        .map((words) => misspellingIn(words))
        .find((each) => each !== undefined);
      if (found === undefined) continue;
      const what = { program: "program", option: "argument", "stray dash": "argument" }[found.kind];
      yield {
        message: `${node.name}: ${script.name} has the ${what} ${found.word}${found.kind === "program" ? "" : ` for ${found.program}`}. Did you mean ${found.meant}?`,
        at: placeOfScript(node, script),
        consequence: consequenceOf(found, script.name, script.weight),
        advice: `${found.meant}, and run the command by hand once: echo $? shows 0 while the service is well`,
      };
    }
  }
}

function consequenceOf({ kind, word, program }: Misspelling, name: string, weight: number): string {
  if (kind === "program") {
    return `if there is no ${word}, keepalived drops ${name} at start, and the instance runs without it`;
  }
  if (kind === "stray dash") {
    return `${program} reads the number as a name and sends its usual signal: each run ends the processes it should only look for`;
  }
  const end =
    weight === 0 ? "the node stays in FAULT and never holds the VIP" : "its weight counts as failed for ever";
  return `${program} refuses it and ends with an error, so the check always fails: ${end}`;
}
