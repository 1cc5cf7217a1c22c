// Whether what comes of a case hangs on a moment: had one thing happened a little earlier or later, would anything else have come of it?
// Rule: asked of the simulator with the events' times alone, planned or real; never of what real daemons did. The same question serves the draw, the moment
// at which an event is done, and the verdict whether a run can be compared.

import type { TimedEvent } from "../../../src/scenario/index.ts";
import type { CheckTimes, FidelityCase, KeepalivedVersion, Performed, Prediction } from "./case.ts";
import { compare } from "./compare.ts";
import { takesUs } from "./perform.ts";

/** A case is not compared when one event earlier or later by so much would change its outcome; in a run, by as much as anything may have waited there. */
export const MOMENT_US = 20_000;
/** While events are placed they keep clear of more: none happens exactly when it was meant to. */
const CLEAR_OF_US = 45_000;
/** What follows from an event moves with it; what moves by this much more, or not at all as it did, is another outcome. */
const SAME_WITHIN_US = 25_000;

/** What the machine takes as a rule, where a case has not been played yet. */
const USUAL_START_US = 45_000;
const USUAL_RELOAD_US = 16_000;

/** An event that hangs on a moment is moved on by this ... */
export const LATER_BY_MS = 15;
/** ... so many times at most, and is done in any case then. */
export const LATER_TIMES_MAX = 20;

/** A case that hangs on its events together: moved on by this, so often. */
const AGAIN_BY_MS = 50;
const AGAIN_TIMES_MAX = 5;

export type Predict = (
  fidelityCase: FidelityCase,
  version: KeepalivedVersion,
  performed: readonly Performed[],
  checks?: CheckTimes,
) => Prediction;

/** The simulator's word on a case whose events happened at these times. */
export type Outcome = (
  fidelityCase: FidelityCase,
  performed: readonly Performed[],
  checks?: CheckTimes,
) => Prediction;

/** The case's events as if each had happened when it is planned. */
export function asPlanned({ events }: FidelityCase): Performed[] {
  return events.map((event, index) => usual(event, index, event.atUs));
}

/** An event done at a time, with the readiness that follows as a rule. */
export function usual({ action }: TimedEvent, index: number, atUs: number): Performed {
  const isBeginning =
    action.kind === "start-service" || (action.kind === "kill-keepalived" && action.process === "child");
  const done = { index, atUs, tookUs: takesUs(action) };
  if (isBeginning) return { ...done, readyUs: atUs + USUAL_START_US };
  return action.kind === "reload" ? { ...done, readyUs: atUs + USUAL_RELOAD_US } : done;
}

/** What an outcome hangs on. */
export interface Hang {
  readonly why: string;
  /** The last of the events whose moments decide, where they are what decides. */
  readonly event?: number;
}

/**
 * Why the outcome hangs on a moment, of a length; undefined when it does not: two nodes race each other; of what is due at one time on two nodes the other
 * came first; checks that take a moment longer, or are ended a moment later, or one of the events a moment earlier or later, would have brought about
 * another thing.
 */
export async function hangsOn(
  asked: Outcome,
  fidelityCase: FidelityCase,
  performed: readonly Performed[],
  momentUs = MOMENT_US,
): Promise<Hang | undefined> {
  // Other cases are being played by this process, which may not keep them waiting.
  const outcome = async (...given: Parameters<Outcome>): Promise<Prediction> => {
    await new Promise((resolve) => setImmediate(resolve));
    return asked(...given);
  };
  const base = await outcome(fidelityCase, performed);
  if (base.closestUs < momentUs)
    return { why: `two nodes race within ${(base.closestUs / 1000).toFixed(1)} ms` };
  const otherOrder = await outcome(turnedRound(fidelityCase), performed);
  if (isOther(fidelityCase, otherOrder, base, momentUs))
    return { why: "what comes first at one time decides" };
  const slowChecks = await outcome(fidelityCase, performed, { lookUs: momentUs });
  if (isOther(fidelityCase, slowChecks, base, momentUs)) return { why: "slower checks change the outcome" };
  for (const ends of [{ endedLateUs: momentUs }, { endsAfterUs: momentUs }]) {
    const otherEnds = await outcome(fidelityCase, performed, ends);
    if (isOther(fidelityCase, otherEnds, base, momentUs))
      return { why: "a check ended later changes the outcome" };
  }
  const events: number[] = [];
  for (const one of performed)
    for (const shiftUs of shiftsOf(one, momentUs)) {
      const other = await outcome(fidelityCase, withShifted(performed, one, shiftUs));
      if (isOther(fidelityCase, other, base, Math.abs(shiftUs)) && !events.includes(one.index))
        events.push(one.index);
    }
  return events.length === 0
    ? undefined
    : { why: `the moments of the events ${events.join(", ")} decide`, event: Math.max(...events) };
}

