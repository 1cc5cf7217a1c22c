// A script that goes on until it is stopped (journalctl -f): its lines as they come, and nothing of it left on the machine afterwards.
// Rule: stopping closes the script's tether and then waits for the far side to end; only silence makes this side end the way in.
import { randomBytes } from "node:crypto";
import { HapairError } from "../base/index.ts";
import type { LineStream } from "./host.ts";
import { lastLines } from "./process.ts";
import { divideAtMark, type Frame, frameScript } from "./script-frame.ts";
import { beginWatcher, brokeOff, openPromise, type ShellEntry } from "./shell-entry.ts";
import { type StartedProcess, type StartedProcessEnd, startProcess } from "./started-process.ts";

/** How long a stopped script may take to end by itself. */
const STOP_GRACE_MS = 2_000;

/**
 * Starts at once. The reader of `lines` gets a HapairError when the machine cannot be reached, the connection breaks, or the script ends
 * by itself with another exit code than 0 (`host-follow`). Leaving the loop over `lines` stops the script too.
 */
export function followScript(name: string, entry: ShellEntry, script: string): LineStream {
  const frame = frameScript({ script, nonce: randomBytes(8).toString("hex"), tethered: true });
  let stopping = false;
  let running: StartedProcess | undefined;
  const start = openPromise<void>();
  const finished = entry
    .admit(async (opened) => {
      if (stopping) return;
      let begun = false;
      let gaveUp = false;
      const watch = beginWatcher(frame, (note) => {
        if (gaveUp || stopping) return;
        begun = true;
        clearTimeout(timer);
        child.write(frame.input);
        entry.began(note);
        opened();
      });
      const { program, programArguments } = entry.launch(frame.command);
      const child = startProcess(program, programArguments, {
        ends: entry.ends,
        onStderr: watch,
      });
      const timer = setTimeout(() => {
        gaveUp = true;
        void child.stop();
      }, entry.entryTimeoutMs);
      running = child;
      start.settle();
      const end = await child.ended.finally(() => clearTimeout(timer));
      if (!stopping) await judgeEnd({ name, entry, frame, end, begun, gaveUp });
    })
    .finally(start.settle);
  // The reader gets the failure; without a reader nobody needs it.
  finished.catch(() => {});

  const stop = async (): Promise<void> => {
    stopping = true;
    await running?.stop(STOP_GRACE_MS);
    await finished.catch(() => {});
  };
  async function* read(): AsyncGenerator<string, void, void> {
    try {
      await start.settled;
      let begun = false;
      for await (const line of running?.lines ?? []) {
        if (begun) yield line;
        else begun = line.includes(frame.beginMark);
      }
      await finished;
    } finally {
      await stop();
    }
  }
  return { lines: { [Symbol.asyncIterator]: read }, stop };
}

interface FollowedEnd {
  readonly name: string;
  readonly entry: ShellEntry;
  readonly frame: Frame;
  readonly end: StartedProcessEnd;
  readonly begun: boolean;
  readonly gaveUp: boolean;
}

async function judgeEnd({ name, entry, frame, end, begun, gaveUp }: FollowedEnd): Promise<void> {
  const stderr = divideAtMark(Buffer.from(end.stderr), frame.beginMark);
  const evidence = { said: stderr.before, exitCode: end.exitCode };
  if (!begun)
    throw await entry.refused({ ...evidence, ...(gaveUp ? { gaveUpAfterMs: entry.entryTimeoutMs } : {}) });
  if (brokeOff(end, end.stderr, frame)) throw await entry.lost(evidence);
  if (end.exitCode === 0) return;
  const said = lastLines(Buffer.from(stderr.script ?? []).toString("utf8"));
  throw new HapairError({
    kind: "unreachable",
    code: "host-follow",
    message: `${name} (${entry.description}): a command that should go on ended with exit code ${end.exitCode}${said === "" ? "" : `: ${said}`}`,
    hint: "mend the reason, then try again",
  });
}
