// What a node's shell makes of what is asked of it: every script is shell, and a person's words arrive as they were written.

import { execFileSync, spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { MoveStep, MoveStepKind } from "../policy/index.ts";
import {
  askScript,
  extendScript,
  listScript,
  lookScript,
  maintenanceOffScript,
  maintenanceOnScript,
  type MaintenanceNote,
  stepScript,
  stopHaproxyScript,
} from "./node-commands.ts";

const note: MaintenanceNote = { by: "ops@desk", reason: "kernel upgrade", lengthS: 7200 };

const routers: MoveStep["routers"] = [
  { router: "web", from: "n1" },
  { router: "api", from: "n3" },
];

/** What `sh -n` says; empty: it is shell. */
function complaint(script: string): string {
  const { status, stderr } = spawnSync("sh", ["-n"], { input: script, encoding: "utf8" });
  return status === 0 ? "" : stderr || `exit ${status}`;
}

/** The arguments that a shell hands to the node's script. */
function argumentsOf(script: string): string[] {
  const words = script.slice(script.indexOf(" ") + 1);
  // An argument has no NUL in it, so NUL tells them apart.
  return execFileSync("sh", ["-c", `printf '%s\\0' ${words}`], { encoding: "utf8" })
    .split("\0")
    .slice(0, -1);
}

describe("a step", () => {
  const self = "/etc/hapair/switchover.sh";
  test.each<[MoveStepKind, string | undefined]>([
    ["open-give", `${self} extend take 90\n${self} open give 90 f00d web api\n`],
    ["open-take", `${self} extend give 90\n${self} open take 90 f00d web=n1 api=n3\n`],
    ["boost", `${self} boost && sleep 0.15\n`],
    ["aside", `${self} aside web api\n`],
    ["give", `${self} give web api\n`],
    ["await", `${self} await 500 web api\n`],
    ["unboost", `${self} unboost\n`],
    ["close-take", `${self} close take f00d\n`],
    ["close-give", `${self} close give f00d\n`],
    ["confirm", undefined],
    ["drain", undefined],
  ])("%s", (kind, script) => {
    expect(stepScript({ kind, node: "n2", routers }, { drainS: 60, owner: "f00d", note })).toBe(script);
  });

  it("that begins maintenance needs to know who and why", () => {
    const step: MoveStep = { kind: "maintain", node: "n1", routers };
    expect(stepScript(step, { drainS: 60, owner: "f00d" })).toBeUndefined();
    expect(stepScript(step, { drainS: 60, owner: "f00d", note })).toBe(maintenanceOnScript(note));
  });
});

describe("every script", () => {
  const kinds: MoveStepKind[] = [
    "open-give",
    "open-take",
    "boost",
    "aside",
    "give",
    "await",
    "unboost",
    "close-take",
  ];
  test.each<[string, string]>([
    ...kinds.map((kind): [string, string] => [
      kind,
      stepScript({ kind, node: "n2", routers }, { drainS: 60, owner: "f00d", note }) ?? "(",
    ]),
    ["extend", extendScript("give", 90)],
    ["list", listScript(["web", "a'b"])],
    ["ask", askScript()],
    ["maintenance on", maintenanceOnScript({ ...note, reason: `it's "$(reboot)" \`x\`` })],
    ["maintenance off", maintenanceOffScript()],
    ["stop HAProxy", stopHaproxyScript()],
    ["look", lookScript({ address: "192.0.2.11" }, ["192.0.2.50", "2001:db8::50"], ["web"])],
    ["look over IPv6", lookScript({ address: "2001:db8::11" }, [], [])],
  ])("%s is shell", (_, script) => {
    expect(complaint(script)).toBe("");
  });

  it("of a look asks a node of IPv6 as a URL wants it", () => {
    expect(lookScript({ address: "2001:db8::11" }, [], ["web"])).toContain("target='[2001:db8::11]'");
  });
});

describe("the words of maintenance", () => {
  test.each<[string, string, string]>([
    ["quotes", `it's "urgent"`, `it's "urgent"`],
    ["commands", "$(touch /tmp/x) `id` ${HOME} $1", "$(touch /tmp/x) `id` ${HOME} $1"],
    ["what printf would read", "100%s %d\\n \\0", "100%s %d\\n \\0"],
    ["several lines", "first\nsecond\r\n\tthird", "first second third"],
    ["what would end a note", '"},"untilS":0,{"', '"},"untilS":0,{"'],
    ["a terminal's sequences", "\u001B[31mred\u0007", "[31mred"],
    ["text that turns its direction", "a\u202Eb\u2028c", "a b c"],
    ["other scripts", "Wartung: Kernel für 東京 😀", "Wartung: Kernel für 東京 😀"],
    ["an option", "-n", "-n"],
    ["a pattern", "* ? [a-z] ~ # !", "* ? [a-z] ~ # !"],
    ["nothing", "", ""],
  ])("with %s arrive as they are meant", (_, reason, meant) => {
    const script = maintenanceOnScript({ ...note, reason });
    expect(script.trim().split("\n"), "one line").toHaveLength(1);
    const [verb, lengthS, beginning, by, why] = argumentsOf(script);
    expect([verb, lengthS, by, why]).toEqual(["on", "7200", "ops@desk", meant]);
    expect(JSON.parse(`${beginning ?? ""},"sinceS":1}`)).toEqual({
      by: "ops@desk",
      reason: meant,
      sinceS: 1,
    });
  });

  it("are cut to a line's length, and never within a character", () => {
    const [, , beginning, by, why] = argumentsOf(
      maintenanceOnScript({ ...note, by: "😀".repeat(100), reason: "x".repeat(100_000) }),
    );
    expect(by).toBe("😀".repeat(80));
    expect(why).toBe("x".repeat(200));
    expect(Buffer.byteLength(beginning ?? "")).toBeLessThan(1024);
  });

  it("have a name in any case", () => {
    expect(argumentsOf(maintenanceOnScript({ ...note, by: "\n" }))[3]).toBe("somebody");
  });

  it("arrive whatever they are", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 120 });
    const shell = fc.string({
      unit: fc.constantFrom("'", '"', "\\", "$", "`", "%", "\n", "{", "}", " ", ";", "a"),
    });
    const words = fc.oneof(text, shell);
    fc.assert(
      fc.property(words, words, (by, reason) => {
        const [, , beginning, saidBy, why] = argumentsOf(maintenanceOnScript({ by, reason, lengthS: 60 }));
        expect(JSON.parse(`${beginning ?? ""}}`)).toEqual({ by: saidBy, reason: why });
        expect(why).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      }),
      { numRuns: 60 },
    );
  });
});
