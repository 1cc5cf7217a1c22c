// The script's part about operations, run by the shell of this machine on notes in a folder of its own, and read back.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { OperationState } from "./operation.ts";
import { operationOf } from "./operation-parser.ts";
import { notesFunction, operationPart, type OperationRequest } from "./operation-script.ts";
import { clockOf, sectionsOf } from "./script-answer.ts";

let folder = "";
let request: OperationRequest;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-operation-"));
  for (const name of ["etc", "drain", "watch"]) mkdirSync(join(folder, name));
  request = {
    paths: {
      maintenance: join(folder, "etc/maintenance"),
      motd: join(folder, "motd"),
      lastResort: join(folder, "last-resort"),
      drainDirectory: join(folder, "drain"),
    },
    watchDirectory: join(folder, "watch"),
    vips: ["192.0.2.50", "2001:db8::50"],
  };
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const put = (name: string, text: string): void => writeFileSync(join(folder, name), text);

/** `between`: what happens while all else is looked at. */
function lookedAt(between = ":"): string {
  const script = [
    "export LC_ALL=C",
    'say() { printf \'%s\\t%s\\n\' "$1" "$2"; }',
    'limited() { timeout 1 "$@" </dev/null; }',
    notesFunction(request),
    "look() {",
    "noted=$(notes)",
    operationPart(request),
    between,
    'say operation.steady "$([ "$noted" = "$(notes)" ] && echo yes)"',
    "}",
    "look 2>/dev/null",
  ];
  return execFileSync("sh", [], { input: script.join("\n"), encoding: "utf8" });
}

function read(answer: string, units: ReadonlyMap<string, string> = new Map()): OperationState | undefined {
  // Up for 1,000 s at the wall clock's second 1,764,000,000.
  const sections = sectionsOf(`time.start\t1000.00 1764000000.0\n${answer}time.end\t1000.20 1764000000.2\n`);
  const clock = clockOf(sections);
  return clock === undefined ? undefined : operationOf(sections, clock, units);
}

const record =
  '{"by":"anna@ops1","reason":"kernel upgrade","sinceS":1764293000,"untilS":1764300200,"haproxy":"runs"}';

describe("what is under way, as the script finds it", () => {
  test("nothing at all", () => {
    const seen = read(lookedAt());
    expect(seen).toMatchObject({ steady: true, hasMotd: false, drains: [], units: {} });
    expect(seen).not.toHaveProperty("record");
    expect(seen).not.toHaveProperty("lastResort");
    expect(seen).not.toHaveProperty("connections");
    expect(Math.abs((seen?.recordMovedAtMs ?? 0) - Date.now())).toBeLessThan(600_000);
  });

  test("a node under maintenance that holds the VIP as last resort, and drains in both roles", () => {
    put("etc/maintenance", `${record}\n`);
    put("motd", "extlb-01 is under maintenance\n");
    put("last-resort", "1764293500\n");
    for (const role of ["give", "take"]) mkdirSync(join(folder, "drain", role));
    put("drain/give.until", "1043\n");
    put("drain/take.until", "later\n");
    const units = new Map([
      ["hapair-maintenance", "active"],
      ["hapair-move", "activating"],
      ["hapair-drain-give", "failed"],
      ["hapair-drain-take", "inactive"],
    ]);
    const seen = read(lookedAt(), units);
    expect(seen).toMatchObject({
      record: { by: "anna@ops1", reason: "kernel upgrade", untilMs: 1_764_300_200_000 },
      hasMotd: true,
      lastResort: { sinceMs: 1_764_293_500_000 },
      drains: [{ role: "give", untilMs: 1_764_000_043_000 }, { role: "take" }],
      // No connection of this machine has such an address.
      connections: 0,
      units: {
        "hapair-maintenance": "runs",
        "hapair-move": "runs",
        "hapair-drain-give": "stopped",
        "hapair-drain-take": "stopped",
      },
    });
    expect(seen?.drains[1]).not.toHaveProperty("untilMs");
  });

  test.each(["", "{", record.slice(0, -1), "a\tb\nmaintenance.motd\tyes", "x".repeat(9000)])(
    "a record of %j cannot be read, and that is all that is said",
    (text) => {
      put("etc/maintenance", text);
      expect(read(lookedAt())).toMatchObject({ record: "unreadable", hasMotd: false, steady: true });
    },
  );

  test("a note that comes, goes or changes meanwhile makes the look unsteady", () => {
    put("watch/hold", "0\n");
    const at = (name: string): string => `'${join(folder, name)}'`;
    expect(read(lookedAt())?.steady).toBe(true);
    expect(read(lookedAt(`echo 1 > ${at("watch/hold")}`))?.steady).toBe(false);
    expect(read(lookedAt(`echo 253 > ${at("watch/boost")}`))?.steady).toBe(false);
    expect(read(lookedAt(`mkdir ${at("drain/take")}`))?.steady).toBe(false);
    expect(read(lookedAt(`rmdir ${at("drain/take")}`))?.steady).toBe(false);
    // Written anew with the same text it is the same.
    expect(read(lookedAt(`echo 1 > ${at("watch/hold")}`))?.steady).toBe(true);
  });

  test("changes nothing on the node", () => {
    put("etc/maintenance", record);
    lookedAt();
    expect(readFileSync(join(folder, "etc/maintenance"), "utf8")).toBe(record);
  });
});

describe("operationOf", () => {
  test("only tables named hapair_drain count, and nft that fails says nothing", () => {
    const seen = (line: string): OperationState | undefined => read(`${line}operation.steady\tyes\n`);
    expect(seen("drain.tables\tip ip6 \n")?.drainTables).toEqual(["ip", "ip6"]);
    expect(seen("drain.tables\t\n")?.drainTables).toEqual([]);
    expect(seen("")).not.toHaveProperty("drainTables");
  });

  test("connections are counted when all of them were listed", () => {
    const seen = (text: string): number | undefined =>
      read(`drain.connections\t${text}\noperation.steady\tyes\n`)?.connections;
    expect(seen("13")).toBe(12);
    expect(seen("1")).toBe(0);
    expect(seen("")).toBeUndefined();
    expect(seen("-3")).toBeUndefined();
  });

  test("garbage in any section is no exception, and moments are such that a calendar has", () => {
    const names = [
      "maintenance.record",
      "maintenance.moved",
      "maintenance.last-resort",
      "drain",
      "drain.tables",
      "drain.connections",
      "operation.steady",
    ];
    const texts = fc.oneof(fc.string(), fc.constantFrom("give 1 2", "take 9 9", "999999999999", record));
    const lines = fc.array(fc.tuple(fc.constantFrom(...names), texts), { maxLength: 12 });
    fc.assert(
      fc.property(lines, (drawn) => {
        const seen = read(drawn.map(([name, text]) => `${name}\t${text}\n`).join(""));
        for (const drain of seen?.drains ?? [])
          if (drain.untilMs !== undefined) expect(new Date(drain.untilMs).getTime()).not.toBeNaN();
      }),
    );
  });
});
