// How a script travels: whole or not at all, quoted through any shell, and told apart from what is said on the way.
import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runProcess } from "./process.ts";
import { divideAtMark, frameScript } from "./script-frame.ts";
import { shellWord } from "./shell-word.ts";

describe.runIf(process.platform === "linux")("a framed script", () => {
  it("runs nothing when its text is cut off, wherever", async () => {
    const script =
      "echo first >&2\nif true; then\n  echo second >&2\nfi\ncat <<END >&2\nthird\nEND\n(echo fourth >&2)\n# the end";
    const frame = frameScript({ script, nonce: "n" });
    const [program = "", ...programArguments] = frame.command;
    const run = (input: Uint8Array) => runProcess(program, programArguments, { input });
    expect(await run(frame.input)).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/first\nsecond\nthird\nfourth\n$/u),
    });
    for (let length = 0; length < frame.input.length - 2; length += 7) {
      const { stderr } = await run(frame.input.subarray(0, length));
      expect(stderr, `cut at ${length}`).not.toMatch(/^(?:first|second|third|fourth)$/mu);
    }
  });

  it("is ended when its tether is cut", async () => {
    const frame = frameScript({ script: "while :; do sleep 1; done", nonce: "n", tethered: true });
    const [program = "", ...programArguments] = frame.command;
    const result = await runProcess(program, programArguments, { input: frame.input, timeoutMs: 15_000 });
    expect(result).toMatchObject({ endedEarly: undefined });
    expect(result.exitCode).not.toBe(0);
  });
});

describe("frameScript", () => {
  it("shows neither script nor input in the command", () => {
    const frame = frameScript({ script: ": secret", input: "hidden", limitMs: 1_500, nonce: "0a1b" });
    expect(frame.command.join(" ")).toMatchInlineSnapshot(
      `"timeout --verbose --kill-after=2 1.500 sh -c echo hapair-begin-0a1b; echo "hapair-begin-0a1b \${SUDO_UID:-direct}" >&2; eval "$(head -c 206)""`,
    );
    expect(Buffer.from(frame.input).toString()).toMatchInlineSnapshot(`
      "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8; unset LANGUAGE; umask 022; cd /
      { ( :
      : secret
      )
      set -- $?; [ "$1" = 255 ] && echo hapair-end-0a1b >&2; exit "$1"; }
      hidden"
    `);
  });

  it("does not take NUL", () => {
    expect(() => frameScript({ script: "echo \0", nonce: "n" })).toThrow("NUL");
  });
});

describe("divideAtMark", () => {
  it("divides at the mark's line, and not before it is complete", () => {
    const said = Buffer.from("banner\nnoisehapair-begin-n 1000\nscript\nhapair-begin-n\n");
    expect(divideAtMark(said, "hapair-begin-n")).toEqual({
      before: "banner\nnoise",
      script: Buffer.from("script\nhapair-begin-n\n"),
      note: "1000",
    });
    expect(divideAtMark(said.subarray(0, 30), "hapair-begin-n").script).toBeUndefined();
  });
});

describe("shellWord", () => {
  it("leaves plain words as they are", () => {
    expect(["a", "/etc/x.conf", "--kill-after=2", "a b", "", "it's"].map(shellWord)).toEqual([
      "a",
      "/etc/x.conf",
      "--kill-after=2",
      "'a b'",
      "''",
      "'it'\\''s'",
    ]);
  });

  it("is one word of a shell for any text", () => {
    const text = fc.string({
      unit: fc.oneof(
        fc.constantFrom(...Array.from("'\"\\$`!*?~#\n\t ;&|<>(){}[]-=")),
        fc.string({ minLength: 1, maxLength: 1 }),
      ),
    });
    fc.assert(
      fc.property(
        fc.array(
          text.filter((one) => !one.includes("\0")),
          { minLength: 1, maxLength: 10 },
        ),
        (words) => {
          const script = `printf '%s\\0' ${words.map(shellWord).join(" ")}`;
          expect(execFileSync("sh", ["-c", script], { encoding: "utf8" })).toBe(
            words.map((word) => `${word}\0`).join(""),
          );
        },
      ),
      { numRuns: 30 },
    );
  });
});
