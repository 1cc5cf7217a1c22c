// prove: every sequence of faults up to a depth, and the shortest that breaks a promise. Pure.
export { type Move, type MoveKind, moves, possibleMoves } from "./moves.ts";
export { type Breach, type PromiseLimits, type PromiseName, promiseNames, promiseTexts } from "./promises.ts";
export { isAtRest, type Phases, setPhases } from "./rest.ts";
export {
  bringToRest,
  type Counterexample,
  prove,
  type Proof,
  type ProofOptions,
  type Step,
} from "./search.ts";
export { playTrace, type Trace, traceOf } from "./trace.ts";
