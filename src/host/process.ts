// Programs run on this machine: argument vectors only, never a shell, bounded in time and output, and nothing of theirs left behind.
// Rule: node:child_process directly, because nano-spawn decodes standard output as text and holds it without a bound.
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { constants } from "node:os";
import { assert, HapairError, messageOf } from "../base/index.ts";

/** Standard output and standard error each; a program that says more is ended. */
export const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;

/** How long an ended program has between SIGTERM and SIGKILL. */
const TERMINATE_GRACE_MS = 1_000;

/** How long output is awaited after the program's own end: something it left in the background may hold the pipes open for ever. */
const DRAIN_AFTER_EXIT_MS = 1_000;

/** The longest delay setTimeout keeps; above it, Node fires at once. */
const TIMEOUT_MAX_MS = 2_147_483_647;

export interface ProcessOptions {
  /** Given to standard input; empty when absent. A promise: given when it resolves; the program may end before, so it must not reject. */
  readonly input?: string | Uint8Array | Promise<string | Uint8Array>;
  /** The program is ended after this long. No limit when absent. */
  readonly timeoutMs?: number;
  /** The program is ended when this aborts. */
  readonly signal?: AbortSignal;
  readonly workingFolder?: string;
  /** Added to this process's environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Default {@link OUTPUT_LIMIT_BYTES}. */
  readonly outputLimitBytes?: number;
  /** What an early end reaches: the program with all it started in its process group (default), or it alone. */
  readonly ends?: "group" | "program";
  /** Sees output as it comes; the result holds it all the same. */
  readonly onOutput?: (stream: "stdout" | "stderr", chunk: Uint8Array) => void;
}

/** Why a program was ended early. */
export type EarlyEnd = "time limit" | "abort" | "output limit";

/** What a finished program left. A non-zero exit code is a value, not an error. */
export interface ProcessResult {
  /** 128 + the signal's number, as a shell counts, when a signal ended it. */
  readonly exitCode: number;
  /** The signal that ended it. */
  readonly signal: NodeJS.Signals | undefined;
  /** Present when this side ended it. */
  readonly endedEarly: EarlyEnd | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as it came, for what is not text. */
  readonly stdoutBytes: Uint8Array;
}

/**
 * Runs a program to its end. Resolves also for a non-zero exit code and an early end; throws a HapairError
 * (`process-start`) only when the program cannot be started.
 */
export async function runProcess(
  program: string,
  programArguments: readonly string[],
  options: ProcessOptions = {},
): Promise<ProcessResult> {
  const child = startChild(program, programArguments, options);
  const limitBytes = options.outputLimitBytes ?? OUTPUT_LIMIT_BYTES;
  const collected = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  let endedEarly: EarlyEnd | undefined;
  let forceTimer: NodeJS.Timeout | undefined;

  const end = (reason: EarlyEnd): void => {
    if (endedEarly !== undefined) return;
    endedEarly = reason;
    sendSignal(child, "SIGTERM", options.ends ?? "group");
    forceTimer = setTimeout(() => sendSignal(child, "SIGKILL", options.ends ?? "group"), TERMINATE_GRACE_MS);
  };
  for (const stream of ["stdout", "stderr"] as const) {
    let bytes = 0;
    child[stream]?.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > limitBytes) return end("output limit");
      collected[stream].push(chunk);
      options.onOutput?.(stream, chunk);
    });
  }
  const timer =
    options.timeoutMs === undefined
      ? undefined
      : setTimeout(() => end("time limit"), boundedDelay(options.timeoutMs));
  const onAbort = (): void => end("abort");
  options.signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const finished = childEnd(child, program);
    boundDrain(child);
    if (options.signal?.aborted === true) end("abort");
    void giveInput(child, options.input ?? "");
    const { exitCode, signal } = await finished;
    const stdoutBytes = Buffer.concat(collected.stdout);
    return {
      exitCode,
      signal,
      endedEarly,
      stdout: stdoutBytes.toString("utf8"),
      stderr: Buffer.concat(collected.stderr).toString("utf8"),
      stdoutBytes,
    };
  } finally {
    clearTimeout(timer);
    clearTimeout(forceTimer);
    // What outlived its leader is ended too.
    if (endedEarly !== undefined && options.ends !== "program") sendSignal(child, "SIGKILL", "group");
    options.signal?.removeEventListener("abort", onAbort);
  }
}

/** As {@link runProcess}, but anything except exit code 0 is a HapairError (`process-failed`) with the last of what the program said. */
export async function requireProcess(
  program: string,
  programArguments: readonly string[],
  options: ProcessOptions = {},
): Promise<ProcessResult> {
  const result = await runProcess(program, programArguments, options);
  if (result.exitCode === 0 && result.endedEarly === undefined) return result;
  const how =
    result.endedEarly === "time limit"
      ? `did not end within ${String(options.timeoutMs)} ms`
      : result.endedEarly === undefined
        ? `ended with exit code ${result.exitCode}`
        : `was ended early (${result.endedEarly})`;
  const said = lastLines(result.stderr) || lastLines(result.stdout);
  throw new HapairError({
    kind: "unreachable",
    code: "process-failed",
    message: `${[program, ...programArguments].join(" ")}: ${how}${said === "" ? "" : `: ${said}`}`,
  });
}

