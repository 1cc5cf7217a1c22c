// The scripts for files: what they answer, and that a stream that ends early changes nothing.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseStat, readScript, writeScript } from "./file-scripts.ts";
import { runProcess } from "./process.ts";

describe("parseStat", () => {
  it.each([
    ["81a4 2048 root root\n", { kind: "file", mode: 0o644, owner: "root", group: "root", sizeBytes: 2048 }],
    [
      "8180 0 keepalived_script nogroup\n",
      { kind: "file", mode: 0o600, owner: "keepalived_script", group: "nogroup", sizeBytes: 0 },
    ],
    ["43ff 40 root root\n", { kind: "directory", mode: 0o1777, owner: "root", group: "root", sizeBytes: 40 }],
    [
      "a1ff 9 UNKNOWN UNKNOWN\n",
      { kind: "other", mode: 0o777, owner: "UNKNOWN", group: "UNKNOWN", sizeBytes: 9 },
    ],
    ["11a4 0 root root\n", { kind: "other", mode: 0o644, owner: "root", group: "root", sizeBytes: 0 }],
  ])("reads %j", (text, stat) => {
    expect(parseStat(text)).toEqual(stat);
  });

  it.each(["", "81a4 2048 root\n", "stat: cannot stat\n", "81a4 2048 root root\nmore\n"])(
    "does not guess at %j",
    (text) => {
      expect(parseStat(text)).toBeUndefined();
    },
  );
});

describe.runIf(process.platform === "linux")("writeScript", () => {
  const owner = {
    owner: userInfo().username,
    group: execFileSync("id", ["-gn"], { encoding: "utf8" }).trim(),
  };

  it.each(["", "new", "new content, cut"])(
    "leaves everything as it was when only %j arrives",
    async (arrived) => {
      const folder = mkdtempSync(join(tmpdir(), "hapair-write-"));
      const path = join(folder, "settings");
      writeFileSync(path, "old");
      const script = writeScript(path, 100, { mode: 0o600, ...owner }, "nonce");
      const result = await runProcess("sh", ["-c", script], { input: arrived });
      expect(result).toMatchObject({ exitCode: 1, stderr: `only ${arrived.length} of 100 bytes arrived\n` });
      expect(readFileSync(path, "utf8")).toBe("old");
      expect(readdirSync(folder)).toEqual(["settings"]);
      rmSync(folder, { recursive: true });
    },
  );

  it("does not take over a temporary file that is there already", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hapair-write-"));
    writeFileSync(join(folder, ".settings.hapair-nonce"), "another's");
    const script = writeScript(join(folder, "settings"), 3, { mode: 0o600, ...owner }, "nonce");
    expect(await runProcess("sh", ["-c", script], { input: "new" })).toMatchObject({ exitCode: 1 });
    rmSync(folder, { recursive: true });
  });

  it.each(["relative", "/ends/in/", "/a/..", "/with\0nul"])("does not take the path %j", (path) => {
    expect(() => writeScript(path, 0, { mode: 0o600 }, "n")).toThrow();
  });

  it("does not take an owner that is no name, or a mode that is none", () => {
    expect(() => writeScript("/x", 0, { mode: 0o600, owner: "root; id" }, "n")).toThrow("account");
    expect(() => writeScript("/x", 0, { mode: 0o100644 }, "n")).toThrow("mode");
  });
});

describe("readScript", () => {
  it("quotes its path", () => {
    expect(readScript("/a b'c")).toBe(`[ -e '/a b'\\''c' ] || exit 66\nexec cat -- '/a b'\\''c'`);
  });
});
