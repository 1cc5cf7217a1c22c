// The scripts of switchover and maintenance as a node's shell takes them: they are shell for every form of pair, their tables name everybody, and what
// the maintenance script writes is read back. Its paths are put into a folder, and systemd's place is taken by a script that says what it was asked.

import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { inputsFor, pairFiles, pairNamed } from "../../test/support/pairs.ts";
import { loadPair, type Pair } from "../model/index.ts";
import { nodePaths, renderPair, watchedFilesOf } from "./index.ts";

const addresses = [1, 2, 3, 4, 5, 6];
const sixNodes = `pair: six-nodes
nodes:
${addresses.map((last) => `  lb${last}: { address: ["2001:db8::${last}", 192.0.2.${last}], interface: ens${last} }`).join("\n")}
routers:
  web: { id: 50, prefer: [${addresses.map((last) => `lb${last}`).join(", ")}], vips: { web4: 192.0.2.50/32, web6: "2001:db8::50/128" } }
  api: { id: 51, prefer: [${addresses.map((last) => `lb${7 - last}`).join(", ")}], vips: { api4: { address: 192.0.2.51/24, interface: bond1 } } }
  dns: { id: 52, prefer: [${addresses.map((last) => `lb${last}`).join(", ")}], vips: { dns6: "2001:db8::52/64" } }
haproxy: { config: ./haproxy.cfg }
`;

function pairOf(name: string): Pair {
  if (name !== "six nodes") return pairNamed(name);
  const { pair, diagnostics } = loadPair("six.yaml", sixNodes);
  if (pair === undefined) throw new Error(diagnostics.map(({ message }) => message).join("; "));
  return pair;
}

function contentOf(pair: Pair, node: string, path: string): string {
  return (
    renderPair(pair, inputsFor(pair))
      .get(node)
      ?.find((file) => file.path === path)?.content ?? ""
  );
}

/** The lines between `NAME() {` and its END. */
function tableOf(script: string, name: string): string[] {
  const [, body = ""] =
    new RegExp(`^${name}\\(\\) \\{\\n +cat <<'END'\\n([^]*?)\\nEND\\n`, "m").exec(script) ?? [];
  return body.split("\n");
}

const shells = ["sh", "dash", "bash"].filter((shell) => spawnSync(shell, ["-c", ":"]).status === 0);

describe.each([...Object.keys(pairFiles), "six nodes"])("the pair %s", (name) => {
  const pair = pairOf(name);
  const scripts = pair.nodes.flatMap((node) =>
    [nodePaths.switchoverScript, nodePaths.maintenanceScript].map((path) => ({
      node,
      text: contentOf(pair, node.name, path),
    })),
  );

  it("has scripts that every shell reads", () => {
    for (const { text } of scripts) {
      expect(text.length).toBeGreaterThan(500);
      for (const shell of shells) {
        const { status, stderr } = spawnSync(shell, ["-n"], { input: text, encoding: "utf8" });
        expect({ shell, status, stderr }).toEqual({ shell, status: 0, stderr: "" });
      }
    }
  });

  it("has every VIP of every router, with its interface, and every other node's addresses in the tables", () => {
    for (const node of pair.nodes) {
      const script = contentOf(pair, node.name, nodePaths.switchoverScript);
      expect(tableOf(script, "vips")).toEqual(
        pair.routers.flatMap((router) =>
          [...router.vips, ...router.excludedVips].map(
            ({ address, prefixLength, interface: own }) =>
              `${router.name} ${address.family} ${address.text} ${prefixLength} ${own ?? node.interface}`,
          ),
        ),
      );
      expect(tableOf(script, "peers")).toEqual(
        pair.nodes
          .filter((other) => other !== node)
          .flatMap((other) => other.addresses.map(({ family, text }) => `${other.name} ${family} ${text}`)),
      );
    }
  });

  it("watches a hold for each router where there are several, boost where the skew is long, and makes all of these files", () => {
    const names = watchedFilesOf(pair).map((file) => file.name);
    expect(names.filter((file) => file.startsWith("hold-"))).toEqual(
      pair.routers.length < 2 ? [] : pair.routers.map((router) => `hold-${router.name}`),
    );
    expect(names.includes("boost")).toBe(
      pair.routers.some(({ version, advertIntervalUs }) => version === 2 || advertIntervalUs >= 1_000_000),
    );
    for (const node of pair.nodes) {
      const tmpfiles = contentOf(pair, node.name, nodePaths.tmpfiles);
      const conf = contentOf(pair, node.name, nodePaths.keepalivedConf);
      for (const file of names) {
        expect(tmpfiles).toMatch(
          new RegExp(`^f ${nodePaths.watchDirectory}/${file} 0644 root root - [01]$`, "m"),
        );
        expect(conf).toContain(`track_file ${file} {`);
      }
    }
  });
});

