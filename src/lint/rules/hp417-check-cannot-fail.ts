// HP417: a check whose answer is known beforehand. Rule: only one command, and only where it succeeds whenever keepalived runs.

import type { KeepalivedScript } from "../../keepalived/index.ts";
import { type Deed, ownScriptOf } from "../checks/check-command.ts";
import { exampleCheck } from "../examples/example-check.ts";
import { placeOfScript, readingOf, shownCommand, trackedScripts } from "../checks/node-checks.ts";
import type { Finding, Rule } from "../rule.ts";
import type { LintedNode, LintSubject } from "../subject.ts";

export const rule: Rule = {
  code: "HP417",
  name: "check-cannot-fail",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary:
    "a check that always succeeds: true, echo, a look whether keepalived itself runs, a script that cannot start",
  explanation: `keepalived runs the check, so keepalived is there: a check that looks for keepalived succeeds each time it is run. The same goes for true, echo and exit 0. The file looks as if the service were watched, and only the death of the node moves the VIP.

A script with line ends of Windows passes as well: the kernel finds no interpreter of that name, and keepalived counts a script that could not be started as a success.`,
  source: "keepalived-behaviour 3.1 and 9.21, tested on 2.2.7; F14",
  bad: { lb1: exampleCheck({ script: '"pidof keepalived"' }) },
  good: {
    lb1: exampleCheck({
      script: '"/usr/bin/curl --silent --fail --max-time 1 http://127.0.0.1:8404/healthz"',
    }),
  },
  check: findCertainChecks,
};

function* findCertainChecks(subject: LintSubject): Generator<Finding> {
  for (const node of subject.nodes) {
    for (const script of trackedScripts(node)) {
      const unstartable = unstartableScript(node, script);
      if (unstartable !== undefined) yield unstartable;
      const deeds = readingOf(node, script)?.deeds ?? [];
      const [deed] = deeds;
      const why = deeds.length === 1 && deed !== undefined ? whyItPasses(deed) : undefined;
      if (why === undefined || deed === undefined) continue;
      yield {
        message: `${node.name}: ${script.name} (${shownCommand(deed.words)}) cannot fail: ${why}`,
        at: placeOfScript(node, script),
        consequence: "the service is not watched at all: when it dies or hangs, the VIP stays",
        advice: "a check that asks the service itself, with a time limit",
      };
    }
  }
}

/** A script whose first line ends in CR: execve finds no such interpreter, and the child ends with 0 (lib/notify.c system_call_script). */
function unstartableScript(node: LintedNode, script: KeepalivedScript): Finding | undefined {
  const path = script.command === undefined ? undefined : ownScriptOf(script.command);
  const text = path === undefined ? undefined : node.surroundings.scripts.get(path)?.text;
  // Behind an interpreter that the line names, the file's first line counts for nothing.
  if (path === undefined || text === undefined || script.command?.[0] !== path) return undefined;
  const [, interpreter] = /^#!\s*(\S+)[^\n]*\r\n/.exec(text) ?? [];
  if (interpreter === undefined) return undefined;
  return {
    message: `${node.name}: ${script.name} cannot fail: ${path} has line ends of Windows (CR LF)`,
    at: placeOfScript(node, script),
    consequence: `the kernel looks for an interpreter called ${interpreter} with a CR at its end and finds none; keepalived counts that as success, whatever the service does`,
    advice: `the file with line ends of Unix: sed -i 's/\\r$//' ${path}`,
    severity: "error",
  };
}

const LOOKERS = new Set(["pidof", "pgrep", "killall", "pkill"]);

function whyItPasses({ program, words, kind }: Deed): string | undefined {
  if (program === "true" || program === "echo" || program === "printf" || program === ":") {
    return `${program} always succeeds`;
  }
  const operands = words.slice(1).filter((word) => !word.startsWith("-"));
  const looks = kind === "process-only" && LOOKERS.has(program) && operands.length === 1;
  if (looks && /^(?:\/usr)?(?:\/sbin\/)?keepalived$/.test(operands[0] ?? "")) {
    return "keepalived itself runs it, so keepalived is there";
  }
  return undefined;
}
