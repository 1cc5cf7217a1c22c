// JUnit XML: a suite for each file, and XML that a strict reader takes whatever stands in a message.

import * as fc from "fast-check";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { cleanReport, pairReport } from "../../../test/support/lint-report.ts";
import { renderJunit } from "./junit.ts";

const TAG = /<(?:(\/)([a-z-]+)|([a-z-]+)((?: [a-z]+="[^"<]*")*)(\/?))>/y;
const TEXT = /[^<&]+|&(?:amp|lt|gt|quot|#10);/y;

/** What a strict reader would object to; undefined if it takes the document. */
function objection(xml: string): string | undefined {
  const declaration = `<?xml version="1.0" encoding="UTF-8"?>\n`;
  if (!xml.startsWith(declaration)) return "no declaration";
  // oxlint-disable-next-line no-control-regex -- the characters XML forbids are exactly these
  if (/[\u0000-\u0008\u000b-\u001f\ufffe\uffff]|\p{Surrogate}/u.test(xml)) return "a forbidden character";
  const open: string[] = [];
  for (let offset = declaration.length; offset < xml.length;) {
    const pattern = xml.charAt(offset) === "<" ? TAG : TEXT;
    pattern.lastIndex = offset;
    const match = pattern.exec(xml);
    if (match === null) return `at ${offset}: ${xml.slice(offset, offset + 40)}`;
    const [, closing, closed, opened, attributes = "", empty] = match;
    if (pattern === TAG) {
      if (/&(?!(?:amp|lt|gt|quot|#10);)/.test(attributes)) return `a bare & in ${attributes}`;
      if (closing !== undefined && open.pop() !== closed) return `${closed} closes something else`;
      if (opened !== undefined && empty === "") open.push(opened);
    }
    offset = pattern.lastIndex;
  }
  return open.length === 0 ? undefined : `${open.join(" ")} never closes`;
}

describe("junit", () => {
  it("has a suite for each file", async () => {
    const xml = renderJunit(pairReport);
    expect(objection(xml)).toBeUndefined();
    await expect(xml).toMatchFileSnapshot(resolve(import.meta.dirname, "../../../test/golden/lint/pair.xml"));
  });

  it("passes files without findings", () => {
    const xml = renderJunit(cleanReport);
    expect(objection(xml)).toBeUndefined();
    expect(xml).toContain(`<testsuites name="hapair lint" tests="2" failures="0" errors="0" skipped="0">`);
    expect(xml).toContain(`<testcase classname="lb1.conf" name="nothing found"/>`);
  });

  it("is well-formed whatever a message holds", () => {
    expect(objection("<a>")).toBeDefined();
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (file, message) => {
        const xml = renderJunit({
          rules: [],
          results: [
            {
              diagnostics: [
                { code: "HP902", severity: "error", message, file, consequence: message },
                { code: "HP902", severity: "advice", message: "\u0000\ud800 & ]]> <!-- \ufffe" },
              ],
              suppressed: [],
              sources: new Map(),
            },
          ],
        });
        expect(objection(xml)).toBeUndefined();
      }),
    );
  });
});
