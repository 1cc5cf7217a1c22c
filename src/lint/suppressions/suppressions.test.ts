// Comments that silence findings: where they reach, what counts, what is said of those that do not.

import { describe, expect, it } from "vitest";
import { type Diagnostic, type SourceText, sourceText } from "../../diagnostics/index.ts";
import { applyFixes } from "../fixes.ts";
import { suppressionRules } from "./suppression-rules.ts";
import { applySuppressions, readSuppressions, type SuppressionOptions } from "./suppressions.ts";

function at(source: SourceText, words: string, code = "HP405"): Diagnostic {
  const start = source.text.indexOf(words);
  expect(start).not.toBe(-1);
  const span = { start, end: start + words.length };
  return { code, severity: "warning", message: `about ${words}`, file: source.file, span };
}

function silence(
  text: string,
  findings: (source: SourceText) => readonly Diagnostic[],
  options: SuppressionOptions & { readonly file?: string } = {},
) {
  const source = sourceText(options.file ?? "lb1.conf", text);
  const result = applySuppressions(findings(source), new Map([[source.file, source]]), options);
  return {
    kept: result.kept.map(({ message }) => message),
    suppressed: result.suppressed.map(({ diagnostic, reason }) => `${diagnostic.message}: ${reason}`),
    findings: result.findings.map(({ code, message }) => `${code} ${message}`),
    result,
  };
}

const quiet = { kept: [], findings: [] };

describe("a suppression", () => {
  it("alone on its line covers the next line with a setting", () => {
    const text = `script x
# hapair-ignore HP405: it is a lab

! and this is why
script y
script z
`;
    const found = silence(text, (source) => ["x", "y", "z"].map((name) => at(source, `script ${name}`)));
    expect(found).toMatchObject({
      kept: ["about script x", "about script z"],
      suppressed: ["about script y: it is a lab"],
      findings: [],
    });
  });

  it("at the end of a line covers that line only", () => {
    const text = "script x ! hapair-ignore HP405: it is a lab\nscript y\n";
    const found = silence(text, (source) => [at(source, "script x"), at(source, "script y")]);
    expect(found).toMatchObject({ kept: ["about script y"], suppressed: ["about script x: it is a lab"] });
  });

  it("at the top covers the file", () => {
    const text = "! a pair\n# hapair-ignore-file HP405: all of it is a lab\n\nscript x\nscript y\n";
    const found = silence(text, (source) => [at(source, "script x"), at(source, "script y")]);
    expect(found).toMatchObject(quiet);
    const whole: Diagnostic = { code: "HP405", severity: "advice", message: "all", file: "lb1.conf" };
    expect(silence(text, () => [whole])).toMatchObject(quiet);
  });

  it("names several codes, and leaves the others", () => {
    const text = "script x # hapair-ignore hp405, HP103 HP204: it is a lab: for now\n";
    const found = silence(text, (source) =>
      ["HP405", "HP103", "HP204", "HP406"].map((code) => at(source, "script x", code)),
    );
    expect(found).toMatchObject({ kept: ["about script x"], findings: [] });
    expect(found.suppressed).toHaveLength(3);
    expect(found.suppressed[0]).toBe("about script x: it is a lab: for now");
  });

  it("reaches the header of a block", () => {
    const text = "# hapair-ignore HP405: it is a lab\nvrrp_script x\n{\n    script x\n}\n";
    expect(silence(text, (source) => [at(source, "v")])).toMatchObject(quiet);
  });

  it("in either node's file is enough for what both are needed for", () => {
    const one = sourceText("lb1.conf", "priority 101\n");
    const two = sourceText("lb2.conf", "priority 98 # hapair-ignore HP108: wanted\n");
    const { span } = at(two, "priority 98");
    const finding = {
      ...at(one, "priority 101", "HP108"),
      related: [{ file: two.file, span: span!, message: "lb2" }],
    };
    const sources = new Map([one, two].map((source) => [source.file, source]));
    const { kept, suppressed, findings } = applySuppressions([finding], sources);
    expect([kept, findings]).toEqual([[], []]);
    expect(suppressed).toEqual([
      { diagnostic: finding, reason: "wanted", by: { file: "lb2.conf", span: { start: 12, end: 41 } } },
    ]);
  });

  it("works in haproxy.cfg and pair.yaml", () => {
    expect(
      silence("global\n  bind :80 # hapair-ignore HP405: so\n", (source) => [at(source, "bind")], {
        file: "haproxy.cfg",
      }),
    ).toMatchObject(quiet);
    const yaml = "# hapair-ignore HP405: so\nvrrp: { id: 51 }\ntext: '# hapair-ignore HP103'\n";
    expect(silence(yaml, (source) => [at(source, "id")], { file: "pair.yaml" })).toMatchObject(quiet);
  });

  it("is no suppression inside quotes", () => {
    const text = `script "x # hapair-ignore HP405: so"\n`;
    expect(silence(text, (source) => [at(source, "script")])).toMatchObject({
      kept: ["about script"],
      findings: [],
    });
  });
});

