// The built command line as a process: what a user runs, with its exit code and both outputs.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const project = new URL("../..", import.meta.url).pathname;
export const commandLine = join(project, "dist/cli/hapair.mjs");

/** The example's password, given as the document writes it: in the environment. */
export const PASSWORD = "12345678";

/** Builds the command line where it is missing; `npm test` has built it already. */
export function buildIfMissing(): void {
  if (existsSync(commandLine)) return;
  const words = ["rolldown", "--config", "rolldown.config.ts", "--logLevel", "warn"];
  const { status, stderr } = spawnSync("npx", words, { cwd: project, encoding: "utf8" });
  if (status !== 0) throw new Error(`the command line cannot be built: ${stderr}`);
}

export interface Ended {
  /** 128 and the signal's number where a signal ended it, as in a shell. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Over this process's own; undefined takes a variable away. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly directory?: string;
  /** Goes in front of the program: `["chrt", "--idle", "0"]`. */
  readonly prefix?: readonly string[];
  /** Ended with SIGKILL after this long. */
  readonly timeLimitMs?: number;
  /** In a process group of its own, so that a signal can be sent to it as a terminal does. */
  readonly ownGroup?: boolean;
}

/** A command under way: its process, what it has said so far, and its end. */
export interface Running {
  readonly child: ChildProcess;
  /** Both outputs so far. */
  said(): string;
  /** Resolves once its outputs contain the text; rejects when it ends before. */
  says(text: string): Promise<void>;
  readonly ended: Promise<Ended>;
}

const TIME_LIMIT_MS = 120_000;

/** Starts `hapair` with these words. */
export function startHapair(words: readonly string[], options: CommandOptions = {}): Running {
  const { NO_COLOR: _, FORCE_COLOR: __, ...own } = process.env;
  const [program = "", ...programWords] = [
    ...(options.prefix ?? []),
    process.execPath,
    commandLine,
    ...words,
  ];
  const child = spawn(program, programWords, {
    cwd: options.directory ?? project,
    env: { ...own, EXT_LB_VRRP_PASSWORD: PASSWORD, ...options.environment },
    stdio: ["ignore", "pipe", "pipe"],
    detached: options.ownGroup === true,
    timeout: options.timeLimitMs ?? TIME_LIMIT_MS,
    killSignal: "SIGKILL",
  });
  let stdout = "";
  let stderr = "";
  const waiting: { text: string; done: () => void; failed: (reason: Error) => void }[] = [];
  const said = (): string => stdout + stderr;
  const look = (): void => {
    for (const one of waiting) if (said().includes(one.text)) one.done();
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    look();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    look();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (exitCode, signal) => {
      for (const one of waiting) one.failed(new Error(`ended without saying "${one.text}":\n${said()}`));
      resolve({ exitCode, signal, stdout, stderr });
    });
  });
  const says = async (text: string): Promise<void> =>
    new Promise((done, failed) => {
      waiting.push({ text, done, failed });
      look();
    });
  return { child, said, says, ended };
}

/** Runs `hapair` with these words to its end. */
export async function hapair(words: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  return startHapair(words, options).ended;
}
