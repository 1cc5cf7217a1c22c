// The tests' seeded randomness is the product's own.

export { type Random, seededRandom } from "../../src/base/random.ts";
