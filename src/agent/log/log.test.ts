// The log on real files: what it said is durable comes back, whatever happens to the files, and it can be read beside its writer.
import { existsSync } from "node:fs";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { tries } from "../../../test/support/tries.ts";
import { encodeFrame } from "./frame.ts";
import { type Log, type LogEntry, openLog, readLog, type Recovered } from "./index.ts";

const BYTES_MAX = 10_000_000;

/** Thousands of syncs: in memory they cost nothing. What a real disk does with them is not seen from here anyway. */
const ROOM = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

let directory: string;
const open: Log[] = [];

beforeEach(async () => {
  directory = join(await mkdtemp(join(ROOM, "hapair-log-")), "log");
});

afterEach(async () => {
  for (const log of open.splice(0)) await log.close();
  await rm(join(directory, ".."), { recursive: true, force: true });
});

async function opened(bytesMax = BYTES_MAX): Promise<{ log: Log; recovered: Recovered }> {
  const result = await openLog(directory, { bytesMax });
  open.push(result.log);
  return result;
}

/** Opens, looks and closes. */
async function recovered(): Promise<Recovered & { readonly id: string }> {
  const result = await openLog(directory, { bytesMax: BYTES_MAX });
  await result.log.close();
  return { ...result.recovered, id: result.log.id };
}

async function written(records: readonly unknown[]): Promise<void> {
  const { log } = await opened();
  await Promise.all(records.map((record) => log.append(record)));
  await log.close();
}

async function entries(): Promise<LogEntry[]> {
  const found: LogEntry[] = [];
  for await (const entry of readLog(directory)) found.push(entry);
  return found;
}

const segmentPath = (number: number): string =>
  join(directory, `segment-${String(number).padStart(8, "0")}.log`);

describe("openLog", () => {
  it("makes an empty log of files that only its user can read", async () => {
    const { log, recovered: found } = await opened();
    expect(found).toEqual({ snapshot: undefined, records: [], problems: [], idIsNew: true });
    expect(log.id).toMatch(/^[0-9a-f]{16}$/);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect((await stat(segmentPath(1))).mode & 0o777).toBe(0o600);
  });

  it("gives back under the same id what was appended, in order", async () => {
    const first = await opened();
    const records = Array.from({ length: 500 }, (_, number) => ({ number, text: `record ${number}\n` }));
    expect(new Set(await Promise.all(records.map((record) => first.log.append(record))))).toEqual(
      new Set(["durable"]),
    );
    await first.log.close();
    const found = await recovered();
    expect(found).toEqual({ id: first.log.id, snapshot: undefined, records, problems: [], idIsNew: false });
  });

  it("takes a record as it is at the moment of the call", async () => {
    const { log } = await opened();
    const record = { value: "before" };
    const appended = log.append(record);
    record.value = "after";
    await appended;
    await log.close();
    expect((await recovered()).records).toEqual([{ value: "before" }]);
  });

  it("starts from the newest snapshot", async () => {
    const { log } = await opened();
    void log.append("first");
    void log.roll({ seen: 1 });
    void log.append("second");
    void log.append("third");
    await log.close();
    expect(await readdir(directory)).toHaveLength(2);
    expect(await recovered()).toMatchObject({
      snapshot: { seen: 1 },
      records: ["second", "third"],
      problems: [],
    });
  });

  it("says what to do when there can be no log", async () => {
    await writeFile(directory, "a file");
    await expect(openLog(directory, { bytesMax: BYTES_MAX })).rejects.toMatchObject({
      code: "log-directory",
    });
  });

  it("drops what is appended after the end", async () => {
    const { log } = await opened();
    await log.close();
    expect(await log.append("late")).toBe("dropped");
  });
});

