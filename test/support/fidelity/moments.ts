// When an event may be done so that nothing hangs on a moment: the same question for a case that is drawn and for one that is being played.
// Rule: asked of the events alone, with the simulator's answer; never of what real daemons did.

import type { FidelityCase, KeepalivedVersion, Performed, Prediction } from "./case.ts";

/** A case whose order hangs on less than this is drawn again. */
export const CLOSEST_LEAST_US = 20_000;
/** Events keep this much from what their order matters to: none happens exactly when it was meant to. */
const CLEAR_OF_US = 35_000;
/** An event that hangs on a moment is moved on by this ... */
export const LATER_BY_MS = 15;
/** ... so many times at most, and is done in any case then. */
export const LATER_TIMES_MAX = 20;

export type Predict = (
  fidelityCase: FidelityCase,
  version: KeepalivedVersion,
  performed?: readonly Performed[],
) => Prediction;

/** The smallest time between two things whose order matters, by a case with no event after those performed. */
export type Closest = (sofar: FidelityCase, performed: readonly Performed[] | undefined) => number;

/** A case as if it had but its first events. */
export function firstEvents(fidelityCase: FidelityCase, count: number): FidelityCase {
  return { ...fidelityCase, events: fidelityCase.events.slice(0, count) };
}

/**
 * What must be kept clear of by the event at `index`: less than {@link CLEAR_OF_US} where something before it is nearer already, which moving it does
 * not mend.
 */
export function clearanceUs(
  closest: Closest,
  fidelityCase: FidelityCase,
  index: number,
  performed: readonly Performed[] | undefined,
): number {
  return Math.min(CLEAR_OF_US, closest(firstEvents(fidelityCase, index), performed));
}

/** The case with every event moved on, in steps, to where nothing hangs on it by the planned times; the order of events stays. */
export function placeEvents(fidelityCase: FidelityCase, closest: Closest): FidelityCase {
  let placed = fidelityCase;
  for (let index = 0; index < placed.events.length; index += 1) {
    const wantedUs = clearanceUs(closest, placed, index, undefined);
    for (let turn = 0; turn < LATER_TIMES_MAX; turn += 1) {
      if (closest(firstEvents(placed, index + 1), undefined) >= wantedUs) break;
      placed = moved(placed, index, LATER_BY_MS * 1000);
    }
  }
  return placed;
}

/** The event and all after it, later: the times between them stay as they were drawn. */
function moved(fidelityCase: FidelityCase, from: number, byUs: number): FidelityCase {
  const events = fidelityCase.events.map((event, index) =>
    index < from ? event : { ...event, atUs: event.atUs + byUs },
  );
  return { ...fidelityCase, events, lengthUs: fidelityCase.lengthUs + byUs };
}
