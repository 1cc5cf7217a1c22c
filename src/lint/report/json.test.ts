// The report for programs: its shape is a promise, so all of it is looked at.

import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { cleanReport, pairReport } from "../../../test/support/lint-report.ts";
import { jsonReport, renderJson } from "./json.ts";

describe("json", () => {
  it("has everything of every finding", async () => {
    await expect(renderJson(pairReport)).toMatchFileSnapshot(
      resolve(import.meta.dirname, "../../../test/golden/lint/pair.json"),
    );
  });

  it("reads back as what it is", () => {
    expect(JSON.parse(renderJson(pairReport))).toEqual(jsonReport(pairReport));
  });

  it("has the same keys when nothing is found", () => {
    const report = jsonReport(cleanReport);
    expect(Object.keys(report)).toEqual(Object.keys(jsonReport(pairReport)));
    expect(report).toMatchObject({ version: 1, counts: { error: 0 }, findings: [], silenced: [] });
  });

  it("says where a finding is only as far as it is known", () => {
    const [result] = pairReport.results;
    const diagnostic = { code: "HP001", severity: "error", message: "no text", file: "pair.yaml" } as const;
    const report = { ...pairReport, results: [{ ...result!, diagnostics: [diagnostic] }] };
    expect(jsonReport(report).findings).toEqual([
      { code: "HP001", severity: "error", file: "pair.yaml", message: "no text", related: [] },
    ]);
  });
});
