import { readdirSync, readFileSync, existsSync } from "node:fs";
import { it } from "vitest";
import { sourceText } from "../diagnostics/index.ts";
import { lintedNode } from "./node.ts";
import { virtualRouters } from "./routers.ts";
import type { Rule } from "./rule.ts";
it("corpus", async () => {
  const rules: Rule[] = [];
  for (const f of readdirSync("src/lint/rules").filter((n) => /^hp[46]\d\d.*\.ts$/.test(n) && !n.includes(".test."))) rules.push(((await import("/work/main/src/lint/rules/" + f)) as { rule: Rule }).rule);
  const out: string[] = [];
  const base = "/work/shared/corpus";
  const groups: [string, [string, string][]][] = readdirSync(base + "/pairs").map((p) => [p, readdirSync(`${base}/pairs/${p}`).map((f) => [f.replace(".conf", ""), `${base}/pairs/${p}/${f}`] as [string, string])]);
  for (const f of readdirSync(base + "/singles")) groups.push(["S " + f, [["node", `${base}/singles/${f}`]]]);
  for (const [p, files] of groups) {
    const hs = readdirSync(base + "/haproxy").filter((h) => h.startsWith(p + "-"));
    const nodes = files.map(([name, path]) => lintedNode({ name, main: sourceText(name, readFileSync(path, "utf8")), ...(hs[0] && name === "a" ? { haproxy: sourceText(hs[0], readFileSync(`${base}/haproxy/${hs[0]}`, "utf8")) } : {}) }, "2.2.7"));
    const subject = { nodes, routers: virtualRouters(nodes), version: "2.2.7" };
    for (const rule of rules) for (const x of rule.check(subject)) out.push(`${p.padEnd(16)} ${rule.code} ${(x.severity ?? rule.severity).padEnd(7)} ${x.message}`);
  }
  for (const h of readdirSync(base + "/haproxy")) {
    const nodes = [lintedNode({ name: "n", main: sourceText("x", ""), haproxy: sourceText(h, readFileSync(`${base}/haproxy/${h}`, "utf8")) }, "2.2.7")];
    const subject = { nodes, routers: [], version: "2.2.7" };
    for (const rule of rules) for (const x of rule.check(subject)) out.push(`H ${h.padEnd(16)} ${rule.code} ${(x.severity ?? rule.severity).padEnd(7)} ${x.message}`);
  }
  const { writeFileSync } = await import("node:fs"); writeFileSync("/tmp/hp/r4/corpus.txt", out.join("\n") + "\n");
});
