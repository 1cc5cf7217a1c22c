// A real FIFO: no line is lost between writers, and a FIFO that goes away and comes back is read again.

import { execFile, execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FactReport } from "../../agent-api/index.ts";
import { startFifo } from "./fifo.ts";
import type { Source } from "./source.ts";

let folder: string;
let path: string;
let source: Source | undefined;
const facts: FactReport[] = [];
const notes: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-fifo-"));
  path = join(folder, "notify.fifo");
  facts.length = 0;
  notes.length = 0;
});
afterEach(async () => {
  await source?.stop();
  source = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const start = (access?: "read-only"): void => {
  source = startFifo({
    path,
    report: (reports) => facts.push(...reports),
    note: (line) => notes.push(line),
    ...(access === undefined ? {} : { access }),
  });
};
const states = (): string[] => facts.map((fact) => `${fact.subject} ${fact.value}`);
const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000, interval: 10 });

/** A writer of its own: it opens the FIFO, which waits for a reader, writes and closes. */
const run = promisify(execFile);
const write = (text: string): Promise<unknown> =>
  run("sh", ["-c", 'printf "%b" "$2" > "$1"', "sh", path, text], { timeout: 10_000 });

describe("startFifo", () => {
  it("reads every line of one writer after another, and skips garbage", async () => {
    execFileSync("mkfifo", [path]);
    start();
    for (const state of ["BACKUP", "MASTER", "FAULT"]) await write(`INSTANCE "ext-lb" ${state} 100\n`);
    await write(`${"\\0377".repeat(3000)}\n\\0000\nINSTANCE "ext-lb" STOP 0\n`);
    await eventually(() =>
      expect(states()).toEqual(["ext-lb BACKUP", "ext-lb MASTER", "ext-lb FAULT", "ext-lb STOPPED"]),
    );
  });

  it("reads on after its last writer closed, without the right to write", async () => {
    execFileSync("mkfifo", [path]);
    start("read-only");
    await write('INSTANCE "ext-lb" MASTER 101\n');
    await eventually(() => expect(states()).toEqual(["ext-lb MASTER"]));
    await write('INSTANCE "ext-lb" BACKUP 101\n');
    await eventually(() => expect(states()).toEqual(["ext-lb MASTER", "ext-lb BACKUP"]));
  });

  it("tells what had waited for it apart from what comes, and nothing twice", async () => {
    execFileSync("mkfifo", [path]);
    // keepalived keeps it open, so that lines wait in it.
    const keeper = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      writeSync(keeper, 'INSTANCE "ext-lb" MASTER 101\nINSTANCE "ext-lb" FAU');
      const waited: string[] = [];
      source = startFifo({
        path,
        report: (reports) => facts.push(...reports),
        onWaited: (reports) => waited.push(...reports.map(({ value }) => value)),
      });
      await eventually(() => expect(waited).toEqual(["MASTER"]));
      writeSync(keeper, 'LT 101\nINSTANCE "ext-lb" BACKUP 101\n');
      await eventually(() => expect(states()).toEqual(["ext-lb FAULT", "ext-lb BACKUP"]));
      expect(waited).toHaveLength(1);
    } finally {
      closeSync(keeper);
    }
  });

  it("waits for a FIFO that is missing, follows one that is replaced, and refuses a file", async () => {
    start();
    await eventually(() => expect(notes.join()).toContain("ENOENT"));
    writeFileSync(path, 'INSTANCE "ext-lb" FAULT 100\n');
    await eventually(() => expect(notes.join()).toContain("not a FIFO"));
    rmSync(path);
    execFileSync("mkfifo", [path]);
    await write('INSTANCE "ext-lb" MASTER 101\n');
    await eventually(() => expect(states()).toEqual(["ext-lb MASTER"]));
    expect(notes.at(-1)).toContain("read again");
    rmSync(path);
    execFileSync("mkfifo", [path]);
    await write('INSTANCE "ext-lb" BACKUP 101\n');
    await eventually(() => expect(states()).toEqual(["ext-lb MASTER", "ext-lb BACKUP"]));
  });
});
