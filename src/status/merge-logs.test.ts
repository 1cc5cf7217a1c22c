import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clockRemarks, correctionMs, type LogEntry, mergeLogs, readLogLine } from "./merge-logs.ts";

/** As journald of Debian 12 wrote it, other fields left out. */
const LINE =
  '{"__REALTIME_TIMESTAMP":"1795370047264695","__MONOTONIC_TIMESTAMP":"1787269261","MESSAGE":"(LB_VIP) Entering MASTER STATE","SYSLOG_IDENTIFIER":"Keepalived_vrrp","PRIORITY":"6"}';

/** The text of a line with this message. */
function textOf(message: string, secrets: readonly string[]): string | undefined {
  const line = JSON.stringify({ ...(JSON.parse(LINE) as object), MESSAGE: message });
  return readLogLine("n", line, 0, secrets)?.text;
}

describe("readLogLine", () => {
  test("a line of journald, its time by this machine's clock", () => {
    expect(readLogLine("extlb-01", LINE, 0, [])).toEqual({
      node: "extlb-01",
      atMs: 1_795_370_047_264.695,
      source: "Keepalived_vrrp",
      text: "(LB_VIP) Entering MASTER STATE",
      priority: 6,
    });
    expect(readLogLine("extlb-01", LINE, 2000, [])?.atMs).toBe(1_795_370_045_264.695);
  });

  test("a message that is not text, and one that would move the cursor", () => {
    const bytes = LINE.replace('"(LB_VIP) Entering MASTER STATE"', "[104,105,195,188,10,27,91,49,109]");
    expect(readLogLine("n", bytes, 0, [])?.text).toBe("hiü [1m");
  });

  test("secrets are masked, and passwords also where their value is not known", () => {
    expect(textOf("got 12345678, not abc", ["12345678", ""])).toBe("got [masked], not abc");
    expect(textOf("Unknown keyword 'auth_pass hunter2'", [])).toBe("Unknown keyword 'auth_pass [masked]");
    expect(textOf("Truncating auth_pass to 8 characters", [])).toBe("Truncating auth_pass to 8 characters");
  });

  test("anything else is no entry", () => {
    for (const line of ["", "-- No entries --", "null", "[]", '{"MESSAGE":"x"}', LINE.slice(0, 50)])
      expect(readLogLine("n", line, 0, [])).toBeUndefined();
  });
});

describe("mergeLogs", () => {
  const entry = fc.record({
    node: fc.constantFrom("a", "b"),
    atMs: fc.nat(1000),
    source: fc.constant("s"),
    text: fc.string(),
    priority: fc.constant(6),
  });

  test("every entry once, by time, each journal in its own order", () => {
    const journal = fc
      .array(entry)
      .map((entries: LogEntry[]) => entries.toSorted((left, right) => left.atMs - right.atMs));
    fc.assert(
      fc.property(journal, journal, (first, second) => {
        const merged = mergeLogs([first, second]);
        expect(merged).toHaveLength(first.length + second.length);
        expect(
          merged.every((each, index) => index === 0 || each.atMs >= (merged[index - 1]?.atMs ?? 0)),
        ).toBe(true);
        for (const own of [first, second]) expect(merged.filter((each) => own.includes(each))).toEqual(own);
      }),
    );
  });
});

describe("clocks", () => {
  test("a difference that the asking explains is none; a larger one is corrected and said", () => {
    expect(correctionMs(undefined)).toBe(0);
    expect(correctionMs({ node: "a", aheadMs: 120, uncertaintyMs: 80 })).toBe(0);
    expect(correctionMs({ node: "a", aheadMs: -3200, uncertaintyMs: 80 })).toBe(-3200);
    expect(clockRemarks([{ node: "a", aheadMs: 10, uncertaintyMs: 5 }])).toEqual([]);
    expect(clockRemarks([{ node: "a", aheadMs: -3200, uncertaintyMs: 80 }])).toEqual([
      "the clock of a is 3.20 s behind this machine's (give or take 0.08 s): its lines are shown 3.20 s later",
    ]);
  });
});
