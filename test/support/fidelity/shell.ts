// A shell in namespaces of its own that takes one command after another and says when each was done.
// Rule: the shell reads from a pipe of this process and is the first process of its namespaces; so whatever becomes of this process, the shell, all that it
// started, its mounts and its network end with it, and nothing is left to clean up.

import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { HapairError } from "../../../src/base/index.ts";

/** A shell that does not end by itself when its pipe is closed is killed after this. */
const END_GRACE_MS = 3_000;
/** No command of the harness takes nearly as long. */
const COMMAND_TIME_LIMIT_MS = 20_000;
/** Of what a shell's commands complain, this much is kept for a message. */
const COMPLAINTS_MAX_CHARACTERS = 4_000;

/** In the environment of everything that runs in such a shell: the process number of whoever started it. */
export const OWNER_VARIABLE = "HAPAIR_FIDELITY_OWNER";

export interface NamespaceShell {
  /** The shell's own process number, as this process sees it. */
  readonly processId: number;
  /** Runs a line of shell; resolves when it is done, rejects when it failed. Lines run in the order in which they were given. */
  run(line: string): Promise<void>;
  /** Ends the shell and everything in its namespaces. */
  end(): Promise<void>;
}

interface Waiting {
  readonly line: string;
  resolve(): void;
  reject(error: Error): void;
  readonly timer: NodeJS.Timeout;
}

/** `what` to unshare, as unshare's own long options; a shell in a process namespace of its own is that namespace's first process. */
export async function startNamespaceShell(what: readonly string[]): Promise<NamespaceShell> {
  const isForked = what.includes("--pid");
  const words = [...what, ...(isForked ? ["--fork", "--kill-child"] : []), "sh"];
  // A group of its own: Ctrl-C at the terminal reaches this process alone, which then ends its shells in order.
  const child = spawn("unshare", words, {
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
    env: { ...process.env, [OWNER_VARIABLE]: String(process.pid) },
  });
  const waiting: Waiting[] = [];
  let complaints = "";
  const fail = (message: string): void => {
    for (const one of waiting.splice(0)) {
      clearTimeout(one.timer);
      one.reject(
        new HapairError({ kind: "unreachable", code: "fidelity-shell", message: `${one.line}: ${message}` }),
      );
    }
  };
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => {
      fail(`its shell ended${complaints === "" ? "" : `: ${complaints.trim()}`}`);
      resolve();
    });
  });
  child.on("error", (error) => fail(error.message));
  child.stdin.on("error", () => undefined);
  child.stderr.setEncoding("utf8").on("data", (piece: string) => {
    complaints = (complaints + piece).slice(-COMPLAINTS_MAX_CHARACTERS);
  });
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const one = waiting.shift();
      if (one === undefined) continue;
      clearTimeout(one.timer);
      if (line === "done 0") one.resolve();
      else
        one.reject(
          new HapairError({
            kind: "unreachable",
            code: "fidelity-command",
            message: `${one.line}: ${line}: ${complaints.trim()}`,
          }),
        );
    }
  });
  const run = (line: string): Promise<void> =>
    new Promise((resolve, reject) => {
      if (child.exitCode !== null || child.signalCode !== null || !child.stdin.writable)
        return reject(
          new HapairError({
            kind: "unreachable",
            code: "fidelity-shell",
            message: `${line}: its shell has ended`,
          }),
        );
      const timer = setTimeout(() => fail("not done in time"), COMMAND_TIME_LIMIT_MS);
      waiting.push({ line, resolve, reject, timer });
      child.stdin.write(`{ ${line}\n} </dev/null; echo "done $?"\n`);
    });
  await run("true");
  return {
    processId: isForked ? onlyChildOf(child) : (child.pid ?? 0),
    run,
    end: () => endShell(child, ended),
  };
}

function onlyChildOf(child: ChildProcess): number {
  const id = child.pid ?? 0;
  return Number(readFileSync(`/proc/${id}/task/${id}/children`, "utf8").trim());
}

async function endShell(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.stdin?.end();
  // unshare's own death kills the first process of its namespace, and with it all others there.
  const timer = setTimeout(() => child.kill("SIGKILL"), END_GRACE_MS);
  await ended;
  clearTimeout(timer);
}
