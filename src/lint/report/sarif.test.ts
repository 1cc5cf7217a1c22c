// SARIF: valid, with everything a finding has. The standard's own schema judges it where a copy is at hand; the shape below always does.

import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { sourceText } from "../../diagnostics/index.ts";
import {
  cleanReport,
  directoryReport,
  firstText,
  pairFindings,
  pairReport,
} from "../../../test/support/lint-report.ts";
import type { LintReport } from "./reported.ts";
import { renderSarif } from "./sarif.ts";

const root = resolve(import.meta.dirname, "../../..");
const OASIS_SCHEMA = [
  process.env["HAPAIR_SARIF_SCHEMA"] ?? "",
  resolve(root, "test/schemas/sarif-2.1.0.json"),
  resolve(root, "../shared/schemas/sarif-2.1.0.json"),
].find((path) => path !== "" && existsSync(path));

const sarif = (report: LintReport) => JSON.parse(renderSarif(report, "1.2.3")) as Log;

interface Region {
  readonly startLine: number;
  readonly startColumn: number;
  readonly charOffset: number;
  readonly charLength: number;
}

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly partialFingerprints: Readonly<Record<string, string>>;
  readonly locations: readonly {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string };
      readonly region: Region;
    };
  }[];
  readonly fixes?: readonly {
    readonly artifactChanges: readonly {
      readonly replacements: readonly { readonly deletedRegion: Region }[];
    }[];
  }[];
  readonly suppressions?: readonly unknown[];
}

interface Log {
  readonly runs: readonly [
    {
      readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
      readonly results: readonly Result[];
    },
  ];
}

// What of the standard concerns us, in our own words: no key that it does not know, nothing missing that it wants.
const closed = (properties: object, required: readonly string[] = []) => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});
const list = (items: object) => ({ type: "array", items });
const text = { type: "string" };
const message = closed({ text, markdown: text }, ["text"]);
const count = { type: "integer", minimum: 0 };
const fromOne = { type: "integer", minimum: 1 };
const level = { enum: ["none", "note", "warning", "error"] };
const region = closed({
  startLine: fromOne,
  startColumn: fromOne,
  endLine: fromOne,
  endColumn: fromOne,
  charOffset: count,
  charLength: count,
});
const artifactLocation = closed({ uri: { type: "string", pattern: "^[\\w./:%!~*'()-]*$" } }, ["uri"]);
const physicalLocation = closed({ artifactLocation, region }, ["artifactLocation"]);
const rule = closed(
  {
    id: text,
    name: text,
    shortDescription: message,
    fullDescription: message,
    help: message,
    defaultConfiguration: closed({ level, enabled: { type: "boolean" } }),
    properties: { type: "object" },
  },
  ["id"],
);
const change = closed(
  {
    artifactLocation,
    replacements: {
      ...list(closed({ deletedRegion: region, insertedContent: closed({ text }) }, ["deletedRegion"])),
      minItems: 1,
    },
  },
  ["artifactLocation", "replacements"],
);
const result = closed(
  {
    ruleId: text,
    ruleIndex: count,
    level,
    message,
    locations: list(closed({ physicalLocation })),
    relatedLocations: list(closed({ id: count, physicalLocation, message })),
    partialFingerprints: { type: "object", additionalProperties: text },
    fixes: list(
      closed({ description: message, artifactChanges: { ...list(change), minItems: 1 } }, [
        "artifactChanges",
      ]),
    ),
    suppressions: list(
      closed(
        {
          kind: { enum: ["inSource", "external"] },
          status: { enum: ["accepted", "underReview", "rejected"] },
          justification: text,
          location: closed({ physicalLocation }),
        },
        ["kind"],
      ),
    ),
  },
  ["message", "ruleId", "ruleIndex", "level"],
);
const driver = closed(
  { name: text, version: text, semanticVersion: text, language: text, rules: list(rule) },
  ["name"],
);
const shape = closed(
  {
    $schema: text,
    version: { const: "2.1.0" },
    runs: list(
      closed(
        {
          tool: closed({ driver }, ["driver"]),
          columnKind: { enum: ["utf16CodeUnits", "unicodeCodePoints"] },
          artifacts: list(closed({ location: artifactLocation })),
          results: list(result),
        },
        ["tool"],
      ),
    ),
  },
  ["version", "runs"],
);

