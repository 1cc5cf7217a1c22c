// The processes that a lab owns.
// Rule: a process is known by its number and its start time together, so nothing is ever ended that the lab did not start.
// Reads of /proc and of the lab's notes are synchronous: they wait for no disk, and take microseconds.
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A process for as long as it lives: a number can be used again, a number with its start time cannot. */
export interface ProcessIdentity {
  readonly id: number;
  /** Clock ticks since boot, field 22 of /proc/PID/stat. */
  readonly startTime: string;
}

/** What the file holds; undefined when it is not there, or its process has just gone. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** A living process by its number; undefined when there is none, or only its remains (a zombie). */
export function identify(id: number): ProcessIdentity | undefined {
  const stat = readIfThere(`/proc/${id}/stat`);
  // The command's name stands in brackets and may itself hold spaces and brackets.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  const startTime = fields?.[19];
  return startTime === undefined || fields?.[0] === "Z" || fields?.[0] === "X"
    ? undefined
    : { id, startTime };
}

export function isAlive(one: ProcessIdentity): boolean {
  return identify(one.id)?.startTime === one.startTime;
}

/** Reads what a lab script noted about itself: "PID START-TIME". */
export function readIdentity(file: string): ProcessIdentity | undefined {
  const match = /^(\d+) (\d+)\n$/.exec(readIfThere(file) ?? "");
  return match?.[1] === undefined || match[2] === undefined
    ? undefined
    : { id: Number(match[1]), startTime: match[2] };
}

/** Sends a signal to exactly this process; nothing happens when it is gone. */
export function signalProcess(target: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isAlive(target)) return;
  try {
    process.kill(target.id, signal);
  } catch {
    // It ended between the two lines above.
  }
}

/** Kills these processes and waits for their end; false when one is still there after `timeLimitMs`. */
export async function killAll(targets: readonly ProcessIdentity[], timeLimitMs: number): Promise<boolean> {
  for (const target of targets) signalProcess(target, "SIGKILL");
  return await waitUntil(() => !targets.some(isAlive), timeLimitMs);
}

/** Waits until `holds` is true, asking every `everyMs`; false when `timeLimitMs` has passed. */
export async function waitUntil(
  holds: () => boolean | Promise<boolean>,
  timeLimitMs: number,
  everyMs = 5,
): Promise<boolean> {
  const endMs = performance.now() + timeLimitMs;
  for (;;) {
    if (await holds()) return true;
    if (performance.now() > endMs) return false;
    await sleep(everyMs);
  }
}

/** The children of a process, in no order. */
export function childrenOf(id: number): number[] {
  return namesIn(`/proc/${id}/task`).flatMap((task) =>
    (readIfThere(`/proc/${id}/task/${task}/children`) ?? "").split(" ").filter(Boolean).map(Number),
  );
}

/** Which namespace of this kind a process is in, as the kernel names it: `net:[4026532008]`. */
export function namespaceOf(id: number | string, kind: "net" | "pid"): string | undefined {
  try {
    return readlinkSync(`/proc/${id}/ns/${kind}`);
  } catch {
    return undefined;
  }
}

/** Every process in one of the network namespaces kept at `paths`. */
export function processesInside(paths: readonly string[]): ProcessIdentity[] {
  const wanted = new Set(
    paths.flatMap((path) => {
      const found = statSync(path, { throwIfNoEntry: false });
      return found === undefined ? [] : [`net:[${found.ino}]`];
    }),
  );
  if (wanted.size === 0) return [];
  return namesIn("/proc").flatMap((name) => {
    const namespace = /^\d+$/.test(name) ? namespaceOf(name, "net") : undefined;
    return namespace !== undefined && wanted.has(namespace) ? (identify(Number(name)) ?? []) : [];
  });
}
