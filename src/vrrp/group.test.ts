// Sync groups: what one member's step does to the others (keepalived-behaviour section 3.5).

import { describe, expect, test } from "vitest";
import { behaviourOf } from "./behaviour.ts";
import { type GroupState, stepGroup } from "./group.ts";
import { initialState, type InstanceSettings, type VrrpState } from "./instance-state.ts";
import type { VrrpEventKind } from "./machine.ts";

const member = (priority: number): InstanceSettings => ({
  version: 2,
  priority,
  advertIntervalUs: 1_000_000,
  downTimerAdverts: 3,
  nopreempt: false,
  preemptDelayUs: 0,
  startsAsOwner: false,
  answersLowerPriority: true,
  answersHigherPriority: false,
  remembersMaster: false,
  behaviour: behaviourOf("2.2.7"),
});

const settings = [member(100), member(101)];
const WELL = { faulty: [false, false], waits: [false, false] };

function step(
  group: GroupState,
  index: number,
  event: VrrpEventKind,
  nowUs: number,
  own: { readonly faulty: readonly boolean[]; readonly waits: readonly boolean[] } = WELL,
  priority = 200,
) {
  const advert = { refused: false, priority, intervalUs: 1_000_000, addressOrder: 1, from: 7 };
  return stepGroup(settings, group, index, event, nowUs, own, advert);
}

const states = ({ members }: GroupState): VrrpState[] => members.map(({ state }) => state);

const started = step({ state: "INIT", members: settings.map(initialState) }, 0, "recover", 0).group;
const masters = step(step(started, 1, "timer", 3_605_468).group, 0, "timer", 3_609_375);

describe("a sync group", () => {
  test("starts as a whole", () => {
    expect(states(started)).toEqual(["BACKUP", "BACKUP"]);
  });

  test("becomes MASTER when the last of its members wants it; the first waits once more", () => {
    const first = step(started, 1, "timer", 3_605_468).group;
    expect(states(first)).toEqual(["BACKUP", "BACKUP"]);
    expect(first.members[1]!.deadlineUs).toBe(3_605_468 + 3_605_468);
    expect(states(masters.group)).toEqual(["MASTER", "MASTER"]);
    expect(masters.effects.map(({ member: of, effect }) => `${of} ${effect}`)).toEqual([
      ...["0 advert", "0 take", "1 advert", "1 take"],
    ]);
  });

  test("a member that hears a stronger MASTER meanwhile wants it no more", () => {
    const waiting = step(started, 1, "timer", 3_605_468).group;
    const heard = step(waiting, 1, "advert", 3_606_000).group;
    expect(states(step(heard, 0, "timer", 3_609_375).group)).toEqual(["BACKUP", "BACKUP"]);
  });

  test("gives way together, the others without a goodbye", () => {
    const { group, effects } = step(masters.group, 0, "advert", 4_000_000);
    expect(states(group)).toEqual(["BACKUP", "BACKUP"]);
    expect(effects.map(({ effect }) => effect)).toEqual(["release", "release"]);
  });

  test("falls into FAULT together: two goodbyes of the one that failed, one of each other", () => {
    const own = { faulty: [true, false], waits: [false, false] };
    const { group, effects } = step(masters.group, 0, "fail", 4_000_000, own);
    expect(states(group)).toEqual(["FAULT", "FAULT"]);
    expect(effects.filter(({ effect }) => effect === "goodbye").map(({ member: of }) => of)).toEqual([
      0, 0, 1,
    ]);
  });

  test("comes back when the last cause of any member is gone", () => {
    const failed = step(masters.group, 0, "fail", 4_000_000, {
      faulty: [true, true],
      waits: [false, false],
    }).group;
    const still = step(failed, 0, "recover", 5_000_000, {
      faulty: [false, true],
      waits: [false, false],
    }).group;
    expect(states(still)).toEqual(["FAULT", "FAULT"]);
    expect(states(step(still, 1, "recover", 6_000_000).group)).toEqual(["BACKUP", "BACKUP"]);
  });

  test("lets members that have not come up yet stay silent when one of them starts in FAULT", () => {
    const { group } = step({ state: "INIT", members: settings.map(initialState) }, 0, "fail", 0, {
      faulty: [true, false],
      waits: [false, false],
    });
    expect(states(group)).toEqual(["FAULT", "INIT"]);
    expect(states(step(group, 0, "recover", 1_000_000).group)).toEqual(["BACKUP", "BACKUP"]);
  });

  test("lets go together when somebody deletes a VIP, and waits the skew alone", () => {
    const { group } = step(masters.group, 1, "vip-deleted", 4_000_000);
    expect(group.members.map(({ deadlineUs }) => deadlineUs)).toEqual([4_609_375, 4_605_468]);
  });
});
