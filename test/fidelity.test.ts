// The fidelity harness without daemons: cases are one seed's for ever and such as keepalived accepts, and a comparison finds what differs and nothing else.

import { describe, expect, it } from "vitest";
import { sourceText } from "../src/diagnostics/index.ts";
import { readConfiguration } from "../src/keepalived/index.ts";
import type { Happening } from "../src/scenario/index.ts";
import type { FidelityCase, Holding, RouterState, Transition } from "./support/fidelity/case.ts";
import { drawCase } from "./support/fidelity/cases.ts";
import { compare, distribution } from "./support/fidelity/compare.ts";
import { itfTrace } from "./support/fidelity/itf.ts";
import { asPlanned, hangsOn, placeEvents } from "./support/fidelity/moments.ts";
import { takesUs } from "./support/fidelity/perform.ts";
import { predict } from "./support/fidelity/predicted.ts";

const CASES = 300;
const cases = Array.from({ length: CASES }, (_, index) => drawCase(7, index));

describe("drawn cases", () => {
  it("are the same for the same seed and index, and others for others", () => {
    expect(drawCase(7, 3)).toEqual(cases[3]);
    expect(drawCase(8, 3)).not.toEqual(cases[3]);
    expect(new Set(cases.map((each) => JSON.stringify({ ...each, index: 0 }))).size).toBe(CASES);
  });

  it("have configurations of which keepalived has nothing to complain", () => {
    // Beside `state MASTER` and priority 255 keepalived overrules nopreempt, and says so: that is one of the things to compare.
    const complained = cases.flatMap(({ index, nodes }) =>
      nodes.flatMap(({ configurations }) =>
        Object.entries(configurations).flatMap(([name, text]) =>
          readConfiguration(sourceText(name, text))
            .complaints.filter(({ kind, silent }) => kind !== "overruled" && !silent)
            .map((complaint) => `case ${index} ${name}: ${complaint.kind} ${complaint.keyword}`),
        ),
      ),
    );
    expect(complained).toEqual([]);
  });

  it("have events that the harness can do, in order, within their length, each keepalived started by one", () => {
    for (const { events, nodes, lengthUs } of cases) {
      const times = events.map(({ atUs }) => atUs);
      expect(times).toEqual(times.toSorted((left, right) => left - right));
      expect(times.at(-1)).toBeLessThan(lengthUs);
      for (const { action } of events) expect(takesUs(action)).toBeGreaterThan(0);
      const started = events.flatMap(({ action, on }) =>
        action.kind === "start-service" && typeof on === "object" ? [on.node] : [],
      );
      expect(new Set(started)).toEqual(new Set(nodes.map(({ name }) => name)));
    }
  });

  it("have everything in them that is to be compared", () => {
    const features = new Set(cases.flatMap((each) => each.features));
    const wanted = [
      "v2",
      "v3",
      "preempt",
      "nopreempt",
      "preempt-delay",
      "state-master",
      "check-fault",
      "check-minus",
    ];
    wanted.push(
      "check-plus",
      "check-overlaps",
      "several-checks",
      "file-fault",
      "file-weight",
      "sync-group",
      "unicast",
      "multicast",
    );
    wanted.push(
      "owner",
      "equal-priorities",
      "differs-password",
      "differs-advert_int",
      "differs-vips",
      "three-nodes",
    );
    wanted.push(
      "stop-service",
      "kill-service",
      "kill-child",
      "kill-parent",
      "freeze-service",
      "thaw-service",
    );
    wanted.push("reload same", "reload priority-down", "reload preemption", "reload vips", "reload interval");
    wanted.push(
      "fail-check",
      "hang-check",
      "pass-check",
      "write-file",
      "delete-vip",
      "cut-cable",
      "restore-cable",
    );
    wanted.push("isolate", "rejoin", "block-vrrp in", "block-vrrp out", "block-vrrp both", "unblock-vrrp");
    expect(wanted.filter((feature) => !features.has(feature))).toEqual([]);
  });
});

const LENGTH_US = 10_000_000;
const TOLERANCE_US = 60_000;
const subject = {
  nodes: [{ name: "n" }],
  instances: [{ name: "i" }],
  lengthUs: LENGTH_US,
} as unknown as FidelityCase;

function story(...steps: readonly (readonly [RouterState | boolean, number])[]): {
  transitions: Transition[];
  holding: Holding[];
} {
  const transitions: Transition[] = [];
  const holding: Holding[] = [];
  for (const [what, atMs] of steps) {
    const place = { node: "n", instance: "i", atUs: atMs * 1000 };
    if (typeof what === "boolean") holding.push({ ...place, holds: what });
    else transitions.push({ ...place, state: what });
  }
  return { transitions, holding };
}

function kinds(
  ...[real, simulated]: readonly [ReturnType<typeof story>, ReturnType<typeof story>]
): string[] {
  return compare(subject, real, simulated, TOLERANCE_US).differences.map(
    ({ kind, lane }) => `${kind} ${lane}`,
  );
}

