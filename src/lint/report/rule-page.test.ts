// A rule's page on a terminal and in the reference: the same headings on every one, and examples that show as they are.

import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { describedRules, pairFindings, weightRule } from "../../../test/support/lint-report.ts";
import { renderRule, rulePageMarkdown, rulesIndexMarkdown } from "./rule-page.ts";
import { suppressionRules } from "../suppressions/suppression-rules.ts";

const golden = (name: string) => resolve(import.meta.dirname, `../../../test/golden/lint/${name}`);
const all = [...describedRules, ...suppressionRules];

describe("a rule's page", () => {
  it("reads well on a terminal", async () => {
    const lines = renderRule(weightRule, pairFindings.diagnostics);
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(golden("explain-HP108.txt"));
    expect(lines.filter((line) => line.length > 100 || line !== line.trimEnd())).toEqual([]);
  });

  it("reads well in the reference", async () => {
    await expect(rulePageMarkdown(weightRule, pairFindings.diagnostics)).toMatchFileSnapshot(
      golden("HP108.md"),
    );
  });

  it.each(all.map((rule) => [rule.code, rule] as const))("has the same headings: %s", (_code, rule) => {
    const headings = ["What", "Why", "Bad", "Good", "Source", "Silence"];
    const terminal = renderRule(rule).filter((line) => headings.includes(line));
    expect(terminal).toEqual(headings);
    expect([...rulePageMarkdown(rule).matchAll(/^## (.*)$/gm)].map(([, title]) => title)).toEqual(headings);
    expect(rulePageMarkdown(rule)).toMatch(/[^\n]\n$/);
  });

  it("shows only this rule's findings, and two at most", () => {
    const [finding] = pairFindings.diagnostics;
    const found = [finding!, finding!, finding!, ...pairFindings.diagnostics.slice(1)];
    expect(renderRule(weightRule, found).filter((line) => line.startsWith("  > "))).toHaveLength(2);
    expect(renderRule(weightRule, found).join("\n")).not.toContain("HP906:");
  });

  it("puts an example with a Markdown fence in a longer one", () => {
    const rule = { ...weightRule, bad: { lb1: "```conf\nvrrp_instance A {\n}\n```\n" } };
    expect(rulePageMarkdown(rule)).toContain("````text\n```conf\nvrrp_instance A {\n}\n```\n````\n");
  });

  it("lets no example write to the terminal", () => {
    const rule = { ...weightRule, bad: { lb1: "a\u001b[2Jb\r\n\tc\n" } };
    // oxlint-disable-next-line no-control-regex -- Control characters are what must not be there.
    expect(renderRule(rule).join("")).not.toMatch(/[\u001b\r\t]/);
  });
});

describe("the rules' index", () => {
  it("links every rule, in chapters", async () => {
    await expect(rulesIndexMarkdown(all)).toMatchFileSnapshot(golden("rules.md"));
  });
});
