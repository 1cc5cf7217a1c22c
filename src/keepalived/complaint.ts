// What keepalived says of a file when it reads it (`-t`), and what it passes over in silence: one value for each.
// Rule: a complaint is a fact of reading one file on one version; what it means for the pair is lint's work.

import type { Span } from "../diagnostics/index.ts";

export type ComplaintKind =
  /** No keyword of this version anywhere. */
  | "unknown-keyword"
  /** A keyword, but not of the block it stands in. */
  | "misplaced-keyword"
  /** The daemon exits, at reload too, and leaves the VIP up. */
  | "missing-argument"
  /** A value the daemon refuses or changes. */
  | "invalid-value"
  /** `{` where none may be, ignored, so that its `}` closes the block around it. */
  | "unexpected-open"
  | "missing-open"
  | "extra-close"
  | "missing-close"
  /** Two instances, scripts, groups of one name: the second is dropped. */
  | "duplicate-name"
  /** A scalar keyword given twice: the last one counts. The daemon is silent. */
  | "repeated-keyword"
  /** track_script (track_file, track_process) names what is not defined, or only further down. */
  | "undefined-name"
  | "password-truncated"
  /** auth_type without auth_pass, or the password lost to a comment mark or a one-line block. */
  | "password-missing"
  /** 2.2.7 crashes where it stands in a script line. */
  | "unterminated-quote"
  | "line-too-long"
  /** Definitions and repetitions make more of the file than was read; the daemon reads on. */
  | "expansion-cut"
  | "include"
  | "deprecated"
  /** A setting the daemon takes away because of another one (nopreempt with state MASTER, a weight in a sync group). */
  | "overruled"
  /** An item (script, instance, peer, address) that is dropped. */
  | "dropped";

export interface Complaint {
  readonly kind: ComplaintKind;
  /** The keyword of the line, or what stands in its place. */
  readonly keyword: string;
  /** The block the daemon is in: `vrrp_instance`, `global_defs`, ...; empty at the top of the file. */
  readonly context: string;
  /** The value in question, where there is one. Never a password. */
  readonly value?: string;
  /** What the daemon uses instead, where it goes on with something. */
  readonly used?: string;
  /** The word or line it is about. */
  readonly span: Span;
  /** One sentence, ours, that says what is wrong with the value in it. */
  readonly message: string;
  /** The daemon exits when it reads this. */
  readonly fatal: boolean;
  /** `-t` says nothing of it. */
  readonly silent: boolean;
  /** Where it comes from, if it only follows from another complaint (an unknown block's lines, say): that complaint's span. */
  readonly cause?: Span;
  /** The nearest keyword that would be known here. */
  readonly suggestion?: string;
}
