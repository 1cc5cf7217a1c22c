// Ctrl-C and SIGTERM as a wish to end in order: the first is heeded by the work under way, a second one ends the process at once.

import type { Progress } from "./ui.ts";

export interface Interrupted {
  readonly signal: AbortSignal;
  /** Gives the signals back to their default. */
  release(): void;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** `what`: what the first one does, for the operator. */
export function interruptedSignal(progress: Progress, what: string): Interrupted {
  const controller = new AbortController();
  const listener = (): void => {
    if (controller.signal.aborted) process.exit(130);
    progress(what);
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, listener);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of SIGNALS) process.off(name, listener);
    },
  };
}
