// Scenario files both ways: what is written reads back, every fault has its name, no text makes the reader throw, and the JSON Schema agrees with it.

import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { tries } from "../../test/support/tries.ts";
import { renderDiagnostic } from "../diagnostics/index.ts";
import { findingTable } from "../model/index.ts";
import {
  faultNameOf,
  faultNames,
  fromCatalogue,
  type Happening,
  type HappeningKind,
  readScenario,
  scenarioJsonSchema,
  scenarios,
  type TimedScenario,
  writeScenario,
} from "./index.ts";

const root = resolve(import.meta.dirname, "../..");
const validate = new Ajv2020({ strict: true, strictRequired: false }).compile(scenarioJsonSchema());
const HOUR_US = 3_600_000_000;

// oxlint-disable-next-line no-control-regex -- Control characters are what a line cannot have.
const UNUSABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffd]/;

const oneLine = (lengthMax: number): fc.Arbitrary<string> =>
  fc
    .oneof(
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }),
      fc.constantFrom(
        "holder",
        "victim",
        "yes",
        "null",
        "~",
        "1",
        "1e3",
        "0640",
        "a: b",
        "# c",
        "{",
        "*a",
        " x ",
      ),
    )
    .filter((text) => !UNUSABLE.test(text) && text.length <= lengthMax);

const word = oneLine(255);
const service = fc.constantFrom("haproxy", "keepalived", "hapair-agent");
const plain = <Kind extends HappeningKind>(kind: Kind) => fc.constant({ kind });
const ofService = <Kind extends HappeningKind>(kind: Kind) => fc.record({ kind: fc.constant(kind), service });
const ofCheck = <Kind extends HappeningKind>(kind: Kind) =>
  fc.record({ kind: fc.constant(kind), check: word });

// A line for every kind of happening: a new kind without one is an error of types.
const happenings = {
  "stop-service": ofService("stop-service"),
  "start-service": ofService("start-service"),
  "restart-service": ofService("restart-service"),
  "kill-service": ofService("kill-service"),
  "freeze-service": ofService("freeze-service"),
  "thaw-service": ofService("thaw-service"),
  "power-off": plain("power-off"),
  "power-on": plain("power-on"),
  "cut-cable": plain("cut-cable"),
  "restore-cable": plain("restore-cable"),
  "delete-vip": plain("delete-vip"),
  "block-vrrp": fc.record({
    kind: fc.constant("block-vrrp"),
    direction: fc.constantFrom("in", "out", "both"),
  }),
  "unblock-vrrp": plain("unblock-vrrp"),
  "block-backends": plain("block-backends"),
  "unblock-backends": plain("unblock-backends"),
  switch: plain("switch"),
  "maintenance-on": plain("maintenance-on"),
  "maintenance-off": plain("maintenance-off"),
  roll: plain("roll"),
  "mend-switch": plain("mend-switch"),
  reload: fc.record({ kind: fc.constant("reload"), config: word }, { requiredKeys: ["kind"] }),
  "kill-keepalived": fc.record({
    kind: fc.constant("kill-keepalived"),
    process: fc.constantFrom("child", "parent"),
  }),
  "fail-check": ofCheck("fail-check"),
  "hang-check": ofCheck("hang-check"),
  "pass-check": ofCheck("pass-check"),
  "write-file": fc.record({
    kind: fc.constant("write-file"),
    file: word,
    value: fc.integer({ min: -2_147_483_647 }),
  }),
  isolate: plain("isolate"),
  rejoin: plain("rejoin"),
  "delay-link": fc.record({
    kind: fc.constant("delay-link"),
    delayMs: fc.nat(60_000_000).map((us) => us / 1000),
  }),
} satisfies { readonly [Kind in HappeningKind]: fc.Arbitrary<Happening> };

const happening: fc.Arbitrary<Happening> = fc.oneof(...Object.values<fc.Arbitrary<Happening>>(happenings));

const event = fc.record({
  atUs: fc.nat(24 * HOUR_US),
  action: happening,
  on: fc.oneof(
    fc.constantFrom("holder" as const, "standby" as const, "all" as const, "victim" as const),
    fc.record({ node: word }),
  ),
});

const timedScenario: fc.Arbitrary<TimedScenario> = fc
  .record({
    name: fc.stringMatching(/^[A-Za-z][A-Za-z0-9._-]{0,20}$/),
    title: oneLine(200),
    events: fc.array(event, { maxLength: 12 }),
    restUs: fc.nat(HOUR_US),
  })
  .map(({ name, title, events, restUs }) => {
    const ordered = events.toSorted((left, right) => left.atUs - right.atUs);
    const first = ordered[0];
    if (first?.on === "victim") ordered[0] = { ...first, on: "holder" };
    const last = ordered.at(-1)?.atUs ?? 0;
    return { name, title, lengthUs: Math.min(24 * HOUR_US, last + restUs), events: ordered };
  });