describe("roll", () => {
  it("deletes the oldest segments beyond the bound, never the one with the newest snapshot", async () => {
    const { log } = await opened(4000);
    for (let turn = 0; turn < 20; turn += 1) {
      await log.append({ turn, text: "x".repeat(900) });
      await log.roll({ turn });
      expect(log.sizeBytes).toBeLessThanOrEqual(4000);
    }
    await log.roll({ large: "x".repeat(10_000) });
    expect(await readdir(directory)).toEqual(["segment-00000022.log"]);
    await log.close();
    expect(await recovered()).toMatchObject({ snapshot: { large: "x".repeat(10_000) }, records: [] });
  });

  it("is due when the records outweigh an eighth of the log and the snapshot", async () => {
    const { log } = await opened(8000);
    expect(log.rollDue).toBe(false);
    await log.append("x".repeat(1000));
    expect(log.rollDue).toBe(true);
    await log.roll("x".repeat(3000));
    await log.append("x".repeat(2900));
    expect(log.rollDue).toBe(false);
    await log.append("x".repeat(200));
    expect(log.rollDue).toBe(true);
  });

  it("that was interrupted leaves nothing behind", async () => {
    await written(["one", "two"]);
    await writeFile(`${segmentPath(2)}.new`, "half a snap");
    expect(await recovered()).toMatchObject({ records: ["one", "two"], problems: [] });
    expect(await readdir(directory)).toEqual(["segment-00000001.log"]);
  });

  it("whose snapshot was damaged later costs nothing while the segment before is there", async () => {
    const { log } = await opened();
    await log.append("one");
    await log.roll({ seen: 1 });
    await log.append("two");
    await log.close();
    const bytes = await readFile(segmentPath(2));
    bytes[bytes.indexOf("seen")] = 0;
    await writeFile(segmentPath(2), bytes);
    const found = await recovered();
    expect(found).toMatchObject({ snapshot: undefined, records: ["one", "two"], id: log.id });
    expect(found.problems).toMatchInlineSnapshot(`
      [
        "segment-00000002.log: 27 bytes from offset 79 on are damaged and left out",
      ]
    `);
  });

  it("whose snapshot is lost with the segments before says so", async () => {
    const { log } = await opened();
    await log.append("one");
    await log.roll({ seen: 1 });
    await log.append("two");
    await log.close();
    await rm(segmentPath(1));
    const bytes = await readFile(segmentPath(2));
    bytes[bytes.indexOf("seen")] = 0;
    await writeFile(segmentPath(2), bytes);
    const found = await recovered();
    expect(found).toMatchObject({ snapshot: undefined, records: ["two"] });
    expect(found.problems.join("\n")).toContain("what came before record 2 is not known");
  });
});

