import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type LeftoverCode, leftoverCodes, type LeftoverScene, leftoversOf } from "./leftovers.ts";
import type { OperationState } from "./operation.ts";

const NOW_MS = 1_764_293_900_000;
const LONG_AGO_MS = NOW_MS - 600_000;

const record = {
  by: "anna@ops1",
  reason: "kernel upgrade",
  sinceMs: LONG_AGO_MS,
  untilMs: NOW_MS + 600_000,
  haproxy: "runs",
} as const;

const stopped = {
  "hapair-maintenance": "stopped",
  "hapair-move": "stopped",
  "hapair-aside": "stopped",
  "hapair-boost": "stopped",
  "hapair-drain-give": "stopped",
  "hapair-drain-take": "stopped",
} as const;

const restOperation: OperationState = {
  steady: true,
  hasMotd: false,
  drains: [],
  drainTables: [],
  recordMovedAtMs: LONG_AGO_MS,
  units: stopped,
};

const rest: LeftoverScene = {
  operation: restOperation,
  nowMs: NOW_MS,
  bootedAtMs: LONG_AGO_MS,
  watched: ["hold", "hold-web", "boost"].map((name) => ({ name, value: "0", changedAtMs: LONG_AGO_MS })),
  onLoopback: [],
  haproxyStarts: false,
};

type OperationChange = { readonly [Key in keyof OperationState]?: OperationState[Key] | undefined };

