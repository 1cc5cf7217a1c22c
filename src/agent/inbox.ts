// Work that may come in masses, done a slice at a time: beats, looks at HAProxy and deliveries go on in between, and the watchdog is told.

export interface Inbox {
  /** Done in order, at once where nothing waits. */
  add(work: () => void): void;
  /** Does what waits, as far as there is time for it, and nothing afterwards. */
  finish(): void;
}

/** Between two turns of the event loop. */
const SLICE_MS = 10;
/** Beyond this many, more is done in one turn: memory is worth more than an even pace. */
const WAITING_MAX = 10_000;
/** What was done is let go in steps of this many. */
const DONE_MAX = 1_000;
/** At the end; what comes from the journal and is left undone then is read again by the next run. */
const FINISH_MS = 500;

export function startInbox(): Inbox {
  let waiting: (() => void)[] = [];
  let next = 0;
  /** This turn has a slice, which ends then. */
  let sliceEndsMs: number | undefined;
  let finished = false;
  const work = (untilMs: number): void => {
    while (next < waiting.length) {
      if (performance.now() >= untilMs && waiting.length - next <= WAITING_MAX) break;
      const one = waiting[next];
      next += 1;
      one?.();
      if (next < DONE_MAX && next < waiting.length) continue;
      waiting = waiting.slice(next);
      next = 0;
    }
  };
  const slice = (): number => {
    if (sliceEndsMs === undefined) setImmediate(turn);
    sliceEndsMs ??= performance.now() + SLICE_MS;
    return sliceEndsMs;
  };
  const turn = (): void => {
    sliceEndsMs = undefined;
    if (!finished && waiting.length > 0) work(slice());
  };
  return {
    add(one) {
      if (finished) return;
      waiting.push(one);
      const endsMs = slice();
      if (waiting.length - next === 1) work(endsMs);
    },
    finish() {
      work(performance.now() + FINISH_MS);
      finished = true;
      waiting = [];
    },
  };
}
