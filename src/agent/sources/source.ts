// What every source is: it reports facts until it is stopped, mends itself, and never throws.
// Rule: what a source says of text from elsewhere is bounded and without control characters.

import { EVIDENCE_LENGTH_MAX, type FactReport } from "../../agent-api/index.ts";

export type Report = (reports: readonly FactReport[]) => void;

/** A line for the agent's own log: a source cannot do its work, or can again. Said once for each change. */
export type Note = (line: string) => void;

export interface Source {
  /** Ends it with everything it opened or started; nothing is reported afterwards. */
  stop(): Promise<void>;
}

const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 10_000;

/** How long to wait before the next attempt after so many that failed in a row (1 and more), milliseconds. */
export function retryDelayMs(failures: number): number {
  return Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(failures - 1, 10));
}

/** Text as evidence: one line, at most {@link EVIDENCE_LENGTH_MAX} characters. */
export function evidence(text: string): string {
  // More is not looked at: a line may be huge.
  return text
    .slice(0, 2 * EVIDENCE_LENGTH_MAX)
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ")
    .trim()
    .slice(0, EVIDENCE_LENGTH_MAX);
}

/** A note-taker that says a trouble once, and that it is over once. */
export function troubleNote(note: Note | undefined, over: string): (trouble: string | undefined) => void {
  let standing: string | undefined;
  return (trouble) => {
    if (trouble === standing) return;
    standing = trouble;
    note?.(trouble ?? over);
  };
}
