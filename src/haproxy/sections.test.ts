// The words of haproxy.cfg; each row as HAProxy 2.6 names the word in its messages.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSections } from "./sections.ts";

function words(line: string): string[] {
  const [section] = readSections(`backend b\n${line}\n`);
  return (section?.lines ?? []).flatMap(({ keyword, arguments: rest }) => [
    keyword.value,
    ...rest.map((word) => word.value),
  ]);
}

describe("words", () => {
  it.each([
    ["server  s1\t10.0.0.7:80\r", ["server", "s1", "10.0.0.7:80"]],
    ["a b#c", ["a", "b"]],
    ["a b\\#c", ["a", "b#c"]],
    ["a b\\ c", ["a", "b c"]],
    ['a s8"a b"c', ["a", "s8a bc"]],
    ["a 'b # \"c\\'d", ["a", 'b # "c\\d']],
    ['a "b # \'c"', ["a", "b # 'c"]],
    ['a "a\\ b\\#c\\\'d\\"e\\$f\\tg\\x4b\\q"', ["a", "a b#c'd\"e$f\tgK\\q"]],
    ["a a\\$b\\tc\\x4b\\q\\x4", ["a", "a\\$b\tcK\\q\\x4"]],
    ['a "" b', ["a", "", "b"]],
    ['a "open b', ["a", "open b"]],
    ["# nothing", []],
  ])("%s", (line, expected) => {
    expect(words(line)).toEqual(expected);
  });
});

describe("sections", () => {
  it("are begun by their keyword, wherever it stands", () => {
    const text =
      "lost\nglobal\n  maxconn 1\n  defaults base from other\nmode http\nfrontend f from base # x\n\n\nlisten\n";
    const seen = readSections(text).map(({ kind, name, from, lines, span }) => [
      kind,
      name,
      from,
      lines.length,
      text.slice(span.start, span.end),
    ]);
    expect(seen).toEqual([
      ["global", undefined, undefined, 1, "global\n  maxconn 1"],
      ["defaults", "base", "other", 1, "defaults base from other\nmode http"],
      ["frontend", "f", "base", 0, "frontend f from base"],
      ["listen", undefined, undefined, 0, "listen"],
    ]);
  });

  it("are read from any text, each word where its span says", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("backend b\n", "\n", " ", "'", '"', "\\", "#", "x", "\\x4", "é") }),
        (text) => {
          for (const { lines } of readSections(text)) {
            for (const { keyword, arguments: rest } of lines) {
              let end = 0;
              for (const { span } of [keyword, ...rest]) {
                expect(span.start).toBeGreaterThanOrEqual(end);
                expect(span.end).toBeGreaterThan(span.start);
                ({ end } = span);
              }
            }
          }
        },
      ),
    );
  });
});
