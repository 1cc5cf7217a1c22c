// What waits for the disk, in order, within a bound of bytes; when the disk takes nothing for long, what may go goes first, and is handed out to be told.
// Rule: nothing leaves the queue but as durable or as dropped, and its waiter learns which. What is on its way to the disk is never dropped.

/** What became of a record: it is on the disk, or it had to go because the disk took nothing for too long. */
export type AppendOutcome = "durable" | "dropped";

export interface HeldItem {
  readonly kind: "record" | "snapshot";
  readonly number: number;
  readonly line: Buffer;
  /** The record as it was given; for a snapshot undefined, so that it is not held twice. */
  readonly value: unknown;
  readonly settle: (outcome: AppendOutcome) => void;
}

export interface HeldQueueOptions {
  readonly bytesMax: number;
  /** A longer line is dropped at once: nothing could read it back. */
  readonly lineBytesMax: number;
  /** Whether a record may go before the others. */
  readonly mayGo: (record: unknown) => boolean;
  readonly onDropped: (records: readonly unknown[]) => void;
}

export interface HeldQueue {
  readonly count: number;
  readonly bytes: number;
  readonly droppedCount: number;
  add(item: HeldItem): void;
  /** The next snapshot alone, or the records before it, at most so many bytes of them; they are on their way until settled or put back. */
  take(bytesMax: number): readonly HeldItem[];
  /** What was taken is on the disk. */
  taken(): void;
  /** What was taken is not on the disk, and waits again. */
  putBack(): void;
  /** Drops everything: nobody will write it any more. */
  abandon(): void;
}

/** A full queue is emptied down to this share, so that it is not at its bound again with the next record. */
const SHARE_KEPT = 7 / 8;

export function heldQueue(options: HeldQueueOptions): HeldQueue {
  let items: HeldItem[] = [];
  let bytes = 0;
  let onTheWay = 0;
  let droppedCount = 0;

  const drop = (gone: ReadonlySet<HeldItem>): void => {
    if (gone.size === 0) return;
    items = items.filter((item) => !gone.has(item));
    const records: unknown[] = [];
    for (const item of gone) {
      bytes -= item.line.length;
      if (item.kind === "record") records.push(item.value);
      item.settle("dropped");
    }
    droppedCount += records.length;
    if (records.length > 0) options.onDropped(records);
  };
  const keepBound = (): void => {
    if (bytes <= options.bytesMax) return;
    drop(firstToGo(items.slice(onTheWay), bytes - options.bytesMax * SHARE_KEPT, options.mayGo));
  };

  return {
    get count() {
      return items.length;
    },
    get bytes() {
      return bytes;
    },
    get droppedCount() {
      return droppedCount;
    },
    add(item) {
      if (item.line.length > options.lineBytesMax) {
        bytes += item.line.length;
        drop(new Set([item]));
        return;
      }
      // A later snapshot says all that a waiting one does: one is held, and both wait for it.
      const earlier = item.kind === "snapshot" ? items.slice(onTheWay).find(isSnapshot) : undefined;
      if (earlier !== undefined) {
        items = items.filter((held) => held !== earlier);
        bytes -= earlier.line.length;
      }
      const settle = (outcome: AppendOutcome): void => {
        earlier?.settle(outcome);
        item.settle(outcome);
      };
      items.push({ ...item, settle });
      bytes += item.line.length;
      keepBound();
    },
    take(bytesMax) {
      onTheWay = groupLength(items, bytesMax);
      return items.slice(0, onTheWay);
    },
    taken() {
      for (const item of items.splice(0, onTheWay)) {
        bytes -= item.line.length;
        item.settle("durable");
      }
      onTheWay = 0;
    },
    putBack() {
      onTheWay = 0;
      keepBound();
    },
    abandon() {
      onTheWay = 0;
      drop(new Set(items));
    },
  };
}

function isSnapshot(item: HeldItem): boolean {
  return item.kind === "snapshot";
}

/** How many from the front go to the disk together: one at least, where there is one. */
function groupLength(items: readonly HeldItem[], bytesMax: number): number {
  const [first, ...others] = items;
  if (first === undefined) return 0;
  if (isSnapshot(first)) return 1;
  let bytes = first.line.length;
  let length = 1;
  for (const item of others) {
    bytes += item.line.length;
    if (isSnapshot(item) || bytes > bytesMax) break;
    length += 1;
  }
  return length;
}

/** The records that make so much room: the oldest of those that may go, then the oldest. */
function firstToGo(
  items: readonly HeldItem[],
  bytesWanted: number,
  mayGo: HeldQueueOptions["mayGo"],
): ReadonlySet<HeldItem> {
  const gone = new Set<HeldItem>();
  const records = items.filter((item) => !isSnapshot(item));
  let missing = bytesWanted;
  for (const allowed of [mayGo, () => true]) {
    for (const record of records) {
      if (missing <= 0) return gone;
      if (gone.has(record) || !allowed(record.value)) continue;
      gone.add(record);
      missing -= record.line.length;
    }
  }
  return gone;
}