describe("a comparison", () => {
  const real = story(["BACKUP", 100], ["MASTER", 3700], [true, 3701]);

  it("finds nothing between stories that are within the tolerance, and says how far apart they are", () => {
    const near = story(["BACKUP", 90], ["MASTER", 3755], [true, 3701]);
    expect(kinds(real, near)).toEqual([]);
    const { differencesUs } = compare(subject, real, near, TOLERANCE_US);
    expect(differencesUs.toSorted((left, right) => left - right)).toEqual([-55_000, 0, 10_000]);
    expect(distribution(differencesUs)).toMatchObject({ count: 3, medianUs: 10_000, largestUs: 55_000 });
  });

  it("finds a transition that is too late", () => {
    expect(kinds(real, story(["BACKUP", 100], ["MASTER", 3800], [true, 3701]))).toEqual(["time n i"]);
  });

  it("finds another state, a missing one, one too many, and a VIP that was not given up", () => {
    expect(kinds(real, story(["FAULT", 100], ["MASTER", 3700], [true, 3701]))).toEqual(["order n i"]);
    expect(kinds(real, story(["BACKUP", 100], [true, 3701]))).toEqual(["order n i"]);
    expect(kinds(story(["BACKUP", 100]), story(["BACKUP", 100], ["BACKUP", 110]))).toEqual(["order n i"]);
    expect(kinds(real, story(["BACKUP", 100], ["MASTER", 3700], [true, 3701], [false, 4000]))).toEqual([
      "order n i VIP",
    ]);
  });

  it("passes over what the case's end cut off one side, and nothing earlier", () => {
    const late = (atMs: number) => story(["BACKUP", 100], ["MASTER", 3700], [true, 3701], ["BACKUP", atMs]);
    expect(kinds(late(9950), real)).toEqual([]);
    expect(kinds(late(9930), real)).toEqual(["order n i"]);
    expect(kinds(late(10_040), late(9990))).toEqual([]);
  });

  it("shows both stories, what they share in one line", () => {
    const simulated = story(["BACKUP", 110], ["FAULT", 2000], ["MASTER", 3700], [true, 3701]);
    expect(compare(subject, real, simulated, TOLERANCE_US).differences[0]?.text).toMatchInlineSnapshot(`
      "n i                      real                   simulated
                                 0.100 s BACKUP         0.110 s BACKUP
                               -                        2.000 s FAULT         <
                                 3.700 s MASTER         3.700 s MASTER"
    `);
  });
});

describe("placing events", () => {
  it("moves an event on from what its order would hang on, with all that follow it", () => {
    const drawn: FidelityCase = {
      ...subject,
      events: [100, 1_010, 2_500].map((ms) => ({
        atUs: ms * 1000,
        on: { node: "n" },
        action: { kind: "reload" },
      })),
    };
    // As if an event reached a node with the next whole second.
    const placed = placeEvents(drawn, (_, performed) => ({
      ...story(...performed.map(({ atUs }) => ["BACKUP", Math.ceil(atUs / 1_000_000) * 1_000] as const)),
      closestUs: 0,
    }));
    expect(placed.events.map(({ atUs }) => atUs / 1000)).toEqual([100, 1_055, 2_545]);
    expect(placed.lengthUs).toBe(LENGTH_US + 45_000);
  });
});

describe("a check that hangs for its interval", () => {
  const events = (...happened: readonly (readonly [atMs: number, action: Happening])[]): FidelityCase => ({
    ...{ seed: 0, index: 0, features: [], lengthUs: 15_000_000 },
    instances: [{ name: "i", vip: "192.0.2.100/24" }],
    nodes: [{ name: "n", address: "192.0.2.1", configurations: { start: configuration }, watchedFiles: {} }],
    events: happened.map(([atMs, action]) => ({ atUs: atMs * 1000, on: { node: "n" }, action })),
  });
  const configuration = `
vrrp_script c {
  script "/usr/bin/true"
  interval 2
}
vrrp_instance i {
  interface eth0
  virtual_router_id 51
  priority 100
  virtual_ipaddress {
    192.0.2.100/24
  }
  track_script {
    c
  }
}
`;
  const hang = [
    [0, { kind: "start-service", service: "keepalived" }],
    [5_500, { kind: "hang-check", check: "c" }],
  ] as const;
  const verdictOn = async (version: "2.2.7" | "2.3.3", fidelityCase: FidelityCase) =>
    (
      await hangsOn(
        (each, performed, checks) => predict(each, version, performed, checks),
        fidelityCase,
        asPlanned(fidelityCase),
      )
    )?.why;

  it("is compared", async () => {
    expect(await verdictOn("2.2.7", events(...hang))).toBeUndefined();
    expect(await verdictOn("2.3.3", events(...hang))).toBeUndefined();
  });

  it("is not on 2.2.7 when it passes again: the next run, which ends at once, may end before that one is ended", async () => {
    const passing = events(...hang, [7_000, { kind: "pass-check", check: "c" }]);
    expect(await verdictOn("2.2.7", passing)).toBe("a check ended later changes the outcome");
    expect(await verdictOn("2.3.3", passing)).toBeUndefined();
  });
});

it("an ITF trace has a state for each change, with every variable", () => {
  const first = cases[0]!;
  const [node, instance] = [first.nodes[0]!.name, first.instances[0]!.name];
  const transitions: Transition[] = [{ node, instance, state: "BACKUP", atUs: 5 }];
  const trace = itfTrace(first, { transitions, holding: [], performed: [{ index: 0, atUs: 2 }] }, "test");
  expect(trace.states.map(({ at_us }) => at_us)).toEqual([0, 2, 5]);
  for (const state of trace.states) expect(Object.keys(state)).toEqual(["#meta", ...trace.vars]);
  expect(trace.states[2]?.state["#map"]).toContainEqual([`${node}/${instance}`, "BACKUP"]);
});
