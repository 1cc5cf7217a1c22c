// Included files put in place as keepalived 2.2.7 does it, on which it was tried (the doubtful rows on 2.3.3 as well).

import { describe, expect, it } from "vitest";
import { type SourceText, sourceText } from "../diagnostics/index.ts";
import { locate } from "./config-files.ts";
import { type Item, tokensOf } from "./cst.ts";
import { expandConfig, type ExpandedConfig } from "./expand.ts";
import type { ResolveInclude } from "./include.ts";

/** A resolver over files by name; a pattern that ends in a star names all files that begin like it. */
function resolverOver(files: Readonly<Record<string, string>>): ResolveInclude {
  return (pattern, fromFile) => {
    const directory = fromFile.includes("/") ? fromFile.replace(/[^/]*$/, "") : "";
    const path = directory + pattern;
    const names = Object.keys(files).filter((name) =>
      path.endsWith("*") ? name.startsWith(path.slice(0, -1)) : name === path,
    );
    return names.map((name): SourceText => sourceText(name, files[name] ?? ""));
  };
}

function expanded(main: string, files: Readonly<Record<string, string>>, configId = "low"): ExpandedConfig {
  return expandConfig(sourceText("main.conf", main), { configId, resolveInclude: resolverOver(files) });
}

/** Each line as its words, blocks in braces. */
function lines(items: readonly Item[]): string {
  return items
    .flatMap((item): string[] => {
      if (item.kind === "statement")
        return [[item.keyword, ...item.arguments].map((word) => word.value).join(" ")];
      if (item.kind === "block")
        return [`${item.header === undefined ? "" : lines([item.header])} { ${lines(item.items)} }`];
      return item.kind === "strayBrace" ? ["}"] : [];
    })
    .join("; ");
}

describe("include", () => {
  it.each([
    ["a file", "include a.conf\nk", { "a.conf": "in a\n" }, "in a; k"],
    ["a file without a newline at its end", "include a.conf\nk", { "a.conf": "in a" }, "in a; k"],
    ["an empty file", "include a.conf\nk", { "a.conf": "" }, "k"],
    ["several files", "include d/*", { "d/1": "one", "d/2": "two" }, "one; two"],
    ["its kinds", "includer a\nincludem a\nincludew a\nincludeb a\nincludea a", { a: "x" }, "x; x; x; x; x"],
    [
      "what is no include",
      "includes a\ninclude\nk include a",
      { a: "x" },
      "includes a; include; k include a",
    ],
    ["a comment behind it", "include a # b", { a: "x" }, "x"],
    ["quotes are part of the name", 'include "a"', { a: "x" }, ""],
    [
      "from another directory",
      "include d/s\nk",
      { "d/s": "include l\nin s", "d/l": "leaf" },
      "leaf; in s; k",
    ],
    ["definitions before it", "$X=1\ninclude a\nk $X", { a: "in $X\n$X=2\n" }, "in 1; k 2"],
    ["a defined name", "$P=a\ninclude $P", { a: "x" }, "x"],
    ["a defined line", "$I=include a\n$I", { a: "x" }, "x"],
    ["a condition", "@low include a\n@high include b\n@^low include b", { a: "x", b: "y" }, "x"],
    ["a condition inside", "include a", { a: "@low k1\n@high k2" }, "k1"],
    ["after a brace", "b { include a\n}\nk", { a: "x" }, "b { x }; k"],
    [
      "an open block",
      "include half\n10.0.0.1\n}\n}\nk",
      { half: "v A {\nvips {\n" },
      "v A { vips { 10.0.0.1 } }; k",
    ],
    ["a block closed elsewhere", "v A {\ninclude close\nk", { close: "in A\n}\n" }, "v A { in A }; k"],
  ])("%s", (_name, main, files, expected) => {
    expect(lines(expanded(main, files).tree.items)).toBe(expected);
  });

  it("says in which file everything stands", () => {
    const { tree, files } = expanded("first\ninclude d/s\nlast", {
      "d/s": "in s\ninclude l\n",
      "d/l": "# c\nleaf",
    });
    const places = [...tokensOf(tree.items)].map((token) => {
      const { source, span } = locate(files, token.span);
      return `${source.file}: ${source.text.slice(span.start, span.end)}`;
    });
    expect(places).toEqual([
      "main.conf: first",
      "d/s: in",
      "d/s: s",
      "d/l: # c",
      "d/l: leaf",
      "main.conf: last",
    ]);
  });

  it("leaves the line where the files are not known", () => {
    const unresolved = expandConfig(sourceText("main.conf", "include a\nk"), { configId: "low" });
    expect(lines(unresolved.tree.items)).toBe("include a; k");
    expect(unresolved.incomplete).toBe(true);
    expect(unresolved.complaints).toMatchObject([
      { kind: "include", fatal: false, silent: true, value: "a" },
    ]);
  });

  it("leaves a line whose condition is not decided", () => {
    const resolveInclude = resolverOver({ a: "x" });
    const { tree, conditionIds } = expandConfig(sourceText("m", "@low include a"), { resolveInclude });
    expect(lines(tree.items)).toBe("include a");
    expect(conditionIds).toEqual(["low"]);
  });
});

describe("what is missing", () => {
  const outcome = (main: string) =>
    expanded(main, { a: "x" }).complaints.map(({ fatal, silent }) =>
      fatal ? "exits" : silent ? "goes on" : "warns",
    );

  it.each([
    ["include n", ["goes on"]],
    ["includer n\nincluder n*\nincluder {n,m}", ["goes on", "goes on", "goes on"]],
    ["includem n\nincludem n*\nincludem {n,m}", ["exits", "goes on", "goes on"]],
    ["includew n\nincludew n*\nincludew {n,m}", ["exits", "exits", "goes on"]],
    ["includeb n\nincludeb n*\nincludeb {n,m}", ["goes on", "goes on", "exits"]],
    ["includea n\nincludea n*\nincludea {n,m}", ["exits", "exits", "exits"]],
    ["global_defs {\ninclude_check\n}\ninclude n", ["exits"]],
    ["global_defs {\ninclude_check match\n}\ninclude n*", ["goes on"]],
    ["global_defs {\ninclude_check +wildcard_match -read\n}\ninclude n*", ["exits"]],
    ["include a", []],
  ])("%j", (main, expected) => {
    expect(outcome(main)).toEqual(expected);
  });
});

describe("includes without end", () => {
  it("stops at a file that includes itself", () => {
    const { tree, complaints } = expanded("include a\nk", { a: "include b\nin a", b: "include a\nin b" });
    expect(lines(tree.items)).toBe("in b; in a; k");
    expect(complaints.map((complaint) => complaint.message)).toEqual([
      "include a is not followed: it includes a from within itself.",
    ]);
  });

  it("stops after a hundred files", () => {
    const files = Object.fromEntries(
      Array.from({ length: 3000 }, (_, turn) => [`d/${turn}`, "k\ninclude *\n"]),
    );
    const { files: read, complaints } = expanded("include d/*\n", files);
    expect(read.parts.length).toBeLessThanOrEqual(101);
    expect(complaints.length).toBeGreaterThan(0);
  });
});
