// The load: an open-loop client of the VIP, all of whose parts run on one clock tick, and whose phases are begun from outside.
// Rule: what it began it ends: after `end` nothing new is sent, what is under way is waited for within a limit, and the figures have nothing left open.

import { type LoadContext, type LoadPart, seededRandom, SILENT_MS } from "./switch-load-context.ts";
import { type FigureBook, type LoadFigures, newFigureBook } from "./switch-load-figures.ts";
import { startKept } from "./switch-load-kept.ts";
import { startNewRequests, startPolls } from "./switch-load-requests.ts";
import type { LoadSettings } from "./switch-load-settings.ts";
import { startTcpStreams, startWebsockets } from "./switch-load-streams.ts";
import { startDownloads, startUploads } from "./switch-load-transfers.ts";

const TICK_MS = 2;
/** After this a load ends by itself, whoever forgot it. */
const LOAD_MS_MAX = 60 * 60_000;
const MORE_THAN_SILENT_MS = 2_000;

const PARTS: readonly ((context: LoadContext) => LoadPart)[] = [
  startTcpStreams,
  startWebsockets,
  startNewRequests,
  startKept,
  startPolls,
  startDownloads,
  startUploads,
];

export interface RunningLoad {
  readonly book: FigureBook;
  /** From now on what is sent belongs to this phase. */
  phase(name: string): void;
  /** The figures so far. */
  figures(): LoadFigures;
  /** Ends everything and gives the figures. */
  end(): Promise<LoadFigures>;
}

/** Monotonic milliseconds with the same zero in every process of the machine. */
function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

/** Starts the load; its first phase is called `phase`. */
export function startLoadClient(settings: LoadSettings, phase: string): RunningLoad {
  const context: LoadContext = {
    settings,
    book: newFigureBook(phase, monotonicMs()),
    nowMs: monotonicMs,
    random: seededRandom(settings.seed),
  };
  const cpuBefore = process.cpuUsage();
  const parts = PARTS.map((start) => start(context));
  const timer = setInterval(() => {
    const nowMs = monotonicMs();
    for (const part of parts) part.tick(nowMs);
  }, TICK_MS);
  const figures = (): LoadFigures => {
    const { user, system } = process.cpuUsage(cpuBefore);
    return context.book.figures(monotonicMs(), (user + system) / 1_000_000);
  };
  const stop = (): void => {
    for (const part of parts) part.stop();
  };
  const limit = setTimeout(stop, LOAD_MS_MAX);
  return {
    book: context.book,
    phase: (name) => context.book.begin(name, monotonicMs()),
    figures,
    async end() {
      stop();
      const waitMs = Math.max(
        settings.transferWaitS * 1000,
        settings.polls.seconds * 1000 + SILENT_MS + MORE_THAN_SILENT_MS,
      );
      const deadlineMs = monotonicMs() + waitMs;
      while (parts.some((part) => !part.idle()) && monotonicMs() < deadlineMs)
        await new Promise((resolve) => setTimeout(resolve, 20));
      for (const part of parts) part.abandon();
      clearInterval(timer);
      clearTimeout(limit);
      return figures();
    },
  };
}
