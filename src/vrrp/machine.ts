// The state machine of one vrrp_instance, as keepalived runs it: a table of what follows from an event in a state (keepalived-behaviour section 1.4).
// Two rules: everything that decides about a transition stands in this file; and it knows no socket, clock or process: time is an argument, and what
// is to be done is told as effects, in their order. What members of a sync group do to each other stands in group.ts.

import {
  changedState,
  type InstanceSettings,
  type InstanceState,
  NEVER,
  NOBODY,
  setTimer,
  type TimerKind,
  type VrrpState,
} from "./instance-state.ts";
import { OWNER_PRIORITY } from "./timers.ts";

/** An advertisement as it arrives. `refused`: reception has found it to be none of ours, or wrong (reception.ts). */
export interface ArrivedAdvert {
  readonly refused: boolean;
  /** 0: goodbye. */
  readonly priority: number;
  readonly intervalUs: number;
  /** The sender's address against ours, as numbers: -1 lower, 0 the same, 1 higher. */
  readonly addressOrder: number;
  /** The sender's address, by number. */
  readonly from: number;
}

export type VrrpEventKind = "timer" | "advert" | "fail" | "recover" | "vip-deleted" | "stop";

/** What is to be done, in this order. */
export type VrrpEffect =
  /** Send an advertisement with the effective priority. */
  | "advert"
  /** Send one with priority 0. */
  | "goodbye"
  /** Add the VIPs, announce them by gratuitous ARP, and once more after garp_master_delay. */
  | "take"
  /** Remove the VIPs. */
  | "release"
  /** Announce the VIPs again: another MASTER of lower priority was heard. */
  | "announce";

/** One line of the table: in a state, on an event, where `when` holds. */
export interface Transition {
  /** Permanent: traces and docs name it. */
  readonly name: string;
  readonly when?: (situation: Situation) => boolean;
  /** Absent: the state stays. */
  readonly to?: VrrpState;
  readonly effects: readonly VrrpEffect[];
  readonly timer: TimerKind;
  /** Further changes of the state: the interval that is learnt, the preempt delay. */
  readonly also?: (situation: Situation) => Partial<InstanceState>;
}

interface Situation {
  readonly settings: InstanceSettings;
  readonly state: InstanceState;
  readonly nowUs: number;
  readonly advert: ArrivedAdvert;
}

const isRefused = ({ advert }: Situation): boolean => advert.refused;
const isGoodbye = ({ advert }: Situation): boolean => advert.priority === 0;

/** nopreempt, or not lower than ours, or the preempt delay has not run out (section 1.5): in BACKUP no address breaks a tie. */
function isAccepted({ settings, state, advert, nowUs }: Situation): boolean {
  return (
    settings.nopreempt ||
    advert.priority >= state.priority ||
    (settings.preemptDelayUs > 0 && (state.preemptAtUs === NEVER || state.preemptAtUs > nowUs))
  );
}

/** Version 3 takes over the MASTER's interval with every advert it accepts. */
const learnt = ({ settings, state, advert }: Situation): number =>
  settings.version === 3 ? advert.intervalUs : state.masterIntervalUs;

/** Set by adverts that passed reception, in BACKUP alone: also by one ignored for its priority, and by no goodbye (2.2.7). */
const remembered = ({ settings, advert }: Situation): Pick<InstanceState, "heardFrom"> => ({
  heardFrom: settings.remembersMaster ? advert.from : NOBODY,
});

function acceptedAdvert(situation: Situation): Partial<InstanceState> {
  const { settings, state, advert, nowUs } = situation;
  const counts = settings.preemptDelayUs > 0 && advert.priority < state.priority;
  const begins = counts && state.preemptAtUs === NEVER;
  return {
    masterIntervalUs: learnt(situation),
    preemptAtUs: counts ? (begins ? nowUs + settings.preemptDelayUs : state.preemptAtUs) : NEVER,
    wants: "BACKUP",
    ...remembered(situation),
  };
}

const isHigher = ({ state, advert }: Situation): boolean =>
  advert.priority > state.priority || (advert.priority === state.priority && advert.addressOrder > 0);
const isLower = ({ state, advert }: Situation): boolean =>
  advert.priority < state.priority || (advert.priority === state.priority && advert.addressOrder < 0);

/** Two owners: who gives way depends on the version (section 4). */
function isRivalOwner({ settings, state, advert }: Situation): boolean {
  const bothOwners =
    state.priority === OWNER_PRIORITY && advert.priority === OWNER_PRIORITY && advert.addressOrder !== 0;
  return bothOwners && (settings.behaviour.ownerYields === "first-to-hear" || advert.addressOrder > 0);
}

/** From 2.3.3 an owner that gave way to another is one again when it hears somebody of lower priority. */
const isRivalGone = ({ settings, state, advert }: Situation): boolean =>
  state.yielded && settings.behaviour.ownerYields === "lower-address" && advert.priority !== OWNER_PRIORITY;

const leftFault = ({ settings }: Situation): Partial<InstanceState> => ({
  masterIntervalUs: settings.advertIntervalUs,
  preemptAtUs: NEVER,
  wants: "BACKUP",
});

/** Back in MASTER's seat for lack of the rival, an owner that gave way is one again. */
const becameMaster = ({ settings, state }: Situation): Partial<InstanceState> => ({
  wants: "MASTER",
  ...(state.yielded && settings.behaviour.ownerYields === "lower-address"
    ? { priority: OWNER_PRIORITY, yielded: false }
    : {}),
});

