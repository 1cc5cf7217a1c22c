// Nodes under maintenance, draining or with leftovers: recorded scenes with the lines that the observation script adds for them.

import { describe, expect, test } from "vitest";
import { documentPair, observedAtMs, scene } from "../../test/support/status-fixtures/scenes.ts";
import { drainText, maintenanceText, minuteText } from "./maintenance-status.ts";
import type { PairStatus } from "./pair-status.ts";
import { pairStatus } from "./pair-status.ts";
import { renderStatus } from "./render-status.ts";

const pair = documentPair();
const plain = (_kind: string, text: string): string => text;
const nowS = observedAtMs / 1000;
const at = (seconds: number): string => new Date((nowS + seconds) * 1000).toISOString().slice(11, 16);

const record = (change: Record<string, unknown> = {}): string =>
  `maintenance.record\t${JSON.stringify({
    by: "anna@ops1",
    reason: "kernel upgrade",
    sinceS: nowS - 3600,
    untilS: nowS + 3600,
    haproxy: "runs",
    ...change,
  })}`;

const unitLines = (name: string, state: string): string[] => [
  "unit\t",
  `unit\tId=${name}.service`,
  `unit\tActiveState=${state}`,
];
const states = (change: Record<string, string> = {}): string[] =>
  Object.entries({
    "hapair-maintenance": "inactive",
    "hapair-move": "inactive",
    "hapair-aside": "inactive",
    "hapair-boost": "inactive",
    "hapair-drain-give": "inactive",
    "hapair-drain-take": "inactive",
    ...change,
  }).flatMap(([name, state]) => unitLines(name, state));

const maintained = (change: Record<string, unknown> = {}): string[] => [
  record(change),
  "maintenance.motd\tyes",
  ...states({ "hapair-maintenance": "active" }),
];

/** The status of a recorded scene in which one node says more than was recorded. */
function statusWith(name: string, lines: Readonly<Record<string, readonly string[]>>): PairStatus {
  const sightings = scene(name, pair, (text, node) => {
    const further = lines[node] ?? states();
    return text
      .replace(/^(watch\.file\thold) \d+/m, `$1 ${nowS - 600}`)
      .replace(/^time\.end\t/m, `${[...further, "operation.steady\tyes"].join("\n")}\ntime.end\t`);
  });
  return pairStatus(pair, sightings, observedAtMs);
}

describe("a node under maintenance", () => {
  test("is why the pair is not redundant, and has no trouble", () => {
    const status = statusWith("hold", { "extlb-02": maintained() });
    expect(status.redundant).toEqual({
      answer: "no",
      planned: true,
      reasons: [`extlb-02 is under maintenance (kernel upgrade, anna@ops1, until ${at(3600)}Z)`],
    });
    expect(status.nodes[1]).toMatchObject({
      maintenance: {
        by: "anna@ops1",
        reason: "kernel upgrade",
        sinceMs: observedAtMs - 3_600_000,
        untilMs: observedAtMs + 3_600_000,
        haproxy: "runs",
      },
      troubles: [],
      leftovers: [],
    });
    expect(status.nodes[0]).not.toHaveProperty("maintenance");
  });

  test("on the screen says who, why, since when and until when, in words that are no fault's", () => {
    const kinds: string[] = [];
    const status = statusWith("hold", { "extlb-02": maintained() });
    const text = renderStatus(status, (kind, painted) => {
      kinds.push(kind);
      return painted;
    });
    expect(kinds).not.toContain("error");
    expect(text).toMatchInlineSnapshot(`
      "ext-lb  classic  2026-11-22 18:08:20Z

      extlb-01 holds 10.150.160.32  since 17:54:07Z (14 min)  router ext-lb, VRID 50
      redundant: no, extlb-02 is under maintenance (kernel upgrade, anna@ops1, until 19:08Z)
      maintenance: extlb-02 since 17:08Z, until 19:08Z (1 h 0 min more), by anna@ops1: kernel upgrade

      node      state   since               VIP   keepalived  HAProxy  process  service  traffic  hold
      extlb-01  MASTER  17:54:07Z (14 min)  held  active      active   ok       ok       ok       -
      extlb-02  FAULT   18:07:21Z (58 s)    -     active      active   ok       ok       ok       set"
    `);
  });

  test("whose HAProxy was stopped for it is not blamed for that", () => {
    const stopped = statusWith("standby-fault", { "extlb-02": maintained({ haproxy: "stopped" }) });
    expect(stopped.redundant).toMatchObject({ planned: true });
    const runs = statusWith("standby-fault", { "extlb-02": maintained() });
    expect(runs.redundant.reasons).toEqual([
      expect.stringContaining("extlb-02 is under maintenance"),
      "extlb-02: HAProxy is inactive",
      "extlb-02: ext-lb is in FAULT, because HAProxy was stopped or crashed (process is 1)",
    ]);
    expect(runs.redundant).not.toHaveProperty("planned");
  });

  test("that holds the VIP as last resort says so, and since when", () => {
    const status = statusWith("healthy", {
      "extlb-01": [...maintained({ reason: "" }), `maintenance.last-resort\t${nowS - 120}`],
    });
    expect(status.redundant.reasons).toEqual([
      `extlb-01 is under maintenance (anna@ops1, until ${at(3600)}Z)`,
    ]);
    expect(renderStatus(status, plain)).toContain(
      [
        `maintenance: extlb-01 since ${at(-3600)}Z, until ${at(3600)}Z (1 h 0 min more), by anna@ops1`,
        `last resort: extlb-01 holds 10.150.160.32 since ${at(-120)}Z, because its peers had not been heard`,
      ].join("\n"),
    );
  });

  test("whose record cannot be read is still known to be under maintenance", () => {
    const status = statusWith("hold", {
      "extlb-02": ["maintenance.record\t{", ...states({ "hapair-maintenance": "active" })],
    });
    expect(status.redundant.reasons).toEqual(["extlb-02 is under maintenance (its record cannot be read)"]);
    expect(renderStatus(status, plain)).toContain(
      "left over: extlb-02: what the node is under maintenance for cannot be read (/etc/hapair/maintenance); to mend it: hapair maintenance off extlb-02",
    );
  });

  test("with another clock is told by this machine's", () => {
    const sightings = scene("hold", pair, (text, node) => {
      const more = node === "extlb-02" ? maintained({ untilS: nowS + 7200 }) : states();
      return text.replace(/^time\.end\t/m, `${[...more, "operation.steady\tyes"].join("\n")}\ntime.end\t`);
    }).map((sighting) =>
      sighting.kind === "seen"
        ? { ...sighting, observation: { ...sighting.observation, clockAheadMs: 3_600_000 } }
        : sighting,
    );
    const status = pairStatus(pair, sightings, observedAtMs);
    expect(status.nodes[1]?.maintenance?.untilMs).toBe(observedAtMs + 3_600_000);
  });
});

