// A rule's examples as nodes, and what is found in them: the tests run them, `hapair explain` and the reference pages show them.

import { type Diagnostic, sourceText } from "../../diagnostics/index.ts";
import { lintNodes } from "../engine.ts";
import type { LintNodeInput } from "../node.ts";
import type { ExampleFiles, Rule } from "../rule.ts";

export function exampleInputs(files: ExampleFiles): LintNodeInput[] {
  return Object.entries(files)
    .filter(([name]) => !name.endsWith("/haproxy.cfg"))
    .map(([name, text]) => {
      const haproxy = files[`${name}/haproxy.cfg`];
      return {
        name,
        main: sourceText(`${name}.conf`, text),
        ...(haproxy === undefined ? {} : { haproxy: sourceText(`${name}/haproxy.cfg`, haproxy) }),
      };
    });
}

/** What the rule finds in its bad example. */
export function exampleFindings(rule: Pick<Rule, "code" | "bad">): Diagnostic[] {
  const { diagnostics } = lintNodes(exampleInputs(rule.bad), { selection: { add: [rule.code] } });
  return diagnostics.filter((each) => each.code === rule.code);
}
