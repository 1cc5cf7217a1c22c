// Lines of keepalived's vrrp_notify_fifo: `INSTANCE "ext-lb" MASTER 101`. Pure: a line that is something else gives nothing.

import { type FactReport, SUBJECT_LENGTH_MAX } from "../../agent-api/index.ts";
import { evidence } from "./source.ts";

/** A line is no longer than a name and a few words; more is not keepalived's. */
export const NOTIFY_LINE_MAX_BYTES = 1024;

// MASTER_RX_LOWER_PRI, MASTER_PRIORITY and BACKUP_PRIORITY change no state, and tell one that may have been missed.
const STATES: Readonly<Record<string, string>> = {
  MASTER: "MASTER",
  MASTER_RX_LOWER_PRI: "MASTER",
  MASTER_PRIORITY: "MASTER",
  BACKUP: "BACKUP",
  BACKUP_PRIORITY: "BACKUP",
  FAULT: "FAULT",
  STOP: "STOPPED",
  DELETED: "STOPPED",
};

/** The fact that a line tells; a group's line tells none, its members have lines of their own. */
export function readNotifyLine(line: string): FactReport | undefined {
  const [, name, state, priority] = /^INSTANCE "([^"\p{Cc}]+)" ([A-Z_]+) (\d{1,3})\s*$/u.exec(line) ?? [];
  const value = state === undefined || !Object.hasOwn(STATES, state) ? undefined : STATES[state];
  if (name === undefined || value === undefined || priority === undefined) return undefined;
  if (name.length > SUBJECT_LENGTH_MAX) return undefined;
  return {
    kind: "instance",
    subject: name,
    value,
    // keepalived says 0 when it stops.
    ...(value === "STOPPED" ? {} : { detail: { priority } }),
    evidence: evidence(line),
  };
}
