// The agent's durable log: records go to segment files in groups, one write and one sync for all that came while the last sync ran.
// Rule: what append called durable is found again after a kill, a power loss or a full disk that was freed; a disk that is ill or slow
// stops neither the caller nor the event loop. One process writes a directory at a time; the unit sees to that.

import { HapairError, messageOf } from "../../base/index.ts";
import { encodeFrame, LINE_BYTES_MAX } from "./frame.ts";
import { type AppendOutcome, type HeldItem, heldQueue, type HeldQueue } from "./held-queue.ts";
import { type Recovery, recoverLog } from "./recover.ts";
import { listSegments, makeDirectory, removeTemporaryFiles, type SegmentFile } from "./segment-files.ts";
import { segmentWriter, type SegmentWriter } from "./segment-writer.ts";

export interface LogOptions {
  /** Bytes on the disk beyond which a roll deletes the oldest segments. */
  readonly bytesMax: number;
  /** Bytes held in memory while the disk takes nothing. */
  readonly heldBytesMax?: number;
  /** When more has to be held, the oldest records of which this is true go first, then the oldest. Absent: the oldest. */
  readonly mayGo?: (record: unknown) => boolean;
  /** These were dropped, and are not in the log. What was folded from them is saved by a {@link Log.roll}. */
  readonly onDropped?: (records: readonly unknown[]) => void;
  /** The disk does not take the records, and why (a text for the operator), or takes them again (undefined). Each change is told once. */
  readonly onTrouble?: (text: string | undefined) => void;
  /** After a failure the disk is tried again after this. */
  readonly retryMs?: number;
  /** A write that has not ended after this is trouble too. */
  readonly stallMs?: number;
}

export interface Log {
  /** 16 hexadecimal digits, made when the directory was empty. */
  readonly id: string;
  /** Bytes of all segments. */
  readonly sizeBytes: number;
  /** The newest segment has grown enough: the caller should {@link roll}. */
  readonly rollDue: boolean;
  /** As last told by `onTrouble`. */
  readonly trouble: string | undefined;
  /** What waits for the disk. */
  readonly held: { readonly count: number; readonly bytes: number };
  /** Records that had to go since the log was opened. */
  readonly droppedCount: number;
  /** Takes the record as it is now and resolves when it is durable, or had to go. Never rejects. Order is kept. */
  append(record: unknown): Promise<AppendOutcome>;
  /**
   * Begins a new segment with `snapshot`, which says all that the records appended so far say, then deletes the oldest segments beyond
   * `bytesMax`. A snapshot that still waits gives way to a later one. Never rejects; `dropped` is a snapshot of more than 32 MiB.
   */
  roll(snapshot: unknown): Promise<AppendOutcome>;
  /** Tries once more to write what waits, gives up what the disk does not take, and closes. What is appended after it is dropped. */
  close(): Promise<void>;
}

export type Recovered = Pick<Recovery, "snapshot" | "records" | "problems" | "idIsNew">;

const HELD_BYTES_MAX = 16 * 1024 * 1024;
const RETRY_MS = 1000;
const STALL_MS = 5000;
/** One write: small enough that the disk's answer comes soon. */
const BATCH_BYTES_MAX = 1024 * 1024;
/** A roll is due after this many bytes of records, or an eighth of the log, or the snapshot's own size, so that snapshots are at most half of what is written. */
const SEGMENT_BYTES = 4 * 1024 * 1024;
const SEGMENTS_LEAST = 8;

/**
 * Opens the log in `directory` (absolute; made with mode 0700 where it is missing) and says what it holds. A disk that is full, ill or
 * read-only is no failure: the log is open and in trouble. Throws HapairError `log-directory` when there can be no log there at all.
 */
export async function openLog(
  directory: string,
  options: LogOptions,
): Promise<{ log: Log; recovered: Recovered }> {
  const { segments, problem } = await segmentsIn(directory);
  const { id, tail, nextNumber, ...recovery } = await recoverLog(segments);
  const { snapshot, records, idIsNew } = recovery;
  const problems = problem === undefined ? recovery.problems : [problem, ...recovery.problems];
  const writer = segmentWriter({ directory, id, segments, tail, bytesMax: options.bytesMax });
  const log = runningLog({ directory, id, writer, nextNumber, options });
  await log.ready;
  return { log, recovered: { snapshot, records, problems, idIsNew } };
}

/** What a disk says that is full, ill or read-only; it may take records later. */
const DISK_TROUBLES = new Set(["ENOSPC", "EDQUOT", "EIO", "EROFS"]);

async function segmentsIn(directory: string): Promise<{ segments: SegmentFile[]; problem?: string }> {
  try {
    await makeDirectory(directory);
  } catch (error) {
    // There is no directory, and there was none: nothing in it can be overlooked.
    return { segments: [], problem: troubleOrThrow(directory, error) };
  }
  let problem: string | undefined;
  try {
    await removeTemporaryFiles(directory);
  } catch (error) {
    problem = troubleOrThrow(directory, error);
  }
  try {
    return { segments: await listSegments(directory), ...(problem === undefined ? {} : { problem }) };
  } catch (error) {
    throw noLog(directory, error);
  }
}

