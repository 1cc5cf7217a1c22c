// What each receiver gets, to be read by people, and what holds for any notice whatever its texts are.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyNotice, sampleNotice, sender } from "../../../test/support/agent-notices.ts";
import type { Incident } from "../../agent-api/index.ts";
import { slackBody, teamsBody } from "./chat-formats.ts";
import { mailMessage } from "./mail-format.ts";
import { noticeDocument, noticeFields } from "./notice-document.ts";
import { alertmanagerBody, pagerdutyBody } from "./pager-formats.ts";
import { cut, fewLines, oneLine } from "./plain-text.ts";

const from = "Alerts <alerts@example.com>";
const to = ["ops@example.com"];
const document = (phase: Incident["phase"], change: Partial<Incident> = {}) =>
  noticeDocument(sampleNotice(phase, change), sender);
const pretty = (json: string): string => JSON.stringify(JSON.parse(json), undefined, 2);

describe("a notice for people and programs", () => {
  it("is JSON whose names are documented", () => {
    expect(pretty(JSON.stringify(document("opened")))).toMatchInlineSnapshot(`
      "{
        "version": 1,
        "notice": "4f1c2a90b7d3e856/1/on-call",
        "incident": "4f1c2a90b7d3e856",
        "revision": 1,
        "phase": "opened",
        "severity": "critical",
        "condition": "two-holders",
        "scope": "ext-lb",
        "title": "ext-lb: two nodes hold 10.150.160.32 (extlb-01, extlb-02)",
        "text": "Both nodes are MASTER since 10:42:07 and answer for 10.150.160.32.\\nNeither hears the other's adverts: look at the link between them (VRRP, protocol 112).",
        "pair": "ext-lb",
        "node": "extlb-01",
        "owner": "extlb-01",
        "route": "on-call",
        "openedAt": "2026-01-31T10:42:07.113Z",
        "changedAt": "2026-01-31T10:42:07.113Z",
        "createdAt": "2026-01-31T10:42:07.113Z",
        "hapair": "1.2.3",
        "detail": {
          "address": "10.150.160.32",
          "nodes": "extlb-01, extlb-02"
        }
      }"
    `);
    expect(Object.keys(document("opened")).toSorted()).toEqual(Object.keys(noticeFields).toSorted());
  });

  it("is an e-mail", () => {
    const { text, date, ...head } = mailMessage(document("opened"), from, to);
    expect(head).toMatchInlineSnapshot(`
      {
        "from": "Alerts <alerts@example.com>",
        "headers": {
          "Auto-Submitted": "auto-generated",
          "X-Auto-Response-Suppress": "All",
          "X-Hapair-Incident": "4f1c2a90b7d3e856",
          "X-Hapair-Notice": "4f1c2a90b7d3e856/1/on-call",
          "X-Hapair-Phase": "opened",
          "X-Hapair-Severity": "critical",
        },
        "messageId": "<hapair.4f1c2a90b7d3e856.1.on-call@example.com>",
        "subject": "[hapair] ext-lb CRITICAL: two nodes hold 10.150.160.32 (extlb-01, extlb-02)",
        "textEncoding": "quoted-printable",
        "to": [
          "ops@example.com",
        ],
      }
    `);
    expect(date.toISOString()).toBe("2026-01-31T10:42:07.113Z");
    expect(text).toMatchInlineSnapshot(`
      "CRITICAL: two nodes hold 10.150.160.32 (extlb-01, extlb-02)

      Both nodes are MASTER since 10:42:07 and answer for 10.150.160.32.
      Neither hears the other's adverts: look at the link between them (VRRP, protocol 112).

      Pair:      ext-lb
      Severity:  critical
      Condition: two-holders
      About:     ext-lb
      Since:     2026-01-31T10:42:07.113Z
      Sent by:   extlb-01
      Incident:  4f1c2a90b7d3e856, revision 1

      address:   10.150.160.32
      nodes:     extlb-01, extlb-02

      -- 
      hapair 1.2.3
      "
    `);
  });

  it("keeps one incident one thread, whatever its subject says", () => {
    const first = mailMessage(document("opened"), from, to);
    const later = [document("updated"), document("resolved")].map((one) => mailMessage(one, from, to));
    expect(later.map((mail) => mail.subject)).toMatchInlineSnapshot(`
      [
        "[hapair] ext-lb UPDATED CRITICAL: two nodes hold 10.150.160.32 (extlb-01, extlb-02)",
        "[hapair] ext-lb RESOLVED: two nodes hold 10.150.160.32 (extlb-01, extlb-02)",
      ]
    `);
    expect(later.map((mail) => mail.references)).toEqual([first.messageId, first.messageId]);
    expect(later.map((mail) => mail.inReplyTo)).toEqual([first.messageId, first.messageId]);
    expect(new Set([first, ...later].map((mail) => mail.messageId)).size).toBe(3);
    expect(later.at(-1)?.text).toMatchInlineSnapshot(`
      "RESOLVED: two nodes hold 10.150.160.32 (extlb-01, extlb-02)

      Both nodes are MASTER since 10:42:07 and answer for 10.150.160.32.
      Neither hears the other's adverts: look at the link between them (VRRP, protocol 112).

      Pair:      ext-lb
      Severity:  critical
      Condition: two-holders
      About:     ext-lb
      Since:     2026-01-31T10:42:07.113Z
      Resolved:  2026-01-31T10:44:09.113Z
      Sent by:   extlb-01
      Incident:  4f1c2a90b7d3e856, revision 3

      address:   10.150.160.32
      nodes:     extlb-01, extlb-02

      -- 
      hapair 1.2.3
      "
    `);
  });

  it("is a message in Slack", () => {
    expect(pretty(slackBody(document("opened")))).toMatchInlineSnapshot(`
      "{
        "text": "ext-lb CRITICAL: two nodes hold 10.150.160.32 (extlb-01, extlb-02)",
        "attachments": [
          {
            "color": "#e01e5a",
            "fallback": "ext-lb CRITICAL: two nodes hold 10.150.160.32 (extlb-01, extlb-02)",
            "blocks": [
              {
                "type": "section",
                "text": {
                  "type": "mrkdwn",
                  "verbatim": true,
                  "text": "Both nodes are MASTER since 10:42:07 and answer for 10.150.160.32.\\nNeither hears the other's adverts: look at the link between them (VRRP, protocol 112)."
                }
              },
              {
                "type": "section",
                "fields": [
                  {
                    "type": "mrkdwn",
                    "verbatim": true,
                    "text": "address: 10.150.160.32"
                  },
                  {
                    "type": "mrkdwn",
                    "verbatim": true,
                    "text": "nodes: extlb-01, extlb-02"
                  }
                ]
              },
              {
                "type": "context",
                "elements": [
                  {
                    "type": "mrkdwn",
                    "verbatim": true,
                    "text": "Pair: ext-lb · Severity: critical · Condition: two-holders · About: ext-lb · Since: 2026-01-31T10:42:07.113Z · Sent by: extlb-01 · Incident: 4f1c2a90b7d3e856, revision 1"
                  }
                ]
              }
            ]
          }
        ]
      }"
    `);
    const colors = [
      document("resolved"),
      document("opened", { severity: "info" }),
      document("opened", { severity: "warning" }),
    ].map(
      (one) => (JSON.parse(slackBody(one)) as { attachments: { color: string }[] }).attachments[0]?.color,
    );
    expect(new Set(colors).size).toBe(3);
  });

  it("is a card in Teams", () => {
    expect(pretty(teamsBody(document("resolved")))).toMatchInlineSnapshot(`
      "{
        "type": "message",
        "attachments": [
          {
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
              "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
              "type": "AdaptiveCard",
              "version": "1.4",
              "msteams": {
                "width": "Full"
              },
              "body": [
                {
                  "type": "Container",
                  "style": "good",
                  "bleed": true,
                  "items": [
                    {
                      "type": "TextBlock",
                      "text": "ext-lb RESOLVED: two nodes hold 10.150.160.32 (extlb-01, extlb-02)",
                      "wrap": true,
                      "weight": "Bolder",
                      "size": "Medium"
                    }
                  ]
                },
                {
                  "type": "TextBlock",
                  "text": "Both nodes are MASTER since 10:42:07 and answer for 10.150.160.32.\\n\\nNeither hears the other's adverts: look at the link between them (VRRP, protocol 112).",
                  "wrap": true
                },
                {
                  "type": "FactSet",
                  "facts": [
                    {
                      "title": "Pair",
                      "value": "ext-lb"
                    },
                    {
                      "title": "Severity",
                      "value": "critical"
                    },
                    {
                      "title": "Condition",
                      "value": "two-holders"
                    },
                    {
                      "title": "About",
                      "value": "ext-lb"
                    },
                    {
                      "title": "Since",
                      "value": "2026-01-31T10:42:07.113Z"
                    },
                    {
                      "title": "Resolved",
                      "value": "2026-01-31T10:44:09.113Z"
                    },
                    {
                      "title": "Sent by",
                      "value": "extlb-01"
                    },
                    {
                      "title": "Incident",
                      "value": "4f1c2a90b7d3e856, revision 3"
                    },
                    {
                      "title": "address",
                      "value": "10.150.160.32"
                    },
                    {
                      "title": "nodes",
                      "value": "extlb-01, extlb-02"
                    }
                  ]
                }
              ]
            }
          }
        ]
      }"
    `);
  });

  it("is an event for PagerDuty, the same alert until it is resolved", () => {
    expect(pretty(pagerdutyBody(document("updated"), "R0UT1NGKEY"))).toMatchInlineSnapshot(`
      "{
        "routing_key": "R0UT1NGKEY",
        "dedup_key": "4f1c2a90b7d3e856",
        "event_action": "trigger",
        "client": "hapair 1.2.3",
        "payload": {
          "summary": "ext-lb UPDATED CRITICAL: two nodes hold 10.150.160.32 (extlb-01, extlb-02)",
          "source": "extlb-01",
          "severity": "critical",
          "timestamp": "2026-01-31T10:43:08.113Z",
          "component": "ext-lb",
          "group": "ext-lb",
          "class": "two-holders",
          "custom_details": {
            "address": "10.150.160.32",
            "nodes": "extlb-01, extlb-02",
            "text": "Both nodes are MASTER since 10:42:07 and answer for 10.150.160.32.\\nNeither hears the other's adverts: look at the link between them (VRRP, protocol 112).",
            "incident": "4f1c2a90b7d3e856",
            "revision": 2,
            "openedAt": "2026-01-31T10:42:07.113Z",
            "sentBy": "extlb-01"
          }
        }
      }"
    `);
    expect(pretty(pagerdutyBody(document("resolved"), "R0UT1NGKEY"))).toMatchInlineSnapshot(`
      "{
        "routing_key": "R0UT1NGKEY",
        "dedup_key": "4f1c2a90b7d3e856",
        "event_action": "resolve"
      }"
    `);
  });

  it("is an alert for Alertmanager, open until it is resolved", () => {
    expect(pretty(alertmanagerBody(document("opened")))).toMatchInlineSnapshot(`
      "[
        {
          "labels": {
            "alertname": "HapairTwoHolders",
            "pair": "ext-lb",
            "scope": "ext-lb",
            "severity": "critical",
            "incident": "4f1c2a90b7d3e856"
          },
          "annotations": {
            "summary": "ext-lb CRITICAL: two nodes hold 10.150.160.32 (extlb-01, extlb-02)",
            "description": "Both nodes are MASTER since 10:42:07 and answer for 10.150.160.32.\\nNeither hears the other's adverts: look at the link between them (VRRP, protocol 112)."
          },
          "startsAt": "2026-01-31T10:42:07.113Z",
          "endsAt": "2026-03-02T10:42:07.113Z"
        }
      ]"
    `);
    const resolved = JSON.parse(alertmanagerBody(document("resolved"))) as {
      labels: Record<string, string>;
      endsAt: string;
    }[];
    // Whatever severity it had before is over, too.
    expect(resolved.map((alert) => [alert.labels["severity"], alert.endsAt])).toEqual([
      ["critical", "2026-01-31T10:44:09.113Z"],
      ["info", "2026-01-31T10:44:09.113Z"],
      ["warning", "2026-01-31T10:44:09.113Z"],
    ]);
  });
});

