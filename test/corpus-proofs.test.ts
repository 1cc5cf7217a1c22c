// Public pairs that fail for a reason of election or check, by hand's verdict: each has a counterexample of the promise that its trap breaks. The pairs are read
// from beside the project and are not part of it.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { siteOfFiles } from "../src/cli/simulated-files.ts";
import { sourceText } from "../src/diagnostics/index.ts";
import {
  type Answer,
  answer,
  breachText,
  limitsOfFiles,
  moves,
  type PromiseName,
  provenStart,
} from "../src/prove/index.ts";
import type { Site } from "../src/simulate/index.ts";

const corpus = resolve(import.meta.dirname, "../../shared/corpus");

/** The promise that breaks where a pair has the trap, by the letter of the table. */
const PROMISE_BY_TRAP: Readonly<Record<string, PromiseName>> = {
  /** The weight is too small: a failed check does not move the VIP. */
  A: "check-moves-vip",
  /** keepalived drops the weighted check: its failure moves nothing. */
  B: "check-moves-vip",
  /** nopreempt is cleared: the VIP goes back. */
  D: "no-failback",
  /** A lowered priority moves nothing where the other has nopreempt. */
  E: "check-moves-vip",
  /** Another VRID: each node has its own VIP. */
  F: "one-holder",
  /** Adverts with another list of addresses are refused: both are MASTER. */
  G: "one-holder",
  /** Equal priorities: who has the VIP hangs on addresses. */
  H: "no-failback",
  /** The owner's priority: its check is not tracked. */
  P: "check-moves-vip",
  /** Adverts that never reach the other: both are MASTER. */
  R: "one-holder",
};

/** Traps of these pairs that no counterexample shows, and why. */
const NOT_SEEN: Readonly<Record<string, string>> = {
  "brianv0 A": "both nodes are MASTER from the start (R), so that no check has anything to move",
  "djokerr D":
    "the node whose nopreempt is cleared has the lower priority: it takes the VIP from a failed node only",
  "djokerr R": "an empty unicast_peer block is multicast, and the nodes hear each other",
  "iphizic A": "both nodes are MASTER from the start (R), so that no check has anything to move",
  "iphizic H": "both nodes are MASTER from the start (R)",
  "meishd H": "a node that returns hears its equal and waits: the VIP stays; its check is what fails it (O)",
};

/** What else says that the pair fails, where its letters of this table say nothing. */
const NAMED_BY: Readonly<Record<string, PromiseName>> = {
  // Its check always fails on Debian, so that a dead service moves nothing.
  meishd: "check-moves-vip",
};

interface Row {
  readonly id: string;
  readonly traps: readonly string[];
}

function badRows(): Row[] {
  const table = readFileSync(join(corpus, "pairs.md"), "utf8");
  return table.split("\n").flatMap((line) => {
    const [, id = "", , verdict = "", ...cells] = line.split("|").map((cell) => cell.trim());
    if (verdict !== "BAD") return [];
    return [{ id, traps: (cells.at(-2) ?? "").split(" ").filter((trap) => /^[A-Z]$/.test(trap)) }];
  });
}

/** Nothing hangs here: that a check asks for the process alone is another trap (N), and would hide these. */
const movesTried = moves.filter(({ name }) => !/^(?:hang|resume)-/.test(name));

function proved(id: string): { readonly site: Site; readonly found: Answer } {
  const folder = join(corpus, "pairs", id);
  const files = readdirSync(folder).filter((name) => name.endsWith(".conf"));
  const { site, configurations } = siteOfFiles(
    files.map((name) => ({
      name: name.replace(".conf", ""),
      main: sourceText(name, readFileSync(join(folder, name), "utf8")),
    })),
  );
  const found = answer(site, provenStart(site), {
    ...{ depth: 2, overlap: 1, overlaps: 0, statesMax: 200_000, moves: movesTried },
    limits: limitsOfFiles(configurations),
    promises: ["one-holder", "no-failback", "check-moves-vip", "holder"],
  });
  return { site, found };
}

function sequence(site: Site, found: Answer, promise: PromiseName): string {
  const broken = found.broken.get(promise);
  if (broken === undefined) return "";
  const { steps } = broken.counterexample;
  const words = steps.map(({ node, move }) => `${move.name} on ${site.nodes[node]!.name}`);
  return `${words.length === 0 ? "from the start" : words.join(", ")}: ${breachText(site, broken)}`;
}

/** A sequence of no faults, or of those that the trap is about: what a killed keepalived leaves is no trap of any file. */
function isNamed({ broken }: Answer, promise: PromiseName): boolean {
  const steps = broken.get(promise)?.counterexample.steps;
  return steps !== undefined && (promise !== "one-holder" || steps.length === 0);
}

describe.skipIf(!existsSync(corpus))("public pairs that fail for a reason of election or check", () => {
  const rows = existsSync(corpus) ? badRows() : [];
  const judged = rows
    .filter(({ traps }) => traps.some((trap) => PROMISE_BY_TRAP[trap] !== undefined))
    .map((row) => {
      const { site, found } = proved(row.id);
      const traps = row.traps.filter((trap) => PROMISE_BY_TRAP[trap] !== undefined);
      const seen = traps.filter((trap) => isNamed(found, PROMISE_BY_TRAP[trap]!));
      return { ...row, site, found, traps, seen };
    });

  it("prints the table", () => {
    const lines = judged.flatMap(({ id, traps, seen, site, found }) => [
      ...traps.map((trap) => {
        const promise = PROMISE_BY_TRAP[trap]!;
        const what = seen.includes(trap)
          ? `${promise}: ${sequence(site, found, promise)}`
          : `not seen: ${NOT_SEEN[`${id} ${trap}`] ?? "?"}`;
        return `${id.padEnd(18)} ${trap}  ${what}`;
      }),
      ...(NAMED_BY[id] === undefined
        ? []
        : [`${id.padEnd(18)} -  ${NAMED_BY[id]}: ${sequence(site, found, NAMED_BY[id])}`]),
    ]);
    const others = rows.filter(({ id }) => judged.every((one) => one.id !== id));
    process.stdout.write(`public pairs that fail: what a proof shows\n${lines.join("\n")}\n`);
    process.stdout.write(
      `failing for another reason: ${others.map(({ id, traps }) => `${id} (${traps.join(" ")})`).join(", ")}\n`,
    );
    expect(judged.length).toBe(12);
  });

  it.each(judged)("$id: a counterexample names why", ({ id, seen, found }) => {
    const other = NAMED_BY[id];
    expect(seen.length > 0 || (other !== undefined && found.broken.has(other))).toBe(true);
  });

  it("show every trap but those that cannot be seen", () => {
    const unseen = judged.flatMap(({ id, traps, seen }) =>
      traps.filter((trap) => !seen.includes(trap)).map((trap) => `${id} ${trap}`),
    );
    expect(unseen).toEqual(Object.keys(NOT_SEEN));
  });
});

it.skipIf(existsSync(corpus))("says that the public pairs are not here", () => {
  process.stdout.write("public pairs: not beside the project, so they are not proved\n");
  expect(existsSync(corpus)).toBe(false);
});
