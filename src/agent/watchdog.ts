// Tells systemd that the agent is ready, and again and again that its event loop still turns (sd_notify(3), WatchdogSec=).
// Node cannot write to systemd's datagram socket, so one small shell, kept for the agent's whole life, runs systemd-notify for each line it is given.

import { type ChildProcess, spawn } from "node:child_process";

export interface Watchdog {
  /** READY=1, once. */
  ready(): void;
  stop(): void;
}

const PROGRAM = `while IFS= read -r line; do systemd-notify "$line" || exit 1; done`;
/** A word at a third of the time limit: one that is late is no reason to be killed. */
const WORDS_PER_LIMIT = 3;

/** Starts the words; where systemd waits for none (no NOTIFY_SOCKET) nothing is run. */
export function startWatchdog(environment: NodeJS.ProcessEnv): Watchdog {
  if (environment["NOTIFY_SOCKET"] === undefined) return { ready: () => undefined, stop: () => undefined };
  const limitMs = Number(environment["WATCHDOG_USEC"] ?? 0) / 1000;
  let shell: ChildProcess | undefined;
  let stopped = false;
  const say = (line: string): void => {
    if (stopped) return;
    if (shell === undefined || shell.exitCode !== null || shell.signalCode !== null)
      shell = startShell(environment);
    shell.stdin?.write(`${line}\n`, () => undefined);
  };
  const timer = limitMs > 0 ? setInterval(() => say("WATCHDOG=1"), limitMs / WORDS_PER_LIMIT) : undefined;
  return {
    ready: () => say("READY=1"),
    stop: () => {
      stopped = true;
      clearInterval(timer);
      shell?.stdin?.end();
    },
  };
}

function startShell(environment: NodeJS.ProcessEnv): ChildProcess {
  const shell = spawn("/bin/sh", ["-c", PROGRAM], {
    stdio: ["pipe", "ignore", "ignore"],
    env: { PATH: environment["PATH"] ?? "/usr/bin:/bin", NOTIFY_SOCKET: environment["NOTIFY_SOCKET"] ?? "" },
  });
  // A shell that cannot be started or has ended is started anew with the next word; without one systemd ends the agent, which is what it is for.
  shell.on("error", () => undefined);
  shell.stdin?.on("error", () => undefined);
  return shell;
}
