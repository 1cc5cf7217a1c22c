import { readdirSync } from "node:fs";
import { expect, it, describe } from "vitest";
import { sourceText } from "../diagnostics/index.ts";
import { lintedNode } from "./node.ts";
import { virtualRouters } from "./routers.ts";
import type { ExampleFiles, Rule } from "./rule.ts";
function subject(files: ExampleFiles) {
  const nodes = Object.entries(files).filter(([n]) => !n.includes("/")).map(([name, text]) => {
    const h = files[`${name}/haproxy.cfg`];
    return lintedNode({ name, main: sourceText(`${name}.conf`, text), ...(h ? { haproxy: sourceText("h", h) } : {}) }, "2.4.3");
  });
  return { nodes, routers: virtualRouters(nodes), version: "2.4.3" };
}
for (const f of readdirSync("src/lint/rules").filter((n) => /^hp[46]\d\d.*\.ts$/.test(n) && !n.includes(".test."))) {
  describe(f, async () => {
    const { rule } = (await import(`./rules/${f}`)) as { rule: Rule };
    it("name", () => { expect(`${rule.code.toLowerCase()}-${rule.name}.ts`).toBe(f); });
    it("bad", () => {
      const found = [...rule.check(subject(rule.bad))];
      for (const x of found) console.log(rule.code, x.severity ?? rule.severity, x.message, "\n     =>", x.consequence, "\n     do:", x.advice);
      expect(found.length).toBe(1);
    });
    it("good", () => { expect([...rule.check(subject(rule.good))]).toEqual([]); });
  });
}
