// A command on a node under maintenance: its output as it comes, its exit code, and a reboot that it may ask for.
// Rule: a connection that is lost is a reboot only when the node comes back with another boot id; anything else is a failure of the command.

import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { HapairError, messageOf } from "../base/index.ts";
import type { Host, LineStream } from "../host/index.ts";

export interface WorkResult {
  /** The command's own; undefined: the node rebooted while it ran. */
  readonly exitCode?: number;
  readonly rebooted: boolean;
  readonly tookMs: number;
}

export interface WorkOptions {
  /** The command and a reboot together. */
  readonly limitMs: number;
  readonly onOutput: (line: string) => void;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}

const BOOT_ID = "cat /proc/sys/kernel/random/boot_id";
const LOOK_MS = 500;
const LOOK_LIMIT_MS = 10_000;

/** Runs the script and waits for the reboot it may have begun. Throws HapairError `work-lost`, `work-limit`, `interrupted` (half-applied). */
export async function workOn(host: Host, script: string, options: WorkOptions): Promise<WorkResult> {
  const startedMs = performance.now();
  const deadlineMs = startedMs + options.limitMs;
  const bootBefore = await bootIdOf(host);
  const ended = await follow(host, script, options, deadlineMs);
  const tookMs = (): number => Math.round(performance.now() - startedMs);
  if ("exitCode" in ended && !(await isGoingDown(host)))
    return { exitCode: ended.exitCode, rebooted: false, tookMs: tookMs() };
  if ("exitCode" in ended && ended.exitCode !== 0)
    return { exitCode: ended.exitCode, rebooted: false, tookMs: tookMs() };
  options.onProgress(`${host.name}  reboots`);
  for (;;) {
    if (options.signal.aborted) throw ending("interrupted", `${host.name}: ended while it rebooted`);
    const boot = await bootIdOf(host);
    if (boot !== undefined && boot !== bootBefore) return { rebooted: true, tookMs: tookMs() };
    if (boot !== undefined && "lost" in ended && !(await isGoingDown(host)))
      throw ending(
        "work-lost",
        `${host.name}: the connection was lost and the node did not reboot: ${ended.lost}`,
      );
    if (performance.now() > deadlineMs)
      throw ending(
        "work-limit",
        `${host.name} did not come back within ${Math.round(options.limitMs / 1000)} s`,
      );
    await sleep(LOOK_MS);
  }
}

function ending(code: string, message: string): HapairError {
  return new HapairError({
    kind: "half-applied",
    code,
    message,
    hint: "It stays under maintenance until its time is over, and the other node serves. hapair maintenance status says how it is.",
  });
}

/** undefined: it does not answer. */
async function bootIdOf(host: Host): Promise<string | undefined> {
  try {
    const { stdout, exitCode } = await host.run(BOOT_ID, { timeoutMs: LOOK_LIMIT_MS });
    return exitCode === 0 ? stdout.trim() : undefined;
  } catch {
    return undefined;
  }
}

/** A command that asks for a reboot returns before the node goes. A node that does not answer is going. */
async function isGoingDown(host: Host): Promise<boolean> {
  try {
    const { stdout } = await host.run(
      "sleep 0.3; systemctl is-system-running; systemctl list-jobs --no-legend",
      {
        timeoutMs: LOOK_LIMIT_MS,
      },
    );
    return /^stopping$/m.test(stdout) || /\b(?:reboot|poweroff|halt|kexec)\.target\b/.test(stdout);
  } catch {
    return true;
  }
}

async function follow(
  host: Host,
  script: string,
  options: WorkOptions,
  deadlineMs: number,
): Promise<{ readonly exitCode: number } | { readonly lost: string }> {
  const mark = `hapair-ended-${randomBytes(8).toString("hex")}`;
  const stream: LineStream = host.follow(`(\n${script}\n) 2>&1\nprintf '\\n%s %s\\n' ${mark} "$?"\n`);
  const stop = (): void => void stream.stop().catch(() => undefined);
  const timer = setTimeout(stop, Math.max(1, deadlineMs - performance.now()));
  options.signal.addEventListener("abort", stop, { once: true });
  let exitCode: number | undefined;
  let blank = false;
  try {
    for await (const line of stream.lines) {
      if (line.startsWith(`${mark} `)) {
        exitCode = Number(line.slice(mark.length + 1));
        break;
      }
      // The newline before the mark is ours where the output ended with its own.
      if (blank) options.onOutput("");
      blank = line === "";
      if (!blank) options.onOutput(line);
    }
  } catch (failure) {
    return { lost: messageOf(failure) };
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener("abort", stop);
    stop();
  }
  if (options.signal.aborted) throw ending("interrupted", `${host.name}: the command was ended`);
  if (exitCode !== undefined) return { exitCode };
  if (performance.now() >= deadlineMs)
    throw ending(
      "work-limit",
      `${host.name}: the command did not end within ${Math.round(options.limitMs / 1000)} s and was ended`,
    );
  return { lost: "its output ended early" };
}
