// What keepalived complains of in a node's files, one root cause each with what only follows from it, for the rules about the language.
// Rule: one mistake is told once; a line that is plainly not meant for keepalived is told as that.

import { counted, sentenceList } from "../../base/index.ts";
import { positionAt, type Span } from "../../diagnostics/index.ts";
import { type Complaint, isPlaceholder, locate } from "../../keepalived/index.ts";
import type { LintedNode } from "../subject.ts";

export interface RootComplaint {
  readonly complaint: Complaint;
  /** In the order of the file. */
  readonly followers: readonly Complaint[];
}

/** The complaints that have no cause among the others, each with those it is the cause of. */
export function rootComplaints(node: LintedNode): RootComplaint[] {
  const { complaints } = node.configuration;
  const starts = new Set(
    complaints.filter((each) => each.cause === undefined).map((each) => each.span.start),
  );
  const followers = new Map<number, Complaint[]>();
  const roots: Complaint[] = [];
  for (const complaint of complaints) {
    const cause = complaint.cause?.start;
    if (cause === undefined || !starts.has(cause)) roots.push(complaint);
    else followers.set(cause, [...(followers.get(cause) ?? []), complaint]);
  }
  return roots.map((complaint) => ({ complaint, followers: followers.get(complaint.span.start) ?? [] }));
}

/** The line (from 1) of a place in the node's keepalived files. */
export function lineNumber(node: LintedNode, { start, end }: Span): number {
  const { source, span } = locate(node.configuration.files, { start, end });
  return positionAt(source, span.start).line;
}

/** The text of the line that a place is in, without blanks around it. */
export function lineAt(node: LintedNode, span: Span): string {
  const { source, span: inside } = locate(node.configuration.files, span);
  const start = source.text.lastIndexOf("\n", inside.start - 1) + 1;
  const newline = source.text.indexOf("\n", start);
  return source.text.slice(start, newline === -1 ? undefined : newline).trim();
}

/** What a line that was never meant for keepalived is, in a few words; undefined for any other. */
export function junkOf(node: LintedNode, complaint: Complaint): string | undefined {
  if (!JUNK_KINDS.has(complaint.kind)) return undefined;
  const text = lineAt(node, complaint.span);
  const found = JUNK.find(({ pattern }) => pattern.test(text));
  if (found !== undefined) return found.what;
  if (complaint.kind === "invalid-value" || complaint.context !== "") return undefined;
  const isFirst = lineNumber(node, complaint.span) <= FIRST_LINES && FILE_NAME.test(text);
  return isFirst ? "a file name" : undefined;
}

const JUNK_KINDS: ReadonlySet<string> = new Set([
  "unknown-keyword",
  "misplaced-keyword",
  "unexpected-open",
  "invalid-value",
  "extra-close",
]);
const FIRST_LINES = 3;
const FILE_NAME = /^(?:\.{0,2}\/)?(?:[\w.-]+\/)*[\w-]+\.(?:conf|cfg|ya?ml|md|txt|j2|tpl|tmpl|sh)\s*:?$/;

const JUNK: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: /^\[?[\w.-]+@[\w.-]+[ :][^\]]*\]?\s*[#$%>]/, what: "a shell prompt" },
  {
    pattern: /^[#$%>]\s+(?:sudo|cat|vim?|nano|less|systemctl|service|ip|apt(?:-get)?|yum|dnf)\b/,
    what: "a shell command",
  },
  {
    pattern: /^(?:sudo|cat|vim?|nano|systemctl|service|apt-get|yum|dnf|chmod|mkdir|tee|curl)\s+\S/,
    what: "a shell command",
  },
  { pattern: /^(?:```|~~~)/, what: "a Markdown fence" },
  { pattern: /^GNU nano \d/, what: "the title line of an editor" },
  { pattern: /^(?:EOF|EOL|END)$/, what: "the end of a shell's here-document" },
  { pattern: /^(?:<{7}|={7}|>{7})(?: |$)/, what: "a mark of a merge conflict" },
  { pattern: /^-{3,}\s*$|^={3,}\s*$/, what: "a ruler" },
  {
    pattern: /^\/[/*]|\*\/$/,
    what: "a comment in the style of another language (keepalived's begins with # or !)",
  },
];

/** Curly quotes, which editors make of straight ones; keepalived takes them for letters. */
export const CURLY_QUOTES = /[\u201C\u201D\u201E\u2018\u2019\u00AB\u00BB]/;

/** Whether the complaint comes of a template that nobody has filled in: its own marks, or a variable or blank where a value belongs. */
export function isUnfilledPlace(node: LintedNode, { kind, keyword, value, span }: Complaint): boolean {
  if (!UNFILLED_KINDS.has(kind)) return false;
  if (value !== undefined && isPlaceholder(value)) return true;
  if (isPlaceholder(keyword)) return true;
  return kind !== "invalid-value" && kind !== "dropped" && TEMPLATE_MARK.test(lineAt(node, span));
}

const UNFILLED_KINDS: ReadonlySet<string> = new Set([
  "unknown-keyword",
  "misplaced-keyword",
  "invalid-value",
  "unexpected-open",
  "extra-close",
  "undefined-name",
  "dropped",
]);
const TEMPLATE_MARK = /\{\{|\}\}|\{%|%\}|<%|%>|\$\{|^\s*%/;

/** The lines that a mistake takes along: `lines 2 to 8`, `line 4`, or an empty text. */
export function linesOfFollowers(node: LintedNode, { complaint, followers }: RootComplaint): string {
  const own = lineNumber(node, complaint.span);
  const lines = followers.map((each) => lineNumber(node, each.span)).filter((line) => line !== own);
  if (lines.length === 0) return "";
  const first = Math.min(...lines);
  const last = Math.max(...lines);
  return first === last ? `line ${first}` : `lines ${first} to ${last}`;
}

const NAMED_MAX = 4;

/** The keywords that are lost with the mistake: `priority, track_script and 2 more`. */
export function lostKeywords({ followers }: RootComplaint): string {
  const names = [
    ...new Set(followers.filter((each) => each.kind === "misplaced-keyword").map((each) => each.keyword)),
  ];
  if (names.length <= NAMED_MAX) return sentenceList(names);
  return `${names.slice(0, NAMED_MAX).join(", ")} and ${counted(names.length - NAMED_MAX, "more keyword")}`;
}

/** The root complaints that are for the rules about the language to tell: neither pasted text nor a template's. */
export function plainRoots(node: LintedNode, ...kinds: readonly Complaint["kind"][]): RootComplaint[] {
  return rootComplaints(node).filter(
    ({ complaint }) =>
      kinds.includes(complaint.kind) &&
      junkOf(node, complaint) === undefined &&
      !isUnfilledPlace(node, complaint),
  );
}
