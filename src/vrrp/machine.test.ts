// The state machine's table against the book of what keepalived does (keepalived-behaviour sections 1 and 2), and what must hold whatever happens.

import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { behaviourOf } from "./behaviour.ts";
import {
  initialState,
  type InstanceSettings,
  type InstanceState,
  NEVER,
  withPriority,
} from "./instance-state.ts";
import { type ArrivedAdvert, stepInstance, transitions, type VrrpEventKind } from "./machine.ts";
import { masterDownUs, skewUs } from "./timers.ts";

const settings = (given: Partial<InstanceSettings> = {}): InstanceSettings => ({
  version: 2,
  priority: 100,
  advertIntervalUs: 1_000_000,
  downTimerAdverts: 3,
  nopreempt: false,
  preemptDelayUs: 0,
  startsAsOwner: false,
  answersLowerPriority: true,
  answersHigherPriority: false,
  remembersMaster: false,
  behaviour: behaviourOf("2.2.7"),
  ...given,
});

const advert = (given: Partial<ArrivedAdvert> = {}): ArrivedAdvert => ({
  refused: false,
  priority: 101,
  intervalUs: 1_000_000,
  addressOrder: 1,
  from: 7,
  ...given,
});

function run(own: InstanceSettings, ...events: readonly [VrrpEventKind, number, ArrivedAdvert?][]) {
  let state = initialState(own);
  const effects: string[] = [];
  for (const [event, nowUs, heard] of events) {
    const step = stepInstance(own, state, event, nowUs, heard);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

describe("the timers, microseconds", () => {
  it.each([
    ["version 2, priority 101", 2, 101, 1_000_000, 605_468],
    ["version 2, priority 100", 2, 100, 1_000_000, 609_375],
    ["version 2, priority 254, whatever the interval", 2, 254, 3_000_000, 7_812],
    ["version 2, priority 255", 2, 255, 1_000_000, 3_906],
    ["version 3, 0.2 s, priority 100", 3, 100, 200_000, 121_875],
    ["version 3, 0.1 s, priority 253", 3, 253, 100_000, 1_171],
  ] as const)("skew in %s", (_name, version, priority, intervalUs, expected) => {
    expect(skewUs(version, priority, intervalUs)).toBe(expected);
  });

  test("master_down is so many intervals and the skew, and wraps at 32 bits", () => {
    expect(masterDownUs(2, 101, 1_000_000, 3)).toBe(3_605_468);
    expect(masterDownUs(3, 254, 100_000, 3)).toBe(300_781);
    expect(masterDownUs(2, 100, 255_000_000, 20)).toBe(20 * 255_000_000 + 609_375 - 2 ** 32);
  });
});

describe("a start", () => {
  test("is BACKUP, also where the file says MASTER, and takes over after master_down", () => {
    const { state } = run(settings(), ["recover", 50_000]);
    expect(state).toMatchObject({ state: "BACKUP", deadlineUs: 50_000 + 3_609_375 });
  });

  test("the advert goes out before the VIPs are there", () => {
    const { state, effects } = run(settings(), ["recover", 0], ["timer", 3_609_375]);
    expect(effects).toEqual(["advert", "take"]);
    expect(state).toMatchObject({ state: "MASTER", deadlineUs: 4_609_375 });
  });
});

describe("BACKUP", () => {
  const heard = (own: InstanceSettings, given: Partial<ArrivedAdvert>) =>
    run(own, ["recover", 0], ["advert", 1_000_000, advert(given)]).state.deadlineUs;

  test("accepts the same priority whatever the address", () => {
    expect(heard(settings(), { priority: 100, addressOrder: -1 })).toBe(4_609_375);
  });

  test("ignores a lower one and goes on waiting, but not with nopreempt", () => {
    expect(heard(settings(), { priority: 99 })).toBe(3_609_375);
    expect(heard(settings({ nopreempt: true }), { priority: 99 })).toBe(4_609_375);
  });

  test("waits the skew alone after a goodbye, nopreempt or not", () => {
    expect(heard(settings({ nopreempt: true }), { priority: 0 })).toBe(1_609_375);
  });

  test("takes over in the middle of adverts that it refuses", () => {
    expect(heard(settings(), { refused: true })).toBe(3_609_375);
  });

  test("learns the interval in version 3", () => {
    const own = settings({ version: 3 });
    const { state } = run(own, ["recover", 0], ["advert", 0, advert({ intervalUs: 200_000 })]);
    expect(state).toMatchObject({ masterIntervalUs: 200_000, deadlineUs: 600_000 + 121_875 });
  });

  test("with a preempt delay accepts lower adverts until it is over, from the first one on", () => {
    const own = settings({ preemptDelayUs: 5_000_000 });
    const lower = advert({ priority: 90 });
    const { state } = run(own, ["recover", 0], ["advert", 1_000_000, lower], ["advert", 5_900_000, lower]);
    expect(state.deadlineUs).toBe(5_900_000 + 3_609_375);
    expect(stepInstance(own, state, "advert", 6_100_000, lower).state.deadlineUs).toBe(state.deadlineUs);
  });
});

describe("the MASTER heard last", () => {
  const own = settings({ remembersMaster: true });
  const after = (...adverts: readonly ArrivedAdvert[]) =>
    run(
      own,
      ["recover", 0],
      ...adverts.map((one): [VrrpEventKind, number, ArrivedAdvert] => ["advert", 1_000_000, one]),
    ).state;

  test("is the sender of an advert that BACKUP accepts, or ignores for its priority", () => {
    expect(after()).toMatchObject({ heardFrom: -1 });
    expect(after(advert())).toMatchObject({ heardFrom: 7 });
    expect(after(advert(), advert({ from: 8, priority: 99 }))).toMatchObject({ heardFrom: 8 });
  });

  test("is nobody who says goodbye, or is refused", () => {
    expect(after(advert(), advert({ from: 8, priority: 0 }))).toMatchObject({ heardFrom: 7 });
    expect(after(advert(), advert({ from: 8, refused: true }))).toMatchObject({ heardFrom: 7 });
  });

  test("is nobody whom a MASTER hears, also as it gives way", () => {
    const { state } = run(own, ["recover", 0], ["timer", 3_609_375], ["advert", 4_000_000, advert()]);
    expect(state).toMatchObject({ state: "BACKUP", heardFrom: -1 });
  });

  test("is not remembered where it does not matter", () => {
    expect(run(settings(), ["recover", 0], ["advert", 0, advert()]).state).toMatchObject({ heardFrom: -1 });
  });
});

describe("MASTER", () => {
  const master = (own = settings({ nopreempt: true })) =>
    run(own, ["recover", 0], ["timer", 3_609_375]).state;
  const step = (event: VrrpEventKind, heard?: ArrivedAdvert, own = settings({ nopreempt: true })) =>
    stepInstance(own, master(own), event, 4_000_000, heard);

  test("gives way to a higher priority with nopreempt as well, and says nothing", () => {
    expect(step("advert", advert())).toMatchObject({
      state: { state: "BACKUP", deadlineUs: 4_000_000 + 3_609_375 },
      effects: ["release"],
    });
  });

  test("among equals the higher address stays", () => {
    expect(step("advert", advert({ priority: 100, addressOrder: 1 })).state.state).toBe("BACKUP");
    expect(step("advert", advert({ priority: 100, addressOrder: -1 })).effects).toEqual([
      "advert",
      "announce",
    ]);
  });

  test("even a refused packet sets its advert timer back, so that two of them silence each other", () => {
    expect(step("advert", advert({ refused: true })).state.deadlineUs).toBe(5_000_000);
    const quiet = settings({ answersLowerPriority: false });
    expect(step("advert", advert({ refused: true }), quiet).state.deadlineUs).toBe(4_609_375);
  });

  test("says goodbye twice when it fails, and once when it stops", () => {
    expect(step("fail")).toMatchObject({
      state: { state: "FAULT", deadlineUs: NEVER },
      effects: ["goodbye", "goodbye", "release"],
    });
    expect(step("stop").effects).toEqual(["goodbye", "release"]);
  });

  test("waits the skew alone after somebody deleted a VIP", () => {
    expect(step("vip-deleted")).toMatchObject({
      state: { state: "BACKUP", deadlineUs: 4_000_000 + 609_375 },
      effects: ["goodbye", "release"],
    });
  });

  test("of two owners the first to hear gives way for good; from 2.3.3 the lower address, for the time being", () => {
    const rival = (addressOrder: number) => advert({ priority: 255, addressOrder });
    const old = settings({ priority: 255 });
    const now = settings({ priority: 255, behaviour: behaviourOf("2.3.3") });
    expect(step("advert", rival(-1), old).state).toMatchObject({ state: "BACKUP", priority: 254 });
    expect(step("advert", rival(-1), now).state.state).toBe("MASTER");
    const yielded = step("advert", rival(1), now).state;
    expect(yielded).toMatchObject({ state: "BACKUP", priority: 254, yielded: true });
    expect(stepInstance(now, yielded, "timer", 9_000_000).state).toMatchObject({
      state: "MASTER",
      priority: 255,
    });
  });
});

describe("priority", () => {
  const backup = run(settings(), ["recover", 0]).state;

  test("moves a waiting BACKUP by the difference of the skews", () => {
    expect(withPriority(settings(), backup, 110)).toMatchObject({
      priority: 110,
      deadlineUs: 3_000_000 + 570_312,
    });
  });

  test("stays within 1 and 254, and an owner's never changes", () => {
    expect(withPriority(settings(), backup, 900).priority).toBe(254);
    expect(withPriority(settings(), backup, -900).priority).toBe(1);
    const owner = settings({ priority: 255 });
    expect(withPriority(owner, initialState(owner), 10).priority).toBe(255);
  });
});

describe("whatever happens", () => {
  const anySettings = fc.record({
    version: fc.constantFrom(2 as const, 3 as const),
    priority: fc.integer({ min: 1, max: 255 }),
    advertIntervalUs: fc.constantFrom(100_000, 500_000, 1_000_000),
    nopreempt: fc.boolean(),
    preemptDelayUs: fc.constantFrom(0, 2_000_000),
    answersLowerPriority: fc.boolean(),
    answersHigherPriority: fc.boolean(),
    behaviour: fc.constantFrom("2.0.20", "2.2.7", "2.3.3", "2.4.0").map(behaviourOf),
  });
  const anyEvent = fc.tuple(
    fc.constantFrom<VrrpEventKind>("timer", "advert", "fail", "recover", "vip-deleted", "stop"),
    fc.integer({ min: 0, max: 3_000_000 }),
    fc.record({
      refused: fc.boolean(),
      priority: fc.integer({ min: 0, max: 255 }),
      intervalUs: fc.constantFrom(100_000, 1_000_000),
      addressOrder: fc.constantFrom(-1, 0, 1),
      from: fc.constantFrom(7, 8),
    }),
  );

  /** Every state of a story with what its steps did. */
  function story(own: InstanceSettings, events: readonly [VrrpEventKind, number, ArrivedAdvert][]) {
    let state: InstanceState = initialState(own);
    let nowUs = 0;
    let holds = false;
    return events.map(([event, afterUs, heard]) => {
      nowUs += afterUs;
      const step = stepInstance(own, state, event, nowUs, heard);
      state = step.state;
      for (const effect of step.effects) {
        if (effect === "take") holds = true;
        if (effect === "release") holds = false;
      }
      return { state, holds, nowUs, effects: step.effects };
    });
  }

  test("a holder is MASTER and a MASTER holds; timers run in BACKUP and MASTER alone; only a MASTER speaks", () => {
    fc.assert(
      fc.property(anySettings, fc.array(anyEvent, { maxLength: 40 }), (given, events) => {
        let wasMaster = false;
        for (const { state, holds, nowUs, effects } of story(settings(given), events)) {
          expect(holds).toBe(state.state === "MASTER");
          expect(state.deadlineUs === NEVER).toBe(state.state === "INIT" || state.state === "FAULT");
          if (state.deadlineUs !== NEVER) expect(state.deadlineUs).toBeGreaterThanOrEqual(0);
          expect(state.priority).toBeGreaterThanOrEqual(1);
          expect(nowUs).toBeGreaterThanOrEqual(0);
          if (effects.length > 0) expect(wasMaster || state.state === "MASTER").toBe(true);
          wasMaster = state.state === "MASTER";
        }
      }),
    );
  });

  test("every line of the table can be reached, and has a name of its own within its state", () => {
    const names = Object.entries(transitions).flatMap(([state, events]) =>
      Object.values(events).flatMap((lines) => lines.map(({ name }) => `${state} ${name}`)),
    );
    expect(new Set(names).size).toBe(names.length);
    const reached = new Set<string>();
    fc.assert(
      fc.property(anySettings, fc.array(anyEvent, { maxLength: 60, size: "max" }), (given, events) => {
        const own = settings({ ...given, priority: given.priority > 127 ? 255 : 100 });
        let state = initialState(own);
        let nowUs = 0;
        for (const [event, afterUs, heard] of events) {
          nowUs += afterUs;
          const before = state.state;
          // Few priorities, so that equal ones meet; and more adverts than anything else.
          const refused = heard.refused && afterUs % 4 === 0;
          const met = { ...heard, refused, priority: [0, 50, 100, 255][heard.priority % 4]! };
          const kind = (event === "stop" || event === "fail") && afterUs % 3 > 0 ? "advert" : event;
          const step = stepInstance(own, state, kind, nowUs, met);
          if (step.transition !== undefined) reached.add(`${before} ${step.transition.name}`);
          state = step.state;
        }
      }),
      { numRuns: 1500, seed: 20_261_128 },
    );
    expect(names.filter((name) => !reached.has(name))).toEqual([]);
  });
});
