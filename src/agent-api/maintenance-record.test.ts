import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readMaintenanceRecord } from "./maintenance-record.ts";

const whole = {
  by: "anna@ops1",
  reason: "kernel upgrade",
  sinceS: 1_764_293_000,
  untilS: 1_764_300_200,
  haproxy: "runs",
};

describe("readMaintenanceRecord", () => {
  test("reads the line that the node wrote, moments in milliseconds", () => {
    expect(readMaintenanceRecord(`${JSON.stringify(whole)}\n`)).toEqual({
      by: "anna@ops1",
      reason: "kernel upgrade",
      sinceMs: 1_764_293_000_000,
      untilMs: 1_764_300_200_000,
      haproxy: "runs",
    });
    expect(readMaintenanceRecord(JSON.stringify({ ...whole, reason: "", haproxy: "stopped" }))).toMatchObject(
      { reason: "", haproxy: "stopped" },
    );
  });

  test("keeps nothing that moves a terminal's cursor", () => {
    const record = readMaintenanceRecord(JSON.stringify({ ...whole, reason: "a\u001B[2Jb\nc" }));
    expect(record?.reason).toBe("a [2Jb c");
  });

  test.each<[string, string]>([
    ["nothing", ""],
    ["no JSON", "under maintenance"],
    ["a list", "[]"],
    ["null", "null"],
    ["half a line", JSON.stringify(whole).slice(0, -9)],
    ["no name", JSON.stringify({ ...whole, by: "" })],
    ["a name of blanks", JSON.stringify({ ...whole, by: "  " })],
    ["no reason at all", JSON.stringify({ ...whole, reason: undefined })],
    ["a moment as text", JSON.stringify({ ...whole, untilS: "1764300200" })],
    ["a moment in no calendar", JSON.stringify({ ...whole, untilS: 1e15 })],
    ["part of a second", JSON.stringify({ ...whole, sinceS: 1.5 })],
    ["another word", JSON.stringify({ ...whole, haproxy: "maybe" })],
    ["too much", JSON.stringify({ ...whole, more: "x".repeat(5000) })],
  ])("%s is no record", (_name, text) => {
    expect(readMaintenanceRecord(text)).toBeUndefined();
  });

  test("whatever lies there, a record is whole and its moments can be shown", () => {
    const values = fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(whole)));
    const records = fc.record({
      by: values,
      reason: values,
      sinceS: values,
      untilS: values,
      haproxy: values,
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          records.map((each) => JSON.stringify(each)),
        ),
        (text) => {
          const record = readMaintenanceRecord(text);
          if (record === undefined) return;
          expect(record.by).not.toBe("");
          expect(new Date(record.untilMs).toISOString()).toMatch(/^\d{4}-/);
        },
      ),
    );
  });
});
