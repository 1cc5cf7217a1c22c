// Assertions for beliefs of the programmer. They stay on in production: going on with a broken belief is worse than stopping.

/** Thrown when a belief of the code is false; the command line turns it into exit code 70. */
export class BrokenBelief extends Error {
  override name = "BrokenBelief";
}

/** Throws {@link BrokenBelief} with `belief` unless `condition` holds. */
export function assert(condition: unknown, belief: string): asserts condition {
  if (!condition) throw new BrokenBelief(belief);
}

/** For the branch of an exhaustive switch that the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new BrokenBelief(`unexpected value: ${JSON.stringify(value)}`);
}
