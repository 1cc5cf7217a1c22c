// Public pairs of real people against a verdict made by hand: every pair that does not do what it wants gets an error that names why, and no
// pair that works gets one. The pairs are read from beside the project and are not part of it.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { type Diagnostic, sourceText } from "../src/diagnostics/index.ts";
import { lintNodes } from "../src/lint/index.ts";

const corpus = resolve(import.meta.dirname, "../../shared/corpus");

/** What finds each kind of trap, by the letter of the table. */
const CODES_BY_TRAP: Readonly<Record<string, readonly string[]>> = {
  A: ["HP109"],
  B: ["HP110"],
  C: ["HP402", "HP901", "HP902"],
  D: ["HP106"],
  E: ["HP108"],
  F: ["HP101"],
  G: ["HP306"],
  H: ["HP104"],
  I: ["HP111"],
  J: ["HP320"],
  K: ["HP325"],
  L: ["HP112"],
  M: ["HP403"],
  N: ["HP405"],
  O: ["HP406", "HP407", "HP409", "HP416"],
  P: ["HP105"],
  Q: ["HP901", "HP902", "HP904", "HP905", "HP906", "HP911"],
  R: ["HP301", "HP302", "HP303", "HP304", "HP305"],
  S: ["HP323"],
  U: ["HP115"],
  V: ["HP404"],
  W: ["HP501"],
  X: ["HP601"],
  Y: ["HP901", "HP907", "HP911"],
  Z: ["HP203"],
};

/** What of a row's traps lint does not see, and why. */
const NOT_SEEN: Readonly<Record<string, string>> = {
  "armc23 X": "haproxy.cfg is not beside the pair",
  "djokerr O": "what the check's script does is not in the files",
  "icepopfh O": "what the check's script does is not in the files",
  "anti1346 N": "what the check's script does is not in the files",
  "erfanbehzadi N": "what the check's script does is not in the files",
  "joetanx O": "what the check's script does is not in the files",
  "ka-issue-1100 Q": "words of virtual_routes are not judged",
};

/** Errors that no letter of the table stands for, and that are right. */
const BESIDE_THE_TABLE: readonly string[] = ["dggabriel HP324"];

/** The letters whose findings, of whatever severity, are right nowhere else. The others' rules see more than the table tells. */
const NOWHERE_ELSE = "ABDEFGHIJKLNOSUWX".split("");

interface Row {
  readonly id: string;
  readonly verdict: string;
  readonly traps: readonly string[];
}

function rows(): Row[] {
  const table = readFileSync(join(corpus, "pairs.md"), "utf8");
  return table.split("\n").flatMap((line) => {
    const cells = line.split("|").map((cell) => cell.trim());
    const [, id = "", , verdict = ""] = cells;
    if (!/^(?:OK|CAV|NOCHK|BAD)$/.test(verdict)) return [];
    return [{ id, verdict, traps: (cells.at(-2) ?? "").split(" ").filter((trap) => /^[A-Z]$/.test(trap)) }];
  });
}

function lintPair(id: string): readonly Diagnostic[] {
  const folder = join(corpus, "pairs", id);
  const files = readdirSync(folder).filter((name) => name.endsWith(".conf"));
  return lintNodes(
    files.map((name) => ({
      name: name.replace(".conf", ""),
      main: sourceText(name, readFileSync(join(folder, name), "utf8")),
    })),
  ).diagnostics;
}

describe.skipIf(!existsSync(corpus))("public pairs", () => {
  const results = (existsSync(corpus) ? rows() : []).map((row) => {
    const diagnostics = lintPair(row.id);
    const errors = diagnostics.filter((each) => each.severity === "error");
    const codes = new Set(diagnostics.map((each) => each.code));
    const errorCodes = new Set(errors.map((each) => each.code));
    const found = row.traps.filter((trap) => CODES_BY_TRAP[trap]?.some((code) => codes.has(code)) === true);
    const named = row.traps.filter(
      (trap) => CODES_BY_TRAP[trap]?.some((code) => errorCodes.has(code)) === true,
    );
    return { ...row, codes, errors, found, named };
  });

  it("prints the confusion table", () => {
    const verdicts = ["OK", "CAV", "NOCHK", "BAD"];
    const lines = verdicts.map((verdict) => {
      const own = results.filter((each) => each.verdict === verdict);
      const withError = own.filter((each) => each.errors.length > 0).length;
      return `${verdict.padEnd(8)}${String(withError).padStart(10)}${String(own.length - withError).padStart(10)}`;
    });
    const unseen = results.flatMap(({ id, traps, found }) =>
      traps.filter((trap) => !found.includes(trap)).map((trap) => `${id} ${trap}`),
    );
    const all = results.reduce((sum, each) => sum + each.traps.length, 0);
    process.stdout.write(`public pairs  error   no error\n${lines.join("\n")}\n`);
    process.stdout.write(`traps found: ${all - unseen.length} of ${all}\n`);
    for (const each of unseen) process.stdout.write(`  not found: ${each} ${NOT_SEEN[each] ?? ""}\n`);
    expect(results.length).toBe(49);
  });

  it("have every other trap found", () => {
    const unseen = results.flatMap(({ id, traps, found }) =>
      traps.filter((trap) => !found.includes(trap)).map((trap) => `${id} ${trap}`),
    );
    expect(unseen.filter((each) => NOT_SEEN[each] === undefined)).toEqual([]);
  });

  it.each(NOWHERE_ELSE)("have trap %s nowhere else", (trap) => {
    const others = results.filter((each) => !each.traps.includes(trap));
    const seen = others.filter(({ codes }) => CODES_BY_TRAP[trap]?.some((code) => codes.has(code)));
    expect(seen.map(({ id }) => id)).toEqual([]);
  });

  it("get no error but for a trap that they have", () => {
    const strange = results.flatMap(({ id, traps, errors }) => {
      const expected = new Set(traps.flatMap((trap) => CODES_BY_TRAP[trap] ?? []));
      return errors.filter(({ code }) => !expected.has(code)).map(({ code }) => `${id} ${code}`);
    });
    expect(strange.filter((each) => !BESIDE_THE_TABLE.includes(each))).toEqual([]);
  });

  // A pair whose one trap is what a script does that nobody has: lint cannot know.
  const bad = results.filter(
    ({ id, verdict, traps }) =>
      verdict === "BAD" && !traps.every((trap) => NOT_SEEN[`${id} ${trap}`] !== undefined),
  );

  it.each(bad)("$id: an error names the trap", ({ traps, named }) => {
    expect(traps).toEqual(expect.arrayContaining(named));
    expect(named.length).toBeGreaterThan(0);
  });

  it.each(results.filter((each) => each.verdict === "OK"))("$id: works, and gets no error", ({ errors }) => {
    expect(errors.map((each) => `${each.code} ${each.file} ${each.message}`)).toEqual([]);
  });
});
