// Fixes put into texts: whole or not at all, nothing else touched, and a line that is removed leaves nothing behind.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Diagnostic, Edit } from "../diagnostics/index.ts";
import { applyFixes, tidyEdit } from "./fixes.ts";

const TEXT = `vrrp_instance VI_1 {
    state MASTER   ! says nothing
    nopreempt
    priority 101
    advert_int 1 2
}
`;

function edit(words: string, replacement: string, file = "lb1.conf", text = TEXT): Edit {
  const start = text.indexOf(words);
  return { file, span: { start, end: start + words.length }, replacement };
}

function finding(...edits: readonly Edit[]): Diagnostic {
  return { code: "HP106", severity: "error", message: "m", fix: { title: "mend it", edits } };
}

function fixed(text: string, ...findings: readonly Diagnostic[]): string {
  return applyFixes(findings, new Map([["lb1.conf", text]])).texts.get("lb1.conf") ?? text;
}

describe("applying fixes", () => {
  it("replaces, inserts and removes, and keeps comments and layout", () => {
    expect(
      fixed(
        TEXT,
        finding(edit("MASTER", "BACKUP")),
        finding(edit("nopreempt", "")),
        finding({ file: "lb1.conf", span: { start: TEXT.length, end: TEXT.length }, replacement: "# end\n" }),
      ),
    ).toBe(`vrrp_instance VI_1 {
    state BACKUP   ! says nothing
    priority 101
    advert_int 1 2
}
# end
`);
  });

  it("leaves nothing behind where a line or its end is removed", () => {
    expect(fixed(TEXT, finding(edit("state MASTER", "")))).toContain("{\n    ! says nothing\n    nopreempt");
    expect(fixed(TEXT, finding(edit("2", "")))).toContain("    advert_int 1\n}");
    expect(fixed(TEXT, finding(edit("! says nothing", "")))).toContain("    state MASTER\n");
    const dos = TEXT.replaceAll("\n", "\r\n");
    expect(fixed(dos, finding(edit("nopreempt", "", "lb1.conf", dos)))).toBe(
      dos.replace("    nopreempt\r\n", ""),
    );
    expect(fixed("a 1\n  b 2", finding(edit("b 2", "", "lb1.conf", "a 1\n  b 2")))).toBe("a 1\n");
    const whole = edit("    nopreempt\n", "");
    expect(tidyEdit(whole, TEXT)).toBe(whole);
  });

  it("removes lines that follow each other", () => {
    expect(fixed(TEXT, finding(edit("priority 101", "")), finding(edit("nopreempt", "")))).toBe(
      TEXT.replace("    nopreempt\n    priority 101\n", ""),
    );
  });

  it("lets the first of two that meet win, and skips the other whole", () => {
    const first = finding(edit("MASTER", "BACKUP"));
    const second = finding(edit("nopreempt", ""), edit("state MASTER", ""));
    const { texts, applied, skipped } = applyFixes([first, second], new Map([["lb1.conf", TEXT]]));
    expect(applied).toEqual([first]);
    expect(skipped).toEqual([second]);
    expect(texts.get("lb1.conf")).toBe(TEXT.replace("MASTER", "BACKUP"));
  });

  it("counts a change that was made already as made", () => {
    const { texts, applied, skipped } = applyFixes(
      [finding(edit("MASTER", "BACKUP")), finding(edit("MASTER", "BACKUP"))],
      new Map([["lb1.conf", TEXT]]),
    );
    expect([applied.length, skipped.length]).toEqual([2, 0]);
    expect(texts.get("lb1.conf")).toBe(TEXT.replace("MASTER", "BACKUP"));
  });

  it("changes several files together, or none of them", () => {
    const texts = new Map([
      ["lb1.conf", TEXT],
      ["lb2.conf", TEXT],
    ]);
    const both = finding(edit("101", "100"), edit("101", "99", "lb2.conf"));
    expect([...applyFixes([both], texts).texts.keys()]).toEqual(["lb1.conf", "lb2.conf"]);
    const blocked = applyFixes([finding(edit("priority 101", "priority 1", "lb2.conf")), both], texts);
    expect([...blocked.texts.keys()]).toEqual(["lb2.conf"]);
    expect(blocked.skipped).toEqual([both]);
  });

  it("does not touch what it was not given, or what is not there", () => {
    const outside = { file: "lb1.conf", span: { start: 5, end: TEXT.length + 1 }, replacement: "x" };
    const findings = [
      finding(edit("MASTER", "BACKUP", "other.conf")),
      finding(outside),
      finding(),
      finding(edit("MASTER", "a"), edit("state MASTER", "b")),
    ];
    const { texts, applied, skipped } = applyFixes(findings, new Map([["lb1.conf", TEXT]]));
    expect([texts.size, applied.length, skipped.length]).toEqual([0, 0, 4]);
    expect(applyFixes([{ code: "HP103", severity: "advice", message: "m" }], new Map()).skipped).toEqual([]);
  });

  it("does not call a file changed that reads as before", () => {
    expect(applyFixes([finding(edit("MASTER", "MASTER"))], new Map([["lb1.conf", TEXT]])).texts.size).toBe(0);
  });
});

