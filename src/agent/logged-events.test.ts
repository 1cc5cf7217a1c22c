// Events of a log, as they are asked for: the newest of those from a moment on, in their order, wherever they stand in the log's records.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { worldSettings } from "../../test/support/agent-world.ts";
import type { AgentEvent } from "../agent-api/index.ts";
import { openLog } from "./log/index.ts";
import { eventsSince, logDirectory } from "./logged-events.ts";

async function all(events: AsyncIterable<AgentEvent>): Promise<number[]> {
  const sequences: number[] = [];
  for await (const { sequence } of events) sequences.push(sequence);
  return sequences;
}

it("gives the newest of those from a moment on, in order", async () => {
  // How many events each record has; records without any hold a cursor alone.
  const records = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 12 });
  const asked = fc.record({ sinceMs: fc.nat(30), limit: fc.nat(12) });
  await fc.assert(
    fc.asyncProperty(records, asked, async (counts, { sinceMs, limit }) => {
      const directory = mkdtempSync(join(tmpdir(), "hapair-events-"));
      try {
        const settings = { paths: { ...worldSettings("extlb-01").paths, stateDirectory: directory } };
        const { log } = await openLog(logDirectory(settings), { bytesMax: 1_000_000 });
        let sequence = 0;
        for (const count of counts) {
          const events = Array.from({ length: count }, () => {
            sequence += 1;
            const fact = { kind: "worker", subject: "haproxy", value: String(sequence) };
            return { node: "extlb-01", log: log.id, sequence, atMs: sequence, ...fact };
          });
          await log.append(count === 0 ? { cursor: "s=1" } : { events });
          if (count === 3) await log.roll({ snapshot: true });
        }
        await log.close();
        const wanted = Array.from({ length: sequence }, (_, index) => index + 1).filter(
          (number) => number >= sinceMs,
        );
        expect(await all(eventsSince(settings, sinceMs, limit))).toEqual(
          limit === 0 ? [] : wanted.slice(-limit),
        );
      } finally {
        rmSync(directory, { recursive: true });
      }
    }),
    { numRuns: 40 },
  );
});
