// The report for a person: a pair, a clean pair, a directory of many files.

import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { cleanReport, directoryReport, pairFindings, pairReport } from "../../../test/support/lint-report.ts";
import { renderText } from "./text.ts";

const golden = (name: string) => resolve(import.meta.dirname, `../../../test/golden/lint/${name}`);

describe("text", () => {
  it("shows a pair's findings with the lines of both files", async () => {
    await expect(renderText(pairReport)).toMatchFileSnapshot(golden("pair.txt"));
  });

  it("is quiet when all is well", () => {
    expect(renderText(cleanReport)).toBe("lb1.conf, lb2.conf: nothing found (4 rules)\n");
    const silenced = { ...cleanReport, results: [{ ...pairFindings, diagnostics: [] }] };
    expect(renderText(silenced)).toBe("lb1.conf, lb2.conf: nothing found (4 rules, 1 finding silenced)\n");
  });

  it("heads each pair where there are several", () => {
    const text = renderText({ ...pairReport, results: [pairFindings, pairFindings] });
    expect(text.match(/^== lb1\.conf, lb2\.conf =+$/gm)).toHaveLength(2);
  });

  it("keeps a directory of many files readable", async () => {
    const text = renderText(directoryReport(40));
    await expect(text).toMatchFileSnapshot(golden("directory.txt"));
  });

  it("names every finding's line or file, however many there are", () => {
    const report = directoryReport(500);
    const text = renderText(report);
    for (const { diagnostics } of report.results)
      for (const { file = "" } of diagnostics) expect(text).toContain(file);
    expect(text).toContain("and 27 more HP906 like this");
    // Little more than a line for each file with a finding.
    expect(text.split("\n").length).toBeLessThan(350);
  });

  it("stays on the page", () => {
    const lines = [pairReport, directoryReport(40)].flatMap((report) => renderText(report).split("\n"));
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
    expect(lines.filter((line) => line !== line.trimEnd())).toEqual([]);
  });
});
