// The hosts' root filesystem, built for real from Debian's packages. Takes the network and half a minute.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureImage, imageExists } from "../../src/lab/index.ts";

const before = process.env["HAPAIR_CACHE"];
let cache: string;

beforeAll(() => {
  cache = mkdtempSync(join(tmpdir(), "hapair-image-"));
  process.env["HAPAIR_CACHE"] = cache;
});

afterAll(() => {
  if (before === undefined) delete process.env["HAPAIR_CACHE"];
  else process.env["HAPAIR_CACHE"] = before;
  rmSync(cache, { recursive: true, force: true });
});

function mountsBelow(path: string): string[] {
  const everywhere = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return everywhere.filter((id) => {
    try {
      return readFileSync(`/proc/${id}/mountinfo`, "utf8").includes(`${path}/`);
    } catch {
      return false;
    }
  });
}

test("an interrupted build is no image, and holds nothing", async () => {
  const abort = new AbortController();
  const building = ensureImage("bookworm", {
    signal: abort.signal,
    onProgress: (line) => {
      if (line.startsWith("downloading") || line.startsWith("extracting")) abort.abort();
    },
  });
  await expect(building).rejects.toMatchObject({ name: "HapairError", code: "lab-image" });
  expect(await imageExists("bookworm")).toBe(false);
  expect(mountsBelow(cache)).toEqual([]);
});

test("asked for twice at once it is built once, and is a machine without an identity", async () => {
  const lines: string[] = [];
  const options = { onProgress: (line: string) => void lines.push(line) };
  const [path, again] = await Promise.all([
    ensureImage("bookworm", options),
    ensureImage("bookworm", options),
  ]);
  expect(again).toBe(path);
  expect(lines.filter((line) => line.startsWith("running apt-get update"))).toHaveLength(1);
  expect(readdirSync(`${cache}/images`).filter((name) => name.includes("building"))).toEqual([]);
  expect(readFileSync(`${path}/etc/machine-id`, "utf8")).toBe("");
  expect(readdirSync(`${path}/etc/ssh`).filter((name) => name.startsWith("ssh_host_"))).toEqual([]);
  expect(existsSync(`${path}/usr/sbin/keepalived`)).toBe(true);
  expect(mountsBelow(cache)).toEqual([]);
});
