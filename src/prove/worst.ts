// How long clients are without an answer at the longest after one fault, by its kind: each fault on each node of the pair at rest, at every instant that a
// proof tries. Rule: it is the search itself, asked for what lasts longest.

import { outcomesOf, type Site, type World } from "../simulate/index.ts";
import { type OutageKind, outageKinds } from "./limits.ts";
import { type Move, moves, possibleMoves } from "./moves.ts";
import type { Counterexample } from "./proof.ts";
import { prove } from "./search.ts";
import { playTrace, traceOf } from "./trace.ts";

export interface WorstOutage {
  readonly kind: OutageKind;
  /** Infinity: it does not end by itself. */
  readonly longestUs: number;
  /** The fault that it is of; absent where clients notice nothing. */
  readonly counterexample?: Counterexample;
}

/** One fault on a pair of some nodes: a few thousand worlds. */
const STATES_MAX = 200_000;

/** Who has no answer after this long waits for a person. */
const ENDLESS_US = 60_000_000;

/** The longest outage of each kind of fault, from `start`, a pair at rest. */
export function worstOutages(site: Site, start: World): WorstOutage[] {
  return outageKinds.map((kind): WorstOutage => {
    const ofKind = moves.filter((move) => move.kind === kind);
    const endless = endlessOutage(site, start, ofKind);
    if (endless !== undefined) return { kind, longestUs: Infinity, counterexample: endless };
    const { counterexamples } = prove(site, start, {
      ...{ depth: 1, overlap: 1, overlaps: 0, statesMax: STATES_MAX, promises: ["outage"], moves: ofKind },
      limits: { twoHoldersUs: Infinity, settlesUs: ENDLESS_US, noFailback: false, outageUs: { [kind]: 0 } },
    });
    const [counterexample] = counterexamples;
    return counterexample === undefined
      ? { kind, longestUs: 0 }
      : { kind, longestUs: counterexample.breach.measuredUs, counterexample };
  });
}

/** A fault after which clients have no answer for as long as anybody would wait: when it comes makes no difference then. */
function endlessOutage(site: Site, start: World, ofKind: readonly Move[]): Counterexample | undefined {
  for (const { node, move } of possibleMoves(start, ofKind)) {
    const counterexample: Counterexample = {
      breach: { promise: "outage", router: 0, measuredUs: Infinity, allowedUs: 0 },
      steps: [{ node, move, afterUs: 0, phases: { advertShare: 0 } }],
      untilUs: ENDLESS_US,
    };
    const run = playTrace(site, start, traceOf(site, start, counterexample));
    if (outcomesOf(run).some(({ routers }) => routers.some(({ recovered }) => !recovered)))
      return counterexample;
  }
  return undefined;
}
