// HP904: text that came along when the configuration was pasted: shell prompts, Markdown, file names, curly quotes.

import { shortened } from "../../base/index.ts";
import { type Span, type SourceText } from "../../diagnostics/index.ts";
import { CURLY_QUOTES, junkOf, lineAt, linesOfFollowers, rootComplaints } from "../facts/complaint-roots.ts";
import { commentsAndCode } from "../suppressions/comments.ts";
import { exampleFile } from "../examples/example-file.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, type LintedNode } from "../subject.ts";

export const rule: Rule = {
  code: "HP904",
  name: "pasted-junk",
  severity: "error",
  scope: "node",
  versions: "same",
  summary: "a shell prompt, a Markdown fence, a file name or curly quotes in the file",
  explanation: `What came along when the file was copied from a terminal or a web page is a line like any other to keepalived: an unknown keyword. Where it holds a brace, the blocks after it are closed at other places than they seem.

Curly quotes, which word processors and web pages make of straight ones, are letters to keepalived: a script in them is not found, a password has them in it, an address is none.`,
  source: "keepalived-behaviour 6.1, tested on 2.2.7",
  bad: { lb1: `[root@lb1 ~]# cat /etc/keepalived/keepalived.conf\n${exampleFile()}` },
  good: { lb1: exampleFile() },
  *check({ nodes }) {
    for (const node of nodes) {
      yield* pastedLines(node);
      yield* curlyQuotes(node);
    }
  },
};

const SHOWN_MAX = 60;

function* pastedLines(node: LintedNode): Generator<Finding> {
  for (const root of rootComplaints(node)) {
    const what = junkOf(node, root.complaint);
    const text = lineAt(node, root.complaint.span);
    if (what === undefined || CURLY_QUOTES.test(text)) continue;
    const shown = shortened(text, SHOWN_MAX);
    const lines = linesOfFollowers(node, root);
    yield {
      message: `${node.name}: ${shown} is ${what}, not configuration`,
      at: inKeepalived(node, root.complaint.span),
      consequence: `keepalived takes it for an unknown keyword${lines === "" ? " and passes over it" : ` and loses ${lines} with it`}; keepalived -t ends with exit code 5`,
      advice: "nothing here: remove the line",
    };
  }
}

/** One finding for each line that has them outside its comment. */
function* curlyQuotes(node: LintedNode): Generator<Finding> {
  for (const { source, base } of node.configuration.files.parts) {
    for (const span of linesWithCurlyQuotes(source)) {
      yield {
        message: `${node.name}: curly quotes in the line; keepalived knows straight ones only`,
        at: inKeepalived(node, { start: base + span.start, end: base + span.end }),
        consequence:
          "they become part of the value: a script of that name is not found and its check does not count, a password has them in it, an address is refused",
        advice: 'straight quotes: "',
      };
    }
  }
}

const CURLY_QUOTES_MAX = 20;

function linesWithCurlyQuotes(source: SourceText): Span[] {
  if (!CURLY_QUOTES.test(source.text)) return [];
  const { comments } = commentsAndCode(source, "keepalived");
  const found = new Map<number, Span>();
  for (const { index } of source.text.matchAll(new RegExp(CURLY_QUOTES, "g"))) {
    const inComment = comments.some(({ start, end }) => start <= index && index < end);
    const lineStart = source.text.lastIndexOf("\n", index) + 1;
    if (!inComment && found.size < CURLY_QUOTES_MAX) found.set(lineStart, { start: index, end: index + 1 });
  }
  return [...found.values()];
}
