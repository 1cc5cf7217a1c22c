// What lies in a node's maintenance file: who holds the node, why, since when and until when. One reader for all who ask. Pure.
// Rule: a file that is not whole is none at all, and who reads it says that it cannot be read.

import { fieldsOfText, numberOf, oneOf, textOf } from "./reading.ts";

/** A node under maintenance, by the node's own clock. */
export interface MaintenanceRecord {
  /** `anna@ops1`. */
  readonly by: string;
  /** Empty: none was given. */
  readonly reason: string;
  readonly sinceMs: number;
  /** When it ends by itself. */
  readonly untilMs: number;
  /** stopped: HAProxy was stopped for it, and is started when it ends. */
  readonly haproxy: "runs" | "stopped";
}

/** A longer file is none of ours. */
export const MAINTENANCE_RECORD_BYTES_MAX = 4096;
const BY_LENGTH_MAX = 200;
const REASON_LENGTH_MAX = 500;
/** The year 9999: what lies after it is no moment that anybody meant, and no four digits show it. */
const MOMENT_S_MAX = 253_402_300_799;

/** Reads the file's text; undefined where it is no whole record. */
export function readMaintenanceRecord(text: string): MaintenanceRecord | undefined {
  if (text.length > MAINTENANCE_RECORD_BYTES_MAX) return undefined;
  const fields = fieldsOfText(text);
  const by = textOf(fields?.["by"], BY_LENGTH_MAX)?.trim();
  const reason = textOf(fields?.["reason"], REASON_LENGTH_MAX)?.trim();
  const sinceS = secondsOf(fields?.["sinceS"]);
  const untilS = secondsOf(fields?.["untilS"]);
  const haproxy = oneOf(fields?.["haproxy"], ["runs", "stopped"]);
  if (!by || reason === undefined || haproxy === undefined) return undefined;
  if (sinceS === undefined || untilS === undefined) return undefined;
  return { by, reason, sinceMs: sinceS * 1000, untilMs: untilS * 1000, haproxy };
}

function secondsOf(value: unknown): number | undefined {
  const seconds = numberOf(value);
  const isMoment =
    seconds !== undefined && Number.isInteger(seconds) && seconds > 0 && seconds <= MOMENT_S_MAX;
  return isMoment ? seconds : undefined;
}
