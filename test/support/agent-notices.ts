// Notices for tests of the agent's deliveries: the same incident from its opening to its end, and any notice that a generator can think of.

import * as fc from "fast-check";
import {
  conditionCodes,
  type Incident,
  type Notice,
  noticeId,
  severities,
} from "../../src/agent-api/index.ts";

const opened: Incident = {
  id: "4f1c2a90b7d3e856",
  condition: "two-holders",
  scope: "ext-lb",
  severity: "critical",
  phase: "opened",
  revision: 1,
  openedAtMs: Date.UTC(2026, 0, 31, 10, 42, 7, 113),
  changedAtMs: Date.UTC(2026, 0, 31, 10, 42, 7, 113),
  title: "ext-lb: two nodes hold 10.150.160.32 (extlb-01, extlb-02)",
  text: "Both nodes are MASTER since 10:42:07 and answer for 10.150.160.32.\nNeither hears the other's adverts: look at the link between them (VRRP, protocol 112).",
  owner: "extlb-01",
  detail: { address: "10.150.160.32", nodes: "extlb-01, extlb-02" },
};

export const sender = { pair: "ext-lb", node: "extlb-01", version: "1.2.3" };

/** The sample incident's notice in a phase, along the route `on-call`. */
export function sampleNotice(phase: Incident["phase"], change: Partial<Incident> = {}): Notice {
  const revision = { opened: 1, updated: 2, resolved: 3 }[phase];
  const changedAtMs = opened.openedAtMs + (revision - 1) * 61_000;
  const incident = { ...opened, phase, revision, changedAtMs, ...change };
  return { id: noticeId(incident, "on-call"), route: "on-call", incident, createdAtMs: incident.changedAtMs };
}

/** Text as it never should be: control characters, halves of characters, markup, very long. */
const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 400 }),
  fc.string({
    unit: fc.constantFrom("\r", "\n", "\0", "\ud83d", "<", "&", '"', "\\", "\u202e", "é", "a", " "),
    maxLength: 80,
  }),
  fc.string({ minLength: 1, maxLength: 30 }).map((text) => text.repeat(1000)),
  fc.constantFrom("", "a\r\nBcc: x@example.com", "<!channel> & <b>", "](http://example.com)", "__proto__"),
);

/** Any notice that has the right shape. */
export const anyNotice: fc.Arbitrary<Notice> = fc
  .record({
    id: anyText,
    condition: fc.constantFrom(...conditionCodes),
    scope: anyText,
    severity: fc.constantFrom(...severities),
    phase: fc.constantFrom("opened" as const, "updated" as const, "resolved" as const),
    revision: fc.integer({ min: 1, max: 1e9 }),
    openedAtMs: fc.oneof(fc.integer({ min: 0, max: 4e12 }), fc.double()),
    changedAtMs: fc.oneof(fc.integer({ min: 0, max: 4e12 }), fc.double()),
    title: anyText,
    text: anyText,
    owner: anyText,
    detail: fc.dictionary(anyText, anyText, { maxKeys: 40 }),
  })
  .chain((incident) =>
    anyText.map((route) => ({
      id: noticeId(incident, route),
      route,
      incident,
      createdAtMs: incident.changedAtMs,
    })),
  );
