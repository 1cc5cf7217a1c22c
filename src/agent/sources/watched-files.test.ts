// Real files in a real directory: written in place, replaced, removed with their directory, and back again.

import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type FactReport, VALUE_LENGTH_MAX } from "../../agent-api/index.ts";
import type { Source } from "./source.ts";
import { startWatchedFiles } from "./watched-files.ts";

let folder: string;
let directory: string;
let source: Source | undefined;
const facts: FactReport[] = [];
const notes: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-watched-"));
  directory = join(folder, "watch");
  facts.length = 0;
  notes.length = 0;
});
afterEach(async () => {
  await source?.stop();
  source = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const start = (): void => {
  source = startWatchedFiles({
    directory,
    report: (reports) => facts.push(...reports),
    note: (line) => notes.push(line),
  });
};
const last = (name: string): string | undefined => facts.findLast((fact) => fact.subject === name)?.value;
const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000, interval: 10 });

it("tells each file's text, and each change of it once", async () => {
  mkdirSync(directory);
  writeFileSync(join(directory, "process"), "0\n");
  writeFileSync(join(directory, "traffic"), "");
  start();
  await eventually(() =>
    expect(facts.map((fact) => `${fact.subject} ${fact.value}`)).toEqual(["process 0", "hold missing"]),
  );
  writeFileSync(join(directory, "process"), "1\n");
  await eventually(() => expect(last("process")).toBe("1"));
  writeFileSync(join(directory, "new"), `${"9".repeat(500)}\n`);
  renameSync(join(directory, "new"), join(directory, "hold"));
  await eventually(() => expect(last("hold")).toBe("9".repeat(VALUE_LENGTH_MAX)));
  rmSync(join(directory, "hold"));
  await eventually(() => expect(last("hold")).toBe("missing"));
  writeFileSync(join(directory, "process"), "1\n");
  expect(facts.filter((fact) => fact.subject === "process")).toHaveLength(2);
});

it("waits for a directory that is missing, and follows one that is made anew", async () => {
  start();
  await eventually(() => expect(last("process")).toBe("missing"));
  expect(notes.join()).toContain("ENOENT");
  for (const text of ["0", "1"]) {
    mkdirSync(directory);
    writeFileSync(join(directory, "process"), text);
    await eventually(() => expect(last("process")).toBe(text));
    rmSync(directory, { recursive: true });
    await eventually(() => expect(last("process")).toBe("missing"));
  }
});
