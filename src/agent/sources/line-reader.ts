// Bytes in, lines out, within a bound: a longer line is skipped to its end and counted.

const LINE_FEED = 0x0a;

export interface LineReader {
  /** Takes bytes as they come and calls `onLine` for each line that is whole now, without its line feed. */
  push(chunk: Buffer): void;
  /** What came without a line feed is dropped: a new start of the source begins a new line. */
  reset(): void;
  /** Lines that were longer than the bound. */
  readonly skipped: number;
}

/** Reads UTF-8 lines of at most `lengthMaxBytes`; bytes that are no UTF-8 become replacement characters. */
export function lineReader(lengthMaxBytes: number, onLine: (line: string) => void): LineReader {
  let pieces: Buffer[] = [];
  let length = 0;
  let tooLong = false;
  let skipped = 0;
  const reset = (): void => {
    pieces = [];
    length = 0;
    tooLong = false;
  };
  const take = (piece: Buffer): void => {
    if (tooLong) return;
    length += piece.length;
    if (length <= lengthMaxBytes) {
      if (piece.length > 0) pieces.push(piece);
      return;
    }
    pieces = [];
    tooLong = true;
    skipped += 1;
  };
  return {
    push(chunk) {
      let start = 0;
      for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
        take(chunk.subarray(start, end));
        const line = tooLong ? undefined : Buffer.concat(pieces).toString("utf8");
        reset();
        start = end + 1;
        if (line !== undefined) onLine(line);
      }
      // A copy: the chunk may be part of a buffer that is used again.
      if (start < chunk.length) take(Buffer.from(chunk.subarray(start)));
    },
    reset,
    get skipped() {
      return skipped;
    },
  };
}
