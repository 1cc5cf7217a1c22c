// HP902: a brace is missing or one too many, and which block keepalived closes or swallows because of it.

import type { Complaint } from "../../keepalived/index.ts";
import {
  lineNumber,
  linesOfFollowers,
  lostKeywords,
  plainRoots,
  type RootComplaint,
} from "../facts/complaint-roots.ts";
import { exampleFile } from "../examples/example-file.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, type LintedNode } from "../subject.ts";

export const rule: Rule = {
  code: "HP902",
  name: "unbalanced-brace",
  severity: "error",
  scope: "node",
  versions: "same",
  summary: "a missing or extra brace; the message says which block it closes or swallows",
  explanation: `keepalived closes the innermost open block at every closing brace and knows nothing of indentation. After one brace too many the rest of the instance stands outside it, each line an unknown keyword; with one too few the following blocks become lines of the open one.

It uses what is left: an instance without its track_script runs, without its check. keepalived -t ends with exit code 5.`,
  source:
    "keepalived-behaviour 6.1 and 7, lib/parser.c process_stream and alloc_value_block; tested on 2.2.7",
  bad: { lb1: exampleFile().replace("    nopreempt\n", "    nopreempt\n    }\n") },
  good: { lb1: exampleFile() },
  *check({ nodes }) {
    for (const node of nodes) {
      for (const root of plainRoots(
        node,
        "missing-close",
        "extra-close",
        "missing-open",
        "unexpected-open",
      )) {
        const finding = FINDINGS[root.complaint.kind]?.(node, root);
        if (finding !== undefined) yield finding;
      }
    }
  },
};

type Telling = (node: LintedNode, root: RootComplaint) => Finding;

const FINDINGS: Partial<Readonly<Record<Complaint["kind"], Telling>>> = {
  "missing-close": missingClose,
  "extra-close": extraClose,
  "missing-open": missingOpen,
  "unexpected-open": unexpectedOpen,
};

function missingClose(node: LintedNode, root: RootComplaint): Finding {
  const { complaint, followers } = root;
  const { keyword } = complaint;
  const [first] = followers;
  const swallowed =
    first === undefined
      ? ""
      : `: ${first.keyword} on line ${lineNumber(node, first.span)} is read as a line of ${keyword}`;
  const lost = lostKeywords(root);
  return {
    message: `${node.name}: the block ${keyword} that begins here is never closed${swallowed}`,
    at: inKeepalived(node, complaint.span),
    consequence:
      first === undefined
        ? "keepalived complains and uses the file as it is; what is added at its end later becomes part of this block"
        : `keepalived takes what follows for lines of ${keyword}${lost === "" ? "" : `, where it does not know ${lost}`}: it is lost`,
    advice:
      first === undefined
        ? "a closing brace at the end"
        : `a closing brace before line ${lineNumber(node, first.span)}`,
    // The end of the file closes the block as well as a brace does.
    ...(first === undefined ? { severity: "warning" as const } : {}),
    ...(first === undefined
      ? {}
      : {
          related: [
            { at: inKeepalived(node, first.span), message: `${first.keyword} does not belong in ${keyword}` },
          ],
        }),
  };
}

function extraClose(node: LintedNode, root: RootComplaint): Finding {
  const { complaint, followers } = root;
  const { context } = complaint;
  const [first] = followers.filter((each) => each.kind === "misplaced-keyword");
  if (context === "" || first === undefined) {
    return {
      message: `${node.name}: this closing brace closes nothing`,
      at: inKeepalived(node, complaint.span),
      consequence:
        "keepalived complains and goes on; the brace often means that a block above was closed too early",
      advice: "no such brace, or this one where the block that it belongs to ends",
      // Where it did take lines along, these are told of as well.
      ...(followers.length === 0 ? { severity: "warning" as const } : {}),
    };
  }
  const lost = lostKeywords(root);
  const checks = followers.some(
    (each) => each.keyword === "track_script" || each.keyword === "track_process",
  );
  return {
    message: `${node.name}: this brace closes ${context} before ${first.keyword} on line ${lineNumber(node, first.span)}; it, or one above it, is one too many`,
    at: inKeepalived(node, complaint.span),
    consequence: `what comes after it is outside ${context} and does not count: ${lost} (${linesOfFollowers(node, root)})${checks ? ": nothing is tracked, and a dead service keeps the VIP" : ""}`,
    advice: `one closing brace less, so that ${context} ends after its last line`,
    related: [{ at: inKeepalived(node, first.span), message: `outside ${context}` }],
  };
}

function missingOpen(node: LintedNode, root: RootComplaint): Finding {
  const { complaint } = root;
  const { keyword } = complaint;
  const lines = linesOfFollowers(node, root);
  return {
    message: `${node.name}: ${keyword} has no opening brace`,
    at: inKeepalived(node, complaint.span),
    consequence: `keepalived takes the next lines for the block all the same, and its closing brace then counts for another block${lines === "" ? "" : ` (${lines})`}`,
    advice: `${keyword} ... { on the line`,
  };
}

function unexpectedOpen(node: LintedNode, root: RootComplaint): Finding {
  const { complaint } = root;
  const { context } = complaint;
  const lost = lostKeywords(root);
  const around = context === "" ? "the block before it" : context;
  return {
    message: `${node.name}: this opening brace begins no block`,
    at: inKeepalived(node, complaint.span),
    consequence: `keepalived ignores it, and the brace that was to close it closes ${around}${lost === "" ? "" : `; what comes after it does not count: ${lost}`}`,
    advice: "the keyword of the block before the brace; or neither this brace nor its closing one",
  };
}
