// The node's wall clock with fractions of a millisecond, as the journal's stamps have them. Rule: it follows a clock that is set at once.

/** A clock that is read in milliseconds. `coarseMs` leaves the fraction out; `steadyMs` has it, and any beginning. */
export function wallClock(
  coarseMs: () => number = Date.now,
  steadyMs: () => number = () => performance.now(),
): () => number {
  let aheadMs = coarseMs() - steadyMs();
  return () => {
    const leastMs = coarseMs();
    const steady = steadyMs();
    // The true time lies between the coarse one and the next millisecond: what is beyond has drifted, or was set.
    aheadMs = Math.min(Math.max(aheadMs, leastMs - steady), leastMs + 1 - steady);
    return steady + aheadMs;
  };
}
