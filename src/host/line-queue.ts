// Bytes in, lines out: what a command says as it goes on, held for a slow reader within a bound.
// Rule: no line is lost; a full queue stops the source instead.

/** Lines held for a reader that is behind; at this many the source is asked to wait. */
export const QUEUED_LINES_MAX = 2_000;

/** A line longer than this is handed over in pieces, so that a source without line ends cannot fill the memory. */
export const LINE_LENGTH_MAX_BYTES = 1024 * 1024;

const LINE_FEED = 0x0a;

export interface LineQueue {
  /** Takes bytes as they come; returns false when the source should wait until `onRoom` is called. */
  push(chunk: Uint8Array): boolean;
  /** No more bytes will come; an unfinished last line counts as one. With an error, the reader gets it after the lines. */
  finish(error?: Error): void;
  /** For one reader. */
  readonly lines: AsyncIterable<string>;
}

/** A queue; `onRoom` is called when a source that was told to wait may go on. */
export function lineQueue(onRoom: () => void = () => {}): LineQueue {
  const ready: string[] = [];
  let partial: Buffer[] = [];
  let partialBytes = 0;
  let finished = false;
  let failure: Error | undefined;
  let waiting = false;
  let wake: (() => void) | undefined;

  const flushPartial = (): void => {
    ready.push(Buffer.concat(partial).toString("utf8"));
    partial = [];
    partialBytes = 0;
  };
  const notify = (): void => {
    wake?.();
    wake = undefined;
  };

  async function* read(): AsyncGenerator<string, void, void> {
    for (;;) {
      const line = ready.shift();
      if (line !== undefined) {
        if (waiting && ready.length < QUEUED_LINES_MAX / 2) {
          waiting = false;
          onRoom();
        }
        yield line;
        continue;
      }
      if (finished) {
        if (failure !== undefined) throw failure;
        return;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  return {
    push(chunk) {
      let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      while (rest.length > 0) {
        const lineEnd = rest.indexOf(LINE_FEED);
        const end = Math.min(lineEnd < 0 ? rest.length : lineEnd, LINE_LENGTH_MAX_BYTES - partialBytes);
        partial.push(rest.subarray(0, end));
        partialBytes += end;
        const complete = end === lineEnd;
        if (complete || partialBytes >= LINE_LENGTH_MAX_BYTES) flushPartial();
        rest = rest.subarray(complete ? end + 1 : end);
      }
      notify();
      waiting ||= ready.length >= QUEUED_LINES_MAX;
      return !waiting;
    },
    finish(error) {
      if (finished) return;
      finished = true;
      failure = error;
      if (partialBytes > 0) flushPartial();
      notify();
    },
    lines: { [Symbol.asyncIterator]: read },
  };
}