/** Control characters other than a line end; a header or a name with one would be refused or worse. */
// oxlint-disable-next-line no-control-regex -- Control characters are what is looked for.
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]|\p{Surrogate}/u;

function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => [key, ...strings(part)]);
}

describe("any notice", () => {
  it("becomes JSON without invisible characters, and of a bounded size", () => {
    fc.assert(
      fc.property(anyNotice, (notice) => {
        const one = noticeDocument(notice, sender);
        for (const [body, most] of [
          [JSON.stringify(one), 150_000],
          [slackBody(one), 40_000],
          // Teams refuses more than 28 KB, or than 21 as others have seen.
          [teamsBody(one), 21_000],
          [pagerdutyBody(one, "key"), 150_000],
          [alertmanagerBody(one), 150_000],
        ] as const) {
          expect(strings(JSON.parse(body)).filter((text) => CONTROL.test(text))).toEqual([]);
          expect(Buffer.byteLength(body)).toBeLessThan(most);
        }
      }),
    );
  });

  it("keeps within the limits of the services", () => {
    fc.assert(
      fc.property(anyNotice, (notice) => {
        const one = noticeDocument(notice, sender);
        const pager = JSON.parse(pagerdutyBody(one, "key")) as {
          dedup_key: string;
          payload?: { summary: string };
        };
        expect(pager.payload?.summary.length ?? 0).toBeLessThanOrEqual(1024);
        expect(pager.dedup_key.length).toBeLessThanOrEqual(255);
        const slack = JSON.parse(slackBody(one)) as {
          text: string;
          attachments: { blocks: { text?: { text: string }; fields?: { text: string }[] }[] }[];
        };
        expect(slack.text).not.toMatch(/[<>]/);
        for (const block of slack.attachments[0]?.blocks ?? []) {
          expect(block.text?.text.length ?? 0).toBeLessThanOrEqual(3000);
          expect(block.fields?.length ?? 0).toBeLessThanOrEqual(10);
          for (const field of block.fields ?? []) expect(field.text.length).toBeLessThanOrEqual(2000);
        }
        for (const alert of JSON.parse(alertmanagerBody(one)) as { startsAt: string; endsAt: string }[])
          expect(Date.parse(alert.endsAt)).toBeGreaterThanOrEqual(Date.parse(alert.startsAt));
      }),
    );
  });

  it("has headers of one line, and an identifier that needs no quotes", () => {
    fc.assert(
      fc.property(anyNotice, (notice) => {
        const mail = mailMessage(noticeDocument(notice, sender), from, to);
        const lines = [mail.subject, mail.messageId, mail.references ?? "", ...Object.values(mail.headers)];
        expect(lines.filter((line) => CONTROL.test(line) || line.includes("\n"))).toEqual([]);
        expect(mail.subject.length).toBeLessThanOrEqual(200);
        expect(mail.messageId).toMatch(/^<[\w.=-]{1,900}@example\.com>$/);
      }),
    );
  });
});

describe("plain text", () => {
  it("cuts between characters, never within one", () => {
    expect(cut("abcdef", 6)).toBe("abcdef");
    expect(cut("abcdefg", 6)).toBe("abc...");
    expect(cut("ab\ud83d\ude00defg", 6)).toBe("ab...");
  });

  it("makes one line of many, and few lines of too many", () => {
    expect(oneLine(" a\r\n\tb\u2028c ", 20)).toBe("a b c");
    expect(fewLines("a  \r\n\r\n\r\n\rb\u0085c\u0000", 20)).toBe("a\n\nb\nc\ufffd");
  });
});
