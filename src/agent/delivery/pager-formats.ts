// A notice for programs that call people: PagerDuty's Events API v2 and Alertmanager's API v2. One incident of ours is one of theirs, from its opening to its end.

import { severities, type Severity } from "../../agent-api/index.ts";
import { headline, isoTime, type NoticeDocument } from "./notice-document.ts";
import { cut } from "./plain-text.ts";

/** PagerDuty: characters of a summary (developer.pagerduty.com, Events API v2). */
const PAGERDUTY_SUMMARY_LENGTH_MAX = 1024;

const PAGERDUTY_SEVERITIES: Readonly<Record<Severity, "critical" | "warning" | "info">> = {
  info: "info",
  warning: "warning",
  critical: "critical",
};

/** Body for PagerDuty. `updated` is a trigger with the same key, which is added to the open alert; nothing is ever acknowledged by a program. */
export function pagerdutyBody(document: NoticeDocument, routingKey: string): string {
  const { incident, pair, node, scope, condition, severity, changedAt } = document;
  const key = { routing_key: routingKey, dedup_key: incident };
  if (document.phase === "resolved") return JSON.stringify({ ...key, event_action: "resolve" });
  return JSON.stringify({
    ...key,
    event_action: "trigger",
    client: `hapair ${document.hapair}`,
    payload: {
      summary: cut(`${pair} ${headline(document)}`, PAGERDUTY_SUMMARY_LENGTH_MAX),
      source: document.owner,
      severity: PAGERDUTY_SEVERITIES[severity],
      timestamp: changedAt,
      component: scope,
      group: pair,
      class: condition,
      custom_details: {
        ...document.detail,
        text: document.text,
        incident,
        revision: document.revision,
        openedAt: document.openedAt,
        sentBy: node,
      },
    },
  });
}

/**
 * An open alert says that it ends then. Without an end Alertmanager would call it resolved after its own resolve_timeout (five minutes), as nobody sends it
 * again and again; the resolved notice ends it earlier, and an incident whose pair is gone for good does not stay for ever.
 */
const OPEN_FOR_MS = 30 * 24 * 3_600_000;

/**
 * Body for Alertmanager. Labels are what an alert is known by there, and severity is one of them (routes ask for it), so a change also ends the alerts that
 * stood under other severities; ending one that never was tells nobody anything.
 */
export function alertmanagerBody(document: NoticeDocument): string {
  const { pair, scope, incident, condition, openedAt, changedAt, phase } = document;
  // An end before the start is refused; after a step of the clock back there may be one.
  const endedAtMs = Math.max(Date.parse(openedAt), Date.parse(changedAt));
  const endedAt = isoTime(endedAtMs);
  const openUntil = isoTime(endedAtMs + OPEN_FOR_MS);
  const alert = (severity: Severity, endsAt: string): object => ({
    labels: { alertname: alertName(condition), pair, scope, severity, incident },
    annotations: { summary: `${pair} ${headline(document)}`, description: document.text },
    startsAt: openedAt,
    endsAt,
  });
  const others = phase === "opened" ? [] : severities.filter((severity) => severity !== document.severity);
  return JSON.stringify([
    alert(document.severity, phase === "resolved" ? endedAt : openUntil),
    ...others.map((severity) => alert(severity, endedAt)),
  ]);
}

/** `two-holders`: `HapairTwoHolders`. */
function alertName(condition: string): string {
  const words = condition.split("-").map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `Hapair${words.join("")}`;
}
