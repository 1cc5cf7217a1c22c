// HP911: a keyword that keepalived knows, in a block where it does not know it.

import { counted } from "../../base/index.ts";
import type { Complaint } from "../../keepalived/index.ts";
import { lineNumber, linesOfFollowers, plainRoots, type RootComplaint } from "../facts/complaint-roots.ts";
import { exampleFile } from "../examples/example-file.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, type LintedNode } from "../subject.ts";

export const rule: Rule = {
  code: "HP911",
  name: "block-misplaced",
  severity: "error",
  scope: "node",
  versions: "differ",
  summary: "a keyword in a block where keepalived does not know it (script_user in vrrp_script)",
  explanation: `Every block has its own keywords. One that belongs in another block is an unknown keyword here: keepalived logs that and goes on without the line, and without the block that begins with it, whose closing brace then closes the block around it.

What the line was to set keeps its default: script_user in a vrrp_script is not the user of the script (that is user), smtp_alert at the top of the file sends nothing.`,
  source: "keepalived-behaviour 6.1 to 6.5, lib/parser.c process_stream; tested on 2.2.7",
  bad: { lb1: exampleFile().replace("    fall 2", "    script_user nobody\n    fall 2") },
  good: { lb1: exampleFile().replace("    fall 2", "    user nobody\n    fall 2") },
  *check({ nodes }) {
    for (const node of nodes) {
      for (const run of runsOf(node, plainRoots(node, "misplaced-keyword"))) yield misplaced(node, run);
    }
  },
};

/** Complaints of neighbouring lines that belong in one and the same other block: one mistake. */
function runsOf(node: LintedNode, roots: readonly RootComplaint[]): RootComplaint[][] {
  const runs: RootComplaint[][] = [];
  let last: { readonly complaint: Complaint; readonly line: number } | undefined;
  for (const root of roots) {
    const { complaint } = root;
    const line = lineNumber(node, complaint.span);
    const joins =
      last !== undefined &&
      line - last.line <= 1 &&
      complaint.context === last.complaint.context &&
      complaint.suggestion === last.complaint.suggestion;
    if (joins) runs.at(-1)?.push(root);
    else runs.push([root]);
    last = { complaint, line };
  }
  return runs;
}

function misplaced(node: LintedNode, run: readonly RootComplaint[]): Finding {
  const [first, ...others] = run;
  if (first === undefined) throw new RangeError("a run has a first complaint");
  const { complaint } = first;
  const home = complaint.suggestion ?? "";
  const block = home === "" ? "the top of the file" : `a block ${home.split("/").at(-1) ?? ""}`;
  const also = others.length === 0 ? "" : `, and ${counted(others.length, "line")} after it`;
  const lines = linesOfFollowers(node, first);
  const closes =
    complaint.context === "" ? "" : `; the brace that was to close its block closes ${complaint.context}`;
  const harmless = run.every((each) =>
    HARMLESS.has(`${each.complaint.context.split("/").at(-1) ?? ""} ${each.complaint.keyword}`),
  );
  return {
    message: `${node.name}: ${complaint.message}${also}`,
    at: inKeepalived(node, complaint.span),
    ...(harmless ? { severity: "warning" as const } : {}),
    consequence: `keepalived passes over the line${lines === "" ? "" : ` and over ${lines} with it${closes}`}: what it was to set is not set`,
    advice:
      INSTEAD[`${complaint.context} ${complaint.keyword}`] ?? `the line moved to ${block}, or no such line`,
  };
}

/**
 * Lines whose loss changes nothing about who holds the VIP: a process is watched all the time and needs no interval, and how often a real
 * server is asked again is keepalived's default then.
 */
const HARMLESS: ReadonlySet<string> = new Set([
  "TCP_CHECK nb_get_retry",
  "SMTP_CHECK nb_get_retry",
  "MISC_CHECK nb_get_retry",
  "vrrp_track_process interval",
  "vrrp_track_process timeout",
  "vrrp_track_process fall",
  "vrrp_track_process rise",
]);

/** What is meant where a keyword stands in a block that has another one for it. */
const INSTEAD: Readonly<Record<string, string>> = {
  "vrrp_script script_user": "user instead of script_user, or the line in global_defs",
  "vrrp_instance vrrp_version": "version instead of vrrp_version, or the line in global_defs",
  "vrrp_instance vrrp_strict": "strict_mode instead of vrrp_strict, or the line in global_defs",
};
