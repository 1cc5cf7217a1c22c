// Rules of the repository as an ordinary test: file length, banned names and words, loose ends, machine paths.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");
const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "" && existsSync(join(root, path)));
const typescript = tracked.filter((path) => /\.tsx?$/.test(path));
const text = (path: string) => readFileSync(join(root, path), "utf8");

describe("tidy", () => {
  it("keeps source files under 450 lines", () => {
    const long = typescript.filter(
      (path) => path.startsWith("src/") && !path.includes(".test.") && text(path).split("\n").length > 450,
    );
    expect(long).toEqual([]);
  });

  it("has no file called utils, helpers, common or manager", () => {
    expect(tracked.filter((path) => /(^|\/)(utils?|helpers?|common|manager)\.[a-z]+$/.test(path))).toEqual(
      [],
    );
  });

  it("has no loose ends", () => {
    const marks = new RegExp(
      [
        ["TO", "DO"].join(""),
        ["FIX", "ME"].join(""),
        ["HA", "CK"].join(""),
        String.raw`\.only\(`,
        ["@ts", "ignore"].join("-"),
        String.raw`\bas any[;,)\]]`,
      ].join("|"),
    );
    expect(typescript.filter((path) => path !== "test/tidy.test.ts" && marks.test(text(path)))).toEqual([]);
  });

  it("names no registry host in the lock file", () => {
    expect(/"resolved": *"http/.test(text("package-lock.json"))).toBe(false);
  });

  it("pins every dependency exactly", () => {
    const manifest = JSON.parse(text("package.json")) as Record<
      "dependencies" | "devDependencies",
      Record<string, string>
    >;
    const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
      ([, version]) => !/^\d/.test(version),
    );
    expect(loose).toEqual([]);
  });

  it("locks the optional packages of every platform, or npm ci refuses the lock (npm run lock)", () => {
    interface Locked {
      readonly optionalDependencies?: Readonly<Record<string, string>>;
    }
    const { packages } = JSON.parse(text("package-lock.json")) as { packages: Record<string, Locked> };
    const wanted = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    expect(wanted.filter((name) => packages[`node_modules/${name}`] === undefined)).toEqual([]);
  });
});