const bare: LintReport = {
  rules: [],
  results: [
    {
      diagnostics: [
        { code: "HP001", severity: "error", message: "no text {0}" },
        {
          code: "HP902",
          severity: "warning",
          message: "m",
          file: "C:\\pairs\\a b#c%.conf",
          span: { start: 0, end: 1 },
        },
        { code: "HP902", severity: "warning", message: "m", file: "/etc/keepalived/keepalived.conf" },
      ],
      suppressed: [],
      sources: new Map(),
    },
  ],
};
const reports = { pair: pairReport, clean: cleanReport, directory: directoryReport(10), bare };

describe.each(Object.entries(reports))("sarif of %s", (_name, report) => {
  it("has the shape that the standard wants", () => {
    const validate = new Ajv({ allErrors: true }).compile(shape);
    expect(validate(sarif(report)) ? [] : validate.errors).toEqual([]);
  });

  if (OASIS_SCHEMA === undefined) return;
  const schemaPath = OASIS_SCHEMA;

  it("is valid by the standard's schema", () => {
    const {
      $schema: _draft,
      id: _id,
      ...schema
    } = JSON.parse(readFileSync(schemaPath, "utf8")) as Record<string, unknown>;
    const ajv = new Ajv({ allErrors: true, strict: false });
    ajv.addFormat("uri", (each: string) => URL.canParse(each));
    ajv.addFormat("uri-reference", (each: string) => /^[\w./:%!~*'()#-]*$/.test(each));
    ajv.addFormat("date-time", true);
    const validate = ajv.compile(schema);
    expect(validate(sarif(report)) ? [] : validate.errors).toEqual([]);
  });
});

describe("sarif", () => {
  const log = sarif(pairReport);
  const [{ results, tool }] = log.runs;

  it("has everything of every finding", async () => {
    await expect(renderSarif(pairReport, "1.2.3")).toMatchFileSnapshot(
      resolve(root, "test/golden/lint/pair.sarif"),
    );
  });

  it("points at each result's rule", () => {
    expect(results.map(({ ruleId, ruleIndex }) => tool.driver.rules[ruleIndex]?.id === ruleId)).toEqual(
      results.map(() => true),
    );
    expect(sarif(bare).runs[0].tool.driver.rules.map(({ id }) => id)).toEqual(["HP001", "HP902"]);
  });

  it("counts lines and offsets to the same place", () => {
    for (const { locations } of results) {
      const place = locations[0]!.physicalLocation;
      const { startLine, startColumn, charOffset } = place.region;
      const source = pairFindings.sources.get(place.artifactLocation.uri);
      expect(source?.lineStarts[startLine - 1]).toBe(charOffset - startColumn + 1);
    }
  });

  it("tells a fix as --fix makes it: the whole line goes", () => {
    const fix = results.find(({ fixes }) => fixes !== undefined)?.fixes?.[0];
    const { charOffset, charLength } = fix!.artifactChanges[0]!.replacements[0]!.deletedRegion;
    expect(firstText.slice(charOffset, charOffset + charLength)).toBe("    advert_int 1\n");
  });

  it("keeps what is silenced, with the reason", () => {
    expect(results.map(({ suppressions }) => suppressions?.length)).toEqual([0, 0, 0, 1]);
    expect(JSON.stringify(results.at(-1))).toContain(`"justification":"nobody else is in this network"`);
  });

  it("writes paths as references", () => {
    const uris = sarif(bare).runs[0].results.map(
      ({ locations }) => locations?.[0]?.physicalLocation.artifactLocation.uri,
    );
    expect(uris).toEqual([
      undefined,
      "file:///C:/pairs/a%20b%23c%25.conf",
      "file:///etc/keepalived/keepalived.conf",
    ]);
  });

  it("doubles what would be a placeholder", () => {
    expect(renderSarif(bare, "1.2.3")).toContain("no text {{0}}");
  });

  it("gives a finding the same fingerprint when lines are added above, and alike ones different ones", () => {
    const fingerprints = (above: string) => {
      const source = sourceText("a.conf", `${above}x 1\nx 1\n`);
      const finding = (line: number) => ({
        code: "HP906",
        severity: "warning" as const,
        message: "m",
        file: "a.conf",
        span: { start: above.length + 4 * line, end: above.length + 4 * line + 1 },
      });
      const one = {
        diagnostics: [finding(0), finding(1)],
        suppressed: [],
        sources: new Map([["a.conf", source]]),
      };
      return sarif({ rules: [], results: [one] }).runs[0].results.map((each) => each.partialFingerprints);
    };
    expect(fingerprints("! new\n\n")).toEqual(fingerprints(""));
    expect(new Set(fingerprints("").map((each) => JSON.stringify(each))).size).toBe(2);
  });
});
