// A Host made of a way into a machine's shell: frames scripts, bounds them in time, tells what failed on the way from what the script said.
// Rule: what a script said is handed over untouched; everything said before it began belongs to the way in.
import { randomBytes } from "node:crypto";
import { HapairError } from "../base/index.ts";
import { followScript } from "./followed-script.ts";
import { NOTHING_THERE, parseStat, readScript, statScript, writeScript } from "./file-scripts.ts";
import type { CommandResult, Host, RunOptions } from "./host.ts";
import { boundedDelay, lastLines, type ProcessResult, runProcess } from "./process.ts";
import { divideAtMark, type Frame, frameScript, KILL_AFTER_S } from "./script-frame.ts";
import { beginWatcher, brokeOff, openPromise, type EntryEvidence, type ShellEntry } from "./shell-entry.ts";

export const RUN_TIMEOUT_MS = 30_000;

/** Reading and writing a file of a few megabytes on a slow line. */
const FILE_TIMEOUT_MS = 60_000;

/** The far side ends a script at its time limit; when nothing is heard of that for this long, this side ends the way in. */
const LIMIT_GRACE_MS = KILL_AFTER_S * 1_000 + 500;

interface ScriptResult {
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  readonly stderr: string;
}

/** The Host that a way in gives. */
export function shellHost(name: string, entry: ShellEntry): Host {
  const execute = (
    script: string,
    input: string | Uint8Array | undefined,
    timeoutMs: number,
  ): Promise<ScriptResult> =>
    entry.admit((opened) => executeScript({ name, entry, opened, script, input, timeoutMs }));

  return {
    name,
    async run(script: string, options: RunOptions = {}): Promise<CommandResult> {
      const result = await execute(script, options.input, options.timeoutMs ?? RUN_TIMEOUT_MS);
      return { exitCode: result.exitCode, stdout: decode(result.stdout), stderr: result.stderr };
    },
    follow: (script) => followScript(name, entry, script),
    async read(path) {
      const result = await execute(readScript(path), undefined, FILE_TIMEOUT_MS);
      if (result.exitCode === NOTHING_THERE) return undefined;
      if (result.exitCode !== 0) throw fileError(name, "read", path, result);
      return result.stdout;
    },
    async stat(path) {
      const result = await execute(statScript(path), undefined, RUN_TIMEOUT_MS);
      if (result.exitCode === NOTHING_THERE) return undefined;
      const stat = result.exitCode === 0 ? parseStat(decode(result.stdout)) : undefined;
      if (stat === undefined) throw fileError(name, "stat", path, result);
      return stat;
    },
    async write(path, content, options) {
      const bytes = Buffer.from(content);
      const script = writeScript(path, bytes.length, options, randomBytes(8).toString("hex"));
      const result = await execute(script, bytes, FILE_TIMEOUT_MS);
      if (result.exitCode !== 0) throw fileError(name, "write", path, result);
    },
    close: () => entry.close(),
  };
}

interface Execution {
  readonly name: string;
  readonly entry: ShellEntry;
  readonly opened: () => void;
  readonly script: string;
  readonly input: string | Uint8Array | undefined;
  readonly timeoutMs: number;
}

async function executeScript(execution: Execution): Promise<ScriptResult> {
  const { name, entry, script, input, timeoutMs } = execution;
  const frame = frameScript({
    script,
    ...(input === undefined ? {} : { input }),
    limitMs: timeoutMs,
    nonce: randomBytes(8).toString("hex"),
  });
  const { program, programArguments } = entry.launch(frame.command);
  const limit = new AbortController();
  const ready = openPromise<Uint8Array>();
  const launchedAtMs = performance.now();
  let begun = false;
  let timer = setTimeout(() => limit.abort(), entry.entryTimeoutMs);
  const watch = beginWatcher(frame, (note) => {
    if (limit.signal.aborted) return;
    begun = true;
    ready.settle(frame.input);
    clearTimeout(timer);
    timer = setTimeout(() => limit.abort(), boundedDelay(timeoutMs + LIMIT_GRACE_MS));
    entry.began(note);
    execution.opened();
  });
  let result: ProcessResult;
  try {
    result = await runProcess(program, programArguments, {
      input: ready.settled,
      signal: limit.signal,
      ends: entry.ends,
      onOutput: (stream, chunk) => stream === "stderr" && watch(chunk),
    });
  } finally {
    clearTimeout(timer);
  }
  const ranMs = begun ? performance.now() - launchedAtMs : undefined;
  return judge({ name, entry, frame, result, timeoutMs, ranMs });
}

interface Outcome {
  readonly name: string;
  readonly entry: ShellEntry;
  readonly frame: Frame;
  readonly result: ProcessResult;
  readonly timeoutMs: number;
  /** undefined: the script never began. */
  readonly ranMs: number | undefined;
}

/** `timeout` says 124 for a script that it ended, 137 when that took SIGKILL. */
const ENDED_BY_TIMEOUT: readonly number[] = [124, 137];

/** What it says then goes on in the machine's language. */
const TIMEOUT_SAID = /^timeout: /mu;

async function judge({ name, entry, frame, result, timeoutMs, ranMs }: Outcome): Promise<ScriptResult> {
  const stderr = divideAtMark(Buffer.from(result.stderr), frame.beginMark);
  const evidence: EntryEvidence = { said: stderr.before, exitCode: result.exitCode };
  if (ranMs === undefined || stderr.script === undefined) {
    const gaveUp = result.endedEarly === undefined ? {} : { gaveUpAfterMs: entry.entryTimeoutMs };
    throw await entry.refused({ ...evidence, ...gaveUp });
  }
  if (result.endedEarly === "output limit") {
    throw new HapairError({
      kind: "unreachable",
      code: "host-output",
      message: `${name} (${entry.description}): a command said more than can be held, and was ended`,
      hint: "nothing more was done there",
    });
  }
  if (result.endedEarly !== undefined) throw await entry.lost({ ...evidence, gaveUpAfterMs: timeoutMs });
  const said = decode(stderr.script);
  const overdue = ranMs >= timeoutMs && ENDED_BY_TIMEOUT.includes(result.exitCode) && TIMEOUT_SAID.test(said);
  if (overdue) throw timeoutError(name, entry, timeoutMs);
  const markedEnd = said.endsWith(`${frame.endMark}\n`);
  if (brokeOff(result, said, frame)) {
    throw await entry.lost({ ...evidence, said: `${stderr.before}${said}` });
  }
  const stdout = divideAtMark(result.stdoutBytes, frame.beginMark);
  return {
    exitCode: result.exitCode,
    stdout: stdout.script ?? new Uint8Array(),
    stderr: markedEnd ? said.slice(0, -frame.endMark.length - 1) : said.replace(`${frame.endMark}\n`, ""),
  };
}

function fileError(
  name: string,
  verb: "read" | "write" | "stat",
  path: string,
  result: ScriptResult,
): HapairError {
  return new HapairError({
    kind: "unreachable",
    code: `host-${verb}`,
    message: `${name}: cannot ${verb} ${path}: ${lastLines(result.stderr) || `exit code ${result.exitCode}`}`,
    hint:
      verb === "write"
        ? "the file there is as it was; mend the reason, then try again"
        : "mend the reason, then try again",
  });
}

function timeoutError(name: string, entry: ShellEntry, timeoutMs: number): HapairError {
  return new HapairError({
    kind: "unreachable",
    code: "host-timeout",
    message: `${name} (${entry.description}): a command did not end within ${timeoutMs / 1_000} s and was ended`,
    hint: "look at the machine's load and disk; what the command had done by then stays done",
  });
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}
