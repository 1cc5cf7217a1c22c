// The state of one vrrp_instance, and its timers as keepalived reckons them (keepalived-behaviour sections 1.1 and 1.4). Rule: what makes one state
// another one stands in machine.ts; here is what a state is, and how long it lasts.

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

export type TimerKind =
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

/** A state while it is made. */
export type InstanceDraft = { -readonly [Field in keyof InstanceState]: InstanceState[Field] };

const NO_CHANGE: Partial<InstanceState> = {};

/** A copy with these changes. Field by field: a proof takes millions of steps, and all states have one shape for the engine. */
export function changedState(state: InstanceState, change: Partial<InstanceState>): InstanceDraft {
  return {
    state: change.state ?? state.state,
    priority: change.priority ?? state.priority,
    deadlineUs: change.deadlineUs ?? state.deadlineUs,
    downTimerUs: change.downTimerUs ?? state.downTimerUs,
    masterIntervalUs: change.masterIntervalUs ?? state.masterIntervalUs,
    preemptAtUs: change.preemptAtUs ?? state.preemptAtUs,
    yielded: change.yielded ?? state.yielded,
    wants: change.wants ?? state.wants,
    heardFrom: change.heardFrom ?? state.heardFrom,
  };
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
  const after = changedState(state, NO_CHANGE);
  setTimer(settings, after, kind, nowUs);
  return after;
}

/** Sets a timer anew at `nowUs`. */
export function setTimer(
  settings: InstanceSettings,
  draft: InstanceDraft,
  kind: TimerKind,
  nowUs: number,
): void {
  switch (kind) {
    case "keep":
      return;
    case "remaining":
      draft.downTimerUs = Math.max(0, draft.deadlineUs - nowUs);
      return;
    case "off":
      draft.deadlineUs = NEVER;
      // Its length is reckoned all the same: it is what a change of priority starts from.
      draft.downTimerUs = timerLengthUs(settings, draft, "master-down");
      return;
    case "after-packet":
      if (settings.answersLowerPriority) draft.deadlineUs = nowUs + settings.advertIntervalUs;
      return;
    case "advert":
      draft.deadlineUs = nowUs + settings.advertIntervalUs;
      return;
    case "master-down":
    case "skew":
      draft.downTimerUs = timerLengthUs(settings, draft, kind);
      draft.deadlineUs = nowUs + draft.downTimerUs;
      return;
    default:
      unreachable(kind);
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
  const after = changedState(state, { priority });
  after.downTimerUs = timerLengthUs(settings, after, "master-down");
  if (state.state === "BACKUP") after.deadlineUs += after.downTimerUs - state.downTimerUs;
  return after;
}
