// What is built is laid out for a reader and read back as it was meant.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blankLine, block, type Buildable, canBeWritten, comment, document, statement } from "./builder.ts";
import { type Item, printConfig } from "./cst.ts";
import { parseConfig } from "./parser.ts";

describe("building keepalived.conf", () => {
  it("lays a document out with four blanks a level", () => {
    const cst = document([
      comment("Made for the test"),
      block("global_defs", [], [statement("enable_script_security")]),
      blankLine(),
      block(
        "vrrp_instance",
        ["ext-lb"],
        [
          statement("priority", 101),
          block("authentication", [], [statement("auth_type", "PASS"), statement("auth_pass", "a#b c")]),
          block("unicast_peer", [], []),
        ],
      ),
    ]);
    expect(printConfig(cst)).toBe(`# Made for the test
global_defs {
    enable_script_security
}

vrrp_instance ext-lb {
    priority 101
    authentication {
        auth_type PASS
        auth_pass "a#b c"
    }
    unicast_peer {
    }
}
`);
  });

  it.each(['a"b', "a\nb", "a\rb", "a\0b", "a\\", "}", "${_PWD}", "$_INSTANCE"])("refuses %j", (value) => {
    expect(canBeWritten(value)).toBe(false);
    expect(() => statement("auth_pass", value)).toThrow("cannot express");
  });

  it("does not tell the value it refuses, which may be a password", () => {
    expect(() => statement("auth_pass", 'hunter"2')).toThrow(expect.not.stringContaining("hunter"));
  });

  it("refuses a line that the daemon's buffer would cut", () => {
    expect(() => document([statement("script", "x".repeat(1100))])).toThrow("at most 1023 bytes");
  });

  const argument = fc
    .string({ unit: fc.constantFrom(...Array.from("ab0 #!{}\\$@~'=\t\u00a0é")), maxLength: 12 })
    .filter(canBeWritten);
  const keyword = fc.stringMatching(/^[a-z0-9_.:/]{1,12}$/);
  const line = fc.tuple(keyword, fc.array(argument, { maxLength: 4 }));
  const { items } = fc.letrec<{ items: Buildable[]; item: Buildable }>((tie) => ({
    items: fc.array(tie("item"), { maxLength: 5, depthIdentifier: "block" }),
    item: fc.oneof(
      { depthIdentifier: "block", maxDepth: 4 },
      line.map(([word, values]) => statement(word, ...values)),
      fc.constant(blankLine()),
      fc.constantFrom("", "why", '{ # } " !').map(comment),
      fc.tuple(line, tie("items")).map(([[word, values], inner]) => block(word, values, inner)),
    ),
  }));

  it("is read back as it was meant", () => {
    fc.assert(
      fc.property(items, (built) => {
        const text = printConfig(document(built));
        expect(meaning(parseConfig(text).items)).toEqual(meaning(built));
      }),
    );
  });
});

function meaning(items: readonly Item[]): unknown[] {
  return items.map((item) => {
    if (item.kind === "statement") return [item.keyword.value, ...item.arguments.map((word) => word.value)];
    if (item.kind === "block") return [item.header && meaning([item.header]), meaning(item.items)];
    return item.kind === "comment" ? item.source : item.kind;
  });
}
