// A disk that is full, read-only or frozen, for real: small file systems mounted for the purpose. Needs root on Linux.
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AppendOutcome, type Log, type LogOptions, openLog, readLog } from "./index.ts";

const canMount = process.platform === "linux" && process.getuid?.() === 0 && mountWorks();

function mountWorks(): boolean {
  try {
    execFileSync("unshare", ["--mount", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const DISK_BYTES = 256 * 1024;
const OPTIONS: LogOptions = { bytesMax: 10_000_000, retryMs: 20 };

let folder: string;
let disk: string;
const undo: (() => void | Promise<void>)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hapair-log-disk-"));
  disk = join(folder, "disk");
  await mkdir(disk);
});

afterEach(async () => {
  // In reverse: a log is closed before its disk goes.
  for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
  await rm(folder, { recursive: true, force: true });
});

function mounted(...words: string[]): void {
  execFileSync("mount", [...words, disk]);
  undo.push(() => {
    execFileSync("umount", [disk]);
  });
}

const smallDisk = (): void => mounted("-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs");

/** Takes all the room there is; gives it back when called. */
async function filled(): Promise<() => Promise<void>> {
  const path = join(disk, "filler");
  for (let bytes = DISK_BYTES; bytes > 0; bytes = Math.floor(bytes / 2)) {
    try {
      await writeFile(path, Buffer.alloc(bytes), { flag: "a" });
    } catch {
      // A part of it was written; the rest is smaller.
    }
  }
  return async () => await rm(path);
}

async function opened(
  more: Partial<LogOptions> = {},
): Promise<{ log: Log; troubles: (string | undefined)[] }> {
  const troubles: (string | undefined)[] = [];
  const { log } = await openLog(join(disk, "log"), {
    ...OPTIONS,
    onTrouble: (text) => troubles.push(text),
    ...more,
  });
  undo.push(async () => await log.close());
  return { log, troubles };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

async function numbersRead(): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { kind, value } of readLog(join(disk, "log"))) {
    if (kind === "record") numbers.push((value as { number: number }).number);
  }
  return numbers;
}

function record(number: number): { number: number; text: string } {
  return { number, text: "x".repeat(1000) };
}

describe.skipIf(!canMount)("a full disk (skipped without root and mount)", () => {
  it("holds back what it cannot take, and gets all of it in order when it is freed", async () => {
    smallDisk();
    const { log, troubles } = await opened();
    await log.append(record(1));
    const free = await filled();
    const waiting: Promise<AppendOutcome>[] = [];
    // More than the last page of the segment has room for, less than the disk.
    for (let number = 2; number <= 100; number += 1) waiting.push(log.append(record(number)));
    await until(() => troubles.length > 0);
    expect(troubles).toHaveLength(1);
    expect(troubles[0]).toContain("ENOSPC");
    expect(log.trouble).toBe(troubles[0]);
    expect(log.held.count).toBe(99);
    // What was half written was taken back: nobody reads a record that is not said to be durable.
    await until(() => log.trouble !== undefined);
    await free();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(["durable"]));
    expect(troubles).toEqual([troubles[0], undefined]);
    expect(log.held).toEqual({ count: 0, bytes: 0 });
    expect(await numbersRead()).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  });

  it("drops at the bound what may go, tells it, and a roll saves the rest", async () => {
    smallDisk();
    const dropped: unknown[] = [];
    const { log, troubles } = await opened({
      heldBytesMax: 20_000,
      mayGo: (value) => (value as { number: number }).number % 2 === 1,
      onDropped: (records) => dropped.push(...records),
    });
    const free = await filled();
    // The first fits into the segment's last page.
    const outcomes = Array.from({ length: 30 }, async (_, index) => await log.append(record(index + 1)));
    await until(() => troubles.length > 0);
    const rolled = log.roll({ all: true });
    await free();
    expect(await rolled).toBe("durable");
    const kept = (await Promise.all(outcomes)).flatMap((outcome, index) =>
      outcome === "durable" ? [index + 1] : [],
    );
    expect(dropped.length).toBeGreaterThan(0);
    expect(log.droppedCount).toBe(dropped.length);
    expect(kept.length + dropped.length).toBe(30);
    expect(dropped.every((value) => (value as { number: number }).number % 2 === 1)).toBe(true);
    expect(await numbersRead()).toEqual(kept);
  });

  it("is no reason not to start", async () => {
    smallDisk();
    const free = await filled();
    const { log, troubles } = await opened();
    expect(troubles).toHaveLength(1);
    const appended = log.append(record(1));
    await free();
    expect(await appended).toBe("durable");
    expect(troubles.at(-1)).toBeUndefined();
    expect(await numbersRead()).toEqual([1]);
  });

  it("that stays full makes the end give up, and say so", async () => {
    smallDisk();
    const dropped: unknown[] = [];
    const { log, troubles } = await opened({ onDropped: (records) => dropped.push(...records) });
    await filled();
    const outcomes = Array.from({ length: 20 }, async (_, index) => await log.append(record(index)));
    await until(() => troubles.length > 0);
    await log.close();
    expect(dropped).toHaveLength(20);
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(["dropped"]));
  });
});

describe.skipIf(!canMount)("a read-only disk (skipped without root and mount)", () => {
  it("is written as soon as it can be", async () => {
    smallDisk();
    const first = await opened();
    await first.log.append(record(1));
    await first.log.close();
    execFileSync("mount", ["-o", "remount,ro", disk]);
    const { log, troubles } = await opened();
    expect(troubles[0]).toContain("EROFS");
    const appended = log.append(record(2));
    execFileSync("mount", ["-o", "remount,rw", disk]);
    expect(await appended).toBe("durable");
    expect(await numbersRead()).toEqual([1, 2]);
  });
});

describe.skipIf(!canMount)("a disk that does not answer (skipped without root and mount)", () => {
  it("stops neither the event loop nor what comes later", async (context) => {
    const image = join(folder, "image");
    try {
      execFileSync("truncate", ["--size", "16M", image]);
      execFileSync("mkfs.ext4", ["-q", image], { stdio: "ignore" });
      mounted("-o", "loop", image);
    } catch {
      context.skip("no loop device or no mkfs.ext4 here");
    }
    const { log, troubles } = await opened({ stallMs: 200 });
    await log.append(record(1));
    execFileSync("fsfreeze", ["--freeze", disk]);
    let frozen = true;
    const thaw = (): void => {
      if (frozen) execFileSync("fsfreeze", ["--unfreeze", disk]);
      frozen = false;
    };
    undo.push(thaw);
    const appended = log.append(record(2));
    // That this is reached at all is the proof: the loop turns while the write stands still.
    await until(() => log.trouble !== undefined);
    expect(log.trouble).toContain("has not answered for");
    expect(log.held.count).toBe(1);
    thaw();
    expect(await appended).toBe("durable");
    expect(log.trouble).toBeUndefined();
    expect(troubles.at(-1)).toBeUndefined();
    expect(await numbersRead()).toEqual([1, 2]);
  });
});