describe("written and read", () => {
  it("reads back as the same scenario, and the schema takes it", () => {
    fc.assert(
      fc.property(timedScenario, (scenario) => {
        const text = writeScenario(scenario);
        const { scenario: again, diagnostics } = readScenario("s.yaml", text);
        expect(diagnostics).toEqual([]);
        expect(again).toEqual(scenario);
        expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true);
      }),
      { numRuns: tries(100, 500) },
    );
  });

  it("has an event on each line", () => {
    fc.assert(
      fc.property(timedScenario, (scenario) => {
        const lines = writeScenario(scenario)
          .split("\n")
          .filter((line) => line.startsWith("  - { at: "));
        expect(lines).toHaveLength(scenario.events.length);
      }),
    );
  });

  it("takes a thousand events, and one more is a finding", () => {
    const many = (count: number): TimedScenario => ({
      name: "many",
      title: "many",
      lengthUs: HOUR_US,
      events: Array.from({ length: count }, (_, index) => ({
        atUs: index,
        action: { kind: "write-file", file: "boost", value: index },
        on: { node: "standby" },
      })),
    });
    expect(readScenario("s.yaml", writeScenario(many(1000))).scenario).toEqual(many(1000));
    const { diagnostics } = readScenario("s.yaml", writeScenario(many(1001)));
    expect(diagnostics.map(({ code }) => code)).toEqual(["HP031"]);
  });

  it("has a name for every happening, and a happening for every name", () => {
    const used = new Set(fc.sample(happening, { numRuns: 5000, seed: 6 }).map((each) => faultNameOf(each)));
    expect([...used].toSorted()).toEqual(faultNames.toSorted());
  });
});

describe("from the catalogue", () => {
  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    "%s can be written",
    (_, drill) => {
      const scenario = fromCatalogue(drill);
      expect(scenario.name).toBe(drill.name);
      expect(scenario.events.map(({ action }) => action)).toEqual(drill.phases.map(({ action }) => action));
      expect(readScenario("s.yaml", writeScenario(scenario)).scenario).toEqual(scenario);
    },
  );

  it("gives each phase the room that its watch asks for", () => {
    const drill = scenarios.find(({ name }) => name === "haproxy-stop")!;
    const { events, lengthUs } = fromCatalogue(drill, { first: 1, takeover: 10, failback: 100 });
    expect(events.map(({ atUs, on }) => [atUs, on])).toEqual([
      [1, "holder"],
      [11, "victim"],
    ]);
    expect(lengthUs).toBe(111);
  });
});

const GOOD = `scenario: stops-twice
title: HAProxy stops on the holder, then on the other one
length: 30s
events:
  - { at: 3s, fault: stop-haproxy, node: holder }
  - { at: 9s, fault: start-haproxy, node: victim }
  - { at: 12s, fault: write-file, node: lb1, file: boost, value: 154 }
  - { at: 14.5s, fault: fail-check, node: lb1, check: chk }
  - { at: 15s, fault: delay-link, node: { name: standby }, delay: 50ms }
  - at: 16s
    fault: reload
    node: all
    config: new.conf
`;

const words = [
  "{",
  "}",
  "[",
  "]",
  ": ",
  ",",
  "\n",
  "\n  ",
  "\t",
  "- ",
  "#",
  "&a ",
  "*a",
  "!t ",
  "|\n",
  '"',
  "'",
  "---\n",
  "~",
  "-1",
  "1e9",
  "\u0000",
  "\uFFFD",
  "😀",
  "__proto__",
  "events",
  "at: 3s",
  "victim",
  "999999999h",
];

function check(text: string): void {
  const { scenario, diagnostics, source } = readScenario("s.yaml", text, { nodes: ["lb1", "lb2"] });
  expect(scenario === undefined).toBe(diagnostics.some(({ severity }) => severity === "error"));
  for (const diagnostic of diagnostics) {
    expect(Object.hasOwn(findingTable, diagnostic.code)).toBe(true);
    // oxlint-disable-next-line no-control-regex -- Control characters are what must not be there.
    expect(renderDiagnostic(diagnostic, source)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f]/);
  }
}

/** What belongs there five times in six, so that enough files are good ones. */
function mostly(value: string): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 5, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: fc.jsonValue() });
}

