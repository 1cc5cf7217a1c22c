// Rules HP301 to HP318 on public pairs: they find what is known to be wrong there, and call no sound pair an error.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { sourceText } from "../../diagnostics/index.ts";
import { lintNodes } from "../index.ts";

const corpus = resolve(import.meta.dirname, "../../../../shared/corpus");
const isThere = existsSync(join(corpus, "pairs.md"));
if (!isThere) console.log("skipped: no corpus of public pairs beside the project");

interface PublicPair {
  readonly id: string;
  readonly verdict: string;
  readonly traps: readonly string[];
}

/** The rows of pairs.md whose files are there. */
function publicPairs(): PublicPair[] {
  if (!isThere) return [];
  const rows = readFileSync(join(corpus, "pairs.md"), "utf8")
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()));
  return rows.flatMap((cells) => {
    const [, id = "", , verdict = ""] = cells;
    const traps = cells.at(-2)?.split(" ") ?? [];
    return existsSync(join(corpus, "pairs", id, "a.conf")) && id !== "" ? [{ id, verdict, traps }] : [];
  });
}

/** `HP306 error`, each once, in order. */
function found(id: string): string[] {
  const folder = join(corpus, "pairs", id);
  const inputs = readdirSync(folder)
    .filter((name) => /^[a-c]\.conf$/.test(name))
    .map((name) => ({
      name: name.slice(0, 1),
      main: sourceText(name, readFileSync(join(folder, name), "utf8")),
    }));
  const { diagnostics } = lintNodes(inputs, { selection: { only: ["HP30", "HP31"] } });
  return [...new Set(diagnostics.map(({ code, severity }) => `${code} ${severity}`))].toSorted();
}

describe.skipIf(!isThere)("public pairs", () => {
  const pairs = publicPairs();

  it.each(pairs.filter(({ verdict }) => verdict === "OK"))("$id is sound: no error", ({ id }) => {
    expect(found(id).filter((each) => each.endsWith("error"))).toEqual([]);
  });

  it.each(pairs.filter(({ traps }) => traps.includes("R")))("$id has wrong peers", ({ id }) => {
    expect(found(id).filter((each) => /HP30[125]/.test(each))).not.toEqual([]);
  });

  it.each(pairs.filter(({ traps }) => traps.includes("G")))("$id has lists that differ", ({ id }) => {
    expect(found(id)).toContain("HP306 error");
  });

  it.each(pairs.filter(({ traps }) => !traps.some((trap) => "RG".includes(trap))))(
    "$id has neither: no error about peers and lists",
    ({ id }) => {
      expect(found(id).filter((each) => each.endsWith("error"))).toEqual([]);
    },
  );
});
