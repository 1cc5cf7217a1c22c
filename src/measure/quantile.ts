// Order statistics. Rule: a quantile is a value that was observed (nearest rank); only the median of an even count lies between two.

/** The values in rising order, as a new array. */
export function sortedAscending(values: ArrayLike<number>): number[] {
  return Array.from(values).toSorted((left, right) => left - right);
}

/** The smallest observed value that at least `share` (0..1) of the values do not exceed; undefined without values. `ascending` must be sorted. */
export function quantile(ascending: ArrayLike<number>, share: number): number | undefined {
  if (ascending.length === 0) return undefined;
  const rank = Math.ceil(share * ascending.length);
  return ascending[Math.min(Math.max(rank, 1), ascending.length) - 1];
}

/** The middle value, or the mean of the two middle ones; undefined without values. Sorts for itself. */
export function median(values: ArrayLike<number>): number | undefined {
  const ascending = sortedAscending(values);
  const upper = ascending[Math.floor(ascending.length / 2)];
  const lower = ascending[Math.ceil(ascending.length / 2) - 1];
  return upper === undefined || lower === undefined ? undefined : (upper + lower) / 2;
}