function troubleOrThrow(directory: string, error: unknown): string {
  if (DISK_TROUBLES.has((error as NodeJS.ErrnoException).code ?? "")) {
    return `${directory} cannot be used as it should: ${messageOf(error)}`;
  }
  throw noLog(directory, error);
}

function noLog(directory: string, error: unknown): HapairError {
  return new HapairError({
    kind: "unreachable",
    code: "log-directory",
    message: `${directory} cannot hold the agent's log: ${messageOf(error)}`,
    hint: "The agent does not start: it could not keep what it has to tell. The directory has to be one that the agent's user owns (ls -ld).",
    cause: error,
  });
}

interface RunningLog extends Log {
  /** The newest segment is ready for writing, or the disk was found to be in trouble. */
  readonly ready: Promise<void>;
}

function runningLog(parts: {
  directory: string;
  id: string;
  writer: SegmentWriter;
  nextNumber: number;
  options: LogOptions;
}): RunningLog {
  const { directory, id, writer, options } = parts;
  const queue = heldQueue({
    bytesMax: options.heldBytesMax ?? HELD_BYTES_MAX,
    lineBytesMax: LINE_BYTES_MAX,
    mayGo: options.mayGo ?? (() => true),
    onDropped: options.onDropped ?? (() => {}),
  });
  let nextNumber = parts.nextNumber;
  let trouble: string | undefined;
  let closed = false;
  const disk = diskLoop(writer, queue, {
    retryMs: options.retryMs ?? RETRY_MS,
    stallMs: options.stallMs ?? STALL_MS,
    tell(reason) {
      const text =
        reason === undefined
          ? undefined
          : `the log in ${directory} cannot be written: ${reason}; what happens is held in memory and written as soon as the disk takes it, a kill or restart before that loses it. Look at the disk (df, dmesg).`;
      if (text === trouble) return;
      trouble = text;
      options.onTrouble?.(text);
    },
  });
  const add = async (item: Omit<HeldItem, "settle">): Promise<AppendOutcome> =>
    await new Promise((settle) => {
      if (closed) {
        settle("dropped");
        return;
      }
      queue.add({ ...item, settle });
      void disk.wake();
    });
  return {
    id,
    ready: disk.wake(),
    get sizeBytes() {
      return writer.sizeBytes;
    },
    get rollDue() {
      const recordBytes = writer.segmentBytes - writer.snapshotBytes;
      const segmentBytes = Math.min(SEGMENT_BYTES, options.bytesMax / SEGMENTS_LEAST);
      return recordBytes >= Math.max(segmentBytes, writer.snapshotBytes);
    },
    get trouble() {
      return trouble;
    },
    get held() {
      return { count: queue.count, bytes: queue.bytes };
    },
    get droppedCount() {
      return queue.droppedCount;
    },
    append(record) {
      const number = nextNumber;
      nextNumber += 1;
      return add({ kind: "record", number, line: encodeFrame("record", number, record), value: record });
    },
    roll(snapshot) {
      const number = nextNumber - 1;
      return add({
        kind: "snapshot",
        number,
        line: encodeFrame("snapshot", number, snapshot),
        value: undefined,
      });
    },
    async close() {
      closed = true;
      await disk.close();
    },
  };
}

interface DiskLoop {
  /** There is something to write. Resolves after the first try that follows. */
  wake(): Promise<void>;
  close(): Promise<void>;
}

/** Brings what is held to the disk, one write at a time, and goes on trying. */
function diskLoop(
  writer: SegmentWriter,
  queue: HeldQueue,
  options: { retryMs: number; stallMs: number; tell: (reason: string | undefined) => void },
): DiskLoop {
  let running: Promise<void> | undefined;
  let closing = false;
  let endPause = (): void => {};

  /** Writes what comes next; false when it failed. */
  const step = async (): Promise<boolean> => {
    const batch = queue.take(BATCH_BYTES_MAX);
    const stall = setTimeout(
      () => options.tell(`the disk has not answered for ${options.stallMs / 1000} s`),
      options.stallMs,
    );
    try {
      const first = batch[0];
      if (first === undefined) await writer.repair();
      else if (first.kind === "snapshot") await writer.roll(first.line);
      else await writer.write(Buffer.concat(batch.map((item) => item.line)));
    } catch (error) {
      options.tell(messageOf(error));
      queue.putBack();
      return false;
    } finally {
      clearTimeout(stall);
    }
    queue.taken();
    options.tell(undefined);
    return true;
  };
  const pause = async (): Promise<void> =>
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, options.retryMs);
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const run = async (onTried: () => void): Promise<void> => {
    // All that is appended in one go is one group.
    await Promise.resolve();
    for (let tried = false; queue.count > 0 || writer.needsRepair; tried = true) {
      const done = await step();
      if (!tried) onTried();
      if (done) continue;
      if (closing) break;
      await pause();
    }
    running = undefined;
  };

  return {
    async wake() {
      await new Promise<void>((onTried) => {
        if (running === undefined) running = run(onTried);
        else onTried();
      });
    },
    async close() {
      closing = true;
      endPause();
      await running;
      queue.abandon();
      await writer.close();
    },
  };
}
