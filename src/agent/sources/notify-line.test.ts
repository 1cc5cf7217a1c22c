// Lines of the notify FIFO, as keepalived 2.2.7 and 2.3 write them, and anything else that might come out of a FIFO.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EVIDENCE_LENGTH_MAX } from "../../agent-api/index.ts";
import { readNotifyLine } from "./notify-line.ts";

describe("readNotifyLine", () => {
  it.each([
    ['INSTANCE "ext-lb" MASTER 101', "ext-lb", "MASTER", "101"],
    ['INSTANCE "ext-lb" BACKUP 100', "ext-lb", "BACKUP", "100"],
    ['INSTANCE "VI 1" FAULT 100', "VI 1", "FAULT", "100"],
    ['INSTANCE "ext-lb" STOP 0', "ext-lb", "STOPPED", undefined],
    ['INSTANCE "ext-lb" DELETED 0', "ext-lb", "STOPPED", undefined],
    ['INSTANCE "ext-lb" MASTER_RX_LOWER_PRI 101', "ext-lb", "MASTER", "101"],
    ['INSTANCE "ext-lb" MASTER_PRIORITY 81', "ext-lb", "MASTER", "81"],
    ['INSTANCE "ext-lb" BACKUP_PRIORITY 80', "ext-lb", "BACKUP", "80"],
  ])("%s", (line, subject, value, priority) => {
    const fact = readNotifyLine(line);
    expect(fact).toMatchObject({ kind: "instance", subject, value, evidence: line });
    expect(fact?.detail?.["priority"]).toBe(priority);
  });

  it.each([
    'GROUP "pair" FAULT 0',
    'INSTANCE "ext-lb" {UNKNOWN} 0',
    'INSTANCE "ext-lb" constructor 0',
    'INSTANCE "" MASTER 100',
    'INSTANCE "ext-lb" MASTER',
    "INSTANCE ext-lb MASTER 100",
    'x INSTANCE "ext-lb" MASTER 100',
    `INSTANCE "${"x".repeat(500)}" MASTER 100`,
    "",
  ])("nothing in %j", (line) => {
    expect(readNotifyLine(line)).toBeUndefined();
  });

  it("never throws and never says more than the bound", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.string({ unit: "binary" }).map((name) => `INSTANCE "${name}" MASTER 100`),
        ),
        (line) => {
          expect(readNotifyLine(line)?.evidence?.length ?? 0).toBeLessThanOrEqual(EVIDENCE_LENGTH_MAX);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
