// The journal, followed from the last recorded cursor: what systemd, keepalived and HAProxy said, also while the agent was not there.
// Rule: the cursor goes with the reports that it stands behind, so that what was read and not recorded is read again.

import type { FactReport } from "../../agent-api/index.ts";
import { followCommand } from "./followed-command.ts";
import { ENTRY_BYTES_MAX, isCursor, journalFacts, parseJournalLine } from "./journal-entry.ts";
import type { Note, Source } from "./source.ts";

/** `cursor`: the last entry that was read; it is to be stored in the same record as the reports, which may be none. */
export type JournalReport = (reports: readonly FactReport[], read: { readonly cursor: string }) => void;

export interface JournalOptions {
  /** Words of the command; empty: no journal. */
  readonly words: readonly string[];
  /** The last recorded cursor; absent: none yet, or the log was lost. */
  readonly cursor?: string;
  /** When the agent's log was begun: what happened since counts as it happened, also without a cursor. Absent: now. */
  readonly bornAtMs?: number;
  /** Names of the pair's routers. */
  readonly routers: readonly string[];
  readonly report: JournalReport;
  readonly note?: Note;
}

/** Without a cursor so many entries are read back, for the states that stand; what came of them counts, not how. */
const LOOK_BACK_ENTRIES = 2_000;
/** After so many entries without a fact the cursor is reported by itself. */
const CURSOR_EVERY_ENTRIES = 1_000;
/** Without entries for so long, the look back is over. */
const LOOK_BACK_QUIET_MS = 500;

/** Follows the journal until stopped. */
export function startJournal(options: JournalOptions): Source {
  const facts = journalFacts(options.routers);
  let cursor = options.cursor !== undefined && isCursor(options.cursor) ? options.cursor : undefined;
  let unreported = 0;
  let back: ReturnType<typeof lookBack> | undefined;

  const deliver = (reports: readonly FactReport[]): void => {
    if (cursor === undefined) return;
    if (reports.length === 0 && unreported < CURSOR_EVERY_ENTRIES) return;
    unreported = 0;
    options.report(reports, { cursor });
  };
  const followed = followCommand({
    name: "journal",
    words: () => wordsFrom(options.words, cursor),
    lineBytesMax: ENTRY_BYTES_MAX,
    ...(options.note === undefined ? {} : { note: options.note }),
    onStart() {
      if (cursor === undefined) back ??= lookBack(options.bornAtMs ?? Date.now(), deliver);
    },
    onLines(lines) {
      // Each entry goes on with its own cursor: many at once are taken in as many steps as they are.
      for (const line of lines) {
        const entry = parseJournalLine(line);
        if (entry === undefined) continue;
        cursor = entry.cursor;
        unreported += 1;
        const reports = facts.read(entry);
        if (back === undefined) deliver(reports);
        else if (back.take(reports)) back = undefined;
      }
    },
    onEnd(lines) {
      back?.finish();
      back = undefined;
      // A cursor that the journal does not know any more ends journalctl at once; then it goes on from the present.
      if (lines === 0) cursor = undefined;
    },
  });
  return {
    async stop() {
      back?.cancel();
      await followed.stop();
    },
  };
}

function wordsFrom(words: readonly string[], cursor: string | undefined): readonly string[] {
  if (words.length === 0) return [];
  return cursor === undefined
    ? [...words, `--lines=${LOOK_BACK_ENTRIES}`]
    : // All of them: following alone would begin with the last ten.
      [...words, `--after-cursor=${cursor}`, "--no-tail"];
}

/** Gathers what entries from before come to: for each fact its last value, reported once. */
function lookBack(beganMs: number, deliver: (reports: readonly FactReport[]) => void) {
  const last = new Map<string, FactReport>();
  let timer: NodeJS.Timeout | undefined;
  const finish = (): void => {
    clearTimeout(timer);
    // HAProxy itself tells of its servers, and its workers since have other ones.
    deliver([...last.values()].filter((report) => report.kind !== "server"));
    last.clear();
  };
  return {
    finish,
    cancel: () => clearTimeout(timer),
    /** true: the look back is over, and these reports are delivered with it. */
    take(reports: readonly FactReport[]): boolean {
      const present = reports.findIndex((report) => (report.atMs ?? beganMs) >= beganMs);
      const older = present === -1 ? reports : reports.slice(0, present);
      for (const report of older) last.set(`${report.kind} ${report.subject}`, report);
      clearTimeout(timer);
      if (present === -1) {
        timer = setTimeout(finish, LOOK_BACK_QUIET_MS);
        return false;
      }
      finish();
      deliver(reports.slice(present));
      return true;
    },
  };
}
