// Records on their way to the disk: what follows from one waits until it is there; a disk that takes nothing holds nothing up.

import type { Notice } from "../agent-api/index.ts";
import type { Log } from "./log/index.ts";
import { type LogRecord, type Memory, snapshotFrom } from "./record.ts";

/** Numbers are left out at each start: what a peer was told and the disk never took is not said again with the same number. */
const SEQUENCE_LEAP = 1000;

/** For the start of a run. */
export function leapSequence(memory: Memory, node: string, log: string): void {
  const own = memory.knowledge.nodes.get(node);
  if (own !== undefined && own.log === log) own.sequence += SEQUENCE_LEAP;
}

export interface Durability {
  record: (record: LogRecord, lastSequence: number) => void;
  /** The highest number of this node's events that peers may know: what is on the disk, or all while the disk takes nothing. */
  tellable: () => number;
  isReady: (notice: Notice) => boolean;
  /** What was recorded may be told: it is on the disk, or the disk takes nothing. */
  onDurable: () => void;
}

export function trackDurability(log: Log, memory: Memory, node: string): Durability {
  const waiting = new Set<string>();
  let durable = memory.knowledge.nodes.get(node)?.sequence ?? 0;
  const tracking: Durability = {
    record(record, lastSequence) {
      const ids = (record.outbox ?? []).flatMap((change) =>
        change.kind === "added" ? [change.notice.id] : [],
      );
      for (const id of ids) waiting.add(id);
      void log.append(record).then(() => {
        for (const id of ids) waiting.delete(id);
        durable = Math.max(durable, lastSequence);
        if (log.rollDue) void log.roll(snapshotFrom(memory));
        tracking.onDurable();
      });
      // A disk that takes nothing holds nothing up; what was asked for is done first.
      if (log.trouble !== undefined) queueMicrotask(() => tracking.onDurable());
    },
    tellable: () =>
      log.trouble === undefined
        ? durable
        : Math.max(durable, memory.knowledge.nodes.get(node)?.sequence ?? 0),
    isReady: (notice) => log.trouble !== undefined || !waiting.has(notice.id),
    onDurable: () => undefined,
  };
  return tracking;
}
