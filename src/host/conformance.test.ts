// The conformance suite over the implementations that need neither root nor a network: this machine by a (here empty) prefix, and memory.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { describe } from "vitest";
import { hostSuite } from "../../test/support/host-suite.ts";
import { memoryHost, prefixHost } from "./index.ts";

const isRoot = process.getuid?.() === 0;
const owner = { owner: userInfo().username, group: execFileSync("id", ["-gn"], { encoding: "utf8" }).trim() };

describe.runIf(process.platform === "linux")("on this machine", () => {
  hostSuite("prefix host", { canGiveAway: isRoot, canFillDisk: false }, () => {
    const folder = mkdtempSync(join(tmpdir(), "hapair-host-"));
    return Promise.resolve({
      host: prefixHost({ name: "here", prefix: [] }),
      folder,
      owner,
      ...(isRoot ? { otherOwner: { owner: "nobody", group: "nogroup" } } : {}),
      dispose: () => Promise.resolve(rmSync(folder, { recursive: true })),
    });
  });

  hostSuite(
    "memory host, with this machine's shell for its scripts",
    { canGiveAway: true, canFillDisk: true },
    () => {
      const host = memoryHost({
        name: "memory",
        files: { "/small/settings.conf": "as it was" },
        fullFolders: ["/small"],
        fallback: prefixHost({ name: "memory", prefix: [] }),
      });
      return Promise.resolve({
        host,
        folder: "/folder",
        otherOwner: { owner: "nobody", group: "nogroup" },
        smallDisk: "/small",
        list: (folder: string) =>
          Promise.resolve(
            [...host.files.keys()]
              .filter((path) => path.startsWith(`${folder}/`))
              .map((path) => path.slice(folder.length + 1)),
          ),
        link(target: string, path: string) {
          host.files.set(path, { target });
          return Promise.resolve();
        },
      });
    },
  );
});
