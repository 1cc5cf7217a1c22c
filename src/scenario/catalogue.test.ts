// The catalogue as data: names that stay unique, and which scenarios say something about which pair.

import { describe, expect, test } from "vitest";
import { scenarios, scenariosFor } from "./catalogue.ts";
import type { Need } from "./scenario.ts";

function namesFor(...needs: readonly Need[]): string[] {
  return scenariosFor(new Set(needs)).map(({ name }) => name);
}

test("no two scenarios, and no two rows, have one name", () => {
  const names = scenarios.map(({ name }) => name);
  const rows = scenarios.flatMap(({ phases }) => phases.map(({ name }) => name));
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(rows).size).toBe(rows.length);
});

describe("scenarios for a pair", () => {
  test("files as they are written get the faults alone", () => {
    const names = namesFor("no-failback");
    expect(names).toContain("switch-back");
    for (const name of ["switch", "maintenance", "roll", "agent-stop"]) expect(names).not.toContain(name);
  });

  test("hapair's own get planned work as well; where the VIP would run back, all but the switch", () => {
    expect(namesFor("hapair", "no-failback")).toEqual(
      expect.arrayContaining(["switch", "maintenance", "roll"]),
    );
    expect(namesFor("hapair")).toEqual(expect.arrayContaining(["maintenance", "roll"]));
    expect(namesFor("hapair")).not.toContain("switch");
  });

  test("with everything there is, every scenario", () => {
    expect(namesFor("agent", "hapair", "no-failback")).toEqual(scenarios.map(({ name }) => name));
  });
});
