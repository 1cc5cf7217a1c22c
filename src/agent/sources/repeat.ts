// A task done at once and then again and again, never twice at the same time; a look that takes too long makes the next one late, not double.

import type { Source } from "./source.ts";

export interface Repeated extends Source {
  /** Does the task as soon as possible, out of turn. */
  now(): void;
}

/** Runs `task` now and every `everyMs` after its last start, or after its end where it took longer. What it throws is dropped: a task says its own troubles. */
export function repeat(everyMs: number, task: () => void | Promise<void>): Repeated {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again = false;

  const run = async (): Promise<void> => {
    const startedMs = performance.now();
    again = false;
    try {
      await task();
    } catch {
      // Nothing a source does may end the agent.
    }
    running = undefined;
    if (stopped) return;
    const waitMs = again ? 0 : Math.max(0, everyMs - (performance.now() - startedMs));
    timer = setTimeout(start, waitMs);
  };
  const start = (): void => {
    clearTimeout(timer);
    if (stopped) return;
    // Later, so that a task may use what `repeat` returns.
    if (running === undefined) running = Promise.resolve().then(run);
    else again = true;
  };
  start();
  return {
    now: start,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
