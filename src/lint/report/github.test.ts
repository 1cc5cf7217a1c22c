// Workflow commands: one line each, and nothing in a message can end one or begin another.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sourceText } from "../../diagnostics/index.ts";
import { cleanReport, pairReport } from "../../../test/support/lint-report.ts";
import { renderGithub } from "./github.ts";

describe("github", () => {
  it("writes a command for each finding", () => {
    expect(renderGithub(pairReport)).toMatchInlineSnapshot(`
      "::error file=lb1.conf,line=8,endLine=8,col=5,endColumn=14,title=HP108 weight-under-nopreempt::lb1's chk_haproxy has weight -2: 101-2 = 99 still beats lb2's 98, and lb2 has nopreempt%0AIn service: when HAProxy on lb1 stops, the check fails and lb1 keeps the address with priority 99: clients get refused connections until somebody intervenes%0AWrite: no weight in chk_haproxy: a failed check then takes lb1 out (FAULT), and lb2 takes over%0Alb1.conf:15: lb1 has 101, and 99 while the check fails%0Alb2.conf:5: lb2 has 98%0Alb2.conf:6: lb2 takes over only from a node that is silent or has priority 0
      ::warning file=lb1.conf,line=16,endLine=16,col=5,endColumn=17,title=HP906 last-one-wins::lb1: advert_int is given twice; "2" counts%0AIn service: the first line has no effect, and whoever reads it believes in one second%0AWrite: one advert_int
      ::notice file=lb2.conf,line=1,endLine=1,col=1,endColumn=19,title=HP323 password-missing::lb2's VI_1 has no authentication%0AIn service: any host of the network can speak for the router%0AWrite: authentication { auth_type PASS ... }
      "
    `);
    expect(renderGithub(cleanReport)).toBe("");
  });

  it("gives no columns to what goes over several lines", () => {
    const source = sourceText("a.conf", "one\ntwo\n");
    const diagnostic = { code: "HP902", severity: "error", message: "m", file: "a.conf" } as const;
    const result = (span: { start: number; end: number }) => ({
      diagnostics: [{ ...diagnostic, span }],
      suppressed: [],
      sources: new Map([["a.conf", source]]),
    });
    const written = (start: number, end: number) =>
      renderGithub({ rules: [], results: [result({ start, end })] });
    expect(written(1, 6)).toBe("::error file=a.conf,line=1,endLine=2,title=HP902::m\n");
    expect(written(1, 3)).toBe("::error file=a.conf,line=1,endLine=1,col=2,endColumn=4,title=HP902::m\n");
  });

  it("escapes whatever comes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (file, message) => {
        const diagnostic = { code: "HP902", severity: "advice", message, file } as const;
        const text = renderGithub({
          rules: [],
          results: [{ diagnostics: [diagnostic], suppressed: [], sources: new Map() }],
        });
        expect(text.split("\n")).toHaveLength(2);
        const [, properties = "", data = ""] = /^::notice ([^]*?)::([^]*)\n$/.exec(text) ?? [];
        expect(properties).toMatch(/^file=[^:,\r\n]*,title=HP902$/);
        expect(data).not.toMatch(/[\r\n]|%(?!0A|0D|25)/);
      }),
    );
  });
});
