// kill -9 at random instants: every record that was said to be durable is there afterwards, in order, none twice. A real process, built from the log's own files.
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tries } from "../../../test/support/tries.ts";
import { openLog, readLog } from "./index.ts";

const KILLS = tries(10, 30);
const LIVES_AT_MOST_MS = 80;
const BYTES_MAX = 100_000_000;

/** Appends rising numbers, a few at once, from the one after the last that the log holds; prints each when it is durable. */
const WRITER = `
import { openLog } from "./log.mjs";
const { log, recovered } = await openLog(process.argv[2], { bytesMax: ${BYTES_MAX} });
let last = recovered.records.at(-1)?.number ?? recovered.snapshot?.number ?? 0;
console.log("open", last, JSON.stringify(recovered.problems));
for (;;) {
  const group = Array.from({ length: 1 + (last % 7) }, async () => {
    const number = ++last;
    if ((await log.append({ number, text: "x".repeat(number % 2000) })) === "durable") console.log("durable", number);
  });
  if (last % 50 < 7) group.push(log.roll({ number: last }));
  await Promise.all(group);
}
`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hapair-log-kill-"));
  const bundle = await rolldown({ input: resolve(import.meta.dirname, "index.ts"), platform: "node" });
  await bundle.write({ file: join(folder, "log.mjs"), format: "esm" });
  await bundle.close();
  await writeFile(join(folder, "writer.mjs"), WRITER);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Runs the writer and kills it so long after its log was open, or after its start; gives the numbers it said were durable. */
async function life(directory: string, from: "open" | "start", killAfterMs: number): Promise<number[]> {
  const child = spawn(process.execPath, [join(folder, "writer.mjs"), directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const durable: number[] = [];
  const killLater = (): void => {
    void sleep(killAfterMs).then(() => child.kill("SIGKILL"));
  };
  if (from === "start") killLater();
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, number] = line.split(" ");
    if (word === "open" && from === "open") killLater();
    // The last line may be half a line.
    if (word === "durable" && /^\d+$/.test(number ?? "")) durable.push(Number(number));
  }
  return durable;
}

describe("a log whose writer is killed", () => {
  it(
    "holds every record that was said to be durable, in order, none twice",
    { timeout: 120_000 },
    async () => {
      const directory = join(folder, "log");
      const durable: number[] = [];
      for (let kill = 0; kill < KILLS; kill += 1) {
        const from = kill % 3 === 0 ? "start" : "open";
        durable.push(...(await life(directory, from, Math.random() * LIVES_AT_MOST_MS)));
      }
      expect(durable.length).toBeGreaterThan(KILLS);
      const found: number[] = [];
      for await (const entry of readLog(directory)) {
        if (entry.kind === "record") found.push((entry.value as { number: number }).number);
      }
      // Each life goes on at the number after the last it recovered: so there is neither gap nor double.
      expect(found).toEqual(Array.from({ length: found.length }, (_, index) => index + 1));
      expect(found.length).toBeGreaterThanOrEqual(Math.max(...durable));
      const { log, recovered } = await openLog(directory, { bytesMax: BYTES_MAX });
      await log.close();
      const last = (recovered.records.at(-1) ?? recovered.snapshot) as { number: number };
      expect(last.number).toBe(found.length);
    },
  );
});
