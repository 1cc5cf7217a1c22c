// HP413: a script line of several words without quotes around them; keepalived takes the first word alone.

import { argumentsOf, blocksNamed, spanOf, statementsIn } from "../../keepalived/index.ts";
import { exampleCheck } from "../examples/example-check.ts";
import type { Finding, FindingFix, Rule } from "../rule.ts";
import { inKeepalived, type LintedNode, type LintSubject } from "../subject.ts";

export const rule: Rule = {
  code: "HP413",
  name: "script-arguments-dropped",
  severity: "error",
  scope: "node",
  versions: "same",
  summary: "a script line without quotes around command and arguments: the arguments are dropped",
  explanation: `keepalived takes the first word behind script for the whole command, and splits that once more. Without quotes around the whole line everything behind the first blank is dropped without a word, in keepalived -t and in the log: script /etc/keepalived/check.sh web runs check.sh without an argument.`,
  source: "lib/notify.c set_script_params_array, 2.0.20 to 2.4.3; tested on 2.2.7 and 2.3.3",
  bad: { lb1: exampleCheck({ script: "/etc/keepalived/check.sh web" }) },
  good: { lb1: exampleCheck({ script: '"/etc/keepalived/check.sh web"' }) },
  check: findDropped,
};

function* findDropped(subject: LintSubject): Generator<Finding> {
  for (const node of subject.nodes) {
    for (const block of blocksNamed(node.configuration.tree.items, "vrrp_script")) {
      const name = block.header?.arguments[0]?.value ?? "a script";
      for (const statement of statementsIn(block.items)) {
        const words = argumentsOf(statement);
        const [program, ...dropped] = words;
        const [first] = dropped;
        const last = dropped.at(-1);
        if (statement.keyword.value !== "script" || program === undefined) continue;
        // Words with quotes inside or at the edges, and a lone brace or backslash, have a story of their own.
        if (
          first === undefined ||
          last === undefined ||
          program.quoted ||
          !/^[\w./${}-]+$/.test(program.value)
        )
          continue;
        if (words.some((word) => /["'\\]/.test(word.source))) continue;
        yield {
          message: `${node.name}: the script of ${name} has no quotes around it, so ${program.value} gets no arguments`,
          at: inKeepalived(node, spanOf(statement)),
          consequence: `keepalived runs ${program.value} alone and drops ${dropped.length === 1 ? "the word" : `the ${dropped.length} words`} behind it: the check does something else than the line says`,
          advice: `quotes around the whole command: script "${program.value} ..."`,
          ...quotesAround(node, program.span.start, last.span.end),
        };
      }
    }
  }
}

/** The fix, if both ends stand in the file as they were read (and do not come of a definition). */
function quotesAround(node: LintedNode, start: number, end: number): { fix?: FindingFix } {
  const part = node.configuration.files.parts.findLast((each) => each.base <= start);
  const text = part?.source.text.slice(start - part.base, end - part.base) ?? "";
  if (text === "" || /["'\\$\n]/.test(text)) return {};
  return {
    fix: {
      title: "put quotes around the command",
      edits: [start, end].map((offset) => ({
        at: inKeepalived(node, { start: offset, end: offset }),
        replacement: '"',
      })),
    },
  };
}
