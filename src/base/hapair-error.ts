// The one error type of the edges: what failed, in words for the operator, and what to do about it.

/** What a failure means for the exit code (design.md, "Errors and exit codes"). */
export type FailureKind =
  /** Wrong usage, or input that cannot be read: exit 2. */
  | "usage"
  /** A host could not be reached, or nothing was applied and everything is as it was: exit 3. */
  | "unreachable"
  /** Left half applied: exit 4; the hint says what to do next. */
  | "half-applied";

/** A failure at an edge (host, file, process). `code` is permanent; `hint` says what to do. */
export class HapairError extends Error {
  override name = "HapairError";
  readonly kind: FailureKind;
  readonly code: string;
  readonly hint: string | undefined;

  constructor(details: { kind: FailureKind; code: string; message: string; hint?: string; cause?: unknown }) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = details.kind;
    this.code = details.code;
    this.hint = details.hint;
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
