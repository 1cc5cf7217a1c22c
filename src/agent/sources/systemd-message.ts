// What systemd (247 to 257) says of the two units in the journal. Structured fields lead: its texts change with versions, its message ids do not.
// Rule: values are systemd's ActiveState. "Stopped" is not read: after a failure it would hide it; what ended, and how, is said before.

import type { FactReport } from "../../agent-api/index.ts";
import type { JournalEntry } from "./journal-entry.ts";

/** The units whose facts are told, and the subjects they are told under. */
export const UNITS: Readonly<Record<string, "haproxy" | "keepalived">> = {
  "haproxy.service": "haproxy",
  "keepalived.service": "keepalived",
};

/** sd-messages.h. */
const ids = {
  starting: "7d4958e842da4a758f6c1cdc7b36dcc5",
  started: "39f53479d3a045ac8e11786248231fbf",
  startFailed: "be02cf6855d2428ba40df7e9d022f03d",
  stopping: "de5b426a63be47a7b6ac3eaac82e2f6f",
  reloading: "d34d037fff1847e6ae669a370e694725",
  reloaded: "7b05ebc668384222baa8881179cfda54",
  restartScheduled: "5eb03494b6584870a536b337290809b3",
  succeeded: "7ad2d189f7e94e70a38c781354912448",
  failed: "d9b373ed55a64feb8242e02dbe79a49c",
  skipped: "0e4284a0caca4bfc81c0bb6786972673",
  processExited: "98e322203f7a4ed290d09fe03c09fe15",
  outOfMemory: "fe6faa94e7774663a0da52717891d8ef",
  outOfMemoryDaemon: "d989611b15e44c9dbf31e3c81256e4ed",
} as const;

/** What was said before about how a unit's present run ends: the last word, "Failed with result", is less exact. */
export interface EndingUnit {
  /** `signal 9`, `exit-code 1`. */
  exit?: string;
  /** `oom-kill` or `watchdog`. */
  reason?: string;
}

/** How a reload job ended; of one that was canceled or replaced nothing is known. */
const RELOADS: ReadonlyMap<string, string> = new Map([
  ["done", "ok"],
  ["failed", "failed"],
  ["timeout", "failed"],
]);

type Reading = (entry: JournalEntry, unit: string, ending: EndingUnit) => FactReport[];

const readings: Readonly<Record<string, Reading>> = {
  [ids.starting]: (_, unit, ending) => begin(unit, ending, "starting"),
  [ids.started]: (entry, unit, ending) =>
    // systemd 247: a start job that a condition skipped is "done" too.
    begin(unit, ending, entry.message.startsWith("Condition check resulted in") ? "inactive" : "active"),
  [ids.skipped]: (_, unit) => state(unit, "inactive"),
  [ids.startFailed]: (entry, unit, ending) =>
    entry.field("JOB_RESULT") === "dependency"
      ? state(unit, "inactive", "dependency")
      : state(unit, "failed", resultOf(ending, entry.field("JOB_RESULT"))),
  [ids.stopping]: (_, unit) => state(unit, "stopping"),
  [ids.reloading]: (_, unit) => state(unit, "reloading"),
  [ids.reloaded]: (entry, unit) => {
    const result = entry.field("JOB_RESULT");
    const value = RELOADS.get(result);
    const ended = state(unit, "active");
    return value === undefined
      ? ended
      : [...ended, { kind: "reload", subject: unit, value, detail: { result } }];
  },
  [ids.restartScheduled]: (_, unit) => state(unit, "starting"),
  [ids.succeeded]: (_, unit) => state(unit, "inactive", "success"),
  [ids.failed]: (entry, unit, ending) => state(unit, "failed", resultOf(ending, entry.field("UNIT_RESULT"))),
  [ids.outOfMemory]: (_, __, ending) => remember(ending, "oom-kill"),
  [ids.outOfMemoryDaemon]: (_, __, ending) => remember(ending, "oom-kill"),
  [ids.processExited]: (entry, unit, ending) => {
    // Control processes (ExecReload, hooks) have their own ends; the job's result tells of them.
    if (!entry.message.includes("Main process exited")) return [];
    const status = entry.field("EXIT_STATUS");
    const exited = entry.field("EXIT_CODE") === "exited";
    if (exited && status === "0") return [];
    ending.exit = `${exited ? "exit-code" : "signal"} ${status}`;
    return state(unit, "stopping", resultOf(ending, ending.exit));
  },
};

/** The facts of an entry that process 1 wrote about `unit`; `ending` is what is known of the unit's present run, and is brought up to date. */
export function readSystemdEntry(entry: JournalEntry, unit: string, ending: EndingUnit): FactReport[] {
  const id = entry.field("MESSAGE_ID");
  if (Object.hasOwn(readings, id)) return readings[id]?.(entry, unit, ending) ?? [];
  // "Watchdog timeout (limit 3s)!" has no id.
  return /: Watchdog timeout\b/.test(entry.message) ? remember(ending, "watchdog") : [];
}

function state(unit: string, value: string, result?: string): FactReport[] {
  return [{ kind: "unit", subject: unit, value, ...(result === undefined ? {} : { detail: { result } }) }];
}

function begin(unit: string, ending: EndingUnit, value: string): FactReport[] {
  delete ending.exit;
  delete ending.reason;
  return state(unit, value);
}

function remember(ending: EndingUnit, reason: string): FactReport[] {
  ending.reason = reason;
  return [];
}

/** The most exact word for how it ended. */
function resultOf(ending: EndingUnit, said: string): string {
  if (ending.reason !== undefined) return ending.reason;
  if ((said === "signal" || said === "exit-code" || said === "core-dump") && ending.exit !== undefined) {
    return ending.exit;
  }
  return said === "" ? "failed" : said;
}
