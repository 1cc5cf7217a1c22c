// How findings read on a terminal: frames of several files, wrapping, folding of what does not fit, nothing that moves the cursor.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Diagnostic, type Paint, renderDiagnostic, sourceText } from "./index.ts";
import { labelled, printable, wrapped } from "./wrapped-text.ts";

const one = sourceText("lb1.conf", "vrrp_instance A {\n    priority 101\n\n    weight -2\n}\n");
const two = sourceText("lb2.conf", "vrrp_instance A {\n    priority 98\n    nopreempt\n}\n");
const sources = (file: string) => [one, two].find((source) => source.file === file);

function at(source: typeof one, words: string): { file: string; span: { start: number; end: number } } {
  const start = source.text.indexOf(words);
  return { file: source.file, span: { start, end: start + words.length } };
}

const weight: Diagnostic = {
  code: "HP108",
  severity: "error",
  message: "101-2 = 99 still beats 98",
  ...at(one, "weight -2"),
};

describe("a finding", () => {
  it("has a frame for each file, with words beside the marks", () => {
    const diagnostic = {
      ...weight,
      consequence: "nothing moves",
      advice: "no weight",
      related: [
        { ...at(two, "nopreempt"), message: "lb2 does not preempt" },
        { ...at(one, "priority 101"), message: "lb1 has 101" },
        { file: "gone.conf", span: { start: 0, end: 1 }, message: "a file nobody has" },
      ],
    };
    expect(`\n${renderDiagnostic(diagnostic, sources)}\n`).toMatchInlineSnapshot(`
      "
      lb1.conf:4:5: error HP108: 101-2 = 99 still beats 98
        2 |     priority 101
          |     ------------ lb1 has 101
        .
        4 |     weight -2
          |     ^^^^^^^^^
        --> lb2.conf:3:5
        3 |     nopreempt
          |     --------- lb2 does not preempt
        --> gone.conf: a file nobody has
          in service: nothing moves
          write:      no weight
      "
    `);
  });

  it("takes one text as the text of its own file", () => {
    const diagnostic = { ...weight, related: [{ ...at(two, "nopreempt"), message: "there" }] };
    expect(renderDiagnostic(diagnostic, one).split("\n")).toEqual([
      "lb1.conf:4:5: error HP108: 101-2 = 99 still beats 98",
      "  4 |     weight -2",
      "    |     ^^^^^^^^^",
      "  --> lb2.conf: there",
    ]);
    expect(renderDiagnostic(weight, undefined)).toBe("lb1.conf: error HP108: 101-2 = 99 still beats 98");
  });

  it("wraps what is long under itself", () => {
    const diagnostic = {
      ...weight,
      message: "the message ".repeat(12).trim(),
      consequence: "what will happen ".repeat(9).trim(),
      advice: "what to write",
      fix: { title: "remove the line", edits: [] },
      related: [{ ...at(two, "nopreempt"), message: "what stands there ".repeat(8).trim() }],
    };
    const text = renderDiagnostic(diagnostic, sources);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(`\n${text}\n`).toMatchInlineSnapshot(`
      "
      lb1.conf:4:5: error HP108: the message the message the message the message the message the message
          the message the message the message the message the message the message
        4 |     weight -2
          |     ^^^^^^^^^
        --> lb2.conf:3:5
        3 |     nopreempt
          |     --------- what stands there what stands there what stands there what stands there what
          |               stands there what stands there what stands there what stands there
          in service: what will happen what will happen what will happen what will happen what will happen
                      what will happen what will happen what will happen what will happen
          write:      what to write
          --fix:      remove the line
      "
    `);
  });

  it("counts the places it does not show", () => {
    const related = Array.from({ length: 9 }, () => ({ ...at(two, "nopreempt"), message: "again" }));
    expect(renderDiagnostic({ ...weight, related }, sources)).toContain("--> and 3 more places");
  });

  it("cuts a long line around the mark, and gives a label without room a line of its own", () => {
    const long = sourceText("lb3.conf", `${"x ".repeat(200)}weight -2${" y".repeat(200)}\n`);
    const diagnostic = {
      ...weight,
      ...at(long, "weight -2"),
      related: [{ ...at(long, "weight -2"), message: "m ".repeat(60).trim() }],
    };
    const lines = renderDiagnostic(diagnostic, () => long).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    const [, shown = "", mark = ""] = lines;
    expect(shown.slice(mark.indexOf("^"), mark.lastIndexOf("^") + 1)).toBe("weight -2");
  });

  it("lets no text write to the terminal", () => {
    const evil = sourceText("e\u001b[2J.conf", "a\u001b[31mb\u202ec\tweight\n");
    const text = renderDiagnostic(
      { ...weight, file: evil.file, message: "\u001b]0;x\u0007", span: { start: 0, end: 1 } },
      evil,
    );
    // oxlint-disable-next-line no-control-regex -- Control characters are what must not be there.
    expect(text).not.toMatch(/[\u001b\u0007\u202e\t]/);
    expect(text).toContain("  1 | a\ufffd[31mb\ufffdc weight");
  });

  it("keeps colours out of each other", () => {
    const paint: Paint = (kind, text) => `<${kind}>${text}</>`;
    const text = renderDiagnostic(
      { ...weight, related: [{ ...at(two, "98"), message: "98" }] },
      sources,
      paint,
    );
    expect(text.replaceAll(/<\w+>[^<]*<\/>/g, "")).not.toMatch(/[<>]/);
    expect(text.split("\n")[0]).toBe(
      "<strong>lb1.conf:4:5: </><error>error</><strong> HP108: 101-2 = 99 still beats 98</>",
    );
  });

  it("is within the page and never fails, wherever its places are", () => {
    const places = fc.record({
      start: fc.integer({ min: -5, max: 90 }),
      length: fc.integer({ min: 0, max: 90 }),
    });
    fc.assert(
      fc.property(
        fc.string(),
        places,
        fc.array(places, { maxLength: 4 }),
        fc.string(),
        (text, own, more, label) => {
          const source = sourceText("f", text);
          const span = ({ start, length }: typeof own) => ({ start, end: start + length });
          const related = more.map((place) => ({ file: "f", span: span(place), message: label }));
          const shown = renderDiagnostic({ ...weight, file: "f", span: span(own), related }, source);
          // oxlint-disable-next-line no-control-regex -- Control characters are what must not be there.
          expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
        },
      ),
    );
  });
});

describe("wrapping", () => {
  it("keeps every word, in lines that fit", () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 });
    fc.assert(
      fc.property(
        words,
        fc.integer({ min: 12, max: 40 }),
        fc.integer({ min: 0, max: 11 }),
        (list, columns, first) => {
          const lines = wrapped(list.join(" "), columns, first);
          expect(lines.join(" ").trim()).toBe(list.join(" "));
          expect(lines.every((line) => line.length <= columns)).toBe(true);
        },
      ),
    );
  });

  it("leaves blanks inside a line and long words as they are", () => {
    expect(wrapped('auth "a  b" end', 40)).toEqual(['auth "a  b" end']);
    expect(wrapped("see averyveryverylongword now", 10)).toEqual(["see", "averyveryverylongword", "now"]);
    expect(labelled("write", "one\n  two", 4, 10)).toEqual(["    write:      one", "                  two"]);
  });

  it("keeps the length of what cannot be printed", () => {
    expect(printable("a\tb\u0000c\nd")).toBe("a b\ufffdc\nd");
  });
});
