// What a proof is asked, and what it says.

import type { Move } from "./moves.ts";
import type { Breach, PromiseLimits, PromiseName } from "./promises.ts";
import type { Phases } from "./rest.ts";

/** One move of a sequence. */
export interface Step {
  readonly node: number;
  readonly move: Move;
  /** Since the step before, or since the pair came to rest, microseconds. */
  readonly afterUs: number;
  /** The pair was at rest: how its clocks stood then. */
  readonly phases?: Phases;
}

export interface Counterexample {
  readonly breach: Breach;
  readonly steps: readonly Step[];
  /** From the last step to the breach. */
  readonly untilUs: number;
}

export interface ProofOptions {
  /** Moves in a sequence at most. */
  readonly depth: number;
  /** Moves that may come before the pair has come to rest from the one before, the first included. */
  readonly overlap: number;
  /** How often in a sequence moves may come so close. */
  readonly overlaps: number;
  readonly statesMax: number;
  readonly limits: PromiseLimits;
  /** Of these promises one counterexample each; the search goes on until all have one. */
  readonly promises: readonly PromiseName[];
  readonly moves?: readonly Move[];
  /** Called now and then. */
  readonly progress?: (states: number, depth: number) => void;
}

export interface Proof {
  /** Every sequence up to this many moves was tried. */
  readonly depth: number;
  readonly overlap: number;
  readonly overlaps: number;
  readonly states: number;
  /** Of them, with the pair at rest. */
  readonly rests: number;
  readonly transitions: number;
  readonly counterexamples: readonly Counterexample[];
  /** The bound on states was met: beyond `depth` nothing is said. */
  readonly isComplete: boolean;
}
