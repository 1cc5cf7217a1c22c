// A command that prints lines for ever, such as `journalctl --follow`: started again when it ends, ended when the source stops.

import { type ChildProcess, spawn } from "node:child_process";
import { messageOf } from "../../base/index.ts";
import { lineReader } from "./line-reader.ts";
import { type Note, retryDelayMs, type Source, troubleNote } from "./source.ts";

export interface FollowOptions {
  /** The words for the next start; asked each time. Without words nothing is started. */
  readonly words: () => readonly string[];
  readonly lineBytesMax: number;
  /** The lines of one piece of output, in order. */
  readonly onLines: (lines: readonly string[]) => void;
  readonly onStart?: () => void;
  /** `lines`: how many it had printed. */
  readonly onEnd?: (lines: number) => void;
  readonly note?: Note;
  /** What the command is for, for notes. */
  readonly name: string;
}

/** A command that ran this long was no failure to start. */
const RAN_WELL_MS = 10_000;
const TERMINATE_GRACE_MS = 1_000;
const DRAIN_AFTER_EXIT_MS = 500;

/** Follows the command until stopped. */
export function followCommand(options: FollowOptions): Source {
  const trouble = troubleNote(options.note, `${options.name}: followed again`);
  let child: ChildProcess | undefined;
  let ended: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let failures = 0;

  const start = (): void => {
    const [program, ...rest] = options.words();
    if (program === undefined || stopped) return;
    const startedMs = performance.now();
    ended = runOnce(program, rest, {
      ...options,
      onChild: (started) => (child = started),
      onLines: (lines) => {
        trouble(undefined);
        if (!stopped) options.onLines(lines);
      },
    }).then((end) => {
      child = undefined;
      if (stopped) return;
      options.onEnd?.(end.lines);
      failures = performance.now() - startedMs > RAN_WELL_MS ? 1 : failures + 1;
      trouble(`${options.name}: ${end.how}; it is started again`);
      timer = setTimeout(start, retryDelayMs(failures));
    });
    options.onStart?.();
  };
  start();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      child?.kill("SIGTERM");
      const force = setTimeout(() => child?.kill("SIGKILL"), TERMINATE_GRACE_MS);
      await ended;
      clearTimeout(force);
    },
  };
}

/** Runs the command to its end; never rejects. */
function runOnce(
  program: string,
  rest: readonly string[],
  options: Pick<FollowOptions, "lineBytesMax" | "onLines"> & { onChild: (child: ChildProcess) => void },
): Promise<{ readonly how: string; readonly lines: number }> {
  return new Promise((resolve) => {
    let count = 0;
    let lines: string[] = [];
    const reader = lineReader(options.lineBytesMax, (line) => lines.push(line));
    let child: ChildProcess;
    try {
      child = spawn(program, [...rest], { stdio: ["ignore", "pipe", "ignore"] });
    } catch (error) {
      resolve({ how: messageOf(error), lines: 0 });
      return;
    }
    options.onChild(child);
    child.stdout?.on("data", (chunk: Buffer) => {
      reader.push(chunk);
      count += lines.length;
      if (lines.length > 0) options.onLines(lines);
      lines = [];
    });
    child.once("error", (error) => resolve({ how: messageOf(error), lines: count }));
    // Something it left behind may hold the pipe open: after its own end it is read for a moment, no longer.
    child.once("exit", () => {
      const drained = setTimeout(() => child.stdout?.destroy(), DRAIN_AFTER_EXIT_MS);
      child.once("close", () => clearTimeout(drained));
    });
    child.once("close", (code, signal) =>
      resolve({ how: `${program} ended (${signal ?? `exit code ${String(code)}`})`, lines: count }),
    );
  });
}
