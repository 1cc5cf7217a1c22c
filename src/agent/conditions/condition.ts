// What a condition is: something a person should know, found in what is known of all nodes. One table of them stands in registry.ts.
// Rule: absence means fine only where it was judged; a scope that cannot be judged is named as unknown, and what is open there stays as it is.

import type { AgentSettings, ConditionCode, EventName, Incident, Severity } from "../../agent-api/index.ts";
import type { View } from "./view.ts";

export interface Finding {
  /** What it is about within the pair: a router, a node, a rule ... */
  readonly scope: string;
  readonly severity: Severity;
  /** One line. Without figures that change by themselves: a changed title is told again. */
  readonly title: string;
  /** Why, since when, what it means in service, what to do. */
  readonly text: string;
  readonly detail: Readonly<Record<string, string>>;
  /** Since when it is so, by this node's clock. */
  readonly sinceMs: number;
  /** The event that began it: two agents that open the same incident choose the same id by it. */
  readonly begunBy: EventName;
  /** The node that it concerns, whose agent tells it; absent: it concerns the pair. */
  readonly node?: string;
}

export interface Judgement {
  readonly findings: readonly Finding[];
  /** Scopes that cannot be judged now. */
  readonly unknown?: readonly string[];
  /** When time alone can change the judgement. */
  readonly recheckAtMs?: number;
}

export interface Patience {
  /** It has to last this long before its incident opens. */
  readonly opensAfterMs: number;
  /** It has to be gone this long before its incident resolves. */
  readonly resolvesAfterMs: number;
}

export interface Condition {
  readonly code: ConditionCode;
  /** One sentence for the reference page. */
  readonly summary: string;
  readonly patience: (settings: AgentSettings) => Patience;
  /** An incident that is over is not opened again by the event that began it: a thing that happened, not a state. */
  readonly once?: true;
  /** News of it is told within a second; else at most every half minute, unless it has become worse. */
  readonly urgent?: true;
  /** Details that are told but are no news by themselves, unless they were missing. */
  readonly figures?: readonly string[];
  /** The title when it is over; absent: the title it had. */
  readonly resolvedTitle?: (incident: Incident, settings: AgentSettings) => string;
  readonly find: (view: View) => Judgement;
}

/** At most so many findings of one condition; a person learns no more from the next. */
export const FINDINGS_MAX = 50;

/** The same patience whatever the settings are. */
export function always(opensAfterMs: number, resolvesAfterMs: number): () => Patience {
  return () => ({ opensAfterMs, resolvesAfterMs });
}

/** Judgements of several scopes as one. */
export function joined(judgements: readonly Judgement[]): Judgement {
  const rechecks = judgements.flatMap(({ recheckAtMs }) => (recheckAtMs === undefined ? [] : [recheckAtMs]));
  return {
    findings: judgements.flatMap(({ findings }) => findings),
    unknown: judgements.flatMap(({ unknown }) => unknown ?? []),
    ...(rechecks.length === 0 ? {} : { recheckAtMs: Math.min(...rechecks) }),
  };
}
