// What a process and its children use, as Linux tells in /proc: resident memory and processor time.

import { readFileSync } from "node:fs";

export interface ProcessFigures {
  readonly residentBytes: number;
  /** User and system time since it began. */
  readonly cpuMs: number;
  /** Of children that have ended and were waited for, and theirs. */
  readonly endedChildrenCpuMs: number;
}

/** Linux's USER_HZ; the same on every architecture that has /proc. */
const TICK_MS = 10;
const BYTES_IN_KB = 1024;
/** Places in /proc/PID/stat after the name in brackets (proc(5) counts from 1 and before it). */
const USER_TIME = 14 - 3;

/** undefined: it has ended. */
export function processFigures(pid: number): ProcessFigures | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ms = (place: number): number => Number(fields[place]) * TICK_MS;
    const [, kilobytes = "0"] =
      /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1")) ?? [];
    return {
      residentBytes: Number(kilobytes) * BYTES_IN_KB,
      cpuMs: ms(USER_TIME) + ms(USER_TIME + 1),
      endedChildrenCpuMs: ms(USER_TIME + 2) + ms(USER_TIME + 3),
    };
  } catch {
    return undefined;
  }
}

/** Everything below a process, whoever of it started it. */
export function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

/** What the process has started and still runs; empty where it has ended. */
export function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1");
    return text.trim().split(/\s+/).filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
