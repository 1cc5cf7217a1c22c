// Records on their way to the disk: what follows from one waits until it is there; a disk that takes nothing holds nothing up.

import type { Notice } from "../agent-api/index.ts";
import type { Log } from "./log/index.ts";
import { type LogRecord, type Memory, snapshotFrom } from "./record.ts";

/** Numbers are left out at each start: what a peer was told and the disk never took is not said again with the same number. */
const SEQUENCE_LEAP = 1000;

/** For the start of a run; gives the last number that the log holds. */
export function leapSequence(memory: Memory, node: string): number {
  const own = memory.knowledge.nodes.get(node);
  const found = own?.sequence ?? 0;
  if (own !== undefined && found > 0) own.sequence += SEQUENCE_LEAP;
  return found;
}

export interface Durability {
  record: (record: LogRecord, lastSequence: number) => void;
  /** This node's log has another name, and its events other numbers: all that is known goes to the disk, and then it is told from the beginning. */
  renamed: () => void;
  /** The highest number of this node's events that peers may know: what is on the disk, or all while the disk takes nothing. */
  tellable: () => number;
  isReady: (notice: Notice) => boolean;
  /** What was recorded may be told: it is on the disk, or the disk takes nothing. Called once for all that got there together. */
  onDurable: () => void;
}

/** `foundSequence`: the last number of this node's that the log holds. */
export function trackDurability(log: Log, memory: Memory, node: string, foundSequence: number): Durability {
  const waiting = new Set<string>();
  const lastSequence = (): number => memory.knowledge.nodes.get(node)?.sequence ?? 0;
  let durable = foundSequence;
  /** Of the log's names the how manieth: numbers of an earlier one say nothing any more. */
  let names = 0;
  let isRolling = false;
  let isTold = true;
  const tell = (): void => {
    if (!isTold) return;
    isTold = false;
    queueMicrotask(() => {
      isTold = true;
      tracking.onDurable();
    });
  };
  const roll = async (): Promise<void> => {
    const [name, sequence] = [names, lastSequence()];
    isRolling = true;
    await log.roll(snapshotFrom(memory));
    isRolling = false;
    if (name === names) durable = Math.max(durable, sequence);
    tell();
  };
  const tracking: Durability = {
    record(record, sequence) {
      const name = names;
      const ids = (record.outbox ?? []).flatMap((change) =>
        change.kind === "added" ? [change.notice.id] : [],
      );
      for (const id of ids) waiting.add(id);
      void log.append(record).then(() => {
        for (const id of ids) waiting.delete(id);
        if (name === names) durable = Math.max(durable, sequence);
        // A snapshot is long: one is made, however many records got to the disk together.
        if (log.rollDue && !isRolling) void roll();
        tell();
      });
      // A disk that takes nothing holds nothing up; what was asked for is done first.
      if (log.trouble !== undefined) tell();
    },
    renamed() {
      names += 1;
      durable = 0;
      void roll();
    },
    tellable: () => (log.trouble === undefined ? durable : Math.max(durable, lastSequence())),
    isReady: (notice) => log.trouble !== undefined || !waiting.has(notice.id),
    onDurable: () => undefined,
  };
  return tracking;
}
