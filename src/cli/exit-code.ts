// Exit codes, in one place (design.md, "Errors and exit codes"), and how each kind of failure reads.

import { BrokenBelief, HapairError, messageOf } from "../base/index.ts";

export const exitCodes = { fine: 0, findings: 1, usage: 2, unreachable: 3, halfApplied: 4, bug: 70 } as const;

/** Stricli's own codes for usage mistakes are negative; everything of that sort is 2 here. */
export function exitCodeOf(code: number | string | null | undefined): number {
  const number = Number(code ?? 0);
  if (Number.isNaN(number)) return exitCodes.bug;
  return number < 0 ? exitCodes.usage : number;
}

/** What a thrown value means: the exit code and the lines for the user. A stack is shown for bugs alone. */
export function failureOf(thrown: unknown): { readonly exitCode: number; readonly text: string } {
  if (thrown instanceof HapairError) {
    const code =
      thrown.kind === "usage"
        ? exitCodes.usage
        : thrown.kind === "half-applied"
          ? exitCodes.halfApplied
          : exitCodes.unreachable;
    const hint = thrown.hint === undefined ? "" : `\n  ${thrown.hint.replaceAll("\n", "\n  ")}`;
    return { exitCode: code, text: `hapair: ${thrown.message}${hint}` };
  }
  const stack = thrown instanceof Error && thrown.stack !== undefined ? `\n${thrown.stack}` : "";
  const kind = thrown instanceof BrokenBelief ? "a belief of the program is false" : "unexpected failure";
  return {
    exitCode: exitCodes.bug,
    text: `hapair: ${kind}: ${messageOf(thrown)}\nThis is a bug in hapair; please report it with the lines below.${stack}`,
  };
}
