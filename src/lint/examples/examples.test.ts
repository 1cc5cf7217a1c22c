// Every rule's own examples: the bad one has its finding, the good one has not. What the reference pages show is what was run.

import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { exampleFindings, exampleInputs } from "./examples.ts";
import { lintNodes, rules } from "../index.ts";
import type { ExampleFiles, Rule } from "../rule.ts";

function codesOf(files: ExampleFiles, rule: Rule): string[] {
  const { diagnostics } = lintNodes(exampleInputs(files), { selection: { add: [rule.code] } });
  return diagnostics.map((diagnostic) => diagnostic.code);
}

describe("rules", () => {
  it("are all in the registry, once, in order", () => {
    const files = readdirSync(`${import.meta.dirname}/../rules`)
      .filter((name) => /^hp\d+.*\.ts$/.test(name) && !name.endsWith(".test.ts"))
      .map((name) => name.replace(/\.ts$/, ""));
    expect(rules().map((rule) => `${rule.code.toLowerCase()}-${rule.name}`)).toEqual(files.toSorted());
  });

  describe.each(rules().map((rule) => [`${rule.code} ${rule.name}`, rule] as const))("%s", (_name, rule) => {
    it("finds its bad example", () => {
      expect(codesOf(rule.bad, rule)).toContain(rule.code);
    });

    it("is silent about its good example", () => {
      expect(codesOf(rule.good, rule)).not.toContain(rule.code);
    });

    it("calls no example of its own an error for another reason", () => {
      const { diagnostics } = lintNodes(exampleInputs(rule.good));
      expect(
        diagnostics.filter((each) => each.severity === "error").map((each) => `${each.code} ${each.message}`),
      ).toEqual([]);
    });

    it("has pairs of nodes in its examples where it compares nodes", () => {
      expect(exampleInputs(rule.bad).length).toBeGreaterThanOrEqual(rule.scope === "pair" ? 2 : 1);
    });

    it("says what happens in service and what to write", () => {
      const found = lintNodes(exampleInputs(rule.bad), {
        selection: { add: [rule.code] },
      }).diagnostics.filter((each) => each.code === rule.code);
      for (const diagnostic of found) {
        expect(diagnostic.consequence).toMatch(/\w/);
        expect(diagnostic.advice).toMatch(/\w/);
        expect(diagnostic.message.length).toBeLessThan(400);
      }
    });

    it("speaks as every rule does", () => {
      const nodes = exampleInputs(rule.bad).map((input) => input.name);
      for (const { message, consequence = "", advice = "" } of exampleFindings(rule)) {
        if (rule.scope === "node") expect(nodes).toContain(message.split(/: | and /)[0]);
        expect(message).not.toMatch(/`|[.!]$/);
        for (const text of [consequence, advice]) {
          expect(text).not.toMatch(/`|(?<!\.\.)\.$/);
          // Keywords in capitals (VRRP, MASTER) and HAProxy keep theirs.
          expect(text).not.toMatch(/^(?!HAProxy)(?:A|[A-Z][a-z'].*) /);
        }
        // The word "write" stands before it already.
        expect(advice).not.toMatch(/^(?:write|remove|add|set) /);
      }
    });
  });
});
