// A notice as every format tells it: flat, every text visible and bounded, times in ISO 8601. It is the body of a generic webhook, and its names are those of templates.
// Rule: receivers are programs of others. A field is added, never renamed or dropped, unless `version` rises.

import type { ConditionCode, Incident, Notice } from "../../agent-api/index.ts";
import { fewLines, oneLine } from "./plain-text.ts";

/** What can be delivered: a notice of the agent, or the one that tries a route. */
export type DeliverableNotice = Omit<Notice, "incident"> & {
  readonly incident: Omit<Incident, "condition"> & { readonly condition: ConditionCode | "test" };
};

/** Who tells it. */
export interface Sender {
  readonly pair: string;
  /** The node it is sent from. */
  readonly node: string;
  /** The agent's version. */
  readonly version: string;
}

export const NOTICE_DOCUMENT_VERSION = 1;

export interface NoticeDocument {
  readonly version: typeof NOTICE_DOCUMENT_VERSION;
  readonly notice: string;
  readonly incident: string;
  readonly revision: number;
  readonly phase: Incident["phase"];
  readonly severity: Incident["severity"];
  readonly condition: string;
  readonly scope: string;
  readonly title: string;
  readonly text: string;
  readonly pair: string;
  readonly node: string;
  readonly owner: string;
  readonly route: string;
  readonly openedAt: string;
  readonly changedAt: string;
  readonly createdAt: string;
  readonly hapair: string;
  readonly detail: Readonly<Record<string, string>>;
}

/** What each name means. The one table: documentation and the check of templates are made from it. */
export const noticeFields: Readonly<Record<keyof NoticeDocument, string>> = {
  version: "of this form, a number; a receiver should refuse one it does not know",
  notice:
    "INCIDENT/REVISION/ROUTE; the same for every attempt and from either node: drop what was seen before",
  incident: "16 hexadecimal digits, the same from the opening to the end",
  revision: "a number: 1 when it opened, one more with each change",
  phase: "opened, updated or resolved",
  severity: "info, warning or critical",
  condition: "what is wrong, e.g. two-holders; test for a test",
  scope: "what it is about: a router, a node, a back end",
  title: "one line",
  text: "a few lines: why, since when, what it means, what to do",
  pair: "the pair's name",
  node: "the node this was sent from",
  owner: "the node whose agent found it",
  route: "the route's name",
  openedAt: "ISO 8601, UTC: when it opened",
  changedAt: "ISO 8601, UTC: when this change happened",
  createdAt: "ISO 8601, UTC: when this change was recorded",
  hapair: "the agent's version",
  detail: "figures by name, all of them text: from, to, outageMs, cause, backend ...",
};

export const TITLE_LENGTH_MAX = 300;
export const TEXT_LENGTH_MAX = 4000;
/** Names, identifiers and what an incident is about. */
const NAME_LENGTH_MAX = 200;
const DETAILS_MAX = 30;
const DETAIL_NAME_LENGTH_MAX = 60;
const DETAIL_LENGTH_MAX = 500;

export function noticeDocument(notice: DeliverableNotice, sender: Sender): NoticeDocument {
  const { incident } = notice;
  const name = (text: string): string => oneLine(text, NAME_LENGTH_MAX);
  return {
    version: NOTICE_DOCUMENT_VERSION,
    notice: name(notice.id),
    incident: name(incident.id),
    revision: incident.revision,
    phase: incident.phase,
    severity: incident.severity,
    condition: incident.condition,
    scope: name(incident.scope),
    title: oneLine(incident.title, TITLE_LENGTH_MAX),
    text: fewLines(incident.text, TEXT_LENGTH_MAX),
    pair: name(sender.pair),
    node: name(sender.node),
    owner: name(incident.owner),
    route: name(notice.route),
    openedAt: isoTime(incident.openedAtMs),
    changedAt: isoTime(incident.changedAtMs),
    createdAt: isoTime(notice.createdAtMs),
    hapair: name(sender.version),
    detail: Object.fromEntries(
      Object.entries(incident.detail)
        .slice(0, DETAILS_MAX)
        .map(([key, value]) => [oneLine(key, DETAIL_NAME_LENGTH_MAX), oneLine(value, DETAIL_LENGTH_MAX)]),
    ),
  };
}

/** `CRITICAL: two nodes hold 10.0.0.1`; the pair's name is not said twice where a title begins with it. */
export function headline(document: NoticeDocument): string {
  const { phase, pair, title } = document;
  const severity = document.severity.toUpperCase();
  const marks = { opened: severity, updated: `UPDATED ${severity}`, resolved: "RESOLVED" };
  const prefix = `${pair}: `;
  return `${marks[phase]}: ${title.startsWith(prefix) ? title.slice(prefix.length) : title}`;
}

/** What a person wants to see beside title and text, in this order. */
export function facts(document: NoticeDocument): readonly (readonly [name: string, value: string])[] {
  const { condition, scope, phase, openedAt, changedAt, node, incident, revision } = document;
  return [
    ["Pair", document.pair],
    ["Severity", document.severity],
    ["Condition", condition],
    ["About", scope],
    ["Since", openedAt],
    ...(phase === "opened" ? [] : [[phase === "resolved" ? "Resolved" : "Updated", changedAt] as const]),
    ["Sent by", node],
    ["Incident", `${incident}, revision ${revision}`],
  ];
}

/** The end of the year 9999: the last time that receivers can read. */
const LATEST_MS = 253_402_300_799_999;

/** ISO 8601, UTC; a time that no clock says is the nearest one that can be written. */
export function isoTime(timeMs: number): string {
  const safeMs = Number.isFinite(timeMs) ? Math.min(LATEST_MS, Math.max(0, timeMs)) : 0;
  return new Date(safeMs).toISOString();
}
