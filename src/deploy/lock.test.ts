import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  lockError,
  lockOutcome,
  readLock,
  releaseLockScript,
  requireLockLines,
  takeLockScript,
} from "./lock.ts";

// The scripts run for real, with the state directory moved to a folder of this test.
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(script: string): string {
  return execFileSync("/bin/sh", ["-s"], {
    input: script.replaceAll("/var/lib/hapair", folder),
    encoding: "utf8",
  });
}

const ann = { who: 'ann@desk, 100% sure "it\'s" $HOME', what: "apply of pair ext-lb", token: "aaaa" };
const bob = { who: "bob@desk", what: "apply of pair ext-lb", token: "bbbb" };

describe("the lock", () => {
  it("is taken by the first, held against the second, and free again when released", () => {
    expect(lockOutcome(run(takeLockScript(ann)))).toEqual({ kind: "taken" });
    const second = lockOutcome(run(takeLockScript(bob)));
    expect(second).toMatchObject({ kind: "held", lock: { who: ann.who, what: ann.what } });
    run(releaseLockScript(bob.token));
    expect(lockOutcome(run(takeLockScript(bob))).kind).toBe("held");
    run(releaseLockScript(ann.token));
    expect(lockOutcome(run(takeLockScript(bob)))).toEqual({ kind: "taken" });
  });

  it("that has expired is taken over, and the earlier holder is named", () => {
    run(takeLockScript(ann, -1));
    expect(lockOutcome(run(takeLockScript(bob)))).toMatchObject({ kind: "taken", expired: { who: ann.who } });
    expect(readLock(readFileSync(join(folder, "lock"), "utf8"))).toMatchObject({
      who: "bob@desk",
      token: "bbbb",
    });
  });

  it("ends a script that no longer has it", () => {
    run(takeLockScript(ann));
    expect(run(`${requireLockLines("aaaa")}echo went on`)).toContain("went on");
    expect(() => run(`${requireLockLines("bbbb")}echo went on`)).toThrow(/75|no longer ours/);
  });

  it("says who, what, since and until in the refusal", () => {
    const lock = { ...ann, sinceS: 1000, untilS: 1900 };
    const error = lockError("extlb-02", { kind: "held", lock }, 1060, "");
    expect(error.message).toBe(
      `extlb-02 is locked: ${ann.who} has held it for 60 s for: apply of pair ext-lb; it expires in 14 min`,
    );
    expect(error.hint).toContain("Nothing was changed");
  });

  it("torn on the disk counts as none", () => {
    expect(readLock('{"who":"ann","sinceS":1')).toBeUndefined();
  });
});
