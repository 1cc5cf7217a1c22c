// One line of the log: `CHECKSUM KIND NUMBER LENGTH JSON`, for a person with less and for a reader that trusts nothing.
// Rule: the checksum covers all that follows it in the line, so that a line is exactly what was written, or it is none.

import { assert } from "../../base/index.ts";
import { crc32 } from "./crc32.ts";

/** A header opens every segment; a snapshot stands behind it in a segment that was rolled; all else is records. */
export type FrameKind = "header" | "snapshot" | "record";

export interface Frame {
  readonly kind: FrameKind;
  /** A record's own number, rising through the whole log; a snapshot's is that of the last record it covers; a header's is 0. */
  readonly number: number;
  readonly value: unknown;
}

/** Longer lines are neither written nor read. */
export const LINE_BYTES_MAX = 32 * 1024 * 1024;

const LETTERS = { header: "h", snapshot: "s", record: "r" } as const satisfies Record<FrameKind, string>;

const KINDS: Readonly<Record<string, FrameKind>> = { h: "header", s: "snapshot", r: "record" };

/** Checksum, kind, number and length, each with the blank behind it. */
const PREFIX = /^([0-9a-f]{8}) ([hsr]) (\d{1,16}) (\d{1,9}) /;
const PREFIX_BYTES_MAX = 8 + 1 + 2 + 17 + 10;
const CHECKSUM_BYTES = 9;

/** The line with its line end. `value` has to be something that JSON can say; a line feed cannot be in it then. */
export function encodeFrame(kind: FrameKind, number: number, value: unknown): Buffer {
  const json = JSON.stringify(value) as string | undefined;
  assert(json !== undefined, "a record of the log can be said in JSON");
  const covered = Buffer.from(`${LETTERS[kind]} ${number} ${Buffer.byteLength(json)} ${json}`);
  return Buffer.concat([
    Buffer.from(`${crc32(covered).toString(16).padStart(8, "0")} `),
    covered,
    Buffer.from("\n"),
  ]);
}

/** Reads a line, given without its line end; undefined for any that is not exactly what {@link encodeFrame} wrote. */
export function decodeFrame(line: Buffer): Frame | undefined {
  const prefix = PREFIX.exec(line.toString("latin1", 0, PREFIX_BYTES_MAX));
  if (prefix === null) return undefined;
  const [start, checksum = "", letter = "", number, length] = prefix;
  const kind = KINDS[letter];
  if (kind === undefined || line.length - start.length !== Number(length)) return undefined;
  if (crc32(line.subarray(CHECKSUM_BYTES)) !== Number.parseInt(checksum, 16)) return undefined;
  try {
    return { kind, number: Number(number), value: JSON.parse(line.toString("utf8", start.length)) };
  } catch {
    return undefined;
  }
}
