// What a script line starts, each row tried on keepalived 2.2.7; the program itself is left out of the expectation.

import { describe, expect, it } from "vitest";
import { commandOf, commandWords } from "./command-words.ts";
import { parseConfig } from "./parser.ts";

function command(line: string): readonly string[] | undefined {
  const [item] = parseConfig(line).items;
  return item?.kind === "statement" ? commandOf(item)?.slice(1) : undefined;
}

describe("the command of a script line", () => {
  it.each([
    ['script "/bin/true"', []],
    ["script '/bin/true'", []],
    ["script /bin/true a b", []],
    ['script "/bin/true" a b', []],
    ["script \"/bin/true a 'b c' d\"", ["a", "b c", "d"]],
    ["script '/bin/true a \"b c\"'", ["a", "b c"]],
    ["script \"/bin/true 'a b'c \\\"d\\\"e f'g'\"", ["a bc", "de", "fg"]],
    ["script \"/bin/true '' x\"", ["", "x"]],
    ['script "/bin/true a\\\\\\\\ b"', ["a\\", "b"]],
    ['script "/bin/true a\\ b"', ["a", "b"]],
    ["script \"/bin/true 'a\\ b'\"", ["a b"]],
    ['script "/bin/true \\"a\'b\\" \'c\'"', ["a'b", "c"]],
    ["script /bin/true\\ a", ["a"]],
    ["script '/bin/true 'a", ["a"]],
    ['script "/bin/true # a ! b"', ["#", "a", "!", "b"]],
    ['script "/bin/true {a}"', ["{a}"]],
    [
      'script "/bin/true \\x41B \\101 \\cA. \\n. \\q \\x4142 \\1011 \\8"',
      ["\u001b", "A", "\u0001.", ".", "q", "B", "A1", "8"],
    ],
    ['script "/bin/true" \\# x', []],
    ['script "/bin/true a\\#b"', ["a#b"]],
    ['script "/bin/true || exit 1"', ["||", "exit", "1"]],
  ])("%s", (line, expected) => {
    expect(command(line)).toEqual(expected);
  });

  it("has none where nothing is named or a quote never closes", () => {
    expect(command('script "" x')).toBeUndefined();
    expect(command("script")).toBeUndefined();
    expect(commandWords("/bin/true 'a")).toBeUndefined();
    expect(commandWords('"a')).toBeUndefined();
  });
});
