// HP402: track_script names what keepalived does not know when it reads the line.

import { nearest } from "../../base/index.ts";
import type { Span } from "../../diagnostics/index.ts";
import type {
  KeepalivedConfiguration,
  KeepalivedInstance,
  SyncGroup,
  TrackEntry,
} from "../../keepalived/index.ts";
import { blockLines } from "../examples/example-block.ts";
import { exampleCheck } from "../examples/example-check.ts";
import { isUnfilled, lostTrackLines } from "../checks/node-checks.ts";
import type { Finding, RelatedFinding, Rule } from "../rule.ts";
import { inKeepalived, type LintedNode, type LintSubject, type Place } from "../subject.ts";

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
  source: "keepalived-behaviour 3.1 and 9.18, tested on 2.2.7; F42",
  bad: { lb1: exampleCheck({ track: blockLines("track_script", ["check_haproxy"]) }) },
  good: { lb1: exampleCheck() },
  check: findUndefined,
};

/** What can be tracked, by the block that names it and the block that defines it. */
interface Kind {
  readonly defining: string;
  readonly entriesOf: (owner: KeepalivedInstance | SyncGroup) => readonly TrackEntry[];
  readonly definedIn: (configuration: KeepalivedConfiguration) => readonly Definition[];
}

interface Definition {
  readonly name: string;
  readonly span: Span;
}

const KINDS: readonly Kind[] = [
  {
    defining: "vrrp_script",
    entriesOf: (owner) => owner.trackScripts,
    definedIn: (configuration) => configuration.scripts,
  },
  {
    defining: "track_file",
    entriesOf: (owner) => owner.trackFiles,
    definedIn: (configuration) => configuration.trackFiles,
  },
  {
    defining: "vrrp_track_process",
    entriesOf: (owner) => owner.trackProcesses,
    definedIn: (configuration) => configuration.trackProcesses,
  },
];

function* findUndefined(subject: LintSubject): Generator<Finding> {
  for (const node of subject.nodes) {
    if (isUnfilled(node)) continue;
    for (const { name, span } of lostTrackLines(node)) yield lostLine(node, name, span);
    const { instances, syncGroups, complaints } = node.configuration;
    // What an include line did not give may define it.
    const partial = complaints.some((complaint) => complaint.kind === "include");
    for (const owner of [...instances, ...syncGroups]) {
      for (const kind of KINDS) {
        for (const entry of kind.entriesOf(owner)) {
          // Of {{ check }} nobody knows what it will be.
          if (TEMPLATE_NAME.test(entry.name)) continue;
          const definition = kind.definedIn(node.configuration).find((each) => each.name === entry.name);
          if (definition !== undefined && entry.untrackedBecause === "defined-later") {
            yield definedLater(node, owner.name, entry, kind, definition);
          } else if (definition === undefined && !partial) {
            yield undefinedName(node, owner.name, entry, kind);
          }
        }
      }
    }
  }
}

const TEMPLATE_NAME = /%@|@%/;

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
      : { related: [{ at: inKeepalived(node, brace.span), message: "this brace comes too early" }] }),
  };
}

function definedLater(
  node: LintedNode,
  owner: string,
  entry: TrackEntry,
  { defining }: Kind,
  definition: Definition,
): Finding {
  return {
    message: `${node.name}: ${owner} tracks ${entry.name}, which is defined only further down`,
    at: inKeepalived(node, entry.span),
    consequence: untracked(owner, entry.name),
    advice: `the block ${defining} ${entry.name} above ${owner}`,
    related: [{ at: headOf(node, definition), message: `${entry.name} is defined here` }],
  };
}

function undefinedName(
  node: LintedNode,
  owner: string,
  entry: TrackEntry,
  { defining, definedIn }: Kind,
): Finding {
  const definitions = definedIn(node.configuration);
  const meant = nearest(
    entry.name,
    definitions.map((definition) => definition.name),
  );
  const related: RelatedFinding[] = definitions
    .filter((definition) => definition.name === meant)
    .map((definition) => ({ at: headOf(node, definition), message: `${definition.name} is defined here` }));
  // `rrp_script chk {`: the block is there, and keepalived does not take it for one.
  const misspelt = node.configuration.complaints.find(
    (complaint) => complaint.kind === "unknown-keyword" && complaint.suggestion === defining,
  );
  if (misspelt !== undefined) {
    related.push({
      at: inKeepalived(node, misspelt.span),
      message: `${misspelt.keyword} is no keyword; ${defining} is`,
    });
  }
  const question = meant === undefined ? "" : `. Did you mean ${meant}?`;
  return {
    message: `${node.name}: ${owner} tracks ${entry.name}, and no ${defining} of that name is defined${question}`,
    at: inKeepalived(node, entry.span),
    consequence: untracked(owner, entry.name),
    advice:
      meant === undefined
        ? `${defining} ${entry.name} above ${owner}, or no such line`
        : `${meant}, or ${defining} ${entry.name} above ${owner}`,
    related,
  };
}

function untracked(owner: string, name: string): string {
  return `keepalived ignores the line ("not found"), and ${owner} runs without ${name}: what it was to notice moves nothing`;
}

/** The first line of the block. */
function headOf(node: LintedNode, { span }: Definition): Place {
  const part = node.configuration.files.parts.findLast((each) => each.base <= span.start);
  const newline = part?.source.text.indexOf("\n", span.start - part.base) ?? -1;
  const end = part === undefined || newline === -1 ? span.end : Math.min(span.end, part.base + newline);
  return inKeepalived(node, { start: span.start, end });
}
