// The journal as a real command prints it: started again from where it was, and from the present when the cursor is not known any more.

import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FactReport } from "../../agent-api/index.ts";
import { startJournal } from "./journal.ts";
import type { Source } from "./source.ts";

let folder: string;
let source: Source | undefined;
const told: { reports: readonly FactReport[]; cursor: string }[] = [];
const notes: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-journal-"));
  told.length = 0;
  notes.length = 0;
});
afterEach(async () => {
  await source?.stop();
  source = undefined;
  rmSync(folder, { recursive: true, force: true });
});

function entry(cursor: string, state: string, atMs: number): string {
  return JSON.stringify({
    __CURSOR: cursor,
    __REALTIME_TIMESTAMP: String(atMs * 1000),
    _PID: "812",
    _SYSTEMD_UNIT: "keepalived.service",
    MESSAGE: `(ext-lb) Entering ${state} STATE`,
  });
}

/** A command in place of journalctl; it keeps the words of each start. */
function command(body: string): string[] {
  const path = join(folder, "journal");
  writeFileSync(path, `#!/bin/sh\ncd "${folder}"\necho "$*" >>starts\n${body}\n`);
  chmodSync(path, 0o755);
  return [path, "--follow"];
}
const starts = (): string[] =>
  existsSync(join(folder, "starts")) ? readFileSync(join(folder, "starts"), "utf8").trim().split("\n") : [];
const start = (words: readonly string[], cursor?: string): void => {
  source = startJournal({
    words,
    routers: ["ext-lb"],
    report: (reports, read) => told.push({ reports, cursor: read.cursor }),
    note: (line) => notes.push(line),
    ...(cursor === undefined ? {} : { cursor }),
  });
};
const states = (): string[] => told.flatMap(({ reports }) => reports.map((report) => report.value));
const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000, interval: 10 });
const later = Date.now() + 3_600_000;

describe("startJournal", () => {
  it("goes on from the cursor, and from the last entry when the command ends", async () => {
    writeFileSync(
      join(folder, "first"),
      `${entry("c1", "BACKUP", 1_000)}\nnot JSON\n${entry("c2", "MASTER", 2_000)}\n`,
    );
    writeFileSync(join(folder, "second"), `${entry("c3", "FAULT", 3_000)}\n`);
    start(command("if [ -e again ]; then cat second; exec sleep 60; else touch again; cat first; fi"), "c0");
    await eventually(() => expect(states()).toEqual(["BACKUP", "MASTER", "FAULT"]));
    expect(told.at(-1)?.cursor).toBe("c3");
    expect(starts()).toEqual([
      "--follow --after-cursor=c0 --no-tail",
      "--follow --after-cursor=c2 --no-tail",
    ]);
    expect(told[0]?.reports[0]?.atMs).toBe(1_000);
    expect(notes).toEqual([
      expect.stringContaining("exit code 0"),
      expect.stringContaining("followed again"),
    ]);
  });

  it("goes on from the present when the journal does not know the cursor", async () => {
    writeFileSync(join(folder, "entries"), `${entry("c9", "MASTER", later)}\n`);
    start(command('case "$*" in *after-cursor*) exit 1;; esac; cat entries; exec sleep 60'), "gone");
    await eventually(() => expect(states()).toEqual(["MASTER"]));
    expect(starts()[1]).toMatch(/--lines=\d+/);
  });

  it("reads back without a cursor, and tells only what stands", async () => {
    writeFileSync(
      join(folder, "entries"),
      `${entry("c1", "BACKUP", 1_000)}\n${entry("c2", "FAULT", 2_000)}\n${entry("c3", "BACKUP", 3_000)}\n`,
    );
    writeFileSync(join(folder, "new"), `${entry("c4", "MASTER", later)}\n`);
    start(command("cat entries; until [ -e go ]; do sleep 0.05; done; cat new; exec sleep 60"));
    await eventually(() => expect(told).toMatchObject([{ cursor: "c3", reports: [{ value: "BACKUP" }] }]));
    writeFileSync(join(folder, "go"), "");
    await eventually(() => expect(states()).toEqual(["BACKUP", "MASTER"]));
  });

  it("skips an entry without end, and tells a cursor also where there is nothing to tell", async () => {
    writeFileSync(join(folder, "entry"), `${entry("c2", "MASTER", later)}\n`);
    start(
      command(
        `head -c 3000000 /dev/zero | tr '\\0' x; echo
i=0; while [ $i -lt 1200 ]; do echo '{"__CURSOR":"c1","__REALTIME_TIMESTAMP":"1000"}'; i=$((i+1)); done
sleep 0.3; cat entry; exec sleep 60`,
      ),
      "c0",
    );
    await eventually(() => expect(states()).toEqual(["MASTER"]));
    expect(told[0]).toEqual({ reports: [], cursor: "c1" });
  });

  it("says that the command is missing, and runs nothing without words", async () => {
    start([join(folder, "no-such-command")]);
    await eventually(() => expect(notes.join()).toContain("ENOENT"));
    await source?.stop();
    start([]);
    await source?.stop();
  });
});
