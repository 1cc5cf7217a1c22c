// At most so many commands at a time on one machine, the others in the order they came.
// Rule: one command opens the way alone, and when it finds no way, those that waited for it fail with its error instead of trying in turn.
import { assert } from "../base/index.ts";

/** sshd's MaxSessions is 10 by default and is shared with whoever else uses the connection. */
export const SESSIONS_MAX = 8;

/** More waiting commands than this are a mistake of the caller. */
const WAITING_MAX = 1_000;

/** `opened` is called by the work once it is through to the machine. */
export type SessionWork<T> = (opened: () => void) => Promise<T>;

export interface SessionQueue {
  admit<T>(work: SessionWork<T>): Promise<T>;
  /** The way is gone: the next command opens it alone again. */
  reset(): void;
}

export interface SessionQueueSettings {
  readonly sessionsMax?: number;
  /** The way closes by itself when nothing ran for this long. Default: never. */
  readonly idleMs?: number;
}

interface Waiting {
  readonly start: (opens: boolean) => void;
  readonly fail: (error: unknown) => void;
}

/** A queue whose way is closed at first. */
export function sessionQueue({
  sessionsMax = SESSIONS_MAX,
  idleMs = Infinity,
}: SessionQueueSettings = {}): SessionQueue {
  const waiting: Waiting[] = [];
  let running = 0;
  let way: "closed" | "opening" | "open" = "closed";
  let idleSinceMs = 0;

  const startWaiting = (): void => {
    if (way === "open" && running === 0 && performance.now() - idleSinceMs > idleMs) way = "closed";
    while (running < sessionsMax && way !== "opening") {
      const next = waiting.shift();
      if (next === undefined) return;
      const opens = way === "closed";
      if (opens) way = "opening";
      running += 1;
      next.start(opens);
    }
  };

  return {
    async admit(work) {
      assert(waiting.length < WAITING_MAX, "no more than a thousand commands wait for one machine");
      const opens = await new Promise<boolean>((start, fail) => {
        waiting.push({ start, fail });
        startWaiting();
      });
      let through = !opens;
      const opened = (): void => {
        if (through) return;
        through = true;
        way = "open";
        startWaiting();
      };
      try {
        return await work(opened);
      } catch (error) {
        if (!through) for (const other of waiting.splice(0)) other.fail(error);
        throw error;
      } finally {
        running -= 1;
        idleSinceMs = performance.now();
        if (!through) way = "closed";
        startWaiting();
      }
    },
    reset() {
      if (way === "open") way = "closed";
    },
  };
}
