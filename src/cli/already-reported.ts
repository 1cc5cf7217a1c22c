// The way out after findings were printed. Alone in its file, so that the application loads nothing of what commands read.

/** Thrown after the findings have been printed: the command ends with this code and says no more. */
export class AlreadyReported extends Error {
  override name = "AlreadyReported";
  readonly exitCode: number;
  constructor(exitCode: number) {
    super("already reported");
    this.exitCode = exitCode;
  }
}
