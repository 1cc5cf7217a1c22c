// The notice that `hapair alert test` sends: plainly marked, of the least severity, and over as soon as it is told.

import { createHash } from "node:crypto";
import { type AlertRoute, noticeId } from "../../agent-api/index.ts";
import type { DeliverableNotice } from "./notice-document.ts";

/** Receivers that hold an alert open until they are told that it is over. */
const HOLDS_ALERTS: ReadonlySet<AlertRoute["target"]["kind"]> = new Set(["pagerduty", "alertmanager"]);

/** The test of a route, told once: its opening. */
export function testNotice(pair: string, node: string, route: AlertRoute, nowMs: number): DeliverableNotice {
  return notice(pair, node, route, nowMs, "opened");
}

/** What to deliver along the route, in this order: its test, and its end where the receiver would keep it open. */
export function testNotices(
  pair: string,
  node: string,
  route: AlertRoute,
  nowMs: number,
): readonly DeliverableNotice[] {
  const opened = testNotice(pair, node, route, nowMs);
  if (!HOLDS_ALERTS.has(route.target.kind)) return [opened];
  return [opened, notice(pair, node, route, nowMs, "resolved")];
}

function notice(
  pair: string,
  node: string,
  route: AlertRoute,
  nowMs: number,
  phase: "opened" | "resolved",
): DeliverableNotice {
  const revision = phase === "opened" ? 1 : 2;
  // Not like any real incident's, nor like that of the test from the other node or of the next one.
  const id = createHash("sha256")
    .update(`test ${pair} ${node} ${route.name} ${nowMs}`)
    .digest("hex")
    .slice(0, 16);
  return {
    id: noticeId({ id, revision }, route.name),
    route: route.name,
    createdAtMs: nowMs,
    incident: {
      id,
      condition: "test",
      scope: route.name,
      severity: "info",
      phase,
      revision,
      openedAtMs: nowMs,
      changedAtMs: nowMs,
      title: `TEST of the route ${route.name} from ${node}: nothing is wrong`,
      text: [
        `Somebody ran hapair alert test. ${node} sends this along the route ${route.name} as it would send an alert.`,
        `There is nothing to do. Alerts of this route begin at severity ${route.severity}.`,
      ].join("\n"),
      owner: node,
      detail: { test: "yes" },
    },
  };
}
