// Which event on a node another one follows from: one table, read downwards from what is seen (the VIP is gone) to what began it (HAProxy exited). Pure.
// Rules: an event is explained by events of its own node alone, within a few seconds; without a row it has no cause, and none is guessed.

import type { AgentEvent, FactKind } from "./facts.ts";

/** Which events are meant. Absent subject: any. */
interface Pattern {
  readonly kind: FactKind;
  readonly subject?: string;
  readonly is: (value: string) => boolean;
  /** What it was before. Absent: anything. */
  readonly was?: (previous: string | undefined) => boolean;
}

interface CauseRow {
  readonly effect: Pattern;
  readonly causes: readonly Pattern[];
  /** A cause is at most this much older. */
  readonly withinMs: number;
}

/** Sources differ in how late they say when it was: a cause may be stamped this much after its effect. */
export const STAMP_TOLERANCE_MS = 50;

/** How long a step takes that is not a matter of counting. */
const PROMPT_MS = 5_000;
/** A rule falls after a row of looks. */
const RULE_MS = 15_000;

const not =
  (...values: string[]) =>
  (value: string): boolean =>
    !values.includes(value);
const oneOf =
  (...values: string[]) =>
  (value: string): boolean =>
    values.includes(value);

/** To keepalived a missing file is a healthy one. */
const isRaised = not("0", "missing", "");

const haproxyGone: Pattern = {
  kind: "unit",
  subject: "haproxy",
  is: oneOf("inactive", "failed", "stopping", "starting"),
};
const keepalivedGone: Pattern = {
  kind: "unit",
  subject: "keepalived",
  is: oneOf("inactive", "failed", "stopping", "starting"),
};
const haproxyBack: Pattern = { kind: "unit", subject: "haproxy", is: oneOf("active") };
const haproxyMute: Pattern = { kind: "answering", subject: "haproxy", is: oneOf("no") };
const healthBad: Pattern = { kind: "health", subject: "haproxy", is: oneOf("silent", "slow") };
const maintenanceOn: Pattern = { kind: "maintenance", is: oneOf("on") };
const maintenanceOff: Pattern = { kind: "maintenance", is: oneOf("off") };
const lastResortOn: Pattern = { kind: "last-resort", is: oneOf("on") };

/** No row leads back to one above it: chains end (a test walks them). */
export const causeRows: readonly CauseRow[] = [
  {
    effect: { kind: "vip", is: oneOf("-") },
    causes: [{ kind: "instance", is: not("MASTER") }, keepalivedGone, { kind: "link", is: oneOf("down") }],
    withinMs: PROMPT_MS,
  },
  {
    effect: { kind: "vip", is: not("-") },
    causes: [{ kind: "instance", is: oneOf("MASTER") }],
    withinMs: PROMPT_MS,
  },
  {
    effect: { kind: "instance", is: oneOf("FAULT") },
    causes: [
      { kind: "watched", is: isRaised },
      { kind: "check", is: oneOf("failed", "timed-out") },
      { kind: "link", is: oneOf("down") },
    ],
    withinMs: PROMPT_MS,
  },
  { effect: { kind: "instance", is: oneOf("STOPPED") }, causes: [keepalivedGone], withinMs: PROMPT_MS },
  {
    // A MASTER becomes BACKUP because a peer's adverts outrank it: nothing of its own node says so.
    effect: { kind: "instance", is: oneOf("BACKUP"), was: (previous) => previous !== "MASTER" },
    causes: [
      { kind: "watched", is: oneOf("0") },
      { kind: "check", is: oneOf("ok") },
      { kind: "link", is: oneOf("up") },
      { kind: "unit", subject: "keepalived", is: oneOf("active", "starting", "reloading") },
    ],
    withinMs: PROMPT_MS,
  },
  {
    effect: { kind: "watched", subject: "process", is: isRaised },
    causes: [haproxyGone],
    withinMs: PROMPT_MS,
  },
  {
    effect: { kind: "watched", subject: "process", is: oneOf("0") },
    causes: [haproxyBack],
    withinMs: 60_000,
  },
  ...(["haproxy", "keepalived"] as const).flatMap((subject): CauseRow[] => [
    // systemd tells an end in steps: the process exited, the unit failed, it is started again.
    {
      effect: { kind: "unit", subject, is: oneOf("failed", "inactive") },
      causes: [{ kind: "unit", subject, is: oneOf("stopping") }],
      withinMs: RULE_MS,
    },
    {
      effect: { kind: "unit", subject, is: oneOf("starting") },
      causes: [{ kind: "unit", subject, is: oneOf("failed", "inactive") }],
      withinMs: PROMPT_MS,
    },
  ]),
  {
    effect: { kind: "watched", subject: "traffic", is: isRaised },
    causes: [{ kind: "opinion", is: oneOf("given-up") }],
    withinMs: PROMPT_MS,
  },
  {
    effect: { kind: "watched", subject: "traffic", is: oneOf("0") },
    causes: [{ kind: "opinion", is: oneOf("kept") }],
    withinMs: PROMPT_MS,
  },
  {
    effect: { kind: "watched", subject: "hold", is: isRaised },
    causes: [maintenanceOn],
    withinMs: PROMPT_MS,
  },
  {
    effect: { kind: "watched", subject: "hold", is: oneOf("0") },
    causes: [maintenanceOff, lastResortOn],
    withinMs: PROMPT_MS,
  },
  {
    effect: { kind: "opinion", is: oneOf("given-up") },
    causes: [{ kind: "rule", is: oneOf("broken", "dead") }],
    withinMs: RULE_MS,
  },
  {
    effect: { kind: "check", is: oneOf("failed", "timed-out") },
    causes: [haproxyGone, haproxyMute, healthBad],
    withinMs: RULE_MS,
  },
  {
    effect: { kind: "rule", is: oneOf("broken", "dead") },
    causes: [{ kind: "server", is: oneOf("down", "maint", "drain", "unverified") }, haproxyMute, haproxyGone],
    withinMs: RULE_MS,
  },
  {
    effect: { kind: "health", is: oneOf("silent") },
    causes: [haproxyGone, haproxyMute],
    withinMs: PROMPT_MS,
  },
  { effect: { kind: "answering", is: oneOf("no") }, causes: [haproxyGone], withinMs: PROMPT_MS },
  {
    effect: { kind: "worker", is: () => true },
    causes: [{ kind: "unit", subject: "haproxy", is: oneOf("active", "reloading", "starting") }],
    withinMs: PROMPT_MS,
  },
];

