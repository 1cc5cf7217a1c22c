// Goldens of every rendering of a drill's report, made to be read: a change of wording or layout shows as a diff of these files.

import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import {
  compareReports,
  decodeReport,
  type DrillReport,
  encodeReport,
  renderComparison,
  renderHtml,
  renderJunit,
  renderTable,
} from "../../../src/report/index.ts";
import { recordOf, sampleReport } from "./sample-drill.ts";

const report = sampleReport();

/** A drill in which everything went wrong once: a run that could not be made, a noisy one, a node that could not be asked. */
function troubled(): DrillReport {
  const [first, ...others] = report.runs;
  if (first === undefined) throw new Error("the sample has runs");
  const noisy = {
    ...first,
    noise: {
      ...first.noise,
      verdict: "noisy" as const,
      exceeded: [{ name: "start lateness, largest", measured: 55_210, limit: 40_000, unit: "us" as const }],
    },
  };
  const unknown = others.map((run) =>
    run.scenario === "node-power-off" && run.configuration === "fast"
      ? { ...run, holderAfter: [], holderSegments: run.holderSegments.map((segment) => ({ ...segment, holders: [], unknown: run.nodes })) }
      : run,
  );
  return {
    ...report,
    runs: [noisy, ...unknown.filter(({ scenario, configuration }) => !(scenario === "haproxy-hang" && configuration === "classic"))],
    failures: [
      { scenario: "haproxy-hang", configuration: "classic", repeat: 1, message: "the pair was not redundant <30 s after the run before & its undo" },
    ],
  };
}

/** The same drill another day: one scenario slower and now over its promise, one that recovers at last, one not drilled. */
function later(): DrillReport {
  return {
    ...report,
    runs: report.runs
      .filter(({ scenario, configuration }) => !(scenario === "vrrp-blocked" && configuration === "fast"))
      .map((run) => {
        const here = `${run.scenario} ${run.configuration}`;
        if (here === "haproxy-stop classic") return { ...run, outageMs: 801.4, lost: 400, kept: "no" };
        if (here === "haproxy-hang page as written") return { ...run, neverRecovered: false, outageMs: 900, lost: 450, kept: "yes" };
        if (here === "node-power-off fast") return { ...run, outageMs: 290, lost: 145 };
        return run;
      }),
  };
}

function textOf(fragment: string): string {
  return fragment
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", `"`)
    .replaceAll("&amp;", "&")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** What a reader without eyes for layout gets from the page: headings, rows, captions, text alternatives. */
function outline(html: string): string {
  const parts = html.matchAll(/<(h1|h2|caption|tr|figcaption|title|desc|p|li|dt|dd|summary)\b[^>]*>([\s\S]*?)<\/\1>/g);
  return [...parts].map(([, tag = "", inner = ""]) => `${tag.padEnd(10)} ${textOf(inner)}`.trimEnd()).join("\n");
}

describe("the closing table", () => {
  it.each([140, 120, 100, 72])("fits %i columns", async (width) => {
    const table = renderTable(report, { width, colour: false });
    for (const line of table.split("\n")) expect(line.length).toBeLessThanOrEqual(width);
    await expect(`${table}\n`).toMatchFileSnapshot(`table-${width}.txt`);
  });

  it("gives medians of repeats", async () => {
    await expect(`${renderTable(sampleReport(3), { width: 140, colour: false })}\n`).toMatchFileSnapshot("table-repeats.txt");
  });

  it("names what could not be run, what is doubtful and what is not known", async () => {
    await expect(`${renderTable(troubled(), { width: 120, colour: false })}\n`).toMatchFileSnapshot("table-troubled.txt");
  });

  it("says the same with colours and without", () => {
    const coloured = renderTable(troubled(), { width: 120, colour: true });
    expect(coloured).not.toBe(stripVTControlCharacters(coloured));
    expect(stripVTControlCharacters(coloured)).toBe(renderTable(troubled(), { width: 120, colour: false }));
  });
});

describe("JUnit", () => {
  it("has a test case for every run", async () => {
    await expect(renderJunit(troubled())).toMatchFileSnapshot("junit.xml");
  });
});

describe("the comparison", () => {
  it("says what became better and what worse", async () => {
    const comparison = compareReports(report, later());
    await expect(`${renderComparison(comparison, { width: 120, colour: false })}\n`).toMatchFileSnapshot("comparison.txt");
    expect(comparison).toMatchObject({ worse: 1, better: 1 });
  });

  it("finds no difference between a report and itself", () => {
    expect(compareReports(report, report)).toMatchObject({ worse: 0, better: 0 });
  });
});

describe("the HTML page", () => {
  const page = renderHtml(troubled(), recordOf);

  it("reads well without its looks", async () => {
    await expect(`${outline(page)}\n`).toMatchFileSnapshot("page-outline.txt");
  });

  it("needs nothing from elsewhere", () => {
    expect(page).not.toMatch(/<script|<link|<img|<iframe|\ssrc=|url\(|@import|https?:/);
  });

  it("has no id twice, and every reference leads somewhere", () => {
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(ids.length).toBe(new Set(ids).size);
    const references = [...page.matchAll(/\s(?:aria-labelledby|href)="([^"]+)"/g)].flatMap(([, list = ""]) => list.replaceAll("#", "").split(" "));
    expect(references.filter((reference) => !ids.includes(reference))).toEqual([]);
  });

  it("gives every picture a title, and every run a description", () => {
    const pictures = [...page.matchAll(/<svg[^>]*>([\s\S]*?)<\/svg>/g)];
    expect(pictures.length).toBeGreaterThan(report.runs.length);
    for (const [, inner = ""] of pictures) expect(inner).toMatch(/^<title id="[^"]+">.+?<\/title>/);
    expect([...page.matchAll(/<desc id=/g)].length).toBe(troubled().runs.length);
  });

  it("stays small: below 16 KB for a run of thousands of requests", () => {
    expect(page.length / report.runs.length).toBeLessThan(16_000);
  });

  it("draws a run without its record from what the report knows", () => {
    const bare = renderHtml(report, new Map());
    expect(bare).toContain("The raw record was not at hand");
    expect(bare).toContain("3614 ms, 1807 lost");
  });

  it("shows names as they are, whatever is in them", () => {
    const odd = renderHtml({ ...report, pair: { name: `<b>"x"&`, vips: ["10.0.0.1"] } }, new Map());
    expect(odd).toContain("clients of &lt;b>&quot;x&quot;&amp; see");
  });
});

describe("the document", () => {
  it("survives being written and read", () => {
    expect(decodeReport(encodeReport(report))).toEqual(report);
  });

  it.each([
    ["", "it is not JSON"],
    ["[]", `"format" is not "hapair-drill-report"`],
    [encodeReport(report).replace(`"version": 1`, `"version": 9`), "version 9 is not one this hapair reads (1)"],
    [encodeReport({ ...report, runs: [{ ...report.runs[0], lost: "many" } as never] }), "runs[0].lost is not a number"],
  ])("refuses what is not one: %#", (text, wrong) => {
    expect(() => decodeReport(text, "a.json")).toThrow(`a.json is not a drill report: ${wrong}`);
  });
});
