// base: what every other folder may use. Pure.
export { assert, BrokenBelief, unreachable } from "./assert.ts";
export { type FailureKind, HapairError, messageOf } from "./hapair-error.ts";
export { counted, editDistance, nearest, sentenceList, shortened } from "./text.ts";
