// Bytes in, lines out: the same lines however the bytes are cut, and a source that is too fast is told to wait.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LINE_LENGTH_MAX_BYTES, lineQueue, QUEUED_LINES_MAX } from "./line-queue.ts";

async function all(lines: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

describe("lineQueue", () => {
  it("gives the lines of a text however its bytes are cut", async () => {
    const lineText = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\n", ""));
    await fc.assert(
      fc.asyncProperty(fc.array(lineText), fc.array(fc.nat({ max: 40 })), async (lines, cuts) => {
        const queue = lineQueue();
        let rest = Buffer.from(lines.map((line) => `${line}\n`).join(""));
        for (const cut of cuts) {
          queue.push(rest.subarray(0, cut));
          rest = rest.subarray(cut);
        }
        queue.push(rest);
        queue.finish();
        expect(await all(queue.lines)).toEqual(lines.map((line) => Buffer.from(line).toString()));
      }),
    );
  });

  it("counts an unfinished last line, and gives the error after the lines", async () => {
    const queue = lineQueue();
    queue.push(Buffer.from("one\ntwo"));
    queue.finish(new Error("the end"));
    const reader = queue.lines[Symbol.asyncIterator]();
    expect(await reader.next()).toMatchObject({ value: "one" });
    expect(await reader.next()).toMatchObject({ value: "two" });
    await expect(reader.next()).rejects.toThrow("the end");
  });

  it("hands over a line without end in pieces", async () => {
    const queue = lineQueue();
    queue.push(Buffer.alloc(LINE_LENGTH_MAX_BYTES + 5, "x"));
    queue.finish();
    expect((await all(queue.lines)).map((line) => line.length)).toEqual([LINE_LENGTH_MAX_BYTES, 5]);
  });

  it("tells a fast source to wait, and when it may go on", async () => {
    let room = 0;
    const queue = lineQueue(() => (room += 1));
    expect(queue.push(Buffer.from("x\n".repeat(QUEUED_LINES_MAX - 1)))).toBe(true);
    expect(queue.push(Buffer.from("x\n"))).toBe(false);
    queue.finish();
    expect(room).toBe(0);
    expect(await all(queue.lines)).toHaveLength(QUEUED_LINES_MAX);
    expect(room).toBe(1);
  });
});