describe("a drain", () => {
  test("is told with what it still has, and the address on lo makes nobody a holder", () => {
    const give = [
      ...states({ "hapair-drain-give": "active" }),
      "drain.connections\t13",
      "drain\tgive 1795370830 2655",
    ];
    const take = [
      ...states({ "hapair-drain-take": "active" }),
      "drain\ttake 1795370830 2655",
      "drain.tables\tip ",
    ];
    const status = statusWith("healthy", { "extlb-02": give, "extlb-01": take });
    expect(status.drains).toEqual([
      { from: "extlb-02", to: "extlb-01", connections: 12, untilMs: expect.any(Number) },
    ]);
    expect(status.redundant).toEqual({ answer: "yes", reasons: [] });
    expect(status.nodes.flatMap(({ leftovers }) => leftovers)).toEqual([]);
    expect(renderStatus(status, plain)).toMatch(
      /^draining: extlb-02 drains 12 connections to extlb-01, at most \d+ s more$/m,
    );
  });

  test.each([
    [
      { from: "a", to: "b", connections: 12, untilMs: 43_000 },
      "a drains 12 connections to b, at most 43 s more",
    ],
    [{ from: "a", to: "b", connections: 1, untilMs: -5 }, "a drains 1 connection to b, at most 0 s more"],
    [{ from: "a", untilMs: 100 }, "a drains connections, at most 1 s more"],
    [{ from: "a", to: "b", connections: 0 }, "a drains 0 connections to b"],
  ])("%j", (drain, text) => {
    expect(drainText(drain, 0)).toBe(text);
  });
});

describe("words", () => {
  test("a moment of another day has its date", () => {
    const nowMs = Date.parse("2026-11-22T23:50:00Z");
    expect(minuteText(Date.parse("2026-11-22T23:59:59Z"), nowMs)).toBe("23:59Z");
    expect(minuteText(Date.parse("2026-11-23T00:05:00Z"), nowMs)).toBe("2026-11-23 00:05Z");
  });

  test("a maintenance without a reason has no empty place for it", () => {
    expect(maintenanceText("n", { by: "anna@ops1", reason: "" }, 0)).toBe(
      "n is under maintenance (anna@ops1)",
    );
  });
});

describe("leftovers", () => {
  test("are one line a node, with what mends them", () => {
    const status = statusWith("hold", { "extlb-02": [...states(), "maintenance.motd\tyes"] });
    expect(status.nodes[1]?.leftovers.map(({ code }) => code)).toEqual(["hold", "motd"]);
    expect(renderStatus(status, plain)).toContain(
      "left over: extlb-02: hold is 1, so keepalived cannot hold the VIP, and neither a maintenance nor a move is under way; the login message tells of a maintenance, and there is none; to mend it: hapair maintenance off extlb-02",
    );
  });

  test("a move that is under way is named as such, and nothing is left over", () => {
    const status = statusWith("hold", { "extlb-02": states({ "hapair-move": "activating" }) });
    expect(status.nodes[1]?.leftovers).toEqual([]);
    expect(status.redundant.reasons).toEqual([
      "extlb-02: ext-lb is in FAULT, because the VIP is being moved (hold is 1)",
    ]);
  });
});
