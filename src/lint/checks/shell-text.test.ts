// Texts for the shell and the commands they run.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readShellText } from "./shell-text.ts";

function commands(text: string): string[][] {
  return readShellText(text).commands.map((command) => [...command.words]);
}

describe("the commands of a text for the shell", () => {
  it.each([
    [
      "killall -0 haproxy || exit 1",
      [
        ["killall", "-0", "haproxy"],
        ["exit", "1"],
      ],
    ],
    ["a 'b c' \"d e\" f\\ g # comment\nh", [["a", "b c", "d e", "f g"], ["h"]]],
    [
      "if ! pidof x >/dev/null 2>&1; then exit 1; fi",
      [
        ["pidof", "x"],
        ["exit", "1"],
      ],
    ],
    ["VIP=192.0.2.50\ncurl http://$VIP:80/${VIP}", [["curl", "http://192.0.2.50:80/192.0.2.50"]]],
    ["V=1\nV=2\ncurl $V", [["curl", "$V"]]],
    ["echo '$V'", [["echo", "$V"]]],
    ["C='curl -f http://x'\n$C", [["curl", "-f", "http://x"]]],
    [
      "n=$(ps -C haproxy | wc -l)\n[ $n -eq 0 ] && x",
      [["ps", "-C", "haproxy"], ["wc", "-l"], ["[", "$()", "-eq", "0", "]"], ["x"]],
    ],
    [
      "kill -0 `cat /run/x.pid`",
      [
        ["cat", "/run/x.pid"],
        ["kill", "-0", "$()"],
      ],
    ],
    ["f() {\n  curl a\n}\nf", [["curl", "a"], ["f"]]],
    ["cat <<EOF\nsystemctl stop x\nEOF\nb", [["cat"], ["b"]]],
    ["case $1 in\nstart) a ;;\n*) b ;;\nesac", [["a"], ["b"]]],
    ["for h in a b; do ping $h; done", [["ping", "$h"]]],
    ["a \\\n b", [["a", "b"]]],
  ])("%j", (text, expected) => {
    expect(commands(text)).toEqual(expected);
  });

  it("knows whose output is read and where redirections go", () => {
    const { commands: seen, functions } = readShellText(
      "f() { a | b; }\nx=$(c)\n</dev/tcp/127.0.0.1/80 d >e",
    );
    expect(seen.map(({ words, outputRead }) => [words[0], outputRead])).toEqual([
      ["c", true],
      ["a", true],
      ["b", false],
      ["d", false],
    ]);
    expect(seen.at(-1)?.redirections).toEqual(["/dev/tcp/127.0.0.1/80", "e"]);
    expect([...functions]).toEqual(["f"]);
  });

  it("ends on any text", () => {
    const unit = fc.constantFrom(
      "$(",
      ")",
      "`",
      "'",
      '"',
      "\\",
      "<<",
      "\n",
      " ",
      "a",
      "$",
      "{",
      "}",
      "=",
      ";",
      "|",
      "&",
      "#",
    );
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        expect(readShellText(text).commands.length).toBeLessThanOrEqual(text.length + 1);
      }),
    );
  });
});
