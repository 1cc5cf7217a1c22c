// Quiet times: while one lasts, only what is severe enough is told at once; the rest waits for its end. Pure: the local time is an argument.

import { type QuietTime, severities, type Severity } from "../agent-api/index.ts";

/** A moment by the clock on the wall. */
export interface LocalTime {
  /** Since midnight, 0 to under 1440; fractions count. */
  readonly minuteOfDay: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}

const DAY_MINUTES = 1_440;
const WEEK_DAYS = 7;
/** Quiet times that follow each other without a break; a week of them says that nothing is ever told. */
const CHAIN_MAX = 14;

/**
 * For how many minutes something of this severity has to wait; 0: it is told now. Quiet times that touch are waited for as one. A change to or from
 * summer time meanwhile is not looked at: it is told an hour early or late.
 */
export function quietMinutes(quietTimes: readonly QuietTime[], severity: Severity, local: LocalTime): number {
  const concerned = quietTimes.filter(
    ({ except }) => severities.indexOf(severity) < severities.indexOf(except),
  );
  let waited = 0;
  for (let step = 0; step < CHAIN_MAX; step += 1) {
    const minute = local.weekday * DAY_MINUTES + local.minuteOfDay + waited;
    const left = Math.max(0, ...concerned.map((quiet) => minutesLeft(quiet, minute)));
    if (left === 0) break;
    waited += left;
  }
  return waited;
}

/** How long a quiet time that lasts at a minute of the week goes on; 0: it does not last. */
function minutesLeft(quiet: QuietTime, minuteOfWeek: number): number {
  const length = (quiet.toMinute - quiet.fromMinute + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES;
  const day = Math.floor(minuteOfWeek / DAY_MINUTES);
  const minute = minuteOfWeek - day * DAY_MINUTES;
  // It began today, or yesterday and reaches over midnight.
  const lefts = [0, 1].map((daysAgo) => {
    const weekday = (((day - daysAgo) % WEEK_DAYS) + WEEK_DAYS) % WEEK_DAYS;
    if (quiet.days?.includes(weekday) === false) return 0;
    const since = minute + daysAgo * DAY_MINUTES - quiet.fromMinute;
    return since >= 0 && since < length ? length - since : 0;
  });
  return Math.max(...lefts);
}
