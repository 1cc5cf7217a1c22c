// Times of a run in a person's words. Rule: arithmetic is shown with the numbers that were reckoned with, rounded to the millisecond and nowhere else.

import { type InstanceSettings, type InstanceState, timerLengthUs } from "../vrrp/index.ts";

/** `0.609 s`, `3 s`: as short as a time to the millisecond can be written. */
export function secondsText(us: number): string {
  return `${Math.round(us / 1000) / 1000} s`;
}

/** `6.865`: a column of these is read at a glance. */
export function clockText(us: number): string {
  return (us / 1_000_000).toFixed(3);
}

/** How long a BACKUP waits for an advert: `3 × 1 s + 0.609 s skew (priority 100)`. */
export function masterDownText(settings: InstanceSettings, state: InstanceState): string {
  const { downTimerAdverts } = settings;
  return `${downTimerAdverts} × ${secondsText(state.masterIntervalUs)} + ${skewText(settings, state)}`;
}

/** What a BACKUP waits after a goodbye: `0.609 s skew (priority 100)`. */
export function skewText(settings: InstanceSettings, state: InstanceState): string {
  return `${secondsText(timerLengthUs(settings, state, "skew"))} skew (priority ${state.priority})`;
}
