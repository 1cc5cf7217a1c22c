// What waited in the FIFO is told after the journal, and only where nothing newer was.

import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { FactReport } from "../../agent-api/index.ts";
import { waitedStates } from "./waited-states.ts";

const state = (subject: string, value: string): FactReport => ({ kind: "instance", subject, value });

function told(): { states: ReturnType<typeof waitedStates>; said: string[] } {
  const said: string[] = [];
  const states = waitedStates(
    (reports) => said.push(...reports.map(({ subject, value }) => `${subject} ${value}`)),
    20,
  );
  return { states, said };
}

describe("states that waited", () => {
  it("are told later, the last of each instance, unless that has said something since", async () => {
    const { states, said } = told();
    states.hold([state("a", "MASTER"), state("b", "MASTER"), state("a", "FAULT")]);
    states.hold([state("c", "BACKUP")]);
    expect(said).toEqual([]);
    states.report([state("b", "BACKUP")]);
    expect(said).toEqual(["b BACKUP"]);
    while (said.length < 3) await sleep(5);
    expect(said).toEqual(["b BACKUP", "a FAULT", "c BACKUP"]);
  });

  it("are not told when the source was stopped meanwhile", async () => {
    const { states, said } = told();
    states.hold([state("a", "MASTER")]);
    states.stop();
    await sleep(60);
    expect(said).toEqual([]);
  });
});
