// Work that may come in masses, done a slice at a time: beats, looks at HAProxy and deliveries go on in between, and the watchdog is told.

export interface Inbox {
  /** Done in order, at once where nothing waits. */
  add(work: () => void): void;
  /** Does all that waits. */
  finish(): void;
}

/** Between two turns of the event loop. */
const SLICE_MS = 10;
/** Beyond this many, more is done in one turn: memory is worth more than an even pace. */
const WAITING_MAX = 10_000;

export function startInbox(): Inbox {
  let waiting: (() => void)[] = [];
  let next = 0;
  let scheduled = false;
  const work = (untilMs: number): void => {
    while (next < waiting.length) {
      if (performance.now() >= untilMs && waiting.length - next <= WAITING_MAX) break;
      waiting[next]?.();
      next += 1;
    }
    if (next < waiting.length) return;
    waiting = [];
    next = 0;
  };
  const turn = (): void => {
    scheduled = false;
    work(performance.now() + SLICE_MS);
    if (waiting.length > 0) schedule();
  };
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(turn);
  };
  return {
    add(one) {
      waiting.push(one);
      if (waiting.length === 1) work(performance.now() + SLICE_MS);
      if (waiting.length > 0) schedule();
    },
    finish() {
      work(Number.POSITIVE_INFINITY);
    },
  };
}
