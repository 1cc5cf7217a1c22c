// base: what every other folder may use. Pure.
export { assert, BrokenBelief, unreachable } from "./assert.ts";
export { type FailureKind, HapairError, messageOf } from "./hapair-error.ts";
export { type Random, seededRandom } from "./random.ts";
export { counted, editDistance, nearest, sentenceList, shortened } from "./text.ts";