/**
 * The same case with its nodes the other way round: the simulator asks them one after the other. Two MASTERs that refuse each other's adverts come to be due
 * at one time, since each of them waits anew after whatever it hears, and the first to send keeps the other silent.
 */
function turnedRound(fidelityCase: FidelityCase): FidelityCase {
  const nodes = reversals.get(fidelityCase.nodes) ?? fidelityCase.nodes.toReversed();
  reversals.set(fidelityCase.nodes, nodes);
  return { ...fidelityCase, nodes };
}

/** One array for each, since the simulator knows by it what it has read. */
const reversals = new WeakMap<FidelityCase["nodes"], FidelityCase["nodes"]>();

/** Whether the last of the events done hangs on a moment, or makes two nodes race, with nothing after it. */
export function lastHangs(
  outcome: Outcome,
  fidelityCase: FidelityCase,
  performed: readonly Performed[],
): boolean {
  const upTo = (count: number): FidelityCase => ({
    ...fidelityCase,
    events: fidelityCase.events.slice(0, count),
  });
  const sofar = upTo(performed.length);
  const one = performed.at(-1);
  if (one === undefined) return false;
  const base = outcome(sofar, performed);
  if (base.closestUs < CLEAR_OF_US) {
    const before = outcome(upTo(performed.length - 1), performed.slice(0, -1));
    if (base.closestUs < before.closestUs) return true;
  }
  return shiftsOf(one, CLEAR_OF_US).some((shiftUs) =>
    isOther(sofar, outcome(sofar, withShifted(performed, one, shiftUs)), base, Math.abs(shiftUs)),
  );
}

/** Earlier and later by so much; what takes long may have happened at its very beginning. */
function shiftsOf({ tookUs = 0 }: Performed, byUs: number): readonly number[] {
  return [-byUs - tookUs, byUs];
}

function withShifted(performed: readonly Performed[], one: Performed, byUs: number): Performed[] {
  return performed.map((each) => (each === one ? shiftedBy(each, byUs) : each));
}

function isOther(fidelityCase: FidelityCase, other: Prediction, base: Prediction, byUs: number): boolean {
  return compare(fidelityCase, other, base, byUs + SAME_WITHIN_US).differences.length > 0;
}

function shiftedBy(one: Performed, shiftUs: number): Performed {
  const atUs = Math.max(0, one.atUs + shiftUs);
  return one.readyUs === undefined
    ? { ...one, atUs }
    : { ...one, atUs, readyUs: Math.max(atUs, one.readyUs + shiftUs) };
}

/** The case with every event moved on, in steps, to where nothing hangs on it by the planned times; the order of events stays. */
export function placeEvents(fidelityCase: FidelityCase, outcome: Outcome): FidelityCase {
  let placed = fidelityCase;
  for (let index = 0; index < placed.events.length; index += 1) {
    for (let turn = 0; turn < LATER_TIMES_MAX; turn += 1) {
      if (!lastHangs(outcome, placed, asPlanned(placed).slice(0, index + 1))) break;
      placed = moved(placed, index, LATER_BY_MS * 1000);
    }
  }
  return placed;
}

/** The case with its events placed, and moved on once more where what comes of several of them together hangs on a moment; undefined: it does all the same. */
export async function fitCase(
  fidelityCase: FidelityCase,
  outcome: Outcome,
): Promise<FidelityCase | undefined> {
  let placed = placeEvents(fidelityCase, outcome);
  for (let turn = 0; turn < AGAIN_TIMES_MAX; turn += 1) {
    const hang = await hangsOn(outcome, placed, asPlanned(placed));
    if (hang === undefined) return placed;
    if (hang.event === undefined) return undefined;
    placed = moved(placed, hang.event, AGAIN_BY_MS * 1000);
  }
  return undefined;
}

/** The event and all after it, later: the times between them stay as they were drawn. */
function moved(fidelityCase: FidelityCase, from: number, byUs: number): FidelityCase {
  const events = fidelityCase.events.map((event, index) =>
    index < from ? event : { ...event, atUs: event.atUs + byUs },
  );
  return { ...fidelityCase, events, lengthUs: fidelityCase.lengthUs + byUs };
}