/** A file's values, with anything in any place, and half of them without a key too many. */
const nearlyScenario = withOrWithout(
  {
    scenario: mostly("a"),
    title: mostly("b"),
    length: mostly("24h"),
    events: fc.oneof(
      { weight: 6, arbitrary: fc.array(nearlyEvent(), { maxLength: 3 }) },
      { weight: 1, arbitrary: fc.jsonValue() },
    ),
  },
  { other: fc.jsonValue() },
  ["scenario", "events"],
);

type Values = Readonly<Record<string, fc.Arbitrary<unknown>>>;

function withOrWithout(own: Values, more: Values, requiredKeys: string[]): fc.Arbitrary<unknown> {
  return fc.oneof(fc.record(own, { requiredKeys }), fc.record({ ...own, ...more }, { requiredKeys }));
}

function nearlyEvent() {
  const needed = {
    at: fc.oneof({ weight: 9, arbitrary: fc.constant("3s") }, { weight: 1, arbitrary: fc.jsonValue() }),
    fault: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...faultNames) },
      { weight: 1, arbitrary: fc.jsonValue() },
    ),
    node: fc.oneof(fc.constantFrom<unknown>("holder", "lb1", { name: "all" }), fc.jsonValue()),
  };
  const ofSomeFaults = {
    check: fc.constant("chk"),
    file: fc.constant("boost"),
    value: fc.oneof(fc.integer(), fc.constantFrom(0.5, 1e20)),
    config: fc.constant("c"),
    delay: fc.constantFrom("1s", "50ms", "1"),
  };
  return withOrWithout(needed, ofSomeFaults, ["at", "fault", "node"]);
}

describe("whatever the text is", () => {
  it("reads the file that is changed below", () => {
    expect(readScenario("s.yaml", GOOD).diagnostics).toEqual([]);
  });

  it("never throws on a changed file", () => {
    const mutation = fc.record({
      at: fc.nat({ max: GOOD.length }),
      removed: fc.nat({ max: 12 }),
      inserted: fc.oneof(fc.constantFrom(...words), fc.constant(""), fc.string({ maxLength: 6 })),
    });
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        let text = GOOD;
        for (const { at, removed, inserted } of mutations)
          text = text.slice(0, at) + inserted + text.slice(at + removed);
        check(text);
      }),
      { numRuns: tries(100, 500) },
    );
  });

  it("never throws on noise", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), check));
    const noise = fc.array(fc.constantFrom(...words), { maxLength: 60 });
    fc.assert(
      fc.property(noise, (parts) => check(parts.join(""))),
      { numRuns: tries(60, 300) },
    );
  });

  it("never throws on any YAML, and takes nothing that the schema refuses", () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof(nearlyScenario, fc.jsonValue()), (value) => {
        const text = stringify(value);
        check(text);
        // A word like 5e-324 is a number to YAML and a name to us: only numbers in plain decimal are read as such.
        if (/\d(?:\.\d+)?e[+-]?\d/i.test(text)) return;
        if (readScenario("s.yaml", text).scenario === undefined) return;
        taken += 1;
        expect(validate(parse(text)), text).toBe(true);
      }),
      { numRuns: tries(250, 500) },
    );
    expect(taken).toBeGreaterThan(0);
  });
});

describe("the JSON Schema", () => {
  const examples = readdirSync(resolve(root, "examples/ext-lb"))
    .filter((name) => name.endsWith(".yaml") && name !== "pair.yaml")
    .map((name) => readFileSync(resolve(root, "examples/ext-lb", name), "utf8"));

  it.each([GOOD, ...examples])("accepts what is good: %#", (text) => {
    expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true);
    expect(readScenario("s.yaml", text).diagnostics).toEqual([]);
  });

  it.each([
    ["no name", "scenario: stops-twice\n", ""],
    ["a name with a blank", "stops-twice", "stops twice"],
    ["an unknown key", "length:", "lenght:"],
    ["an unknown fault", "stop-haproxy", "stop-apache"],
    ["a time without a unit", "at: 3s", "at: 3"],
    ["an event without a node", ", node: holder", ""],
    ["a check without its name", ", check: chk", ""],
    ["a key of another fault", "node: holder }", "node: holder, check: chk }"],
    ["a number with a fraction", "154", "154.5"],
    ["a map for a node without its name", "{ name: standby }", "{}"],
  ])("rejects %s, as the reader does", (_name, from, to) => {
    const text = GOOD.replace(from, to);
    expect(text).not.toBe(GOOD);
    expect(validate(parse(text))).toBe(false);
    expect(readScenario("s.yaml", text).scenario).toBeUndefined();
  });
});
