// What the members of a vrrp_sync_group do to each other: MASTER together when every one of them wants it, BACKUP and FAULT together at once
// (keepalived-behaviour section 3.5). Rule: one member's step goes through the machine's own table; only what follows for the others stands here.

import {
  changedState,
  type InstanceSettings,
  type InstanceState,
  NEVER,
  type VrrpState,
  withTimer,
} from "./instance-state.ts";
import { type ArrivedAdvert, stepInstance, type VrrpEffect, type VrrpEventKind } from "./machine.ts";

export interface GroupState {
  readonly state: VrrpState;
  readonly members: readonly InstanceState[];
}

/** One member's effect. */
export interface MemberEffect {
  readonly member: number;
  readonly effect: VrrpEffect;
}

export interface GroupStep {
  readonly group: GroupState;
  readonly effects: readonly MemberEffect[];
}

/** A member as it is being worked on. */
interface Draft {
  state: VrrpState;
  readonly members: InstanceState[];
  readonly settings: readonly InstanceSettings[];
  readonly effects: MemberEffect[];
  readonly nowUs: number;
}

/**
 * The group after an event of one member. `faulty`: by member, whether it has a cause of its own to be in FAULT, the event included; `waits`: whether
 * it still waits for a script's first result.
 */
export function stepGroup(
  settings: readonly InstanceSettings[],
  group: GroupState,
  member: number,
  event: VrrpEventKind,
  nowUs: number,
  own: { readonly faulty: readonly boolean[]; readonly waits: readonly boolean[] },
  advert?: ArrivedAdvert,
): GroupStep {
  const draft: Draft = { state: group.state, members: [...group.members], settings, effects: [], nowUs };
  const before = group.members[member]!.state;
  if (event === "recover") recover(draft, member, own);
  else if (event === "timer" && before === "BACKUP") expire(draft, member);
  else {
    take(draft, member, event, advert);
    const after = draft.members[member]!.state;
    if (event === "fail") followIntoFault(draft, member);
    else if (event === "vip-deleted") followOutOfMaster(draft, member);
    else if (before === "MASTER" && after === "BACKUP") followIntoBackup(draft, member);
  }
  return { group: { state: draft.state, members: draft.members }, effects: draft.effects };
}

function take(draft: Draft, member: number, event: VrrpEventKind, advert?: ArrivedAdvert): void {
  const { state, effects } = stepInstance(
    draft.settings[member]!,
    draft.members[member]!,
    event,
    draft.nowUs,
    advert,
  );
  draft.members[member] = state;
  for (const effect of effects) draft.effects.push({ member, effect });
}

/** A member's wait is over: it becomes MASTER with the whole group, or waits once more until all of them want it. */
function expire(draft: Draft, member: number): void {
  draft.members[member] = changedState(draft.members[member]!, { wants: "MASTER" });
  const all =
    draft.state === "MASTER" ||
    draft.members.every((other, index) => index === member || other.wants === "MASTER");
  if (!all) {
    draft.members[member] = withTimer(
      draft.settings[member]!,
      draft.members[member],
      "master-down",
      draft.nowUs,
    );
    return;
  }
  take(draft, member, "timer");
  if (draft.state === "MASTER") return;
  draft.members.forEach((other, index) => {
    if (index !== member && other.state === "BACKUP") take(draft, index, "timer");
  });
  draft.state = "MASTER";
}

function followIntoBackup(draft: Draft, member: number): void {
  if (draft.state === "BACKUP") return;
  draft.members.forEach((other, index) => {
    if (index === member || other.state === "BACKUP") return;
    if (other.state === "MASTER") leave(draft, index, "BACKUP");
    else take(draft, index, "recover");
  });
  draft.state = "BACKUP";
}

function followIntoFault(draft: Draft, member: number): void {
  if (draft.state === "FAULT") return;
  draft.members.forEach((other, index) => {
    // Who has not come up yet counts as down already, and says nothing of it.
    if (index === member || other.state === "FAULT" || other.state === "INIT") return;
    if (other.state === "MASTER") leave(draft, index, "FAULT");
    else draft.members[index] = inFault(draft, other, index);
  });
  draft.state = "FAULT";
}

/** The others let go with a goodbye each, and all wait the skew alone. */
function followOutOfMaster(draft: Draft, member: number): void {
  draft.members.forEach((other, index) => {
    if (index !== member && other.state === "MASTER") take(draft, index, "vip-deleted");
  });
  draft.state = "BACKUP";
}

/** A member that leaves MASTER because another one does: into FAULT it says goodbye once, into BACKUP not at all. */
function leave(draft: Draft, index: number, to: "BACKUP" | "FAULT"): void {
  const member = draft.members[index]!;
  if (to === "FAULT") draft.effects.push({ member: index, effect: "goodbye" });
  draft.effects.push({ member: index, effect: "release" });
  draft.members[index] =
    to === "FAULT"
      ? inFault(draft, member, index)
      : withTimer(
          draft.settings[index]!,
          changedState(member, { state: "BACKUP", wants: "BACKUP", preemptAtUs: NEVER }),
          "master-down",
          draft.nowUs,
        );
}

function inFault(draft: Draft, member: InstanceState, index: number): InstanceState {
  return withTimer(
    draft.settings[index]!,
    changedState(member, { state: "FAULT", wants: "FAULT" }),
    "off",
    draft.nowUs,
  );
}

/** A member's own causes are gone: it stays in FAULT while another member has one, else the whole group comes up. */
function recover(
  draft: Draft,
  member: number,
  own: { readonly faulty: readonly boolean[]; readonly waits: readonly boolean[] },
): void {
  if (own.faulty.some(Boolean) || own.waits.some(Boolean)) {
    draft.members[member] = changedState(draft.members[member]!, { wants: "BACKUP" });
    return;
  }
  take(draft, member, "recover");
  followIntoBackup(draft, member);
}