/** How much older than its effect any cause can be: what a reader has to look back. */
export const CAUSE_AGE_MAX_MS = Math.max(...causeRows.map((row) => row.withinMs));

type Happened = Pick<
  AgentEvent,
  "node" | "log" | "sequence" | "atMs" | "kind" | "subject" | "value" | "previous"
>;

/**
 * The event that explains `event`: of the table's candidates on the same node and log the last one before it, else one stamped a moment after it.
 * `events` may be of any order and of several nodes; the event itself may be among them. They are not looked at where the table has no row. Returns the
 * sequence number.
 */
export function causeOf(event: Happened, events: Iterable<Happened>): number | undefined {
  const row = causeRows.find(({ effect }) => matches(effect, event));
  if (row === undefined) return undefined;
  let best: Happened | undefined;
  for (const candidate of events) {
    if (candidate.node !== event.node || candidate.log !== event.log) continue;
    if (candidate.sequence === event.sequence) continue;
    const ageMs = event.atMs - candidate.atMs;
    if (ageMs > row.withinMs || ageMs < -STAMP_TOLERANCE_MS) continue;
    if (!row.causes.some((pattern) => matches(pattern, candidate))) continue;
    if (best === undefined || isNearer(candidate, best, event.atMs)) best = candidate;
  }
  return best?.sequence;
}

function matches(pattern: Pattern, event: Happened): boolean {
  return (
    pattern.kind === event.kind &&
    (pattern.subject === undefined || pattern.subject === event.subject) &&
    pattern.is(event.value) &&
    pattern.was?.(event.previous) !== false
  );
}

/** The last one before the effect; where there is none before, the first one after. */
function isNearer(candidate: Happened, best: Happened, atMs: number): boolean {
  const before = candidate.atMs <= atMs;
  if (before !== best.atMs <= atMs) return before;
  if (candidate.atMs === best.atMs)
    return before ? candidate.sequence > best.sequence : candidate.sequence < best.sequence;
  return before ? candidate.atMs > best.atMs : candidate.atMs < best.atMs;
}

/** A chain is at most this long. */
const CHAIN_MAX = 12;

/** What led to an event, the beginning first and the event itself last. `causedBy` goes before the table. */
export function chainTo(event: AgentEvent, events: readonly AgentEvent[]): AgentEvent[] {
  const chain = [event];
  for (let step = 0; step < CHAIN_MAX; step += 1) {
    const [first] = chain;
    if (first === undefined) break;
    const sequence = first.causedBy ?? causeOf(first, events);
    const cause = events.find(
      (each) => each.node === event.node && each.log === event.log && each.sequence === sequence,
    );
    if (cause === undefined || chain.includes(cause)) break;
    chain.unshift(cause);
  }
  return chain;
}
