// The hosts' root filesystem, built from Debian's packages: interrupted it is nothing, asked for twice it is built once, and it is a machine without an identity.
// An image is named by its recipe, and npm test builds what is missing before the labs begin; so a whole build that nobody needs is left to the soak.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensureImage, imageExists, imagePath, suites } from "../../src/lab/index.ts";
import { triesAll } from "../support/tries.ts";

function expectNoIdentity(path: string): void {
  expect(readFileSync(`${path}/etc/machine-id`, "utf8")).toBe("");
  expect(readdirSync(`${path}/etc/ssh`).filter((name) => name.startsWith("ssh_host_"))).toEqual([]);
  expect(existsSync(`${path}/usr/sbin/keepalived`)).toBe(true);
}

test.each(suites)("%s is a machine without an identity", async (suite) => {
  expectNoIdentity(await ensureImage(suite));
});

describe("in a cache of its own", () => {
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

  test("whoever asks while another builds waits for it, and builds nothing", async () => {
    const path = imagePath("trixie");
    mkdirSync(dirname(path), { recursive: true });
    const script = `echo building; read -r until_told; mkdir '${path}'`;
    const builder = spawn("flock", [`${path}.lock`, "sh", "-c", script], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    await once(builder.stdout, "data");
    const lines: string[] = [];
    const asking = ensureImage("trixie", {
      onProgress: (line) => {
        lines.push(line);
        builder.stdin.end("\n");
      },
    });
    expect(await asking).toBe(path);
    expect(lines).toEqual([expect.stringContaining("making the trixie root filesystem")]);
    expect(readdirSync(path)).toEqual([]);
  });

  test.each(triesAll ? suites : [])(
    "%s, asked for twice at once, is built once",
    { timeout: 600_000 },
    async (suite) => {
      const lines: string[] = [];
      const options = { onProgress: (line: string) => void lines.push(line) };
      // The stand-in of another test may be there.
      rmSync(imagePath(suite), { recursive: true, force: true });
      const [path, again] = await Promise.all([ensureImage(suite, options), ensureImage(suite, options)]);
      expect(again).toBe(path);
      expect(lines.filter((line) => line.startsWith("running apt-get update"))).toHaveLength(1);
      expect(readdirSync(`${cache}/images`).filter((name) => name.includes("building"))).toEqual([]);
      expectNoIdentity(path);
      expect(mountsBelow(cache)).toEqual([]);
    },
  );
});