/** The last lines of what a program said, in one line, for a message. */
export function lastLines(text: string, count = 3): string {
  return text
    .trim()
    .split(/\s*\n\s*/u)
    .slice(-count)
    .join("; ");
}

export interface DetachedOptions {
  readonly workingFolder?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Where standard output and standard error are appended; thrown away when absent. Made with mode 0600. */
  readonly outputFile?: string;
}

/**
 * Starts a program that outlives this process, in a session of its own; the caller has its process id (which is also its process group)
 * and must end it. Throws a HapairError (`process-start`) when it cannot be started.
 */
export async function spawnDetached(
  program: string,
  programArguments: readonly string[],
  options: DetachedOptions = {},
): Promise<{ readonly processId: number }> {
  const output = options.outputFile === undefined ? undefined : openSync(options.outputFile, "a", 0o600);
  try {
    const child = spawn(program, [...programArguments], {
      detached: true,
      stdio: ["ignore", output ?? "ignore", output ?? "ignore"],
      ...spawnPlace(options),
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (error) => reject(cannotStart(program, error)));
    });
    child.unref();
    assert(child.pid !== undefined, "a started program has a process id");
    return { processId: child.pid };
  } finally {
    if (output !== undefined) closeSync(output);
  }
}

/** A child with three pipes, leader of its own session, so that a terminal's Ctrl-C reaches hapair alone and hapair decides what to end. */
export function startChild(
  program: string,
  programArguments: readonly string[],
  options: Pick<ProcessOptions, "workingFolder" | "environment"> = {},
): ChildProcess {
  const child = spawn(program, [...programArguments], {
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    ...spawnPlace(options),
  });
  // A program that ends without reading its input breaks the pipe; its exit code tells the story.
  child.stdin?.on("error", () => {});
  return child;
}

/** From now on the child's output is awaited for a second after its end and no longer. */
export function boundDrain(child: ChildProcess): void {
  const bound = (): void => {
    const timer = setTimeout(() => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, DRAIN_AFTER_EXIT_MS);
    // The open pipes keep hapair alive for as long as this matters.
    timer.unref();
    child.once("close", () => clearTimeout(timer));
  };
  if (child.exitCode !== null || child.signalCode !== null) bound();
  else child.once("exit", bound);
}

/** Resolves when the child has ended and its output has come. */
export function childEnd(
  child: ChildProcess,
  program: string,
): Promise<{ readonly exitCode: number; readonly signal: NodeJS.Signals | undefined }> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(cannotStart(program, error)));
    child.once("close", (code, signal) => {
      resolve({ exitCode: code ?? 128 + signalNumber(signal), signal: signal ?? undefined });
    });
  });
}

/** Sends a signal to the child, or to its whole process group; a child that is gone already is no error. */
export function sendSignal(child: ChildProcess, signal: NodeJS.Signals, reach: "group" | "program"): void {
  if (child.pid === undefined) return;
  if (reach === "program") {
    child.kill(signal);
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (!isSystemError(error, "ESRCH")) throw error;
  }
}

async function giveInput(child: ChildProcess, input: NonNullable<ProcessOptions["input"]>): Promise<void> {
  const bytes = await input;
  if (child.stdin?.writable === true) child.stdin.end(bytes);
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal === null ? 0 : constants.signals[signal];
}

function spawnPlace(options: Pick<ProcessOptions, "workingFolder" | "environment">) {
  return {
    ...(options.workingFolder === undefined ? {} : { cwd: options.workingFolder }),
    ...(options.environment === undefined ? {} : { env: { ...process.env, ...options.environment } }),
  };
}

/** A delay for setTimeout, milliseconds: never so long that it fires at once. */
export function boundedDelay(milliseconds: number): number {
  assert(milliseconds > 0, "a time limit is positive");
  return Math.min(milliseconds, TIMEOUT_MAX_MS);
}

function isSystemError(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

function cannotStart(program: string, error: unknown): HapairError {
  // A folder in PATH that this user may not enter turns "not found" into "permission denied".
  const missing =
    isSystemError(error, "ENOENT") || (isSystemError(error, "EACCES") && !program.includes("/"));
  return new HapairError({
    kind: "unreachable",
    code: "process-start",
    message: missing
      ? `the program ${program} is not on this machine, or this user may not run it`
      : `cannot start ${program}: ${messageOf(error)}`,
    hint: missing
      ? `install ${program}, or add its folder to PATH`
      : "see the reason above; nothing was done",
    cause: error,
  });
}
