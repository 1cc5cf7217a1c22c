import { describe, expect, it } from "vitest";
import type { NodeFile } from "../render/index.ts";
import type { FileFacts } from "./facts.ts";
import { fileDiff, maskedText } from "./file-diff.ts";

const file = (content: string, secrets: string[] = []): NodeFile => ({
  path: "/etc/x",
  mode: 0o600,
  owner: "root",
  group: "root",
  content,
  secrets,
  effect: "none",
});
const found = (content: string | undefined): FileFacts => ({
  path: "/etc/x",
  kind: "file",
  isLink: false,
  mode: 0o600,
  owner: "root",
  group: "root",
  sizeBytes: 1,
  sha256: "",
  content,
});

describe("fileDiff", () => {
  it("shows changed lines with three lines around them", () => {
    const lines = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    const after = lines.with(4, "E");
    expect(fileDiff(file(`${after.join("\n")}\n`), found(`${lines.join("\n")}\n`)).diff).toBe(
      "@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n h",
    );
  });

  it("masks the new secret and the one that lay there, and says that it changes", () => {
    const { diff, remarks } = fileDiff(
      file("auth_pass new!one\n", ["new!one"]),
      found('    auth_pass "old#one"\n'),
    );
    expect(diff).not.toMatch(/new!one|old#one/);
    expect(remarks).toContain("a secret in it changes; its value is not shown");
  });

  it("masks passwords of an haproxy.cfg that was there", () => {
    const before = "userlist u\n    user ann insecure-password hunter2\n    stats auth admin:s3same\n";
    expect(fileDiff(file("# other\n"), found(before)).diff).not.toMatch(/hunter2|s3same/);
  });

  it("shows nothing of a file that is secret as a whole, and nothing of what is no text", () => {
    expect(fileDiff(file("KEY\nabc\n", ["KEY\nabc\n"]), found("KEY\nold\n"))).toEqual({
      diff: "",
      remarks: ["the content is secret and not shown"],
    });
    expect(fileDiff(file("text\n"), found(undefined)).diff).toBe("");
  });
});

describe("maskedText", () => {
  it("masks the longest first, so that a secret within a secret leaves nothing", () => {
    expect(maskedText("abcd ab", ["ab", "abcd"])).toBe("******** ********");
  });
});
