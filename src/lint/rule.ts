// What a lint rule is: a code, its explanation with examples that are run as tests, and a pure question about the nodes.

import type { Severity } from "../diagnostics/index.ts";
import type { LintSubject, Place } from "./subject.ts";

/** `HP` and three digits. Permanent: a code is never given to another mistake. */
export type RuleCode = `HP${number}`;

export interface RelatedFinding {
  readonly at: Place;
  /** What stands there: `extlb-02 has advert_int 2`. */
  readonly message: string;
}

export interface FindingFix {
  /** What the change does, in the imperative: `remove the line`. */
  readonly title: string;
  readonly edits: readonly { readonly at: Place; readonly replacement: string }[];
}

/** What a rule gives; the engine adds code and severity and resolves the places. */
export interface Finding {
  /** What is wrong, with the node, the value and the arithmetic: `extlb-01: 101-2 = 99 still beats extlb-02: 98`. */
  readonly message: string;
  readonly at: Place;
  /** What will happen in service. */
  readonly consequence: string;
  /** What to write instead. */
  readonly advice: string;
  readonly related?: readonly RelatedFinding[];
  /** Only where this case is less certain than the rule's others: an error that is a warning here. */
  readonly severity?: Severity;
  /** Only where the change can do no other harm. */
  readonly fix?: FindingFix;
}

/** Files of one example: by node name, its keepalived.conf; `NAME/haproxy.cfg` for its HAProxy. */
export type ExampleFiles = Readonly<Record<string, string>>;

export interface Rule {
  readonly code: RuleCode;
  readonly name: string;
  readonly severity: Severity;
  /** Whether it needs the files of two nodes. */
  readonly scope: "node" | "pair";
  /** Off unless asked for by its code or `--all`. */
  readonly optional?: boolean;
  /** "differ": its verdict depends on keepalived's version, so it is asked once for every stretch of versions. */
  readonly versions: "same" | "differ";
  /** The first versions of another verdict; absent where versions differ: any may. */
  readonly changesAt?: readonly string[];
  /** One line: what it catches. */
  readonly summary: string;
  /** Why it is a mistake, in sentences; paragraphs are separated by an empty line. */
  readonly explanation: string;
  /** Where the fact comes from: keepalived-behaviour section, RFC section, man page, failure number. */
  readonly source: string;
  readonly bad: ExampleFiles;
  readonly good: ExampleFiles;
  readonly check: (subject: LintSubject) => Iterable<Finding>;
}

/** What can be said of a rule without asking it. */
export type DescribedRule = Omit<Rule, "check">;
