// The compiled code that a run of the built command line leaves for the next: used where it is good, and without any effect where it is not.

import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildIfMissing, commandLine, type Ended, hapair } from "./support/hapair-command.ts";

const words = ["explain", "HP108"];
const isRoot = process.getuid?.() === 0;

let home: string;
let kept: string;
beforeAll(buildIfMissing);
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "hapair-code-"));
  kept = join(home, ".cache/hapair/explain.code");
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

async function run(environment: Readonly<Record<string, string | undefined>> = {}): Promise<Ended> {
  return hapair(words, {
    environment: {
      HOME: home,
      XDG_CACHE_HOME: undefined,
      NODE_DISABLE_COMPILE_CACHE: undefined,
      ...environment,
    },
  });
}

describe("compiled code", () => {
  it("is kept for this user alone, and changes nothing that is said", async () => {
    const first = await run();
    expect(first).toMatchObject({ exitCode: 0, stderr: "" });
    expect(statSync(kept).mode & 0o777).toBe(0o600);
    const before = statSync(kept);
    expect(await run()).toEqual(first);
    // What was kept was good: it was not made again.
    expect(statSync(kept).mtimeMs).toBe(before.mtimeMs);
    expect(readdirSync(join(home, ".cache/hapair"))).toEqual(["explain.code"]);
  });

  it("lies below XDG_CACHE_HOME where there is one", async () => {
    await run({ XDG_CACHE_HOME: join(home, "elsewhere") });
    expect(readdirSync(join(home, "elsewhere/hapair"))).toEqual(["explain.code"]);
  });

  it("is not kept where Node is told to keep none, or there is no home", async () => {
    expect((await run({ NODE_DISABLE_COMPILE_CACHE: "1" })).exitCode).toBe(0);
    expect((await run({ HOME: undefined })).exitCode).toBe(0);
    expect(readdirSync(home)).toEqual([]);
  });

  it("is not kept for a word that is no command", async () => {
    const { exitCode } = await hapair(["explian", "HP108"], { environment: { HOME: home } });
    expect(exitCode).toBe(2);
    expect(readdirSync(home)).toEqual([]);
  });

  it.each([
    [
      "a byte of it has changed",
      (bytes: Buffer) =>
        bytes.fill(bytes[bytes.length >> 1]! ^ 0x5a, bytes.length >> 1, (bytes.length >> 1) + 1),
    ],
    ["it was cut short", (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)],
    ["it is empty", () => Buffer.alloc(0)],
    ["it is something else", () => Buffer.from("this is no compiled code\n")],
    ["it is all zeros", (bytes: Buffer) => Buffer.alloc(bytes.length)],
  ])("is made again where %s", async (_what, damaged) => {
    const first = await run();
    const whole = readFileSync(kept);
    writeFileSync(kept, damaged(Buffer.from(whole)));
    const damagedSize = statSync(kept).size;
    expect(await run()).toEqual(first);
    const again = readFileSync(kept);
    expect(again.equals(damaged(Buffer.from(whole)))).toBe(false);
    expect(again.length).toBeGreaterThan(Math.min(damagedSize, 1000));
    expect(await run()).toEqual(first);
  });

  it("is made again after a day", async () => {
    await run();
    const yesterday = Date.now() / 1000 - 90_000;
    utimesSync(kept, yesterday, yesterday);
    await run();
    expect(statSync(kept).mtimeMs / 1000).toBeGreaterThan(yesterday + 3600);
  });

  it.runIf(isRoot)("is not used where another user could have written it", async () => {
    const first = await run();
    chownSync(kept, 12_345, 12_345);
    expect(await run()).toEqual(first);
    expect(statSync(kept).uid).toBe(0);
  });

  it("is no failure where it cannot be kept", async () => {
    mkdirSync(join(home, ".cache"));
    writeFileSync(join(home, ".cache/hapair"), "a file where the folder would be\n");
    expect(await run()).toMatchObject({ exitCode: 0, stderr: "" });
    rmSync(join(home, ".cache"), { recursive: true });
    chmodSync(home, 0o500);
    // Root may write there all the same; a user may not, and is told nothing.
    const user = spawnSync(process.execPath, [commandLine, ...words], {
      encoding: "utf8",
      env: { ...process.env, HOME: home },
      ...(isRoot ? { uid: 65_534, gid: 65_534 } : {}),
    });
    expect(user).toMatchObject({ status: 0, stderr: "" });
    expect(readdirSync(home)).toEqual([]);
  });
});
