// The grammar of keepalived.conf, row by row as the daemon reads it, and that no character of any file is lost.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tries } from "../../test/support/tries.ts";
import { type Item, printConfig, type Statement, tokensOf } from "./cst.ts";
import { parseConfig } from "./parser.ts";

/** The tree in one line: `keyword[argument|..]`, a block as `keyword[..]{..}`, with an open end as `{..~`. */
function outline(items: readonly Item[]): string {
  return items.map(outlineOfItem).join(" ");
}

function outlineOfItem(item: Item): string {
  if (item.kind === "statement") return line(item);
  if (item.kind === "definition") return `$${item.name}=<${item.value}>`;
  if (item.kind !== "block") return { comment: item.source, blank: "_", strayBrace: "STRAY" }[item.kind];
  const header = item.header === undefined ? "" : line(item.header);
  return `${header}{${outline(item.items)}${item.close === undefined ? "~" : "}"}`;
}

function line(item: Statement): string {
  const prefixes = item.prefixes.map((word) => `${word.value}:`).join("");
  const values = item.arguments.map((word) => (word.closed ? word.value : `${word.value}?`));
  return `${prefixes}${item.keyword.value}${values.length === 0 ? "" : `[${values.join("|")}]`}`;
}

const outlineOf = (text: string): string => outline(parseConfig(text).items);

describe("the lines of keepalived.conf", () => {
  // Each row was tried on keepalived 2.2.7 and 2.3.3.
  it.each([
    ["keyword and arguments", "priority  101\t7", "priority[101|7]"],
    ["a comment glued to a word", "auth_pass sec#et", "auth_pass[sec] #et"],
    ["! is a comment mark too", "state BACKUP ! why", "state[BACKUP] ! why"],
    ["no comment in quotes", 'x "a # b" # c', "x[a # b] # c"],
    ["escaped marks", "x a\\#b \\!c", "x[a#b|!c]"],
    ["a word goes on after quotes as a new word", 'interface "a b"c', "interface[a b|c]"],
    ["quotes begin a new word", 'interface a"b c"', "interface[a|b c]"],
    ["single quotes are letters", "interface 'x 15'", "interface['x|15']"],
    ["an empty word", 'interface ""', "interface[]"],
    ["no escape in quotes for words", 'interface "a\\"b#c"d', "interface[a\\|b#c|d?]"],
    ["a backslash hides a quote from the comment scan", 'interface a\\"b#c"d', 'interface[a\\|b?] #c"d'],
    ["an unterminated quote hides a comment mark", 'interface ab"cd#e', "interface[ab|cd#e?]"],
    ["an unterminated quote hides a brace", 'foo "abc { d\nbar', "foo[abc { d?] bar"],
    ["no line continuation", "interface x\\\ny", "interface[x\\] y"],
    ["a carriage return is a blank", "interface x30\r\n}\r\n", "interface[x30] STRAY"],
    ["vertical tab and form feed are blanks", "interface x\v\fq", "interface[x|q]"],
    ["a no-break space is a letter", "interface x\u00a0y", "interface[x\u00a0y]"],
  ])("%s", (_name, text, expected) => {
    expect(outlineOf(text)).toBe(expected);
  });
});

describe("braces", () => {
  it.each([
    ["block", "a b {\n c\n}\n", "a[b]{c}"],
    ["brace glued to a word", "vrrp_instance VI6{interface x6}", "vrrp_instance[VI6]{interface[x6]}"],
    ["several blocks on a line", "a { b } c { d } # e", "a{b} c{d} # e"],
    [
      "one keyword a line, so the rest is arguments",
      "authentication { auth_type PASS auth_pass x }",
      "authentication{auth_type[PASS|auth_pass|x]}",
    ],
    ["brace on a later line", "a b ! c\n# d\n\n{\ne }", "a[b]{e}"],
    ["braces in quotes", 'x "a{b" "}"', "x[a{b|}]"],
    ["braces in single quotes", "x '{ y }'", "x[']{y} '"],
    ["a backslash does not hide a brace", "x13\\{y", "x13\\{y~"],
    ["an undefined ${NAME} is a block", "foo ${NAME} y", "foo[$]{NAME} y"],
    ["stray brace", "} a {}", "STRAY a{}"],
    ["missing brace", "a {\n b {\n c", "a{b{c~~"],
    ["brace without header", "{ a } { b }", "{a} {b}"],
  ])("%s", (_name, text, expected) => {
    expect(outlineOf(text)).toBe(expected);
  });

  it("keeps what stands between a header and its brace", () => {
    const text = "a b ! c\n  # d\n\n{\ne }\n";
    const cst = parseConfig(text);
    expect(printConfig(cst)).toBe(text);
    const [block] = cst.items;
    expect(block?.kind === "block" && block.between.map((item) => item.source)).toEqual(["! c", "# d", ""]);
  });
});