describe("a suppression that silences nothing", () => {
  const text = `# hapair-ignore HP405: nothing to see
interval 2
weight 2 # hapair-ignore HP405, HP103, HP204: partly
# hapair-ignore HP204: at the end
`;

  it("is reported, each code of it", () => {
    expect(silence(text, (source) => [at(source, "weight 2", "HP103")]).findings).toMatchInlineSnapshot(`
      [
        "HP990 HP405 is silenced here, and line 2 does not give it",
        "HP990 HP405 is silenced here, and line 3 does not give it",
        "HP990 HP204 is silenced here, and line 3 does not give it",
        "HP990 HP204 is silenced here, and no setting follows it",
      ]
    `);
  });

  it("can be removed, without touching what is used", () => {
    const source = sourceText("lb1.conf", text);
    const { findings } = applySuppressions(
      [at(source, "weight 2", "HP103")],
      new Map([["lb1.conf", source]]),
    );
    const { texts } = applyFixes(findings, new Map([["lb1.conf", text]]));
    expect(texts.get("lb1.conf")).toBe("interval 2\nweight 2 # hapair-ignore HP103: partly\n");
    const all = applySuppressions([], new Map([["lb1.conf", source]])).findings;
    expect(applyFixes(all, new Map([["lb1.conf", text]])).texts.get("lb1.conf")).toBe(
      "interval 2\nweight 2\n",
    );
  });

  it("is left alone where its rule was not asked", () => {
    const wasAsked = (code: string): boolean => code !== "HP405";
    expect(silence(text, () => [], { wasAsked }).findings.join("\n")).not.toContain("HP405");
  });

  it("is used by the finding it silences twice over", () => {
    const twice = "# hapair-ignore-file HP405: all\nscript x # hapair-ignore HP405: this\n";
    expect(silence(twice, (source) => [at(source, "script x")])).toMatchObject(quiet);
  });
});

describe("a malformed suppression", () => {
  const says = (comment: string, options: SuppressionOptions = {}) =>
    silence(`script x ${comment}\n`, (source) => [at(source, "script x")], options);

  it.each([
    ["# hapair-ignore", "HP991 hapair-ignore names no rule"],
    ["# hapair-ignore: a reason", "HP991 hapair-ignore names no rule"],
    ["# hapair-ignore HP405", "HP991 hapair-ignore HP405 gives no reason"],
    ["# hapair-ignore HP405:", "HP991 hapair-ignore HP405 gives no reason"],
    ["# hapair-ignore HP405: ...", "HP991 hapair-ignore HP405 gives no reason"],
    ["# hapair-ignore HP405 it is a lab", "HP991 hapair-ignore HP405 gives no reason"],
    ["# hapair-ignore check-asks: so", "HP991 a word before the colon is no rule's code"],
    [
      "# hapair-ignore HP990: so",
      "HP991 HP990 is about comments like this one and cannot be silenced by one",
    ],
    ["# hapair-ignore-file HP405: so", "HP991 hapair-ignore-file stands below the file's first setting"],
    [
      "# hapair-ignore-next-line HP405: so",
      "HP991 hapair knows hapair-ignore and hapair-ignore-file, and no other word of that kind",
    ],
  ])("does not count: %s", (comment, message) => {
    expect(says(comment)).toMatchObject({ kept: ["about script x"], suppressed: [], findings: [message] });
  });

  it("does not count where the code is none of hapair's, but its other codes do", () => {
    const options = { knownCodes: new Set(["HP405"]) };
    expect(says("# hapair-ignore HP999, HP405: so", options)).toMatchObject({
      kept: [],
      findings: ["HP991 HP999 is no rule of this version of hapair"],
    });
  });

  it("is told the code of the rule it names", () => {
    const options = { codesByName: new Map([["check-asks-process-only", "HP405"]]) };
    const { result } = says("# hapair-ignore check-asks-process-only: so", options);
    expect(result.findings[0]?.advice).toBe("the rule's code: # hapair-ignore HP405: why it is right here");
  });

  it("repeats nothing that may be part of a password", () => {
    const text = "authentication {\n    auth_pass ab#hapair-ignore s3cret, s3cret2: s3cret3\n}\n";
    expect(JSON.stringify(silence(text, () => []).result.findings)).not.toContain("s3cret");
  });
});

describe("the comments' own rules", () => {
  it("find their bad examples and nothing in the good ones", () => {
    const sourceOf = (text: string) => sourceText("lb1.conf", text);
    const codes = (text: string) => {
      const source = sourceOf(text);
      const known = text.includes("pgrep") ? [at(source, 'script "', "HP405")] : [];
      return applySuppressions(known, new Map([["lb1.conf", source]])).findings.map(({ code }) => code);
    };
    for (const rule of suppressionRules) {
      expect(codes(rule.bad["lb1"] ?? "")).toEqual([rule.code]);
      expect(codes(rule.good["lb1"] ?? "")).toEqual([]);
    }
  });

  it("are read from any text without failing", () => {
    expect(readSuppressions(sourceText("a", "\n{{{\n# hapair-ignore HP405: x\n")).suppressions).toMatchObject(
      [{ code: "HP405", covers: undefined }],
    );
  });
});