describe("the maintenance script", () => {
  let folder = "";
  let script = "";
  const path = (name: string): string => join(folder, name);
  const read = (name: string): string => readFileSync(path(name), "utf8");
  const asked = (): string[] => (existsSync(path("asked")) ? read("asked").trim().split("\n") : []);
  /** Runs a verb as the node would. */
  const run = (...words: string[]): void => {
    execFileSync("sh", [script, ...words], {
      env: { ...process.env, PATH: `${path("bin")}:${process.env["PATH"] ?? ""}` },
      stdio: "pipe",
    });
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "hapair-maintenance-"));
    for (const name of ["bin", "etc/hapair", "run/hapair/watch"]) mkdirSync(path(name), { recursive: true });
    const pair = pairNamed("classic");
    const inFolder = (text: string): string =>
      text.replaceAll(/\/(?:etc|run)\/(?:hapair|motd\.d)\b/g, `${folder}$&`);
    script = path("etc/hapair/maintenance.sh");
    writeFileSync(script, inFolder(contentOf(pair, "extlb-01", nodePaths.maintenanceScript)));
    const saying = (program: string): string => `#!/bin/sh\necho "${program} $*" >> ${path("asked")}\n`;
    for (const [file, text] of [
      ["bin/systemctl", saying("systemctl")],
      ["etc/hapair/switchover.sh", saying("switchover")],
    ] as const) {
      writeFileSync(path(file), text);
      chmodSync(path(file), 0o755);
    }
    writeFileSync(path("run/hapair/watch/hold"), "0\n");
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const words = (reason: string): [string, string, string] => [
    JSON.stringify({ by: "ops@desk", reason }).slice(0, -1),
    "ops@desk",
    reason,
  ];

  test.each([
    "kernel upgrade",
    "",
    `it's "urgent" $(reboot) \`id\` 100%s \\n`,
    '"haproxy":"stopped","untilS":1,"sinceS":2}',
  ])("holds the node, says why, and lets it go again: %j", (reason) => {
    run("on", "3600", ...words(reason));
    const note = JSON.parse(read("etc/hapair/maintenance")) as Record<string, unknown>;
    expect(note).toMatchObject({ by: "ops@desk", reason, haproxy: "runs" });
    expect(Number(note["untilS"]) - Number(note["sinceS"])).toBe(3600);
    expect(statSync(path("etc/hapair/maintenance")).mode & 0o777).toBe(0o644);
    expect(read("etc/motd.d/hapair-maintenance")).toContain(
      reason === "" ? "(ops@desk)" : `(ops@desk: ${reason})`,
    );
    expect(read("run/hapair/watch/hold")).toBe("1\n");

    run("off");
    for (const name of ["etc/hapair/maintenance", "etc/motd.d"])
      expect(existsSync(path(name)), name).toBe(false);
    expect(read("run/hapair/watch/hold")).toBe("0\n");
    expect(asked()).toEqual([
      "systemctl start --no-block hapair-maintenance",
      "systemctl stop hapair-maintenance",
      "switchover mend",
    ]);
  });

  it("renews the note of a node that is held already", () => {
    run("on", "60", ...words("first"));
    writeFileSync(path("run/hapair/last-resort"), "1\n");
    run("on", "7200", ...words("second"));
    const note = JSON.parse(read("etc/hapair/maintenance")) as Record<string, unknown>;
    expect(note["reason"]).toBe("second");
    expect(Number(note["untilS"]) - Number(note["sinceS"])).toBe(7200);
    expect(existsSync(path("run/hapair/last-resort"))).toBe(false);
    expect(read("run/hapair/watch/hold")).toBe("1\n");
  });

  it("starts HAProxy again only where it was stopped for the maintenance", () => {
    run("on", "60", ...words('"haproxy":"stopped"'));
    run("stop-haproxy");
    expect(JSON.parse(read("etc/hapair/maintenance"))).toMatchObject({ haproxy: "stopped" });
    run("on", "60", ...words("renewed while HAProxy is stopped"));
    expect(JSON.parse(read("etc/hapair/maintenance"))).toMatchObject({ haproxy: "stopped" });
    run("off");
    expect(asked()).toContain("systemctl stop haproxy");
    expect(asked()).toContain("systemctl start haproxy");
  });

  it("extends from now on, and only what there is", () => {
    expect(() => run("extend", "60")).toThrow(/not under maintenance/);
    run("on", "60", ...words('"untilS":1'));
    run("extend", "7200");
    const note = JSON.parse(read("etc/hapair/maintenance")) as Record<string, unknown>;
    expect(note["reason"]).toBe('"untilS":1');
    expect(Number(note["untilS"]) - Number(note["sinceS"])).toBeGreaterThanOrEqual(7200);
  });

  it("holds a node again after a boot, unless it may take the VIP as a last resort", () => {
    run("restore");
    expect(read("run/hapair/watch/hold")).toBe("0\n");
    run("on", "60", ...words("x"));
    writeFileSync(path("run/hapair/watch/hold"), "0\n");
    writeFileSync(path("run/hapair/last-resort"), "1\n");
    run("restore");
    expect(read("run/hapair/watch/hold")).toBe("0\n");
    rmSync(path("run/hapair/last-resort"));
    run("restore");
    expect(read("run/hapair/watch/hold")).toBe("1\n");
  });

  it("ends by itself at its time", () => {
    run("on", "0", ...words("short"));
    run("watch");
    expect(existsSync(path("etc/hapair/maintenance"))).toBe(false);
    expect(read("run/hapair/watch/hold")).toBe("0\n");
    expect(asked()).toContain("switchover mend");
  });

  it("does nothing when it is asked for something else", () => {
    expect(() => run("sing")).toThrow(/usage/);
    expect(asked()).toEqual([]);
  });
});
