// How long a fault takes until a check notices it, and until another node has the address (keepalived-behaviour 1.1, 1.4, 1.7 and 3.1).
// Rule: every time is a sum of named parts in integer microseconds, so that a message can show the arithmetic.

import { isAtLeast, type KeepalivedInstance, type KeepalivedScript } from "../../keepalived/index.ts";

/** One term of a sum: `3 × 5 s`. */
interface TimePart {
  readonly us: number;
  readonly text: string;
}

/** A time between two bounds, both in microseconds. The parts add up to `mostUs`. */
export interface TimeSum {
  readonly leastUs: number;
  readonly mostUs: number;
  readonly parts: readonly TimePart[];
}

type CheckTimes = Pick<KeepalivedScript, "intervalS" | "timeoutS" | "fall">;

type AdvertTimes = Pick<KeepalivedInstance, "version" | "advertIntervalUs">;

/** The node that takes over: `priority` is its effective one. */
export type StandbyTimes = AdvertTimes &
  Pick<KeepalivedInstance, "priority" | "downTimerAdverts" | "preemptDelayUs">;

const SECOND_US = 1_000_000;
const CENTISECOND_US = 10_000;
const PRIORITIES = 256;

// From here on a run that has not ended is waited for; before, the next one is started beside it.
const RUNS_SKIPPED_FROM = "2.3.3";

/**
 * From a fault that makes the check fail at once to the failure that counts. The first failing run begins at most one interval later, and
 * `fall` runs in a row must fail. `runtimeUs`: how long one failing run takes.
 */
export function fastFailureDetection(check: CheckTimes, runtimeUs = 0): TimeSum {
  const intervalUs = check.intervalS * SECOND_US;
  return {
    leastUs: (check.fall - 1) * intervalUs + runtimeUs,
    mostUs: check.fall * intervalUs + runtimeUs,
    parts: [
      multiple(check.fall, intervalUs),
      ...(runtimeUs === 0 ? [] : [{ us: runtimeUs, text: secondsText(runtimeUs) }]),
    ],
  };
}

/**
 * From the moment the check hangs to the failure that counts: each run is ended after `timeout`. From 2.3.3 on no run begins while the one
 * before has not ended, so with a timeout of an interval or more only every second run (third, ...) takes place.
 */
export function hangDetection(check: CheckTimes, version: string): TimeSum {
  const intervalUs = check.intervalS * SECOND_US;
  const timeoutUs = check.timeoutS * SECOND_US;
  const stride = intervalsBetweenHangingRuns(check, version);
  const between = (check.fall - 1) * stride;
  return {
    leastUs: between * intervalUs + timeoutUs,
    mostUs: (between + 1) * intervalUs + timeoutUs,
    parts: [multiple(between + 1, intervalUs), { us: timeoutUs, text: `timeout ${secondsText(timeoutUs)}` }],
  };
}

/** In how many intervals one run of a hanging check begins. The next run is due a moment before a timeout of the same length ends. */
export function intervalsBetweenHangingRuns(check: CheckTimes, version: string): number {
  return isAtLeast(version, RUNS_SKIPPED_FROM) ? Math.floor(check.timeoutS / check.intervalS) + 1 : 1;
}

/** What a standby of this priority waits beyond the adverts it missed; all there is to wait for after an advert of priority 0. */
export function skewUs(priority: number, { version, advertIntervalUs }: AdvertTimes): number {
  const below = PRIORITIES - priority;
  if (version === 2) return Math.floor((below * SECOND_US) / PRIORITIES);
  return Math.floor((below * Math.floor(advertIntervalUs / CENTISECOND_US) * 625) / 16);
}

/** From a FAULT of the master (a check of weight 0) to the takeover: the master says priority 0, and the standby waits its skew. */
export function takeoverAfterFault(master: AdvertTimes, standby: StandbyTimes): TimeSum {
  const us = skewUs(standby.priority, heardBy(standby, master));
  return { leastUs: us, mostUs: us, parts: [skewPart(us)] };
}

/**
 * From a master that dies or is cut off to the takeover. The last advert was heard up to one interval before.
 */
export function takeoverAfterNodeLoss(master: AdvertTimes, standby: StandbyTimes): TimeSum {
  const heard = heardBy(standby, master);
  const skew = skewUs(standby.priority, heard);
  const { advertIntervalUs } = heard;
  return {
    leastUs: (standby.downTimerAdverts - 1) * advertIntervalUs + skew,
    mostUs: standby.downTimerAdverts * advertIntervalUs + skew,
    parts: [multiple(standby.downTimerAdverts, advertIntervalUs), skewPart(skew)],
  };
}

/**
 * From a master whose priority drops below the standby's to the takeover. The standby stops taking its adverts and waits as for a dead
 * master; preempt_delay, which begins with the first lower advert, comes before.
 */
export function takeoverAfterPriorityDrop(master: AdvertTimes, standby: StandbyTimes): TimeSum {
  const { preemptDelayUs } = standby;
  const lost = takeoverAfterNodeLoss(master, standby);
  if (preemptDelayUs === 0) return lost;
  const delay = { us: preemptDelayUs, text: `preempt_delay ${secondsText(preemptDelayUs)}` };
  const firstAdvert = multiple(1, master.advertIntervalUs);
  return {
    leastUs: preemptDelayUs + lost.leastUs,
    mostUs: firstAdvert.us + preemptDelayUs + lost.mostUs,
    parts: [firstAdvert, delay, ...lost.parts],
  };
}

/** One time after the other. */
export function inTurn(first: TimeSum, second: TimeSum): TimeSum {
  return {
    leastUs: first.leastUs + second.leastUs,
    mostUs: first.mostUs + second.mostUs,
    parts: [...first.parts, ...second.parts],
  };
}

/** `3 × 5 s + 0.609 s = up to 15.6 s`. */
export function sumText(sum: TimeSum): string {
  const terms = sum.parts.map((part) => part.text).join(" + ");
  const total = totalText(sum.mostUs);
  return sum.parts.length === 1 && sum.parts[0]?.text === total ? total : `${terms} = up to ${total}`;
}

/** Seconds to the millisecond, as short as they can be written: `5 s`, `0.609 s`. */
export function secondsText(us: number): string {
  return `${Math.round(us / 1000) / 1000} s`;
}

/** A total, to a tenth of a second where it is more than one second. */
export function totalText(us: number): string {
  return us < SECOND_US ? secondsText(us) : `${Math.round(us / 100_000) / 10} s`;
}

// In version 2 every node counts in its own interval; in version 3 a standby takes the master's over.
function heardBy(standby: StandbyTimes, master: AdvertTimes): AdvertTimes {
  const advertIntervalUs = standby.version === 3 ? master.advertIntervalUs : standby.advertIntervalUs;
  return { version: standby.version, advertIntervalUs };
}

function multiple(count: number, us: number): TimePart {
  return { us: count * us, text: count === 1 ? secondsText(us) : `${count} × ${secondsText(us)}` };
}

function skewPart(us: number): TimePart {
  return { us, text: secondsText(us) };
}
