import { execFileSync } from "node:child_process";
import { array, assert, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { octal, quoted, quotedWords } from "./shell-quote.ts";

/** What a real shell makes of the words. */
function throughShell(words: string[]): string[] {
  const script = `for word in ${quotedWords(words)}; do printf '%s\\0' "$word"; done`;
  const output = execFileSync("/bin/sh", ["-s"], { input: script, encoding: "utf8" });
  return output.split("\0").slice(0, -1);
}

describe("quoted", () => {
  it("comes back from a real shell as it was", () => {
    const hostile = [
      "",
      "a b",
      "'",
      "''",
      "$(id)",
      "`id`",
      "\\",
      "a\nb",
      "*",
      "~",
      "-n",
      "é",
      '"',
      "!x",
      "#",
      "a\tb",
      "'$'",
    ];
    expect(throughShell(hostile)).toEqual(hostile);
  });

  it("comes back from a real shell for any text", () => {
    const word = string({ unit: "grapheme" }).filter((text) => !text.includes("\0"));
    assert(
      property(array(word, { minLength: 1, maxLength: 20 }), (words) => {
        expect(throughShell(words)).toEqual(words);
      }),
      { numRuns: 60 },
    );
  });

  it("refuses NUL", () => {
    expect(() => quoted("a\0b")).toThrow("NUL");
  });
});

describe("octal", () => {
  it("writes a mode as chmod takes it", () => {
    expect([octal(0o644), octal(0o600), octal(0o7), octal(0o4755)]).toEqual([
      "0644",
      "0600",
      "0007",
      "04755",
    ]);
  });
});
