// The notice that tries a route: plainly a test, and over at once where the receiver would keep it open.

import { expect, it } from "vitest";
import { sender } from "../../../test/support/agent-notices.ts";
import type { AlertRoute, RouteTarget } from "../../agent-api/index.ts";
import { noticeDocument } from "./notice-document.ts";
import { alertmanagerBody, pagerdutyBody } from "./pager-formats.ts";
import { testNotice, testNotices } from "./test-notice.ts";

const nowMs = Date.UTC(2026, 0, 31, 10, 42, 7);
const route = (target: RouteTarget): AlertRoute => ({ name: "on-call", severity: "warning", target });
const slack = route({ kind: "slack", url: "https://hooks.example.com/x" });

it("says that nothing is wrong", () => {
  const { incident } = testNotice("ext-lb", "extlb-01", slack, nowMs);
  expect([incident.title, incident.text]).toMatchInlineSnapshot(`
    [
      "TEST of the route on-call from extlb-01: nothing is wrong",
      "Somebody ran hapair alert test. extlb-01 sends this along the route on-call as it would send an alert.
    There is nothing to do. Alerts of this route begin at severity warning.",
    ]
  `);
  expect([incident.severity, incident.condition, incident.detail]).toEqual(["info", "test", { test: "yes" }]);
});

it("is another one from another node, along another route, at another time", () => {
  const ids = [
    testNotice("ext-lb", "extlb-01", slack, nowMs),
    testNotice("ext-lb", "extlb-02", slack, nowMs),
    testNotice("ext-lb", "extlb-01", { ...slack, name: "other" }, nowMs),
    testNotice("ext-lb", "extlb-01", slack, nowMs + 1),
  ].map((notice) => notice.incident.id);
  expect(new Set(ids).size).toBe(4);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{16}$/);
});

it("is told once, and ended where a receiver keeps alerts open", () => {
  expect(testNotices("ext-lb", "extlb-01", slack, nowMs).map((notice) => notice.incident.phase)).toEqual([
    "opened",
  ]);
  const pager = route({ kind: "pagerduty", url: "https://events.example.com/v2/enqueue", routingKey: "key" });
  const events = testNotices("ext-lb", "extlb-01", pager, nowMs).map((notice) =>
    noticeDocument(notice, sender),
  );
  const actions = events.map((event) => JSON.parse(pagerdutyBody(event, "key")) as Record<string, string>);
  expect(actions.map((action) => action["event_action"])).toEqual(["trigger", "resolve"]);
  expect(new Set(actions.map((action) => action["dedup_key"])).size).toBe(1);
  const last = JSON.parse(alertmanagerBody(events.at(-1) ?? events[0]!)) as {
    endsAt: string;
    labels: object;
  }[];
  expect(last[0]).toMatchObject({ endsAt: "2026-01-31T10:42:07.000Z", labels: { alertname: "HapairTest" } });
});
