// Seeded randomness: the same seed gives the same draws on every machine (mulberry32). Rule: nothing else draws, so a seed that is said can be replayed.

export interface Random {
  /** A whole number from 0 up to, not including, `limit`; 0 where there is nothing to choose from. */
  readonly below: (limit: number) => number;
  readonly pick: <Value>(values: readonly Value[]) => Value;
}

/** `limit` may be up to 2^32: an hour in microseconds fits. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit: number): number => (limit <= 0 ? 0 : next() % limit);
  return { below, pick: (values) => values[below(values.length)]! };
}
