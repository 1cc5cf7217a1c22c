// Real addresses of this machine, and changes as a command prints them; as root, real changes in a network namespace.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FactReport } from "../../agent-api/index.ts";
import { startAddresses } from "./addresses.ts";
import type { Source } from "./source.ts";

let folder: string;
let source: Source | undefined;
const facts: FactReport[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-addresses-"));
  facts.length = 0;
});
afterEach(async () => {
  await source?.stop();
  source = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const said = (): string[] => facts.map(({ kind, subject, value }) => `${kind} ${subject} ${value}`);
const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000, interval: 10 });

describe("startAddresses", () => {
  it("looks at the start, and tells what the command prints", async () => {
    const lines = join(folder, "lines");
    writeFileSync(lines, "");
    source = startAddresses({
      words: ["tail", "-n", "+1", "-f", lines],
      vips: ["192.0.2.50", "127.0.0.1"],
      interfaces: ["no-such0"],
      report: (reports) => facts.push(...reports),
    });
    await eventually(() =>
      expect(said()).toEqual(["vip 192.0.2.50 -", "vip 127.0.0.1 -", "link no-such0 down"]),
    );
    writeFileSync(lines, "2: ens192    inet 192.0.2.50/32 scope global ens192\\  valid_lft forever\n");
    await eventually(() => expect(said()).toContain("vip 192.0.2.50 ens192"));
  });

  it.skipIf(process.getuid?.() !== 0)("follows the kernel (needs root)", async () => {
    const namespace = `hapair-${process.pid}`;
    const ip = (...words: string[]) => execFileSync("ip", ["-netns", namespace, ...words]);
    execFileSync("ip", ["netns", "add", namespace]);
    try {
      ip("link", "add", "v0", "type", "veth", "peer", "name", "v1");
      source = startAddresses({
        words: ["ip", "-netns", namespace, "-oneline", "monitor", "address", "link"],
        vips: ["192.0.2.50"],
        interfaces: ["v0"],
        report: (reports) => facts.push(...reports),
      });
      await eventually(() => expect(said()).toContain("vip 192.0.2.50 -"));
      // The monitor says nothing when it has begun to listen.
      await vi.waitFor(
        () => {
          ip("address", "replace", "192.0.2.50/32", "dev", "v0");
          ip("address", "del", "192.0.2.50/32", "dev", "v0");
          expect(said()).toContain("vip 192.0.2.50 v0");
        },
        { timeout: 10_000, interval: 50 },
      );
      ip("link", "set", "v0", "up");
      ip("link", "set", "v1", "up");
      await eventually(() => expect(said()).toContain("link v0 up"));
      await eventually(() =>
        expect(
          said()
            .filter((fact) => fact.startsWith("vip"))
            .at(-1),
        ).toBe("vip 192.0.2.50 -"),
      );
    } finally {
      await source?.stop();
      execFileSync("ip", ["netns", "del", namespace]);
    }
  });
});
