// Every fault has a script or needs the lab's hand, every script is sh, and the undo that a node is given is the one that was meant.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, constantFrom, property, string } from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { scenarios } from "../scenario/index.ts";
import { armUndoScript, disarmUndoScript, faultScript, undoUnit } from "./fault-commands.ts";
import { isPlanned } from "./planned.ts";

const subject = {
  interface: "ens192",
  vips: ["10.150.160.32/32", "2001:db8::50/128"],
  servers: [
    { address: "10.150.160.41", port: 80 },
    { address: "2001:db8::41", port: 8080 },
  ],
};
const folder = mkdtempSync(join(tmpdir(), "hapair-fault-commands-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Throws with the shell's words where a text is not sh. */
function parsesAsShell(script: string): void {
  execFileSync("/bin/sh", ["-n"], { input: script });
}

describe.each(scenarios.map((scenario) => [scenario.name, scenario] as const))("%s", (_, scenario) => {
  test("can be made on real nodes with scripts and planned work alone, or is for the lab only", () => {
    const phases = scenario.phases.map((phase) => phase.action);
    const actions = [...phases, scenario.undo].filter((action) => scenario.labOnly || !isPlanned(action));
    const scripts = actions.map((action) => faultScript(action, subject));
    if (!scenario.labOnly) expect(scripts).not.toContain(undefined);
    else expect(scripts).toContain(undefined);
  });

  test("planned work leaves its undo to the node as a script", () => {
    if (scenario.phases.some(({ action }) => isPlanned(action)))
      expect(faultScript(scenario.undo, subject)).toMatch(/^\/etc\/hapair\/\S+\.sh (off|mend)$/m);
  });

  test("its scripts, and the armed undo, are sh", () => {
    for (const action of [...scenario.phases.map((phase) => phase.action), scenario.undo]) {
      const script = faultScript(action, subject);
      if (script === undefined) continue;
      parsesAsShell(script);
      parsesAsShell(armUndoScript("x-1a2b3c", script, 60));
    }
  });
});

test("every VIP is deleted, from the node's interface", () => {
  expect(faultScript({ kind: "delete-vip" }, subject)?.split("\n")).toEqual([
    "ip address delete 10.150.160.32/32 dev ens192",
    "ip address delete 2001:db8::50/128 dev ens192",
  ]);
});

test("what is blocked one way is what arrives; both ways also what leaves; unblocking names the same table", () => {
  const oneWay = faultScript({ kind: "block-vrrp", direction: "in" }, subject) ?? "";
  const bothWays = faultScript({ kind: "block-vrrp", direction: "both" }, subject) ?? "";
  expect(oneWay).toContain("hook input");
  expect(oneWay).not.toContain("hook output");
  expect(bothWays).toContain("hook input");
  expect(bothWays).toContain("hook output");
  const [, table = "none"] = /^table (inet \w+)/m.exec(bothWays) ?? [];
  expect(faultScript({ kind: "unblock-vrrp" }, subject)).toContain(`delete table ${table} `);
});

test("every server is refused at its own address and port, in a table that unblocking deletes", () => {
  const blocked = faultScript({ kind: "block-backends" }, subject) ?? "";
  expect(blocked).toContain("ip daddr 10.150.160.41 tcp dport 80 reject with tcp reset");
  expect(blocked).toContain("ip6 daddr 2001:db8::41 tcp dport 8080 reject with tcp reset");
  const [, table = "none"] = /^table (inet \w+)/m.exec(blocked) ?? [];
  expect(faultScript({ kind: "unblock-backends" }, subject)).toContain(`delete table ${table} `);
});

describe("the undo on the node", () => {
  // A systemd-run of our own that notes its arguments: what the real one would be given, through a real shell.
  const noted = join(folder, "arguments");
  writeFileSync(join(folder, "systemd-run"), `#!/bin/sh\nprintf '%s\\0' "$@" > '${noted}'\n`, {
    mode: 0o755,
  });
  const given = (script: string): string[] => {
    execFileSync("/bin/sh", ["-s"], { input: script, env: { PATH: `${folder}:/usr/bin:/bin` } });
    return readFileSync(noted, "utf8").split("\0").slice(0, -1);
  };

  test("arrives as it was meant, whatever it contains", () => {
    const text = string({
      unit: constantFrom("'", '"', "\\", "$", "`", "\n", " ", "a", "é", "!", "*", ";", "&"),
      maxLength: 30,
    });
    assert(
      property(text, (undo) => {
        const words = given(armUndoScript("haproxy-stop-1a2b3c", undo, 60));
        expect(words.slice(-3)).toEqual(["/bin/sh", "-c", undo]);
      }),
      { numRuns: 40, examples: [["'"], ["'\\''"], ["a'b'c"], ["cat <<'EOF'\nx\nEOF"]] },
    );
  });

  test("runs after the time that was asked for, not up to a minute later, under the name that is disarmed", () => {
    const words = given(armUndoScript("haproxy-stop-1a2b3c", "true", 45));
    expect(words).toContain("--on-active=45");
    expect(words.join(" ")).toMatch(/--timer-property=AccuracySec=\d+ms/);
    expect(words).toContain(`--unit=${undoUnit("haproxy-stop-1a2b3c")}`);
    expect(disarmUndoScript("haproxy-stop-1a2b3c")).toContain(`${undoUnit("haproxy-stop-1a2b3c")}.timer`);
  });
});
