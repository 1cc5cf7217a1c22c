// Reads a log without owning it: every readable record of all segments, oldest first, beside the agent that writes it.

import type { Frame } from "./frame.ts";
import { listSegments } from "./segment-files.ts";
import { readSegment } from "./segment-reader.ts";

/** A segment is deleted and another begun while this reads; it looks again this often at most. */
const LOOKS_MAX = 1000;

/** A record, or a snapshot: all that the records up to its number say. */
export interface LogEntry {
  readonly kind: "record" | "snapshot";
  readonly number: number;
  readonly value: unknown;
}

/**
 * Every readable entry, each once, in a memory that does not grow with the log; damaged ones are passed over. Ends at the record that is
 * the last one when it gets there. Throws what the file system says when there is no log.
 */
export async function* readLog(directory: string): AsyncGenerator<LogEntry, void, void> {
  let segmentRead = 0;
  let recordRead = 0;
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    const segment = (await listSegments(directory)).find(({ number }) => number > segmentRead);
    if (segment === undefined) return;
    segmentRead = segment.number;
    for await (const { kind, number, value } of framesOf(segment.path)) {
      if (kind === "header" || (kind === "record" && number <= recordRead)) continue;
      recordRead = Math.max(recordRead, number);
      yield { kind, number, value };
    }
  }
}

/** A segment was deleted meanwhile, or the disk gives no more of it. */
const SEGMENT_ENDS = new Set(["ENOENT", "EIO"]);

/** The readable lines of a segment. */
async function* framesOf(path: string): AsyncGenerator<Frame, void, void> {
  try {
    for await (const item of readSegment(path)) if (item.kind === "frame") yield item.frame;
  } catch (error) {
    if (!SEGMENT_ENDS.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}