const yieldedTo = (situation: Situation): Partial<InstanceState> => ({
  masterIntervalUs: learnt(situation),
  preemptAtUs: NEVER,
  wants: "BACKUP",
});

/** The machine. The first line whose `when` holds is taken; an event without a line changes nothing. */
export const transitions: Readonly<
  Record<VrrpState, Readonly<Partial<Record<VrrpEventKind, readonly Transition[]>>>>
> = {
  INIT: {
    recover: [{ name: "starts", to: "BACKUP", effects: [], timer: "master-down", also: leftFault }],
    fail: [
      { name: "starts-in-fault", to: "FAULT", effects: [], timer: "off", also: () => ({ wants: "FAULT" }) },
    ],
  },
  BACKUP: {
    advert: [
      { name: "refused-advert", when: isRefused, effects: [], timer: "remaining" },
      {
        name: "owner-again",
        when: isRivalGone,
        effects: [],
        timer: "remaining",
        also: () => ({ priority: OWNER_PRIORITY, yielded: false }),
      },
      // nopreempt has no part in this: whoever says goodbye wants a successor.
      { name: "heard-goodbye", when: isGoodbye, effects: [], timer: "skew" },
      { name: "heard-master", when: isAccepted, effects: [], timer: "master-down", also: acceptedAdvert },
      { name: "ignored-lower-priority", effects: [], timer: "remaining", also: remembered },
    ],
    timer: [
      // The advert goes out before the VIPs are added, so that another MASTER lets go first.
      { name: "took-over", to: "MASTER", effects: ["advert", "take"], timer: "advert", also: becameMaster },
    ],
    fail: [
      { name: "standby-failed", to: "FAULT", effects: [], timer: "off", also: () => ({ wants: "FAULT" }) },
    ],
  },
  MASTER: {
    advert: [
      // Even a refused packet sets the advert timer back: two MASTERs that refuse each other silence one another (section 1.6).
      { name: "refused-advert", when: isRefused, effects: [], timer: "after-packet" },
      { name: "answered-goodbye", when: isGoodbye, effects: ["advert"], timer: "after-packet" },
      {
        name: "owner-gave-way",
        when: isRivalOwner,
        to: "BACKUP",
        effects: ["release"],
        timer: "master-down",
        also: (situation) => ({ ...yieldedTo(situation), priority: OWNER_PRIORITY - 1, yielded: true }),
      },
      {
        name: "gave-way",
        when: (situation) => isHigher(situation) && !situation.settings.answersHigherPriority,
        to: "BACKUP",
        effects: ["release"],
        timer: "master-down",
        also: yieldedTo,
      },
      {
        name: "gave-way-with-an-advert",
        when: isHigher,
        to: "BACKUP",
        effects: ["advert", "release"],
        timer: "master-down",
        also: yieldedTo,
      },
      {
        name: "answered-lower-priority",
        when: (situation) => isLower(situation) && situation.settings.answersLowerPriority,
        effects: ["advert", "announce"],
        timer: "advert",
      },
      { name: "heard-lower-priority", when: isLower, effects: ["announce"], timer: "keep" },
      { name: "heard-its-own-address", effects: [], timer: "after-packet" },
    ],
    timer: [{ name: "advertised", effects: ["advert"], timer: "advert" }],
    fail: [
      // Two goodbyes: one on leaving MASTER, one as the VIPs are removed (section 1.4).
      {
        name: "holder-failed",
        to: "FAULT",
        effects: ["goodbye", "goodbye", "release"],
        timer: "off",
        also: () => ({ wants: "FAULT" }),
      },
    ],
    "vip-deleted": [
      // It waits the skew alone, so it is mostly MASTER again before anyone else, also with nopreempt.
      {
        name: "lost-a-vip",
        to: "BACKUP",
        effects: ["goodbye", "release"],
        timer: "skew",
        also: () => ({ wants: "BACKUP", preemptAtUs: NEVER }),
      },
    ],
    stop: [{ name: "holder-stopped", to: "INIT", effects: ["goodbye", "release"], timer: "off" }],
  },
  FAULT: {
    recover: [{ name: "recovered", to: "BACKUP", effects: [], timer: "master-down", also: leftFault }],
  },
};

export interface VrrpStep {
  readonly state: InstanceState;
  readonly effects: readonly VrrpEffect[];
  /** The line of the table that was taken; absent: none. */
  readonly transition?: Transition;
}

const NO_ADVERT: ArrivedAdvert = {
  refused: true,
  priority: 0,
  intervalUs: 0,
  addressOrder: 0,
  from: NOBODY,
};
const NOTHING: readonly VrrpEffect[] = [];
const NO_CHANGE: Partial<InstanceState> = {};

/** The state after an event at `nowUs`, and what is to be done. `advert` belongs to the event of that name. */
export function stepInstance(
  settings: InstanceSettings,
  state: InstanceState,
  event: VrrpEventKind,
  nowUs: number,
  advert: ArrivedAdvert = NO_ADVERT,
): VrrpStep {
  const lines = transitions[state.state][event];
  if (lines === undefined) return { state, effects: NOTHING };
  const situation = { settings, state, nowUs, advert };
  for (const transition of lines) {
    const { when, to = state.state, also, timer, effects } = transition;
    if (when !== undefined && !when(situation)) continue;
    const after = changedState(state, also === undefined ? NO_CHANGE : also(situation));
    after.state = to;
    setTimer(settings, after, timer, nowUs);
    return { state: after, effects, transition };
  }
  return { state, effects: NOTHING };
}