function operation(change: OperationChange): OperationState {
  const changed = Object.entries({ ...restOperation, ...change }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(changed) as unknown as OperationState;
}

const watched = (values: Record<string, string>, changedAtMs = LONG_AGO_MS): LeftoverScene["watched"] =>
  rest.watched.map((file) => ({ ...file, value: values[file.name] ?? file.value, changedAtMs }));

const maintained = { record, hasMotd: true, units: { ...stopped, "hapair-maintenance": "runs" } } as const;

const left: readonly [LeftoverCode, string, Partial<LeftoverScene>][] = [
  [
    "hold",
    "hold is 1, so keepalived cannot hold the VIP, and neither a maintenance nor a move is under way",
    { watched: watched({ hold: "1\n" }) },
  ],
  [
    "hold",
    "hold-web is 1, so keepalived cannot hold the VIP, and neither a maintenance nor a move is under way",
    { watched: watched({ "hold-web": "1" }) },
  ],
  ["boost", "boost is 253, and no switchover is under way", { watched: watched({ boost: "253" }) }],
  [
    "drain",
    "a drain (give) is open, and hapair-drain-give.service, which ends it, does not run",
    { operation: operation({ drains: [{ role: "give", changedAtMs: LONG_AGO_MS }] }) },
  ],
  [
    "drain",
    "a drain (take) is open, and hapair-drain-take.service, which ends it, does not run",
    { operation: operation({ drains: [{ role: "take" }] }) },
  ],
  [
    "address-on-lo",
    "10.150.160.32 is on lo, and no drain is open",
    { onLoopback: ["10.150.160.32"], operation: operation({ drains: [] }) },
  ],
  [
    "drain-table",
    "nftables has a table ip6 hapair_drain, and no drain is open",
    { operation: operation({ drainTables: ["ip6"] }) },
  ],
  [
    "unended",
    "it is under maintenance, and hapair-maintenance.service, which ends it, does not run",
    { operation: operation({ ...maintained, units: stopped }), watched: watched({ hold: "1" }) },
  ],
  [
    "overdue",
    "its maintenance should have ended at 2025-11-28 01:37:00Z, 1 min ago",
    { operation: operation({ ...maintained, record: { ...record, untilMs: NOW_MS - 80_000 } }) },
  ],
  [
    "motd",
    "the login message tells of a maintenance, and there is none",
    { operation: operation({ hasMotd: true }) },
  ],
  [
    "last-resort",
    "the note of a last resort is there, and no maintenance is",
    { operation: operation({ lastResort: {} }) },
  ],
  [
    "unreadable",
    "what the node is under maintenance for cannot be read (/etc/hapair/maintenance)",
    { operation: operation({ ...maintained, record: "unreadable" }) },
  ],
];

describe("leftoversOf", () => {
  test.each(left)("%s: %s", (code, text, change) => {
    expect(leftoversOf({ ...rest, ...change })).toEqual([{ code, text }]);
  });

  test("every row of the table has its case", () => {
    expect(new Set(left.map(([code]) => code))).toEqual(new Set(leftoverCodes));
  });

  test("several are all named, in the table's order", () => {
    const scene: LeftoverScene = {
      ...rest,
      watched: watched({ hold: "1", boost: "253" }),
      onLoopback: ["10.150.160.32", "2001:db8::50"],
    };
    expect(leftoversOf(scene).map(({ code }) => code)).toEqual([
      "hold",
      "boost",
      "address-on-lo",
      "address-on-lo",
    ]);
  });

  test.each<[string, Partial<LeftoverScene>]>([
    ["a hold that was raised just now", { watched: watched({ hold: "1" }, NOW_MS - 400) }],
    [
      "a hold whose maintenance ended just now",
      { watched: watched({ hold: "1" }), operation: operation({ recordMovedAtMs: NOW_MS - 400 }) },
    ],
    [
      "a hold that waits for HAProxy's start",
      { watched: watched({ hold: "1" }), haproxyStarts: true, operation: operation({}) },
    ],
    [
      "a maintenance that began just now",
      { operation: operation({ ...maintained, units: stopped, recordMovedAtMs: NOW_MS - 400 }) },
    ],
    [
      "a maintenance after a boot that goes on",
      { operation: operation({ ...maintained, units: stopped }), bootedAtMs: NOW_MS - 20_000 },
    ],
    [
      "a drain that opens",
      { operation: operation({ drains: [{ role: "take", changedAtMs: NOW_MS - 400 }] }) },
    ],
    [
      "a maintenance that is over for as long as its unit may take",
      { operation: operation({ ...maintained, record: { ...record, untilMs: NOW_MS - 20_000 } }) },
    ],
    ["units of which systemd did not say", { operation: operation({ ...maintained, units: {} }) }],
    ["nft that did not say", { operation: operation({ drainTables: undefined }) }],
  ])("%s is none", (_name, change) => {
    expect(leftoversOf({ ...rest, ...change })).toEqual([]);
  });

  test("while notes come and go during the look, nothing is said", () => {
    const changing = { ...restOperation, steady: false, hasMotd: true };
    expect(leftoversOf({ ...rest, operation: changing, watched: watched({ hold: "1" }) })).toEqual([]);
  });

  test("in every intended state there is none", () => {
    fc.assert(
      fc.property(intended, (scene) => {
        expect(leftoversOf(scene)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test("whatever was seen, it is judged without an exception, and only what the table names", () => {
    fc.assert(
      fc.property(anything, (scene) => {
        for (const { code, text } of leftoversOf(scene)) {
          expect(leftoverCodes).toContain(code);
          expect(text).not.toContain("undefined");
        }
      }),
    );
  });
});

const moment = fc.integer({ min: LONG_AGO_MS, max: NOW_MS });
const flag = fc.boolean();

/** At rest or under maintenance, a move under way or not, draining in either role, both or none: whatever an operation means to be there. */
const intended = fc
  .record({
    state: fc.constantFrom("rest", "held", "last-resort"),
    moves: flag,
    gives: flag,
    takes: flag,
    hold: fc.constantFrom("0", "1", "1\n"),
    boost: fc.constantFrom("0", "253"),
    onLoopback: fc.subarray(["10.150.160.32", "2001:db8::50"]),
    tables: fc.subarray(["ip", "ip6"]),
    motd: flag,
    changedAtMs: moment,
    untilMs: fc.integer({ min: NOW_MS - 30_000, max: NOW_MS + 86_400_000 }),
    haproxyStarts: flag,
  })
  .map((drawn): LeftoverScene => {
    const isMaintained = drawn.state !== "rest";
    const drains = [
      ...(drawn.gives ? [{ role: "give" as const, changedAtMs: drawn.changedAtMs }] : []),
      ...(drawn.takes ? [{ role: "take" as const, untilMs: drawn.untilMs }] : []),
    ];
    const isHeld = drawn.state === "held" || drawn.moves;
    return {
      ...rest,
      haproxyStarts: drawn.haproxyStarts,
      onLoopback: drawn.gives ? drawn.onLoopback : [],
      watched: watched(
        {
          hold: isHeld ? drawn.hold : "0",
          "hold-web": drawn.moves ? drawn.hold : "0",
          boost: drains.length > 0 ? drawn.boost : "0",
        },
        drawn.changedAtMs,
      ),
      operation: operation({
        drains,
        drainTables: drawn.takes ? drawn.tables : [],
        recordMovedAtMs: drawn.changedAtMs,
        ...(isMaintained ? { record: { ...record, untilMs: drawn.untilMs }, hasMotd: drawn.motd } : {}),
        ...(drawn.state === "last-resort" ? { lastResort: { sinceMs: drawn.changedAtMs } } : {}),
        units: {
          "hapair-maintenance": isMaintained ? "runs" : "stopped",
          "hapair-aside": "stopped",
          "hapair-boost": "stopped",
          "hapair-move": drawn.moves ? "runs" : "stopped",
          "hapair-drain-give": drawn.gives ? "runs" : "stopped",
          "hapair-drain-take": drawn.takes ? "runs" : "stopped",
        },
      }),
    };
  });

const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const unit = fc.constantFrom("runs", "stopped", undefined);

const anything = fc
  .record({
    steady: flag,
    record: fc.constantFrom(record, "unreadable" as const, undefined),
    hasMotd: flag,
    lastResort: fc.constantFrom({}, { sinceMs: LONG_AGO_MS }, undefined),
    drains: fc.subarray([{ role: "give" as const }, { role: "take" as const, changedAtMs: LONG_AGO_MS }]),
    drainTables: maybe(fc.subarray(["ip", "ip6"])),
    recordMovedAtMs: maybe(moment),
    units: fc.record({ "hapair-maintenance": unit, "hapair-move": unit, "hapair-drain-give": unit }),
    value: fc.string(),
    onLoopback: fc.array(fc.ipV4()),
  })
  .map(({ value, onLoopback, units, ...seen }): LeftoverScene => {
    const known = Object.entries(units).filter(([, state]) => state !== undefined);
    return {
      ...rest,
      onLoopback,
      watched: watched({ hold: value, boost: value }),
      operation: operation({ ...seen, units: Object.fromEntries(known) }),
    };
  });
