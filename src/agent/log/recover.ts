// What a log's files still say: the newest readable snapshot, the records after it in order, and what was found damaged on the way.
// Rule: reads any files and throws nothing about their content; it changes nothing.

import { randomBytes } from "node:crypto";
import { basename } from "node:path";
import { counted, messageOf } from "../../base/index.ts";
import type { Frame } from "./frame.ts";
import { logIdOf, type SegmentFile } from "./segment-files.ts";
import { readSegment } from "./segment-reader.ts";

export interface Recovery {
  readonly id: string;
  /** No header told the id: there was no log, or it was lost. */
  readonly idIsNew: boolean;
  /** The newest snapshot that can be read; undefined when there is none. */
  readonly snapshot: unknown;
  /** Every readable record after it, oldest first, none twice. */
  readonly records: readonly unknown[];
  /** Sentences for the operator. */
  readonly problems: readonly string[];
  /** For the next record. */
  readonly nextNumber: number;
  /** The newest segment and how many of its bytes are good, when records can go on there. */
  readonly tail:
    | { readonly segment: SegmentFile; readonly goodBytes: number; readonly snapshotBytes: number }
    | undefined;
}

/**
 * Numbers are left out after damage: a segment that could not be read may hold higher ones than were seen, and one number for two records
 * would lose the second.
 */
const NUMBER_LEAP = 1_000_000;

/** What one segment says. */
interface SegmentContent {
  readonly segment: SegmentFile;
  readonly hasHeader: boolean;
  readonly id: string | undefined;
  readonly snapshot: Frame | undefined;
  readonly records: readonly Frame[];
  /** Up to the end of the last good line. */
  readonly goodBytes: number;
  readonly snapshotBytes: number;
  /** false: the disk failed in the middle of reading. */
  readonly readToEnd: boolean;
  readonly damages: readonly Damage[];
}

interface Damage {
  readonly offset: number;
  readonly bytes: number;
  /** undefined at the end of the file, where nothing tells how many there were. */
  readonly recordsLost: number | undefined;
}

/** Reads segments, newest first, until one holds a snapshot. `segments`: oldest first. */
export async function recoverLog(segments: readonly SegmentFile[]): Promise<Recovery> {
  const problems: string[] = [];
  const contents: SegmentContent[] = [];
  let id: string | undefined;
  let numbersUnsure = false;
  for (const segment of newestFirst(segments)) {
    const content = await readContent(segment, problems);
    if (content.hasHeader && (content.id === undefined || (id !== undefined && id !== content.id))) {
      problems.push(`${basename(segment.path)} belongs to another log; it is left alone and not read`);
      numbersUnsure = true;
      continue;
    }
    id ??= content.id;
    contents.unshift(content);
    problems.push(...damageTexts(content, segment === segments.at(-1)));
    numbersUnsure ||=
      !content.readToEnd || content.damages.some((damage) => damage.offset < content.goodBytes);
    if (content.snapshot !== undefined) break;
  }
  id ??= await idOfOlder(segments);
  if (id === undefined && segments.length > 0) {
    problems.push("no segment tells the id of this log any more; it goes on under a new one");
  }
  const { snapshot, records, lastNumber } = inOrder(contents, problems);
  const newest = contents.at(-1);
  return {
    id: id ?? randomBytes(8).toString("hex"),
    idIsNew: id === undefined,
    snapshot: snapshot?.value,
    records: records.map((record) => record.value),
    problems,
    nextNumber: lastNumber + 1 + (numbersUnsure ? NUMBER_LEAP : 0),
    tail:
      newest?.id !== undefined && newest.readToEnd && newest.segment === segments.at(-1)
        ? { segment: newest.segment, goodBytes: newest.goodBytes, snapshotBytes: newest.snapshotBytes }
        : undefined,
  };
}

/** Puts the contents together: a record that stands twice (its first write failed half-way, its file could not be mended) counts once. */
function inOrder(
  contents: readonly SegmentContent[],
  problems: string[],
): { snapshot: Frame | undefined; records: Frame[]; lastNumber: number } {
  const snapshot = contents[0]?.snapshot;
  const records: Frame[] = [];
  let lastNumber = snapshot?.number ?? 0;
  for (const record of contents.flatMap((content) => content.records)) {
    if (record.number <= lastNumber) continue;
    if (records.length === 0 && snapshot === undefined && record.number > 1) {
      problems.push(`no snapshot can be read; what came before record ${record.number} is not known`);
    }
    records.push(record);
    lastNumber = record.number;
  }
  return { snapshot, records, lastNumber };
}

async function readContent(segment: SegmentFile, problems: string[]): Promise<SegmentContent> {
  let header: Frame | undefined;
  let snapshot: Frame | undefined;
  let snapshotBytes = 0;
  let goodBytes = 0;
  let lastNumber: number | undefined;
  const records: Frame[] = [];
  const damages: Damage[] = [];
  let damage: { offset: number; bytes: number } | undefined;
  let readToEnd = true;
  try {
    for await (const item of readSegment(segment.path)) {
      if (item.kind === "damage") {
        damage = item;
        continue;
      }
      const { frame } = item;
      if (damage !== undefined) {
        damages.push({
          ...damage,
          recordsLost: lastNumber === undefined ? undefined : frame.number - lastNumber - 1,
        });
      }
      damage = undefined;
      if (frame.kind === "header") header = frame;
      else lastNumber = frame.number;
      if (frame.kind === "record") records.push(frame);
      if (frame.kind === "snapshot") {
        snapshot = frame;
        snapshotBytes = item.endOffset - goodBytes;
      }
      goodBytes = item.endOffset;
    }
  } catch (error) {
    readToEnd = false;
    problems.push(
      `${basename(segment.path)} cannot be read from offset ${goodBytes} on: ${messageOf(error)}`,
    );
  }
  if (damage !== undefined) damages.push({ ...damage, recordsLost: undefined });
  const id = logIdOf(header?.value);
  const hasHeader = header !== undefined;
  return { segment, hasHeader, id, snapshot, records, goodBytes, snapshotBytes, readToEnd, damages };
}

function damageTexts(content: SegmentContent, isNewest: boolean): string[] {
  const name = basename(content.segment.path);
  return content.damages.map(({ offset, bytes, recordsLost }) => {
    const stretch = `${name}: ${counted(bytes, "byte")} from offset ${offset} on`;
    if (isNewest && offset >= content.goodBytes) {
      return `${stretch} are no whole record and are cut off, as a crash in the middle of a write leaves them`;
    }
    const lost = recordsLost === undefined ? "" : `, ${counted(recordsLost, "record")} with them`;
    return `${stretch} are damaged and left out${lost}`;
  });
}

function newestFirst(segments: readonly SegmentFile[]): SegmentFile[] {
  const turned = [...segments];
  turned.reverse();
  return turned;
}

/** The id that the newest readable header of any segment names. */
async function idOfOlder(segments: readonly SegmentFile[]): Promise<string | undefined> {
  for (const segment of newestFirst(segments)) {
    try {
      for await (const item of readSegment(segment.path)) {
        const id =
          item.kind === "frame" && item.frame.kind === "header" ? logIdOf(item.frame.value) : undefined;
        if (id !== undefined) return id;
        break;
      }
    } catch {
      // That it cannot be read was said, or it is older than the snapshot and not needed.
    }
  }
  return undefined;
}
