// How much is tried. Rule: `npm test` tries a part, so that it ends in minutes, and `npm run soak -- --tests` everything, with the same tests.

/** Everything is to be tried, however long it takes. */
export const triesAll = process.env["HAPAIR_TRY_ALL"] === "1";

/** `part` in npm test, `all` in the soak. */
export function tries(part: number, all: number): number {
  return triesAll ? all : part;
}
