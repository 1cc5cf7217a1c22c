// Real notes in a folder: who holds the node, the last resort and drains, and holds that nobody explains.

import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FactReport } from "../../agent-api/index.ts";
import { operationLook, type OperationLook } from "./operation-notes.ts";

let folder: string;
let nowMs: number;
let look: OperationLook;

const at = (name: string): string => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-notes-"));
  mkdirSync(at("drain"));
  nowMs = 0;
  look = operationLook({
    maintenance: at("maintenance"),
    lastResort: at("last-resort"),
    drainDirectory: at("drain"),
    clock: () => nowMs,
  });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const said = (reports: readonly FactReport[]): string[] =>
  reports.map(({ kind, subject, value }) => `${kind} ${subject} ${value}`);

const record = {
  by: "anna@ops1",
  reason: "kernel upgrade",
  sinceS: 1_764_293_000,
  untilS: 1_764_300_200,
  haproxy: "runs",
};

describe("operationLook", () => {
  test("says everything at first, and then what changed", () => {
    expect(said(look("0"))).toEqual([
      "maintenance node off",
      "last-resort node off",
      "drain give closed",
      "drain take closed",
    ]);
    expect(look("0")).toEqual([]);
  });

  test("a record says who, why and until when, and when it began", () => {
    look("0");
    writeFileSync(at("maintenance"), JSON.stringify(record));
    expect(look("0")).toEqual([
      {
        kind: "maintenance",
        subject: "node",
        value: "on",
        atMs: 1_764_293_000_000,
        detail: { by: "anna@ops1", reason: "kernel upgrade", until: "2025-11-28T03:23:20.000Z" },
      },
    ]);
    expect(look("1")).toEqual([]);
    writeFileSync(
      at("maintenance"),
      JSON.stringify({ ...record, untilS: 1_764_303_800, haproxy: "stopped" }),
    );
    expect(look("1")[0]?.detail).toEqual({
      by: "anna@ops1",
      reason: "kernel upgrade",
      until: "2025-11-28T04:23:20.000Z",
      haproxy: "stopped",
    });
    rmSync(at("maintenance"));
    expect(said(look("0"))).toEqual(["maintenance node off"]);
  });

  test.each(["", "{", JSON.stringify({ ...record, by: 1 }), "x".repeat(10_000)])(
    "a record %j cannot be read, and the node is under maintenance all the same",
    (text) => {
      look("0");
      writeFileSync(at("maintenance"), text);
      expect(look("1")).toEqual([
        { kind: "maintenance", subject: "node", value: "on", evidence: "its record cannot be read" },
      ]);
    },
  );

  test("a hold for the moment of a move is no maintenance", () => {
    look("0");
    expect(look("1")).toEqual([]);
    nowMs += 3000;
    expect(look("1")).toEqual([]);
    expect(look("0")).toEqual([]);
    nowMs += 60_000;
    expect(look("1")).toEqual([]);
  });

  test("a hold that lasts and that nobody explains is somebody's, nobody knows whose", () => {
    look("0");
    look("1");
    nowMs += 10_000;
    expect(look("1")).toEqual([{ kind: "maintenance", subject: "node", value: "on", evidence: "hold is 1" }]);
    expect(said(look("0"))).toEqual(["maintenance node off"]);
  });

  test("nothing is said between a record and the hold that is lifted after it", () => {
    writeFileSync(at("maintenance"), JSON.stringify(record));
    expect(said(look("1"))[0]).toBe("maintenance node on");
    rmSync(at("maintenance"));
    nowMs += 200_000;
    // The hold has been there for long, but its record went only now.
    expect(look("1")).toEqual([]);
    expect(said(look("0"))).toEqual(["maintenance node off"]);
  });

  test("a last resort and drains are told with the time of their notes, while that can be it", () => {
    look("0");
    const before = Date.now();
    writeFileSync(at("last-resort"), "1764293500\n");
    mkdirSync(at("drain/give"));
    const news = look("0");
    expect(said(news)).toEqual(["last-resort node on", "drain give open"]);
    for (const { atMs } of news) expect(Math.abs((atMs ?? 0) - before)).toBeLessThan(5000);
    mkdirSync(at("drain/take"));
    utimesSync(at("drain/take"), 1000, 1000);
    expect(look("0")).toEqual([{ kind: "drain", subject: "take", value: "open" }]);
    rmSync(at("drain"), { recursive: true });
    rmSync(at("last-resort"));
    expect(said(look("0"))).toEqual(["last-resort node off", "drain give closed", "drain take closed"]);
  });
});
