// What the prober tells the drill while it runs, a line at each change between answering and failing, so that the drill knows when an outage is over.
// Rule: the lines are for waiting and for budgets only; every figure of a report is computed from the record.

/** Kept by the prober. Times are absolute monotonic microseconds. */
export interface LiveTracker {
  answering: boolean | undefined;
  firstFailedUs: number;
  lastFailedUs: number;
  lastFailureSeenUs: number;
  lastGoodUs: number;
}

/** Kept by the drill, from the lines. */
export interface LiveView {
  answering: boolean;
  /** First good start after the last outage, or of the run. */
  answeringSinceUs: number;
  /** First failed start of the last outage. */
  failingSinceUs: number;
  /** When a failure was last seen. */
  lastFailureSeenUs: number;
  /** Outages that are over. */
  overUs: number;
}

export interface LiveProgress {
  /** How long clients have been answered without a break; 0 while they are not. */
  readonly answeringForMs: number;
  /** All outages so far, the present one included. */
  readonly outageMs: number;
  /** Whether a failure was seen at or after this moment (monotonic microseconds). */
  failedSinceUs(atUs: number): boolean;
}

export function newLiveTracker(): LiveTracker {
  return { answering: undefined, firstFailedUs: 0, lastFailedUs: 0, lastFailureSeenUs: 0, lastGoodUs: 0 };
}

/**
 * Takes the outcome of a request that was started at `startUs` and was over at `overUs`; gives the line to send, if anything changed. Requests end in
 * another order than they start, so a failure of before the last good start, or an answer of before the last failed start, changes nothing.
 */
export function noteOutcome(
  tracker: LiveTracker,
  good: boolean,
  startUs: number,
  overUs: number,
): string | undefined {
  if (good) {
    tracker.lastGoodUs = Math.max(tracker.lastGoodUs, startUs);
    if (tracker.answering === true || startUs < tracker.lastFailedUs) return undefined;
    tracker.answering = true;
    return `answered ${startUs} ${tracker.lastFailureSeenUs}`;
  }
  tracker.lastFailureSeenUs = overUs;
  if (startUs < tracker.lastGoodUs) return undefined;
  tracker.lastFailedUs = Math.max(tracker.lastFailedUs, startUs);
  if (tracker.answering === false) return undefined;
  tracker.answering = false;
  tracker.firstFailedUs = startUs;
  return `failed ${startUs} ${overUs}`;
}

export function newLiveView(): LiveView {
  return { answering: false, answeringSinceUs: 0, failingSinceUs: 0, lastFailureSeenUs: 0, overUs: 0 };
}

/** Takes one line of the prober's standard output; other lines change nothing. */
export function readLiveLine(view: LiveView, line: string): void {
  const [word, start, seen] = line.split(" ");
  const startUs = Number(start);
  if (word === "answered") {
    if (view.failingSinceUs > 0 && !view.answering) view.overUs += startUs - view.failingSinceUs;
    view.answering = true;
    view.answeringSinceUs = startUs;
    view.lastFailureSeenUs = Math.max(view.lastFailureSeenUs, Number(seen));
  } else if (word === "failed") {
    view.answering = false;
    view.failingSinceUs = startUs;
    view.lastFailureSeenUs = Number(seen);
  }
}

/** What can be said at `nowUs`. */
export function liveProgress(view: LiveView, nowUs: number): LiveProgress {
  const failing = !view.answering && view.failingSinceUs > 0;
  return {
    answeringForMs: view.answering ? Math.max(0, nowUs - view.answeringSinceUs) / 1000 : 0,
    outageMs: (view.overUs + (failing ? Math.max(0, nowUs - view.failingSinceUs) : 0)) / 1000,
    failedSinceUs: (atUs) => failing || (view.lastFailureSeenUs > 0 && view.lastFailureSeenUs >= atUs),
  };
}
