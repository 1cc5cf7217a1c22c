// prove: every sequence of faults up to a depth, and the shortest that breaks a promise. Pure.
export { allowedOf, type Answer, answer, type AnswerOptions, type Broken } from "./answer.ts";
export { breachText } from "./breach-text.ts";
export { itfText } from "./itf.ts";
export { limitsOfFiles, limitsOfPair, type OutageKind, outageKinds, type OutageLimits } from "./limits.ts";
export { type Move, type MoveKind, moves, plannedMoves, possibleMoves, serverMoves } from "./moves.ts";
export {
  agentPromises,
  type Breach,
  plannedPromises,
  type PromiseLimits,
  type PromiseName,
  promiseNames,
  promiseTexts,
} from "./promises.ts";
export { proofDocument } from "./proof-document.ts";
export { beyondVrrp, proofText, type ProofTextOptions, triedText, verdictOf } from "./proof-text.ts";
export { isAtRest, type Phases, setPhases } from "./rest.ts";
export type { Counterexample, Proof, ProofOptions, Step } from "./proof.ts";
export { bringToRest, prove } from "./search.ts";
export { provenSite, provenStart } from "./start.ts";
export { readTrace, type ReadTrace, TRACE_SCHEMA, writeTrace } from "./trace-file.ts";
export { playTrace, type Trace, traceOf } from "./trace.ts";
export { type WorstOutage, worstOutages } from "./worst.ts";
