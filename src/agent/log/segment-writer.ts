// Puts lines on the disk: at the end of the newest segment, or into a new one.
// Rule: what a call said is durable stays whatever fails later. After a failure the segment is brought back to its last good length before
// anything else is written, or a new segment is begun; what was not said to be durable is written again by the caller.

import { type FileHandle, open, unlink } from "node:fs/promises";
import { createSegment, headerLine, quietly, type SegmentFile, writeAll } from "./segment-files.ts";

export interface SegmentWriter {
  /** Bytes of all segments. */
  readonly sizeBytes: number;
  /** Bytes of the newest one. */
  readonly segmentBytes: number;
  /** Bytes of the snapshot in it; 0 for none. */
  readonly snapshotBytes: number;
  /** The last write failed, or nothing was written yet. */
  readonly needsRepair: boolean;
  /** Makes the newest segment ready for writing. The three throw what the file system says, and may be called again. */
  repair(): Promise<void>;
  /** Adds lines; durable when it resolves. */
  write(lines: Buffer): Promise<void>;
  /** Begins a segment with a snapshot's line; durable when it resolves. Then the oldest segments beyond the bound are deleted. */
  roll(snapshotLine: Buffer): Promise<void>;
  close(): Promise<void>;
}

export interface SegmentWriterOptions {
  readonly directory: string;
  /** The log's id, for the headers. */
  readonly id: string;
  /** The segments there are, oldest first. */
  readonly segments: readonly SegmentFile[];
  /** The newest of them, if lines may be added to it, and how long it is without a torn end. */
  readonly tail:
    | { readonly segment: SegmentFile; readonly goodBytes: number; readonly snapshotBytes: number }
    | undefined;
  readonly bytesMax: number;
}

export function segmentWriter(options: SegmentWriterOptions): SegmentWriter {
  const { directory, id } = options;
  const segments = [...options.segments];
  let nextNumber = (segments.at(-1)?.number ?? 0) + 1;
  let current = options.tail?.segment;
  let handle: FileHandle | undefined;
  let goodBytes = options.tail?.goodBytes ?? 0;
  let snapshotBytes = options.tail?.snapshotBytes ?? 0;
  let needsRepair = true;

  const closeHandle = async (): Promise<void> => {
    const closing = handle;
    handle = undefined;
    if (closing !== undefined) await quietly(closing.close());
  };
  const begin = async (snapshotLine: Buffer | undefined): Promise<void> => {
    // A number that was tried is not used again: its file may be there after all.
    const number = nextNumber;
    nextNumber += 1;
    const header = headerLine(id, number);
    const content = snapshotLine === undefined ? header : Buffer.concat([header, snapshotLine]);
    const created = await createSegment(directory, number, content);
    await closeHandle();
    ({ segment: current, handle } = created);
    segments.push(current);
    goodBytes = content.length;
    snapshotBytes = snapshotLine?.length ?? 0;
    needsRepair = false;
  };
  const mendCurrent = async (segment: SegmentFile): Promise<void> => {
    await closeHandle();
    handle = await open(segment.path, "r+");
    await handle.truncate(goodBytes);
    await handle.datasync();
    segment.bytes = goodBytes;
    needsRepair = false;
  };
  const repair = async (): Promise<void> => {
    if (current !== undefined) {
      try {
        await mendCurrent(current);
        return;
      } catch {
        // A file that cannot be mended is left as it is: its lines have checksums and numbers. If the whole disk is ill, the next step says so.
      }
    }
    await begin(undefined);
  };
  const deleteOldest = async (): Promise<void> => {
    while (segments.length > 1 && totalBytes(segments) > options.bytesMax) {
      const oldest = segments[0];
      if (oldest === undefined) return;
      try {
        await unlink(oldest.path);
      } catch (error) {
        // What cannot be deleted now is tried again with the next roll.
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") return;
      }
      segments.shift();
    }
  };

  return {
    get sizeBytes() {
      return totalBytes(segments);
    },
    get segmentBytes() {
      return goodBytes;
    },
    get snapshotBytes() {
      return snapshotBytes;
    },
    get needsRepair() {
      return needsRepair;
    },
    repair,
    async write(lines) {
      if (needsRepair) await repair();
      if (handle === undefined || current === undefined) throw new Error("no segment is open");
      needsRepair = true;
      await writeAll(handle, lines, goodBytes);
      await handle.datasync();
      needsRepair = false;
      goodBytes += lines.length;
      current.bytes = goodBytes;
    },
    async roll(snapshotLine) {
      await begin(snapshotLine);
      await deleteOldest();
    },
    close: closeHandle,
  };
}

function totalBytes(segments: readonly SegmentFile[]): number {
  return segments.reduce((sum, segment) => sum + segment.bytes, 0);
}
