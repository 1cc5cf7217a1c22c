// What `systemctl show` prints (systemd 252), and what file times say of a configuration.

import { chmodSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { FactReport } from "../../agent-api/index.ts";
import { configurationValue, readUnitProperties } from "./unit-properties.ts";
import { startUnits, type UnitSource } from "./units.ts";

const unit = (id: string, active: string, sub: string, more = ""): string =>
  `Id=${id}\nActiveState=${active}\nSubState=${sub}\nStateChangeTimestampMonotonic=5000000\n${more}`;

describe("readUnitProperties", () => {
  it.each([
    ["active", "running", "Result=success\n", "active", "success"],
    ["reloading", "reload", "Result=success\n", "reloading", "success"],
    [
      "deactivating",
      "stop-post",
      "Result=exit-code\nExecMainCode=1\nExecMainStatus=1\n",
      "stopping",
      "exit-code 1",
    ],
    ["activating", "auto-restart", "Result=signal\nExecMainCode=2\nExecMainStatus=9\n", "failed", "signal 9"],
    ["activating", "start", "Result=success\n", "starting", "success"],
    ["failed", "failed", "Result=oom-kill\nExecMainCode=2\nExecMainStatus=9\n", "failed", "oom-kill"],
    ["failed", "failed", "Result=watchdog\nExecMainCode=3\nExecMainStatus=6\n", "failed", "watchdog"],
    ["inactive", "dead", "Result=success\n", "inactive", "success"],
  ])("%s/%s %j", (active, sub, more, value, result) => {
    const [look] = readUnitProperties(`${unit("haproxy.service", active, sub, more)}\n`);
    expect(look?.state).toMatchObject({ kind: "unit", subject: "haproxy", value, detail: { result } });
    expect(look?.beganUs).toBe(active === "active" ? 5_000_000 : undefined);
  });

  it("reads both units, passes over others, and never throws", () => {
    const output = [
      unit("keepalived.service", "active", "running"),
      unit("ssh.service", "active", "running"),
      unit("haproxy.service", "gone-mad", "x"),
    ].join("\n");
    expect(readUnitProperties(output).map((look) => [look.unit, look.state?.value])).toEqual([
      ["keepalived", "active"],
      ["haproxy", undefined],
    ]);
    fc.assert(
      fc.property(fc.string(), fc.nat(60), (noise, cut) => {
        readUnitProperties(output.slice(cut) + noise);
      }),
    );
  });
});

it.each([
  [{ fileMs: 10_000, appliedMs: 10_500, beganMs: 10_400 }, "deployed"],
  [{ fileMs: 10_000, appliedMs: 10_500, beganMs: 5_000 }, "unread"],
  [{ fileMs: 20_000, appliedMs: 10_500, beganMs: 5_000 }, "edited"],
  [{ fileMs: 20_000, appliedMs: 10_500, beganMs: 30_000 }, "edited"],
  [{ fileMs: 20_000, beganMs: 5_000 }, undefined],
  [{ fileMs: 10_000, appliedMs: 10_500 }, undefined],
  [{ appliedMs: 10_500, beganMs: 5_000 }, undefined],
])("a configuration with %j is %s", (times, value) => {
  expect(configurationValue(times)).toBe(value);
});

describe("startUnits", () => {
  let source: UnitSource | undefined;
  const folder = mkdtempSync(join(tmpdir(), "hapair-units-"));
  afterEach(async () => {
    await source?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("asks at once and on request, and says why there is no answer", async () => {
    const nowUs = Number(process.hrtime.bigint() / 1000n);
    const answer = join(folder, "answer");
    const program = join(folder, "systemctl");
    const facts: FactReport[] = [];
    const notes: string[] = [];
    const file = (name: string, agoS: number): string => {
      const path = join(folder, name);
      writeFileSync(path, "");
      utimesSync(path, Date.now() / 1000 - agoS, Date.now() / 1000 - agoS);
      return path;
    };
    const began = unit("haproxy.service", "active", "running").replace("5000000", String(nowUs - 60_000_000));
    writeFileSync(answer, `${began}\n${unit("keepalived.service", "failed", "failed", "Result=signal\n")}`);
    writeFileSync(program, `#!/bin/sh\n[ -e ${answer} ] || { echo "no bus" >&2; exit 1; }\ncat ${answer}\n`);
    chmodSync(program, 0o755);
    source = startUnits({
      words: [program],
      configurations: { haproxy: file("haproxy.cfg", 30), keepalived: join(folder, "missing") },
      appliedMark: file("applied", 20),
      routers: ["ext-lb"],
      report: (reports) => facts.push(...reports),
      note: (line) => notes.push(line),
    });
    const said = (): string[] => facts.map(({ kind, subject, value }) => `${kind} ${subject} ${value}`);
    await vi.waitFor(
      () =>
        expect(said()).toEqual([
          "unit haproxy active",
          "unit keepalived failed",
          "instance ext-lb STOPPED",
          "configuration haproxy unread",
        ]),
      { timeout: 10_000 },
    );
    rmSync(answer);
    source.now();
    await vi.waitFor(() => expect(notes.join()).toContain("no bus"), { timeout: 10_000 });
  });
});
