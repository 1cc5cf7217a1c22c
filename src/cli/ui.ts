// How long work shows itself: one line a step on standard error, with the time since the start on a terminal.

import type { HapairContext } from "./context.ts";

export type Progress = (line: string) => void;

/** Plain lines, so that a log reads as the terminal did. Silent when `quiet`. */
export function progressOf(context: HapairContext, quiet = false): Progress {
  const startedAt = performance.now();
  if (quiet) return () => undefined;
  return (line) => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(6);
    context.process.stderr.write(`${seconds} s  ${line}\n`);
  };
}

/** Asks yes or no. Without a terminal the answer is `withoutTerminal`. */
export async function confirm(
  context: HapairContext,
  question: string,
  withoutTerminal: boolean,
): Promise<boolean> {
  if (!context.process.stdin.isTTY || !context.process.stdout.isTTY) return withoutTerminal;
  const { confirm: ask, isCancel } = await import("@clack/prompts");
  const answer = await ask({ message: question, initialValue: false });
  return !isCancel(answer) && answer;
}
