// Comments of the three languages: what is one, what only looks like one, and which lines say something.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sourceText } from "../../diagnostics/index.ts";
import { commentsAndCode, type FileLanguage, languageOf } from "./comments.ts";

function read(text: string, language: FileLanguage): { comments: string[]; code: number[] } {
  const { comments, codeLines } = commentsAndCode(sourceText("f", text), language);
  return {
    comments: comments.map(({ start, end }) => text.slice(start, end)),
    code: [...codeLines].toSorted((a, b) => a - b),
  };
}

describe("comments", () => {
  it("of keepalived.conf", () => {
    const text = `! one
vrrp_instance A # two
{ # three
    priority 100! four
    notify "/bin/x # no ! no" # five

    # six
} }
$NAME=a \\
  b
`;
    expect(read(text, "keepalived")).toEqual({
      comments: ["! one", "# two", "# three", "! four", "# five", "# six"],
      code: [2, 3, 4, 5, 8, 9, 10],
    });
  });

  it("of haproxy.cfg", () => {
    const text = `# one
global
    log "a # no" local0 # two
    option 'b # no' # three
    set x \\# no
    it's open # no
    ! no#four
`;
    expect(read(text, "haproxy")).toEqual({
      comments: ["# one", "# two", "# three", "#four"],
      code: [2, 3, 4, 5, 6, 7],
    });
  });

  it("of pair.yaml", () => {
    const text = `%YAML 1.2
--- # one
pair: "a # no
  still # no" # two
it's: don't # three
a#no: { b: 'c # no', d: e#no } # four
text: |
  # no

  # no
  more
list:
  - > # five
    # no
  - plain # six
# seven
`;
    expect(read(text, "yaml")).toEqual({
      comments: ["# one", "# two", "# three", "# four", "# five", "# six", "# seven"],
      code: [3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15],
    });
  });

  it("of any text are within it, in order, and begin with their mark", () => {
    const pieces = fc.constantFrom(
      "#",
      "!",
      '"',
      "'",
      "\\",
      "{",
      "}",
      "|",
      ">",
      ": ",
      "\n",
      "\r\n",
      "  ",
      "a",
      "- ",
    );
    const texts = fc.array(pieces, { maxLength: 40 }).map((list) => list.join(""));
    fc.assert(
      fc.property(texts, fc.constantFrom<FileLanguage>("keepalived", "haproxy", "yaml"), (text, language) => {
        let before = -1;
        for (const { start, end } of commentsAndCode(sourceText("f", text), language).comments) {
          expect(start).toBeGreaterThanOrEqual(before);
          expect(text.slice(start, end)).toMatch(/^[#!][^\n]*$/);
          before = end;
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("are read by the file's name", () => {
    const languages = [
      "pair.yaml",
      "a.YML",
      "haproxy.cfg",
      "lb1/haproxy.conf",
      "x.cfg",
      "keepalived.conf",
      "-",
    ].map(languageOf);
    expect(languages).toEqual(["yaml", "yaml", "haproxy", "haproxy", "haproxy", "keepalived", "keepalived"]);
    expect(languageOf("haproxy/keepalived.cfg")).toBe("keepalived");
  });
});
