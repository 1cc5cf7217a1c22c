// A notice by the local sendmail: the message on standard input, recipients from its headers, no shell, its exit code told.

import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { createTransport } from "nodemailer";
import type { RouteTarget } from "../../agent-api/index.ts";
import type { MailMessage } from "./mail-format.ts";
import { codeOf } from "./network-failure.ts";
import { sayable } from "./secrets.ts";
import type { MailOutcome } from "./smtp.ts";

export type SendmailTarget = Extract<RouteTarget, { kind: "sendmail" }>;

const STDERR_BYTES_MAX = 2048;
/** After the exit, for what is still in the pipe; a child of sendmail may hold it open. */
const STDERR_WAIT_MS = 100;

/** sysexits.h. 75 is temporary; of the others those that only a person can mend are permanent. */
const EXIT_TEXTS: Readonly<Record<number, { readonly said: string; readonly permanent: boolean }>> = {
  64: { said: "wrong usage", permanent: true },
  65: { said: "wrong data", permanent: true },
  67: { said: "no such recipient", permanent: true },
  68: { said: "no such host", permanent: false },
  69: { said: "service unavailable", permanent: false },
  75: { said: "temporary failure", permanent: false },
  77: { said: "permission denied", permanent: true },
  78: { said: "wrong configuration", permanent: true },
};

export async function sendBySendmail(
  target: SendmailTarget,
  message: MailMessage,
  timeLimitMs: number,
): Promise<MailOutcome> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeLimitMs);
  try {
    const words = ["-t", "-i", ...envelopeSender(message.from)];
    const ended = await run(target.path, words, await messageBytes(message), late.signal);
    if (ended !== "late") return ended;
    const said = `${target.path} was not done within ${timeLimitMs} ms and was killed`;
    return { kind: "failed", said, permanent: false };
  } finally {
    clearTimeout(timer);
  }
}

/** The message as it goes over the wire, made by the same library as for SMTP. */
async function messageBytes(message: MailMessage): Promise<Buffer> {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: "unix" });
  const sent = await transport.sendMail({
    ...message,
    to: [...message.to],
    headers: { ...message.headers },
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return Buffer.isBuffer(sent.message) ? sent.message : Buffer.alloc(0);
}

/** Where failures are returned to; left out where the address could be read as an option. */
function envelopeSender(from: string): string[] {
  const address = /<([^<>]*)>\s*$/.exec(from)?.[1] ?? from.trim();
  return /^[A-Za-z0-9][^\s<>"'`\\]*@[A-Za-z0-9.-]+$/.test(address) ? ["-f", address] : [];
}

function run(
  path: string,
  words: readonly string[],
  input: Buffer,
  late: AbortSignal,
): Promise<MailOutcome | "late"> {
  return new Promise((resolve) => {
    // A group of its own, so that what it starts ends with it; and none of the agent's environment.
    const child = spawn(path, words, {
      stdio: ["pipe", "ignore", "pipe"],
      detached: true,
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" },
    });
    const stderr = boundedText(child.stderr);
    const kill = (): void => {
      resolve("late");
      killGroup(child.pid);
      stderr.stop();
    };
    late.addEventListener("abort", kill, { once: true });
    if (late.aborted) kill();
    child.on("error", (error) =>
      resolve({ kind: "failed", said: notStarted(path, codeOf(error)), permanent: true }),
    );
    // It may exit without having read everything.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    child.on("exit", (exitCode, signal) => {
      late.removeEventListener("abort", kill);
      void stderr.within(STDERR_WAIT_MS).then((text) => resolve(exitMeaning(path, exitCode, signal, text)));
    });
  });
}

function exitMeaning(
  path: string,
  exitCode: number | null,
  signal: string | null,
  stderr: string,
): MailOutcome {
  if (exitCode === 0) return { kind: "delivered", said: `${path} took it` };
  const words = sayable(stderr, []);
  const said = words === "" ? "" : `; it said: ${words}`;
  if (exitCode === null)
    return { kind: "failed", said: `${path} was ended by ${signal ?? "a signal"}${said}`, permanent: false };
  const known = EXIT_TEXTS[exitCode];
  const meaning = known === undefined ? "" : ` (${known.said})`;
  return {
    kind: "failed",
    said: `${path} ended with exit code ${exitCode}${meaning}${said}`,
    permanent: known?.permanent ?? false,
  };
}

function notStarted(path: string, code: string | undefined): string {
  if (code === "ENOENT") return `${path} is not there: install a mail program, or correct the route's path`;
  if (code === "EACCES") return `${path} may not be run by the agent`;
  return `${path} could not be started (${code ?? "no code"})`;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

interface BoundedText {
  /** What came until the stream's end, or until so long from now. */
  within(waitMs: number): Promise<string>;
  stop(): void;
}

/** The beginning of what a stream says, held within a bound while the rest is read and dropped. */
function boundedText(stream: Readable): BoundedText {
  const chunks: Buffer[] = [];
  let length = 0;
  stream.on("data", (chunk: Buffer) => {
    if (length < STDERR_BYTES_MAX) chunks.push(chunk);
    length += chunk.length;
  });
  stream.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => stream.once("close", () => resolve()));
  return {
    async within(waitMs) {
      const timer = setTimeout(() => stream.destroy(), waitMs);
      await closed;
      clearTimeout(timer);
      return Buffer.concat(chunks).subarray(0, STDERR_BYTES_MAX).toString("utf8");
    },
    stop: () => void stream.destroy(),
  };
}
