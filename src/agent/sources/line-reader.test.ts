// The same lines however the bytes are cut; a line over the bound costs only itself.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineReader } from "./line-reader.ts";

describe("lineReader", () => {
  it("gives the lines within the bound, however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 12 })), fc.array(fc.nat(10)), (lines, cuts) => {
        const clean = lines.map((line) => Buffer.from(line.map((byte) => (byte === 10 ? 11 : byte))));
        const found: string[] = [];
        const reader = lineReader(8, (line) => found.push(line));
        let rest = Buffer.concat(clean.flatMap((line) => [line, Buffer.from("\n")]));
        for (const cut of cuts) {
          reader.push(rest.subarray(0, cut));
          rest = rest.subarray(cut);
        }
        reader.push(rest);
        const within = clean.filter((line) => line.length <= 8);
        expect(found).toEqual(within.map((line) => line.toString("utf8")));
        expect(reader.skipped).toBe(clean.length - within.length);
      }),
    );
  });

  it("drops what had no line feed when it begins anew", () => {
    const found: string[] = [];
    const reader = lineReader(8, (line) => found.push(line));
    reader.push(Buffer.from("half"));
    reader.reset();
    reader.push(Buffer.from("whole\n"));
    expect(found).toEqual(["whole"]);
  });
});
