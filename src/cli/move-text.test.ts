// What a move says before and after, word by word.

import { describe, expect, it } from "vitest";
import type { MovePlan, SwitchReport } from "../switchover/index.ts";
import { renderMovePlan, renderMoveReport } from "./move-text.ts";

const plan: MovePlan = {
  move: { to: "extlb-02", routers: [{ router: "ext-lb", from: "extlb-01" }] },
  steps: [],
  drain: { forS: 60, askAfterS: 30, leaseS: 60 },
  overridden: [],
  remarks: [
    "9 connections open now on extlb-01: 8 from 192.0.2.7 to port 443, 1 from 2001:db8::7 to port 80; those that have not ended 60 s after the move are cut",
  ],
};

const drained = {
  ...{ node: "extlb-01", atMove: 9, ended: 9, cut: [], cutCount: 0, tookMs: 12_400, interrupted: false },
};

const report: SwitchReport = {
  from: ["extlb-01"],
  to: "extlb-02",
  routers: ["ext-lb"],
  outcome: {
    steps: [],
    confirmation: {
      vips: [
        {
          address: "10.150.160.32",
          answer: "HTTP 200",
          answered: true,
          hardwareAddress: "02:00:00:00:00:02",
          isHolders: true,
        },
      ],
    },
    drains: [drained],
    failures: [],
  },
  connections: { atMove: 9, ended: 9, asked: 0, cut: 0 },
  probe: { requests: 1240, lost: 0, slowestMs: 14, longestGapMs: 31 },
  overridden: [],
  tookMs: 13_210,
};

describe("before a move", () => {
  it("it is said who gives what to whom, and what becomes of connections", () => {
    expect(renderMovePlan(plan)).toMatchInlineSnapshot(`
      "extlb-01 -> extlb-02: ext-lb
        9 connections open now on extlb-01: 8 from 192.0.2.7 to port 443, 1 from 2001:db8::7 to port 80; those that have not ended 60 s after the move are cut
      "
    `);
  });

  it("what --force goes on in spite of is named", () => {
    const overridden = [
      { code: "service-silent", node: "extlb-02", text: "HAProxy does not answer", overridable: true },
      { code: "same-configuration", text: "the nodes differ", overridable: true },
    ];
    expect(renderMovePlan({ ...plan, remarks: [], overridden })).toMatchInlineSnapshot(`
      "extlb-01 -> extlb-02: ext-lb
        forced in spite of: extlb-02 HAProxy does not answer [service-silent]
        forced in spite of: the nodes differ [same-configuration]
      "
    `);
  });

  it("with several holders and routers all are named", () => {
    const routers = [
      { router: "web", from: "lb1" },
      { router: "api", from: "lb2" },
      { router: "dns", from: "lb1" },
    ];
    expect(renderMovePlan({ ...plan, move: { to: "lb3", routers }, remarks: [] })).toBe(
      "lb1 and lb2 -> lb3: web, api and dns\n",
    );
  });

  it("of nothing there is nothing to say", () => {
    expect(renderMovePlan({ ...plan, move: { to: "lb1", routers: [] }, remarks: [] })).toBe("");
  });
});

describe("after a move", () => {
  it("that broke nothing", () => {
    expect(renderMoveReport(report)).toMatchInlineSnapshot(`
      "holder         extlb-02 (before: extlb-01)
      10.150.160.32  HTTP 200, at 02:00:00:00:00:02 (extlb-02)
      connections    9 connections kept through the move, 9 ended by themselves, 0 cut
      requests       0 of 1240 lost, slowest 14 ms, longest time without an answer 31 ms
      switched in 13.2 s
      "
    `);
  });

  it("that cut connections, named the clients, and left something undone", () => {
    const cut = [
      { local: "10.150.160.32:443", peer: "192.0.2.7:51000" },
      { local: "10.150.160.32:443", peer: "192.0.2.7:51001" },
    ];
    const outcome = {
      ...report.outcome,
      drains: [{ ...drained, ended: 7, asked: 4, cut, cutCount: 2 }],
      failures: ["extlb-02: close-take failed: no answer"],
    };
    const connections = { atMove: 9, ended: 7, asked: 4, cut: 2 };
    expect(renderMoveReport({ ...report, outcome, connections })).toMatchInlineSnapshot(`
      "holder         extlb-02 (before: extlb-01)
      10.150.160.32  HTTP 200, at 02:00:00:00:00:02 (extlb-02)
      connections    9 connections kept through the move, 7 ended by themselves (4 asked to leave), 2 cut
      requests       0 of 1240 lost, slowest 14 ms, longest time without an answer 31 ms
        cut on extlb-01: 2 from 192.0.2.7 to port 443
      failed after the move: extlb-02: close-take failed: no answer
      switched in 13.2 s
      "
    `);
  });

  it("that cut more than are told apart", () => {
    const cut = [{ local: "10.150.160.32:443", peer: "192.0.2.7:51000" }];
    const drains = [{ ...drained, cut, cutCount: 500 }];
    expect(renderMoveReport({ ...report, outcome: { ...report.outcome, drains } })).toContain(
      "cut on extlb-01: 1 from 192.0.2.7 to port 443, and 499 more\n",
    );
  });

  it("that nobody could watch, to an address that is still another node's", () => {
    const vip = { address: "10.150.160.32", answer: "refused", answered: false };
    const confirmation = {
      vips: [
        { ...vip, hardwareAddress: "02:00:00:00:00:01", isHolders: false },
        { ...vip, address: "2001:db8::50" },
      ],
    };
    const text = renderMoveReport({
      ...report,
      outcome: { ...report.outcome, confirmation, drains: [] },
      connections: { atMove: 0, ended: 0, asked: 0, cut: 0 },
      probe: { notMeasured: "no frontend speaks HTTP" },
    });
    expect(text).toMatchInlineSnapshot(`
      "holder         extlb-02 (before: extlb-01)
      10.150.160.32  refused, at 02:00:00:00:00:01 (not the holder's)
      2001:db8::50   refused
      connections    not kept: there was no drain
      requests       not measured: no frontend speaks HTTP
      switched in 13.2 s
      "
    `);
  });
});
