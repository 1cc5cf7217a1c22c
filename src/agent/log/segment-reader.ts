// A segment's bytes as lines of the log and damaged stretches, in a memory that does not grow with the file.
// Rule: any bytes can be read; what is no line of the log is passed over up to the next line end.

import { open } from "node:fs/promises";
import { decodeFrame, type Frame, LINE_BYTES_MAX } from "./frame.ts";

export type SegmentItem =
  | { readonly kind: "frame"; readonly frame: Frame; readonly endOffset: number }
  /** Bytes from here on that are no line; two of these never follow each other. */
  | { readonly kind: "damage"; readonly offset: number; readonly bytes: number };

const CHUNK_BYTES = 64 * 1024;
const LINE_FEED = 0x0a;

/** Every line of the file, up to the end it has when it is reached. Throws what the file system says. */
export async function* readSegment(path: string): AsyncGenerator<SegmentItem, void, void> {
  let damageOffset: number | undefined;
  let offset = 0;
  for await (const { line, bytes } of readLines(path)) {
    const frame = line === undefined ? undefined : decodeFrame(line);
    if (frame === undefined) {
      damageOffset ??= offset;
    } else {
      if (damageOffset !== undefined) {
        yield { kind: "damage", offset: damageOffset, bytes: offset - damageOffset };
      }
      damageOffset = undefined;
      yield { kind: "frame", frame, endOffset: offset + bytes };
    }
    offset += bytes;
  }
  if (damageOffset !== undefined) {
    yield { kind: "damage", offset: damageOffset, bytes: offset - damageOffset };
  }
}

interface RawLine {
  /** Without its line end; undefined for one that is too long, or has no line end. */
  readonly line: Buffer | undefined;
  /** With its line end. */
  readonly bytes: number;
}

async function* readLines(path: string): AsyncGenerator<RawLine, void, void> {
  const handle = await open(path, "r");
  try {
    let parts: Buffer[] = [];
    let partBytes = 0;
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES);
      if (bytesRead === 0) break;
      let rest = chunk.subarray(0, bytesRead);
      for (let end = rest.indexOf(LINE_FEED); end !== -1; end = rest.indexOf(LINE_FEED)) {
        const bytes = partBytes + end + 1;
        const line = bytes > LINE_BYTES_MAX ? undefined : Buffer.concat([...parts, rest.subarray(0, end)]);
        yield { line, bytes };
        parts = [];
        partBytes = 0;
        rest = rest.subarray(end + 1);
      }
      partBytes += rest.length;
      if (partBytes > LINE_BYTES_MAX) parts = [];
      else if (rest.length > 0) parts.push(rest);
    }
    if (partBytes > 0) yield { line: undefined, bytes: partBytes };
  } finally {
    await handle.close();
  }
}