describe("conditions, repetitions and definitions", () => {
  it.each([
    ["condition", "@low priority 100", "@low:priority[100]"],
    ["reverse condition", "@^low priority 100", "@^low:priority[100]"],
    ["one condition a line", "@low @^high k26", "@low:@^high[k26]"],
    ["condition after a brace", "k6 { @low k7\n}", "k6{@low:k7}"],
    ["condition on a header", "@low a b {\nc\n}", "@low:a[b]{c}"],
    ["condition on a brace", "a {\n@low }\n}", "a{@low:} STRAY"],
    ["repetition", "~SEQ(I, 1, 3) vr$I { k }", "~SEQ(I, 1, 3):vr$I{k}"],
    ["repetition with braces", "~LST({I,J},{1,2},{3,4}) k $I", "~LST({I,J},{1,2},{3,4}):k[$I]"],
    ["a tilde alone", "~x y", "~x[y]"],
    ["definition", "  $B=beta # comment", "$B=<beta>"],
    ["definition with braces", "$E={ x }", "$E=<{ x }>"],
    ["a blank before = makes it a keyword", "$D = x", "$D[=|x]"],
    ["definition after a brace", "} $K=1", "STRAY $K=<1>"],
    ["conditional definition", "@low $M=1", "$M=<1>"],
    ["definition of several lines", "$F= \\\n  l1 a \\\n  l2 { b \\\n  } l3\nk", "$F=<l1 a\nl2 { b\n} l3> k"],
  ])("%s", (_name, text, expected) => {
    expect(outlineOf(text)).toBe(expected);
  });
});

describe("the daemon's line buffer", () => {
  it("reads what is beyond 1023 bytes as a new line, also the end of a comment", () => {
    const text = `# ${"c".repeat(1005)}vvvv interface x3 { }\n`;
    expect(outlineOf(text)).toBe(`${text.slice(0, 1023)} 3{}`);
  });

  it("counts bytes, and cuts no character in two", () => {
    const text = `# ${"é".repeat(600)}\n`;
    const cst = parseConfig(text);
    expect(cst.items.map((item) => item.kind)).toEqual(["comment", "statement"]);
    expect(printConfig(cst)).toBe(text);
  });
});

describe("round trip", () => {
  const pieces = fc.constantFrom(
    ..."{}#!\"'\\\n\r\t @~$=(),.:/aZ_09".split(""),
    "\r\n",
    "vrrp_instance VI",
    "priority 100\n",
    "~SEQ(I,1,3) ",
    "$NAME=",
    "${NAME}",
    "@low ",
    "é",
    "\u{1f600}",
    "\0",
    "x".repeat(400),
  );
  const noise = fc.oneof(
    fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join("")),
    fc.string({ unit: "binary", maxLength: 200 }),
  );

  it("gives any text back", () => {
    fc.assert(
      fc.property(noise, (text) => printConfig(parseConfig(text)) === text),
      { numRuns: tries(500, 2000) },
    );
  });

  it("has every token where its span says", () => {
    fc.assert(
      fc.property(noise, (text) => {
        let end = 0;
        for (const token of tokensOf(parseConfig(text).items)) {
          expect(text.slice(token.span.start, token.span.end)).toBe(token.source);
          expect(token.span.start).toBe(end + token.before.length);
          end = token.span.end + token.after.length;
        }
        expect(end).toBe(text.length);
      }),
    );
  });

  it("reads a file of nothing but open braces, and of closing ones", () => {
    for (const text of [
      "{".repeat(200_000),
      "}".repeat(200_000),
      "a {\n".repeat(50_000),
      "{#\n".repeat(50_000),
    ]) {
      expect(printConfig(parseConfig(text))).toBe(text);
    }
  });

  const corpus = join(import.meta.dirname, "../../../shared/corpus");
  it.skipIf(!existsSync(corpus))("gives every configuration of the corpus back", () => {
    const files = readdirSync(corpus, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".conf"),
    );
    expect(files.length).toBeGreaterThan(100);
    for (const name of files) {
      const text = readFileSync(join(corpus, name), "utf8");
      expect(printConfig(parseConfig(text)), name).toBe(text);
    }
  });
});
