// A program that goes on: its lines are read as they come, its input stays open, and stopping it leaves nothing behind.
import { boundDrain, childEnd, type ProcessOptions, sendSignal, startChild } from "./process.ts";
import { lineQueue } from "./line-queue.ts";

/** The last of standard error that is kept for a message. */
const STDERR_KEPT_BYTES = 64 * 1024;

export interface StartedProcessOptions extends Pick<
  ProcessOptions,
  "workingFolder" | "environment" | "ends"
> {
  /** Written to standard input at once; the input then stays open until stop(). */
  readonly input?: string | Uint8Array;
  /** Sees standard error as it comes. */
  readonly onStderr?: (chunk: Uint8Array) => void;
}

export interface StartedProcessEnd {
  /** 128 + the signal's number when a signal ended it. */
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | undefined;
  /** The last 64 KiB of standard error. */
  readonly stderr: string;
}

export interface StartedProcess {
  /** undefined when it could not be started; `ended` then says why. */
  readonly processId: number | undefined;
  /** Standard output, line by line, for one reader; a slow reader makes the program wait. */
  readonly lines: AsyncIterable<string>;
  /** Rejects with a HapairError (`process-start`) when the program cannot be started. */
  readonly ended: Promise<StartedProcessEnd>;
  write(input: string | Uint8Array): void;
  /** Ends it: closes its input and, after `inputGraceMs` (default 0), sends SIGTERM and a second later SIGKILL. Resolves when it is gone. */
  stop(inputGraceMs?: number): Promise<void>;
}

const TERMINATE_GRACE_MS = 1_000;

/** Starts a program whose lines are read as they come. */
export function startProcess(
  program: string,
  programArguments: readonly string[],
  options: StartedProcessOptions = {},
): StartedProcess {
  const child = startChild(program, programArguments, options);
  const reach = options.ends ?? "group";
  const queue = lineQueue(() => child.stdout?.resume());
  const stderr: Buffer[] = [];
  let stderrBytes = 0;
  let stopping = false;
  child.stdout?.on("data", (chunk: Buffer) => {
    // After stop() nobody reads; the pipe is drained so that the program can end.
    if (!stopping && !queue.push(chunk)) child.stdout?.pause();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    options.onStderr?.(chunk);
    stderr.push(chunk);
    stderrBytes += chunk.length;
    while (stderrBytes > STDERR_KEPT_BYTES && stderr.length > 1) stderrBytes -= stderr.shift()?.length ?? 0;
  });
  if (options.input !== undefined) child.stdin?.write(options.input);
  const ended = childEnd(child, program).then(
    (end) => {
      queue.finish();
      return { ...end, stderr: Buffer.concat(stderr).toString("utf8") };
    },
    (error: unknown) => {
      queue.finish();
      throw error;
    },
  );
  // The caller may look at `ended` late or never; a failure then must not end hapair.
  const settled = ended.then(
    () => {},
    () => {},
  );
  return {
    processId: child.pid,
    lines: queue.lines,
    ended,
    write: (input) => void child.stdin?.write(input),
    async stop(inputGraceMs = 0) {
      stopping = true;
      boundDrain(child);
      queue.finish();
      child.stdout?.resume();
      child.stdin?.end();
      const terminate = setTimeout(() => sendSignal(child, "SIGTERM", reach), inputGraceMs);
      const force = setTimeout(() => sendSignal(child, "SIGKILL", reach), inputGraceMs + TERMINATE_GRACE_MS);
      try {
        await settled;
      } finally {
        clearTimeout(terminate);
        clearTimeout(force);
      }
    },
  };
}