describe("any fixes on any text", () => {
  const line = fc.stringMatching(/^ {0,4}[a-c!#]{0,4} {0,2}[a-c]{0,3}$/);
  const texts = fc.array(line, { maxLength: 8 }).map((lines) => lines.join("\n"));
  const edits = fc.record({
    start: fc.nat(70),
    length: fc.nat(6),
    replacement: fc.constantFrom("", "", "X", "XY\n"),
  });
  const many = fc.array(fc.array(edits, { minLength: 1, maxLength: 3 }), { maxLength: 6 });

  function build(
    text: string,
    fixes: readonly (readonly { start: number; length: number; replacement: string }[])[],
  ) {
    return fixes.map((own) =>
      finding(
        ...own.map(({ start, length, replacement }) => {
          const from = Math.min(start, text.length);
          return { file: "f", span: { start: from, end: Math.min(from + length, text.length) }, replacement };
        }),
      ),
    );
  }

  it("are applied as if each character were marked by hand", () => {
    fc.assert(
      fc.property(texts, many, (text, fixes) => {
        const findings = build(text, fixes);
        const { texts: changed, applied, skipped } = applyFixes(findings, new Map([["f", text]]));
        expect(applied.length + skipped.length).toBe(findings.length);
        const removed = new Set<number>();
        const inserted = new Map<number, string>();
        const tidied = applied.flatMap(({ fix }) => fix!.edits).map((each) => tidyEdit(each, text));
        // What two findings want alike is done once.
        const once = new Map(tidied.map((each) => [JSON.stringify(each), each]));
        for (const { span, replacement } of once.values()) {
          for (let offset = span.start; offset < span.end; offset += 1) {
            expect(removed.has(offset)).toBe(false);
            removed.add(offset);
          }
          inserted.set(span.start, (inserted.get(span.start) ?? "") + replacement);
        }
        let expected = "";
        for (let offset = 0; offset <= text.length; offset += 1) {
          expected += inserted.get(offset) ?? "";
          if (!removed.has(offset)) expected += text.charAt(offset);
        }
        expect(changed.get("f") ?? text).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it("applies the first whenever it can be applied alone", () => {
    fc.assert(
      fc.property(texts, many, (text, fixes) => {
        const [first, ...rest] = build(text, fixes);
        if (first === undefined) return;
        const alone = applyFixes([first], new Map([["f", text]])).applied.length;
        expect(applyFixes([first, ...rest], new Map([["f", text]])).applied.includes(first)).toBe(
          alone === 1,
        );
      }),
    );
  });

  it("never widens a removal over anything but blanks and one line's end", () => {
    fc.assert(
      fc.property(texts, edits, (text, { start, length }) => {
        const from = Math.min(start, text.length);
        const span = { start: from, end: Math.min(from + length, text.length) };
        const tidy = tidyEdit({ file: "f", span, replacement: "" }, text).span;
        expect(tidy.start).toBeLessThanOrEqual(span.start);
        expect(tidy.end).toBeGreaterThanOrEqual(span.end);
        expect(text.slice(tidy.start, span.start)).toMatch(/^ *$/);
        expect(text.slice(span.end, tidy.end)).toMatch(/^ *\n?$/);
      }),
    );
  });
});