describe("damage", () => {
  const records = ["alpha", { beta: "ü".repeat(4) }, ["gamma"], 4, "epsilon"];
  const headerBytes = async (): Promise<number> => (await readFile(segmentPath(1))).indexOf("\n") + 1;

  it("gives all records before the cut, wherever the newest segment is cut, and goes on behind them", async () => {
    await written(records);
    const whole = await readFile(segmentPath(1));
    const start = await headerBytes();
    for (let cut = 0; cut <= whole.length; cut += 1) {
      await rm(directory, { recursive: true });
      await mkdir(directory);
      await writeFile(segmentPath(1), whole.subarray(0, cut));
      const expected = records.slice(
        0,
        Math.max(0, whole.subarray(start, cut).toString("latin1").split("\n").length - 1),
      );
      const { log, recovered: found } = await opened();
      expect(found.records).toEqual(expected);
      await log.append("after");
      await log.close();
      const again = await recovered();
      expect(again.records).toEqual([...expected, "after"]);
      expect(again.id).toBe(log.id);
      // What was torn was cut off, and is said once; a header that is lost leaves its file as it is.
      if (cut >= start) expect(again.problems).toEqual([]);
    }
  });

  it("costs the records it touches and no others, wherever bytes are changed", async () => {
    await written(records);
    const whole = await readFile(segmentPath(1));
    const start = await headerBytes();
    const change = fc.record({
      at: fc.nat({ max: whole.length - 1 }),
      mask: fc.integer({ min: 1, max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const damaged = Buffer.from(whole);
        for (const { at, mask } of changes) damaged[at] = (damaged[at] ?? 0) ^ mask;
        await rm(directory, { recursive: true });
        await mkdir(directory);
        await writeFile(segmentPath(1), damaged);
        // A record is untouched when its line is, and the line end before it.
        let offset = start;
        const expected = records.filter((record, index) => {
          const length = encodeFrame("record", index + 1, record).length;
          const from = offset - 1;
          offset += length;
          return whole.subarray(from, offset).equals(damaged.subarray(from, offset));
        });
        const { log, recovered: found } = await opened();
        expect(found.records).toEqual(expected);
        await log.append("after");
        await log.close();
        expect((await recovered()).records).toEqual([...expected, "after"]);
      }),
      { numRuns: tries(30, 100) },
    );
  });

  it("never makes reading fail, whatever the file holds", async () => {
    await written([]);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        await writeFile(segmentPath(1), bytes);
        const found = await recovered();
        expect(found.records).toEqual([]);
      }),
      { numRuns: tries(15, 50) },
    );
  });

  it("is said in words", async () => {
    await written(records);
    const bytes = await readFile(segmentPath(1));
    bytes[bytes.indexOf("gamma")] = 0;
    await writeFile(segmentPath(1), Buffer.concat([bytes, Buffer.from("0123abcd r 6 40 {")]));
    expect((await recovered()).problems).toMatchInlineSnapshot(`
      [
        "segment-00000001.log: 25 bytes from offset 138 on are damaged and left out, 1 record with them",
        "segment-00000001.log: 17 bytes from offset 205 on are no whole record and are cut off, as a crash in the middle of a write leaves them",
      ]
    `);
  });

  it("of a line that never ends is passed over in a bounded memory", async () => {
    await written(["one"]);
    const noise = Buffer.alloc(1024 * 1024, "x");
    for (let megabyte = 0; megabyte < 34; megabyte += 1) await appendFile(segmentPath(1), noise);
    await appendFile(segmentPath(1), Buffer.concat([Buffer.from("\n"), encodeFrame("record", 2, "two")]));
    expect((await recovered()).records).toEqual(["one", "two"]);
  });

  it("of all headers begins a new id and keeps the records", async () => {
    await written(["one"]);
    const before = await recovered();
    const bytes = await readFile(segmentPath(1));
    bytes[0] = 0;
    await writeFile(segmentPath(1), bytes);
    const found = await recovered();
    expect(found).toMatchObject({ records: ["one"], idIsNew: true });
    expect(found.id).not.toBe(before.id);
    expect(found.problems.join("\n")).toContain("goes on under a new one");
    // The new id was written: it stays.
    expect((await recovered()).id).toBe(found.id);
  });

  it("does not mix the records of two logs", async () => {
    await written(["ours"]);
    const ours = await readFile(segmentPath(1));
    await rm(segmentPath(1));
    await written(["theirs"]);
    await rename(segmentPath(1), segmentPath(2));
    await writeFile(segmentPath(3), encodeFrame("header", 0, { format: "hapair-log-99" }));
    await writeFile(segmentPath(1), ours);
    const found = await recovered();
    expect(found.records).toEqual(["theirs"]);
    expect(found.problems.filter((text) => text.includes("belongs to another log"))).toHaveLength(2);
    expect(await readdir(directory)).toHaveLength(4);
  });
});

describe("readLog", () => {
  it("gives every entry of all segments, oldest first, each once", async () => {
    const { log } = await opened();
    await log.append("one");
    await log.roll("snapshot of one");
    await log.append("two");
    await log.roll("snapshot of two");
    await log.append("three");
    expect((await entries()).map(({ kind, number, value }) => `${kind} ${number} ${String(value)}`)).toEqual([
      "record 1 one",
      "snapshot 1 snapshot of one",
      "record 2 two",
      "snapshot 2 snapshot of two",
      "record 3 three",
    ]);
  });

  it("works beside a writer that rolls and deletes", async () => {
    const { log } = await opened(20_000);
    let last = 0;
    const stop = new AbortController();
    const write = async (): Promise<void> => {
      for (let number = 1; !stop.signal.aborted; number += 1) {
        await log.append({ number, text: "x".repeat(100) });
        last = number;
        if (log.rollDue) await log.roll({ number });
      }
    };
    const writing = write();
    for (let look = 0; look < 20; look += 1) {
      const from = last;
      const numbers = (await entries()).filter(({ kind }) => kind === "record").map(({ number }) => number);
      expect(numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0))).toBe(true);
      expect(numbers.at(-1) ?? 0).toBeGreaterThanOrEqual(from);
    }
    stop.abort();
    await writing;
    expect(last).toBeGreaterThan(0);
  });

  it("throws what the file system says when there is no log", async () => {
    await expect(entries()).rejects.toMatchObject({ code: "ENOENT" });
  });
});
