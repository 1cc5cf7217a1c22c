// What a way into a machine's shell must offer (ssh, a command prefix), and how the moment is seen when a script begins there.
// Rule: a way in knows about logins and connections; what scripts do is not its business.
import type { HapairError } from "../base/index.ts";
import { divideAtMark, type Frame, TRANSPORT_FAILED } from "./script-frame.ts";

/** What a way in knows when a script did not begin, or broke off. */
export interface EntryEvidence {
  /** Standard error before the script. */
  readonly said: string;
  readonly exitCode: number;
  /** This side ended it because nothing was heard of the script's begin, or of its end, for that long. */
  readonly gaveUpAfterMs?: number;
}

/** A way into a machine's shell as root. */
export interface ShellEntry {
  /** For messages: `ssh to ops@lb1`. */
  readonly description: string;
  /** How long it may take until a script begins. */
  readonly entryTimeoutMs: number;
  /** What an early end on this side reaches. */
  readonly ends: "group" | "program";
  /** The program and its arguments that run `command` on the machine. */
  launch(command: readonly string[]): {
    readonly program: string;
    readonly programArguments: readonly string[];
  };
  /** Runs work when it is its turn. */
  admit<T>(work: (opened: () => void) => Promise<T>): Promise<T>;
  /** A script began; `note` says how root was reached (`direct`, or sudo's user id). */
  began(note: string): void;
  /** The script did not begin. */
  refused(evidence: EntryEvidence): Promise<HapairError>;
  /** The script began and its end was not heard of. */
  lost(evidence: EntryEvidence): Promise<HapairError>;
  close(): Promise<void>;
}

/** Calls back once, when the begin mark's line is complete. */
export function beginWatcher(frame: Frame, onBegin: (note: string) => void): (chunk: Uint8Array) => void {
  let seen = Buffer.alloc(0);
  let begun = false;
  return (chunk) => {
    if (begun) return;
    seen = Buffer.concat([seen, chunk]);
    const divided = divideAtMark(seen, frame.beginMark);
    if (divided.script === undefined) return;
    begun = true;
    onBegin(divided.note);
  };
}

/**
 * Whether the way in ended and not the script: ssh's own exit code without the end mark, or a signal, which is what the machine's death looks
 * like from its console. A script that kills its own shell looks the same.
 */
export function brokeOff(
  end: { readonly exitCode: number; readonly signal: string | undefined },
  said: string,
  frame: Frame,
): boolean {
  return end.signal !== undefined || (end.exitCode === TRANSPORT_FAILED && !said.includes(frame.endMark));
}

/** A promise that somebody else resolves (Promise.withResolvers, which Node 20 does not have). */
export function openPromise<Value>(): {
  readonly settled: Promise<Value>;
  readonly settle: (value: Value) => void;
} {
  let settle: ((value: Value) => void) | undefined;
  const settled = new Promise<Value>((resolve) => {
    settle = resolve;
  });
  return { settled, settle: (value) => settle?.(value) };
}
