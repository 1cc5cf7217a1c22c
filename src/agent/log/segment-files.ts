// The files of a log: their names, and how one comes into being so that it is there whole or not at all, also after a power loss.
// Rule: a segment is written and synced under a temporary name, renamed, and then its directory is synced.

import { type FileHandle, mkdir, open, readdir, rename, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { encodeFrame } from "./frame.ts";

export interface SegmentFile {
  /** Rises from segment to segment; the name holds it. */
  readonly number: number;
  readonly path: string;
  bytes: number;
}

/** What a segment's first line says. */
const FORMAT = "hapair-log-1";

const NAME = /^segment-(\d{8})\.log$/;
const TEMPORARY_NAME = /^segment-\d{8}\.log\.new$/;
const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

/** The segments there are, oldest first. Throws what the file system says. */
export async function listSegments(directory: string): Promise<SegmentFile[]> {
  const segments: SegmentFile[] = [];
  const names = await readdir(directory);
  names.sort();
  for (const name of names) {
    const number = NAME.exec(name)?.[1];
    if (number === undefined) continue;
    const path = join(directory, name);
    const bytes = await sizeOf(path);
    if (bytes !== undefined) segments.push({ number: Number(number), path, bytes });
  }
  return segments;
}

/** undefined for a file that was deleted since it was listed. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Takes away what an interrupted roll left behind. */
export async function removeTemporaryFiles(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (TEMPORARY_NAME.test(name)) await unlink(join(directory, name));
  }
}

/** The directory, made where it is not there yet. */
export async function makeDirectory(directory: string): Promise<void> {
  const made = await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
  if (made !== undefined) await syncDirectory(join(made, ".."));
}

/** The first line of a segment. */
export function headerLine(log: string, segment: number): Buffer {
  return encodeFrame("header", 0, { format: FORMAT, log, segment });
}

/** The log's id that a header's value names; undefined when it is no header of this format. */
export function logIdOf(header: unknown): string | undefined {
  if (typeof header !== "object" || header === null) return undefined;
  const { format, log } = header as { format?: unknown; log?: unknown };
  return format === FORMAT && typeof log === "string" ? log : undefined;
}

/** A new segment with these bytes in it, durable, open for more. What it throws leaves no file under the segment's name, but for a failed sync of the directory. */
export async function createSegment(
  directory: string,
  number: number,
  content: Buffer,
): Promise<{ segment: SegmentFile; handle: FileHandle }> {
  await makeDirectory(directory);
  const path = join(directory, `segment-${String(number).padStart(8, "0")}.log`);
  const temporary = `${path}.new`;
  const handle = await open(temporary, "w", FILE_MODE);
  try {
    await writeAll(handle, content, 0);
    await handle.datasync();
    await rename(temporary, path);
    await syncDirectory(directory);
    return { segment: { number, path, bytes: content.length }, handle };
  } catch (error) {
    await quietly(handle.close());
    // On a full disk even these few bytes are wanted back.
    await quietly(unlink(temporary));
    throw error;
  }
}

/** Writes all of it: one write may take only a part, and the disk's answer comes with the next. */
export async function writeAll(handle: FileHandle, content: Buffer, position: number): Promise<void> {
  let written = 0;
  while (written < content.length) {
    const { bytesWritten } = await handle.write(
      content,
      written,
      content.length - written,
      position + written,
    );
    if (bytesWritten === 0) throw new Error("the disk takes nothing and gives no reason");
    written += bytesWritten;
  }
}

/** For what is done on the way out of a failure: its own failure adds nothing. */
export async function quietly(action: Promise<unknown>): Promise<void> {
  try {
    await action;
  } catch {
    // The failure that led here is the one to tell.
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
