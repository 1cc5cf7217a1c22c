// On which ways a world of a search has been reached: with how few moves, by how often moves came close together among them. Rule: a way matters only where no
// other has come with as few of both.

/** How long a way is. */
export interface WayLength {
  /** Moves so far. */
  readonly depth: number;
  /** How often among them one came before the pair was at rest from the one before. */
  readonly overlaps: number;
}

/** Four bits for each number of overlaps, the last for that many and more: the fewest moves on a way with no more overlaps than that. */
const BITS = 4;
const NEVER_REACHED = 2 ** BITS - 1;
/** Each takes two moves, so that no way within {@link DEPTH_MOST} has more. */
const OVERLAPS_MOST = 7;

/** Of a way on which it makes no difference any more. */
export const ANY_OVERLAPS = OVERLAPS_MOST;

/** Longer ways have no room. */
export const DEPTH_MOST = NEVER_REACHED - 1;

/** No way is known. */
export const UNREACHED = -1;

function fewestMoves(reach: number, overlaps: number): number {
  return (reach >>> (BITS * Math.min(overlaps, OVERLAPS_MOST))) & NEVER_REACHED;
}

/** Whether it has been reached with as few moves, and as few overlaps. */
export function reachedBy(reach: number, { depth, overlaps }: WayLength): boolean {
  return fewestMoves(reach, overlaps) <= depth;
}

/** Whether there is a way that is shorter in one of the two, and no longer in the other. */
export function isSurpassed(reach: number, { depth, overlaps }: WayLength): boolean {
  if (fewestMoves(reach, overlaps) < depth) return true;
  return overlaps > 0 && overlaps <= OVERLAPS_MOST && fewestMoves(reach, overlaps - 1) <= depth;
}

/** With one more way. */
export function reachWith(reach: number, { depth, overlaps }: WayLength): number {
  let after = reach;
  for (let each = Math.min(overlaps, OVERLAPS_MOST); each <= OVERLAPS_MOST; each += 1) {
    if (fewestMoves(after, each) <= depth) continue;
    const shift = BITS * each;
    after = (after & ~(NEVER_REACHED << shift)) | (depth << shift);
  }
  return after;
}
