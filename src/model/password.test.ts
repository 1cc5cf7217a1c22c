// Resolved passwords: what keepalived would make of them, without the value in any sentence.

import { describe, expect, it } from "vitest";
import { checkPassword } from "./index.ts";

const severities = (value: string): string[] => checkPassword(value).problems.map(({ severity }) => severity);

describe("checkPassword", () => {
  it.each(["12345678", "a", "sec-ret_"])("is content with %s, unquoted", (value) => {
    expect(checkPassword(value)).toEqual({ problems: [], needsQuotes: false, bytes: value.length });
  });

  it.each(["sec#et", "no!", "a b", "{x}"])("quotes %s", (value) => {
    expect(checkPassword(value)).toMatchObject({ problems: [], needsQuotes: true });
  });

  it.each(["", "123456789", "pässwör", 'a"b', "a\\b", "a\nb", "a\tb", "a$_PWD"])("refuses %j", (value) => {
    expect(severities(value)).toContain("refused");
  });

  it.each([" abc", "abc ", "päss"])("doubts %j", (value) => {
    expect(severities(value)).toEqual(["doubtful"]);
  });

  it("counts bytes as keepalived does", () => {
    expect(checkPassword("ä€😀").bytes).toBe(9);
  });

  it("says nothing of the value", () => {
    expect(JSON.stringify(checkPassword('geheim"99'))).not.toMatch(/geheim/);
  });
});
