// Where ssh's sockets live: a folder of this user's alone, with a path short enough.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runtimeFolder, runtimeFolderCandidates, socketFits } from "./runtime-folder.ts";

describe("runtimeFolderCandidates", () => {
  it("prefers the session's folder, and /run for root", () => {
    expect(
      runtimeFolderCandidates({ userId: 1000, homeFolder: "/home/ops", sessionFolder: "/run/user/1000" }),
    ).toEqual(["/run/user/1000/hapair-ssh", "/home/ops/.cache/hapair-ssh", "/tmp/hapair-ssh-1000"]);
    expect(runtimeFolderCandidates({ userId: 0, homeFolder: "/root", sessionFolder: undefined })[0]).toBe(
      "/run/hapair-ssh",
    );
  });
});

describe("socketFits", () => {
  it("counts bytes, with what ssh adds for a moment", () => {
    expect(socketFits("/run/user/1000/hapair-ssh", 47)).toBe(true);
    expect(socketFits(`/${"x".repeat(60)}`, 24)).toBe(true);
    expect(socketFits(`/${"x".repeat(60)}`, 25)).toBe(false);
    expect(socketFits(`/${"é".repeat(30)}`, 25)).toBe(false);
  });
});

describe("runtimeFolder", () => {
  it("makes a folder for its owner alone, and takes it again", () => {
    const base = mkdtempSync("/tmp/hapair-rt-");
    const folder = join(base, "new");
    expect(runtimeFolder(12, folder)).toBe(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(runtimeFolder(12, folder)).toBe(folder);
    rmSync(base, { recursive: true });
  });

  it("takes no folder that others may enter, no link, no long path", () => {
    const base = mkdtempSync("/tmp/hapair-rt-");
    const open = join(base, "open");
    mkdirSync(open);
    chmodSync(open, 0o755);
    expect(() => runtimeFolder(12, open)).toThrow("others may go in");
    const target = join(base, "target");
    mkdirSync(target, { mode: 0o700 });
    symlinkSync(target, join(base, "link"));
    expect(() => runtimeFolder(12, join(base, "link"))).toThrow(/not a folder/u);
    expect(() => runtimeFolder(12, join(base, "x".repeat(100)))).toThrow("too long");
    rmSync(base, { recursive: true });
  });
});
