// A line of the log: what was written comes back, and nothing else does.
import { crc32 as zlibCrc32 } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32 } from "./crc32.ts";
import { decodeFrame, encodeFrame, type FrameKind } from "./frame.ts";

const kinds: readonly FrameKind[] = ["header", "snapshot", "record"];

describe("crc32", () => {
  it("gives the check value of the standard", () => {
    expect(crc32(Buffer.from("123456789"))).toBe(0xcb_f4_39_26);
  });

  it("agrees with zlib", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(crc32(bytes)).toBe(zlibCrc32(bytes));
      }),
    );
  });
});

describe("frame", () => {
  it("can be read by a person", () => {
    expect(encodeFrame("record", 17, { kind: "vip", value: "ens192" }).toString()).toMatchInlineSnapshot(`
      "eb2b7488 r 17 31 {"kind":"vip","value":"ens192"}
      "
    `);
  });

  it("comes back as it was", () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.nat(), fc.jsonValue(), (kind, number, value) => {
        const line = encodeFrame(kind, number, value);
        expect(line.indexOf("\n")).toBe(line.length - 1);
        const expected: unknown = JSON.parse(JSON.stringify(value));
        expect(decodeFrame(line.subarray(0, -1))).toEqual({ kind, number, value: expected });
      }),
    );
  });

  it("is none when any byte of it is another, or missing, or added", () => {
    const line = encodeFrame("record", 17, { text: "x" }).subarray(0, -1);
    for (let at = 0; at < line.length; at += 1) {
      for (let byte = 0; byte < 256; byte += 1) {
        if (byte === line[at]) continue;
        const changed = Buffer.from(line);
        changed[at] = byte;
        expect(decodeFrame(changed)).toBeUndefined();
      }
      expect(decodeFrame(line.subarray(0, at))).toBeUndefined();
      expect(decodeFrame(line.subarray(at + 1))).toBeUndefined();
      expect(
        decodeFrame(Buffer.concat([line.subarray(0, at), Buffer.from("1"), line.subarray(at)])),
      ).toBeUndefined();
    }
  });
});
