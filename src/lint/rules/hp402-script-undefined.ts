// HP402: track_script names what keepalived does not know when it reads the line.

import { block, exampleCheck } from "../example-check.ts";
import { nearest } from "../../base/index.ts";
import type { Span } from "../../diagnostics/index.ts";
import type { KeepalivedScript, TrackEntry } from "../../keepalived/index.ts";
import { isUnfilled, lostTrackLines } from "../node-checks.ts";
import type { Finding, RelatedFinding, Rule } from "../rule.ts";
import { inKeepalived, type LintedNode, type LintSubject } from "../subject.ts";

export const rule: Rule = {
  code: "HP402",
  name: "script-undefined",
  severity: "error",
  scope: "node",
  versions: "same",
  summary:
    "track_script names a script that is not defined, or only further down; or a brace took the line out of its block",
  explanation: `keepalived reads the file from top to bottom. A name in track_script that no vrrp_script above it defines is ignored with the line "not found, ignoring", and the instance runs without the check: the service may be dead, the VIP stays.

A misspelt block (rrp_script), a script that was renamed in one place and a definition below the instance all end so.`,
  source: "keepalived-behaviour 3.1 and 9 (18), tested on 2.2.7; failure catalogue F42",
  bad: { lb1: exampleCheck({ track: block("track_script", ["check_haproxy"]) }) },
  good: { lb1: exampleCheck() },
  check: findUndefined,
};

function* findUndefined(subject: LintSubject): Generator<Finding> {
  for (const node of subject.nodes) {
    if (isUnfilled(node)) continue;
    const { instances, syncGroups, scripts, complaints } = node.configuration;
    // What an include line did not give may define it.
    for (const { name, span } of lostTrackLines(node)) yield lostLine(node, name, span);
    const partial = complaints.some((complaint) => complaint.kind === "include");
    for (const owner of [...instances, ...syncGroups]) {
      for (const entry of owner.trackScripts) {
        const script = scripts.find((each) => each.name === entry.name);
        const later = script !== undefined && entry.untrackedBecause === "defined-later";
        if (later) yield definedLater(node, owner.name, entry, script);
        else if (script === undefined && !partial) yield undefinedScript(node, owner.name, entry);
      }
    }
  }
}

function lostLine(node: LintedNode, name: string, span: Span): Finding {
  const brace = node.configuration.complaints.findLast(
    (complaint) => complaint.kind === "extra-close" && complaint.span.start < span.start,
  );
  return {
    message: `${node.name}: ${name} stands where keepalived is in no track_script block`,
    at: inKeepalived(node, span),
    consequence: `keepalived does not know the word there and ignores it: the instance it was meant for runs without ${name}, and a dead service keeps the VIP`,
    advice: `put the block track_script { ${name} } inside the braces of its instance`,
    ...(brace === undefined
      ? {}
      : {
          related: [
            { at: inKeepalived(node, brace.span), message: "this brace closes the instance too early" },
          ],
        }),
  };
}

function definedLater(node: LintedNode, owner: string, entry: TrackEntry, script: KeepalivedScript): Finding {
  return {
    message: `${node.name}: ${owner} tracks ${entry.name}, which is defined only further down`,
    at: inKeepalived(node, entry.span),
    consequence: untracked(owner, entry.name),
    advice: `move the block vrrp_script ${entry.name} above ${owner}`,
    related: [{ at: definitionOf(node, script), message: `${entry.name} is defined here` }],
  };
}

function undefinedScript(node: LintedNode, owner: string, entry: TrackEntry): Finding {
  const { scripts, complaints } = node.configuration;
  const meant = nearest(
    entry.name,
    scripts.map((script) => script.name),
  );
  const related: RelatedFinding[] = scripts
    .filter((script) => script.name === meant)
    .map((script) => ({ at: definitionOf(node, script), message: `${script.name} is defined here` }));
  // `rrp_script chk {`: the block is there, and keepalived does not take it for one.
  const misspelt = complaints.find(
    (complaint) => complaint.kind === "unknown-keyword" && complaint.suggestion === "vrrp_script",
  );
  if (misspelt !== undefined) {
    related.push({
      at: inKeepalived(node, misspelt.span),
      message: `${misspelt.keyword} is no keyword; vrrp_script is`,
    });
  }
  const question = meant === undefined ? "" : `. Did you mean ${meant}?`;
  return {
    message: `${node.name}: ${owner} tracks ${entry.name}, and no vrrp_script of that name is defined${question}`,
    at: inKeepalived(node, entry.span),
    consequence: untracked(owner, entry.name),
    advice:
      meant === undefined
        ? `define vrrp_script ${entry.name} above ${owner}, or remove the line`
        : `write ${meant}, or define vrrp_script ${entry.name} above ${owner}`,
    related,
  };
}

function untracked(owner: string, name: string): string {
  return `keepalived ignores the line ("not found"), and ${owner} runs without ${name}: a dead service keeps the VIP`;
}

function definitionOf(node: LintedNode, script: KeepalivedScript): RelatedFinding["at"] {
  return inKeepalived(node, { start: script.span.start, end: script.span.start + "vrrp_script".length });
}
