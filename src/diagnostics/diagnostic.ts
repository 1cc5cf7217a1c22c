// A finding about a file, as a value: a permanent code, how bad it is, where it is, what happens in service, what to do.

export type Severity = "error" | "warning" | "advice";

export const severitiesWorstFirst = ["error", "warning", "advice"] as const satisfies readonly Severity[];

/** A half-open range of UTF-16 offsets into one source text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Another place that belongs to a finding: the other node's line, say. */
export interface RelatedPlace {
  readonly file: string;
  readonly span: Span;
  /** What stands there, in a few words. */
  readonly message: string;
}

/** A replacement of the text at `span`; an empty span inserts. */
export interface Edit {
  readonly file: string;
  readonly span: Span;
  readonly replacement: string;
}

/** A change that cures a finding and can do no other harm. Its edits belong together. */
export interface Fix {
  readonly title: string;
  readonly edits: readonly Edit[];
}

/** A finding. `message` says what is wrong with the value in it; `consequence` what will happen in service; `advice` what to write. */
export interface Diagnostic {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  /** The file's name as the user gave it, e.g. `pair.yaml`. */
  readonly file?: string;
  readonly span?: Span;
  readonly consequence?: string;
  readonly advice?: string;
  readonly related?: readonly RelatedPlace[];
  readonly fix?: Fix;
}
