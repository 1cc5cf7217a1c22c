// What switchover and maintenance have under way on this node, by the notes they keep in files: who holds the node and until when, the last resort, drains.
// Rules: a look costs a few stats, and a note is read again only where it changed; what cannot be read is said to be there, and no more.

import { closeSync, constants, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  type FactReport,
  MAINTENANCE_RECORD_BYTES_MAX,
  type MaintenanceRecord,
  readMaintenanceRecord,
} from "../../agent-api/index.ts";

export interface OperationNotesOptions {
  /** The record of a maintenance. */
  readonly maintenance: string;
  readonly lastResort: string;
  readonly drainDirectory: string;
  /** Milliseconds that only go forward. Default performance.now. */
  readonly clock?: () => number;
}

/**
 * A move sets the hold for a moment, and a maintenance that ends lifts it somewhat after its record is gone: a hold without a record means that somebody
 * holds the node only when it lasts longer.
 */
const HELD_ALONE_MS = 10_000;

const drainRoles = ["give", "take"] as const;

/** One look: the facts that changed since the last one, all of them at the first. `hold`: the watched file's text as it is now. */
export type OperationLook = (hold: string | undefined) => FactReport[];

/** Looks at the notes at `options`' paths. */
export function operationLook(options: OperationNotesOptions): OperationLook {
  const clock = options.clock ?? (() => performance.now());
  const said = new Map<string, string>();
  const record = recordReader(options.maintenance);
  let aloneSinceMs: number | undefined;

  const maintenance = (hold: string | undefined): FactReport[] => {
    const isHeld = hold !== undefined && !["", "0", "missing"].includes(hold);
    const found = record();
    const isAlone = isHeld && found === "none";
    aloneSinceMs = isAlone ? (aloneSinceMs ?? clock()) : undefined;
    if (found === "unknown") return [];
    if (found !== "none") return [maintained(found)];
    if (aloneSinceMs !== undefined && clock() - aloneSinceMs < HELD_ALONE_MS) return [];
    return [
      {
        kind: "maintenance",
        subject: "node",
        value: isHeld ? "on" : "off",
        ...(hold === undefined ? {} : { evidence: `hold is ${hold}` }),
      },
    ];
  };
  const note = (path: string, make: (changedMs: number | undefined) => FactReport): FactReport[] => {
    const there = statOf(path);
    return there === "unknown" ? [] : [make(there?.mtimeMs)];
  };

  return (hold) => {
    const found = [
      ...maintenance(hold),
      ...note(options.lastResort, (changedMs) => ({
        ...{ kind: "last-resort", subject: "node", value: changedMs === undefined ? "off" : "on" },
        ...begun(changedMs),
      })),
      ...drainRoles.flatMap((role) =>
        note(join(options.drainDirectory, role), (changedMs) => ({
          ...{ kind: "drain", subject: role, value: changedMs === undefined ? "closed" : "open" },
          ...begun(changedMs),
        })),
      ),
    ];
    return found.filter((report) => {
      const key = `${report.kind}/${report.subject}`;
      const text = JSON.stringify([report.value, report.detail]);
      if (said.get(key) === text) return false;
      said.set(key, text);
      return true;
    });
  };
}

/** A look comes up to two seconds late; the note's own time says when it was. Of a clock that was set since, nothing is taken. */
function begun(changedMs: number | undefined): Pick<FactReport, "atMs"> {
  const lateMs = Date.now() - (changedMs ?? Number.NaN);
  return changedMs !== undefined && lateMs >= 0 && lateMs <= LATE_MS ? { atMs: changedMs } : {};
}

/** A note that is older was found, by an agent that did not run when it was written. */
const LATE_MS = 5_000;

function maintained(record: MaintenanceRecord | "unreadable"): FactReport {
  const fact = { kind: "maintenance", subject: "node", value: "on" } as const;
  if (record === "unreadable") return { ...fact, evidence: "its record cannot be read" };
  const { by, reason, sinceMs, untilMs, haproxy } = record;
  return {
    ...fact,
    ...(sinceMs <= Date.now() ? { atMs: sinceMs } : {}),
    detail: {
      by,
      ...(reason === "" ? {} : { reason }),
      until: new Date(untilMs).toISOString(),
      ...(haproxy === "stopped" ? { haproxy } : {}),
    },
  };
}

/** The record as it is at each call; the file is read only where it is another one, or was written, since the last. */
function recordReader(path: string): () => MaintenanceRecord | "unreadable" | "none" | "unknown" {
  let state = "";
  let known: MaintenanceRecord | "unreadable" = "unreadable";
  return () => {
    const there = statOf(path);
    if (there === "unknown") return "unknown";
    if (there === undefined) return "none";
    const now = `${there.ino}/${there.mtimeMs}/${there.size}`;
    if (now !== state) {
      state = now;
      known = readRecord(path);
    }
    return known;
  };
}

interface FileState {
  readonly ino: number;
  readonly mtimeMs: number;
  readonly size: number;
}

/** undefined: it is not there. unknown: that cannot be told. */
function statOf(path: string): FileState | undefined | "unknown" {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return "unknown";
  }
}

function readRecord(path: string): MaintenanceRecord | "unreadable" {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const buffer = Buffer.alloc(MAINTENANCE_RECORD_BYTES_MAX + 1);
      const length = readSync(file, buffer, 0, buffer.length, 0);
      return readMaintenanceRecord(buffer.subarray(0, length).toString("utf8")) ?? "unreadable";
    } finally {
      closeSync(file);
    }
  } catch {
    return "unreadable";
  }
}
