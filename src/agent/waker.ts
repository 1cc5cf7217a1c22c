// Sleeps until time alone has changed something: a patience that runs out, a wait before the next attempt.

import type { Core } from "./core.ts";

/** The longest sleep; a clock that is set must not keep a notice waiting. */
const WAKE_MS_MAX = 30_000;
const WAKE_MS_MIN = 5;

export interface Waker {
  /** Something changed: the next sleep is reckoned anew. */
  wake(): void;
  stop(): void;
}

/** Calls the core when time alone has changed something. */
export function startWaker(core: Core, nowMs: () => number, pump: () => void): Waker {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const wake = (): void => {
    clearTimeout(timer);
    if (stopped) return;
    const wakeAtMs = core.nextWakeMs();
    const waitMs = wakeAtMs === undefined ? WAKE_MS_MAX : wakeAtMs - nowMs();
    timer = setTimeout(
      () => {
        core.passed();
        pump();
        wake();
      },
      Math.min(WAKE_MS_MAX, Math.max(WAKE_MS_MIN, waitMs)),
    );
  };
  wake();
  return {
    wake,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
