// The state machine of one vrrp_instance, as keepalived runs it: a table of what follows from an event in a state (keepalived-behaviour section 1.4).
// Two rules: everything that decides about a transition stands in this file; and it knows no socket, clock or process: time is an argument, and what
// is to be done is told as effects, in their order. What members of a sync group do to each other stands in group.ts.

import { unreachable } from "../base/index.ts";
import type { VrrpBehaviour } from "./behaviour.ts";
import { masterDownUs, OWNER_PRIORITY, skewUs } from "./timers.ts";

export type VrrpState = "INIT" | "BACKUP" | "MASTER" | "FAULT";

/** What does not change while the daemon runs. */
export interface InstanceSettings {
  readonly version: 2 | 3;
  /** Base priority, 1 to 255. */
  readonly priority: number;
  readonly advertIntervalUs: number;
  readonly downTimerAdverts: number;
  readonly nopreempt: boolean;
  /** 0: none. */
  readonly preemptDelayUs: number;
  /** `state MASTER` with priority 255: it does not wait at its first start. */
  readonly startsAsOwner: boolean;
  /** Answers an advert of lower priority with one of its own (lower_prio_no_advert: does not). */
  readonly answersLowerPriority: boolean;
  /** higher_prio_send_advert. */
  readonly answersHigherPriority: boolean;
  /** It matters which MASTER was heard last: skip_check_adv_addr spares the adverts of that one a check (reception.ts). */
  readonly remembersMaster: boolean;
  readonly behaviour: VrrpBehaviour;
}

export interface InstanceState {
  readonly state: VrrpState;
  /** Effective priority: 1 to 254, or 255. */
  readonly priority: number;
  /** When its timer ends, microseconds of the world's clock; {@link NEVER} in INIT and FAULT. */
  readonly deadlineUs: number;
  /** How long the timer was when it was last set, or what was left of it when an advert was ignored. */
  readonly downTimerUs: number;
  /** The interval of the MASTER as last heard. */
  readonly masterIntervalUs: number;
  /** Until when adverts of lower priority are accepted all the same (preempt_delay); {@link NEVER}: that has not begun. */
  readonly preemptAtUs: number;
  /** Another owner was heard, and this one has given way. */
  readonly yielded: boolean;
  /** The state it is in but for its sync group: a member that waits for the others wants MASTER. */
  readonly wants: "BACKUP" | "MASTER" | "FAULT";
  /** The MASTER heard last, as {@link ArrivedAdvert.from} has it; {@link NOBODY} also where that does not matter, so that states do not differ by it. */
  readonly heardFrom: number;
}

/** A timer that does not run. */
export const NEVER = Number.POSITIVE_INFINITY;

/** No sender. */
export const NOBODY = -1;

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

type TimerKind =
  /** Runs on, whatever its end is. */
  | "keep"
  /** Not changed, and what is left of it counts as its length from now on. */
  | "remaining"
  | "advert"
  /** As "advert", but with lower_prio_no_advert it runs on: only what is answered sets it back. */
  | "after-packet"
  | "master-down"
  | "skew"
  | "off";

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

/** The state before a daemon has looked at anything. */
export function initialState(settings: InstanceSettings): InstanceState {
  return {
    state: "INIT",
    priority: settings.priority,
    deadlineUs: NEVER,
    downTimerUs: 0,
    masterIntervalUs: settings.advertIntervalUs,
    preemptAtUs: NEVER,
    yielded: false,
    wants: settings.startsAsOwner ? "MASTER" : "BACKUP",
    heardFrom: NOBODY,
  };
}

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
  const transition = lines.find(({ when }) => when === undefined || when(situation));
  if (transition === undefined) return { state, effects: NOTHING };
  const { to = state.state, also, timer, effects } = transition;
  const moved: InstanceState = { ...state, state: to, ...also?.(situation) };
  return { state: withTimer(settings, moved, timer, nowUs), effects, transition };
}

/** The length of a timer of that kind, microseconds. */
export function timerLengthUs(
  settings: InstanceSettings,
  state: InstanceState,
  kind: "advert" | "master-down" | "skew",
): number {
  if (kind === "advert") return settings.advertIntervalUs;
  const { version, downTimerAdverts, behaviour } = settings;
  const priority =
    behaviour.ownerKeepsSkew && settings.priority === OWNER_PRIORITY ? OWNER_PRIORITY : state.priority;
  return kind === "skew"
    ? skewUs(version, priority, state.masterIntervalUs)
    : masterDownUs(version, priority, state.masterIntervalUs, downTimerAdverts);
}

/** The state with its timer set anew at `nowUs`. */
export function withTimer(
  settings: InstanceSettings,
  state: InstanceState,
  kind: TimerKind,
  nowUs: number,
): InstanceState {
  switch (kind) {
    case "keep":
      return state;
    case "remaining":
      return { ...state, downTimerUs: Math.max(0, state.deadlineUs - nowUs) };
    case "off":
      // Its length is reckoned all the same: it is what a change of priority starts from.
      return { ...state, deadlineUs: NEVER, downTimerUs: timerLengthUs(settings, state, "master-down") };
    case "after-packet":
      return settings.answersLowerPriority
        ? { ...state, deadlineUs: nowUs + settings.advertIntervalUs }
        : state;
    case "advert":
      return { ...state, deadlineUs: nowUs + settings.advertIntervalUs };
    case "master-down":
    case "skew": {
      const downTimerUs = timerLengthUs(settings, state, kind);
      return { ...state, downTimerUs, deadlineUs: nowUs + downTimerUs };
    }
    default:
      return unreachable(kind);
  }
}

const EFFECTIVE_LEAST = 1;
const EFFECTIVE_MOST = 254;

/**
 * The state with the priority that everything tracked adds up to: kept within 1 to 254, and an owner's never changes. A BACKUP's timer moves by
 * the difference of the two skews; where an advert was ignored last, by more than that (section 1.4).
 */
export function withPriority(settings: InstanceSettings, state: InstanceState, total: number): InstanceState {
  if (settings.priority === OWNER_PRIORITY) return state;
  const priority = Math.min(EFFECTIVE_MOST, Math.max(EFFECTIVE_LEAST, total));
  if (priority === state.priority) return state;
  const changed = { ...state, priority };
  const downTimerUs = timerLengthUs(settings, changed, "master-down");
  const movedUs = downTimerUs - state.downTimerUs;
  return {
    ...changed,
    downTimerUs,
    ...(state.state === "BACKUP" ? { deadlineUs: state.deadlineUs + movedUs } : {}),
  };
}
