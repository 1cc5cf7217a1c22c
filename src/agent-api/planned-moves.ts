// Moves that a person asked for, as the old holder's own events show them: it was put under maintenance, or its address was let go by hapair switch. Pure.
// Rule: only what is recorded counts; a hold that nobody explains stays a hold.

import { heldByText } from "./event-text.ts";
import type { AgentEvent } from "./facts.ts";

export interface Planned {
  /** `extlb-01 was put under maintenance by anna@ops1: kernel upgrade`, `moved by hapair switch`. */
  readonly cause: string;
}

/** A switch lifts its hold as soon as the address has left; its unit has no more time than this. */
const PULSE_MAX_MS = 20_000;

/** A step that a person took: a maintenance, a hold. */
export function isPlannedStep({ kind, subject }: Pick<AgentEvent, "kind" | "subject">): boolean {
  return kind === "maintenance" || (kind === "watched" && isHold(subject));
}

/**
 * What a person did to make the old holder leave; undefined: nothing that is known. `leave`: the event by which it left. `chain`: what led to that, the
 * beginning first. `near`: what happened about then, on any node.
 */
export function plannedMove(
  leave: AgentEvent,
  chain: readonly AgentEvent[],
  near: readonly AgentEvent[],
): Planned | undefined {
  const here = near.filter(({ node }) => node === leave.node);
  const held = chain.find(({ kind, subject }) => kind === "watched" && isHold(subject));
  const maintained =
    chain.find(({ kind }) => kind === "maintenance") ?? (held && maintenanceAbout(held, here));
  const by = heldByText(maintained?.detail);
  if (by !== "") return { cause: `${leave.node} was put under maintenance by ${by}` };
  if (maintained !== undefined) return undefined;
  const drained = here.some(
    ({ kind, subject, value, atMs }) =>
      kind === "drain" && subject === "give" && value === "open" && atMs <= leave.atMs + LOOK_LATE_MS,
  );
  if (held !== undefined) return drained || wasPulse(held, here) ? BY_SWITCH : undefined;
  // The hold of a switch lasts for some milliseconds, and may be over before anyone looks. Its drain is opened first.
  const [first] = chain;
  const isUnexplained =
    first !== undefined && (first.kind === "vip" || (first.kind === "instance" && first.value === "FAULT"));
  return isUnexplained && drained ? BY_SWITCH : undefined;
}

const BY_SWITCH: Planned = { cause: "moved by hapair switch" };

/** Notes of drains are looked at every two seconds. */
const LOOK_LATE_MS = 3_000;

/** The node that took the address is under maintenance, and may hold it only because its peers were silent. */
export function tookAsLastResort(arrival: AgentEvent, near: readonly AgentEvent[]): boolean {
  const last = near
    .filter(
      ({ node, kind, atMs }) =>
        node === arrival.node && kind === "last-resort" && atMs <= arrival.atMs + LOOK_LATE_MS,
    )
    .at(-1);
  return last?.value === "on";
}

/** A record is dated by whole seconds, and may have become known a little after its hold. */
function maintenanceAbout(held: AgentEvent, here: readonly AgentEvent[]): AgentEvent | undefined {
  return here.find(
    ({ kind, value, previous, atMs }) =>
      kind === "maintenance" &&
      value === "on" &&
      previous !== "on" &&
      atMs <= held.atMs + LOOK_LATE_MS &&
      atMs >= held.atMs - LOOK_LATE_MS,
  );
}

function wasPulse(held: AgentEvent, here: readonly AgentEvent[]): boolean {
  return here.some(
    ({ kind, subject, value, atMs, sequence }) =>
      kind === "watched" &&
      subject === held.subject &&
      value === "0" &&
      sequence > held.sequence &&
      atMs - held.atMs <= PULSE_MAX_MS,
  );
}

/** `hold`, or the hold of one router. */
function isHold(subject: string): boolean {
  return subject === "hold" || subject.startsWith("hold-");
}
