// Who held the VIP when, from what each node was seen to have.
// Rule: what was not seen is unknown, never "nobody": unknown time is counted apart from time without a holder.

/** One look at one node. `holds` null: the node could not be asked. */
export interface HolderSample {
  readonly node: string;
  /** Absolute monotonic time. */
  readonly atUs: number;
  readonly holds: boolean | null;
}

/** A stretch in which nothing changed. */
export interface HolderSegment {
  readonly fromUs: number;
  readonly toUs: number;
  /** Nodes that held the VIP, by name. */
  readonly holders: readonly string[];
  /** Nodes of which it is not known. */
  readonly unknown: readonly string[];
}

export interface HolderTimeline {
  /** Every node seen, by name. */
  readonly nodes: readonly string[];
  /** Without gaps, from the window's start to its end. */
  readonly segments: readonly HolderSegment[];
  /** Time in which two or more nodes surely held the VIP. */
  readonly twoHolderUs: number;
  readonly longestTwoHolderUs: number;
  /** Time in which surely no node held it. */
  readonly noHolderUs: number;
  readonly longestNoHolderUs: number;
  /** Time in which neither can be said: fewer than two known holders, and not every other node known not to hold it. */
  readonly unknownUs: number;
  /** How often a single holder was followed, at once or later, by another single holder. */
  readonly moves: number;
  readonly holdersBefore: readonly string[];
  readonly holdersAfter: readonly string[];
}

/**
 * events: each sample is a change, seen when it happened (ip monitor). polls: each sample is one look, and between two looks that differ the
 * state is unknown, so two-holder and no-holder times are lower bounds and `unknownUs` is what is open.
 */
export type HolderFeed = "events" | "polls";

/** The timeline over [fromUs, toUs]. Samples in any order; those of one node at one time count in the order given; a node is unknown before its first. */
export function holderTimeline(
  samples: readonly HolderSample[],
  window: { readonly fromUs: number; readonly toUs: number },
  feed: HolderFeed = "events",
): HolderTimeline {
  const nodes = [...new Set(samples.map(({ node }) => node))].toSorted();
  const ordered = samples.toSorted((left, right) => left.atUs - right.atUs);
  const changes = feed === "polls" ? withUnknownBetween(ordered) : ordered;
  const segments = toSegments(nodes, changes, window);
  const longest = (is: (segment: HolderSegment) => boolean): number => longestStretch(segments, is);
  const total = (is: (segment: HolderSegment) => boolean): number =>
    segments.filter(is).reduce((sum, { fromUs, toUs }) => sum + toUs - fromUs, 0);
  return {
    nodes,
    segments,
    twoHolderUs: total(hasTwo),
    longestTwoHolderUs: longest(hasTwo),
    noHolderUs: total(hasNone),
    longestNoHolderUs: longest(hasNone),
    unknownUs: total((segment) => segment.holders.length < 2 && segment.unknown.length > 0),
    moves: countMoves(segments),
    holdersBefore: segments[0]?.holders ?? [],
    holdersAfter: segments.at(-1)?.holders ?? [],
  };
}

/** Who held the VIP at a moment within the timeline. */
export function holdersAt(timeline: HolderTimeline, atUs: number): readonly string[] {
  const segment = timeline.segments.findLast(({ fromUs }) => fromUs <= atUs) ?? timeline.segments[0];
  return segment?.holders ?? [];
}

function hasTwo({ holders }: HolderSegment): boolean {
  return holders.length >= 2;
}

function hasNone({ holders, unknown }: HolderSegment): boolean {
  return holders.length === 0 && unknown.length === 0;
}

function withUnknownBetween(ordered: readonly HolderSample[]): HolderSample[] {
  const result: HolderSample[] = [];
  const lastOf = new Map<string, HolderSample>();
  for (const sample of ordered) {
    const last = lastOf.get(sample.node);
    if (last !== undefined && last.holds !== sample.holds) result.push({ ...last, holds: null });
    lastOf.set(sample.node, sample);
    result.push(sample);
  }
  return result.toSorted((left, right) => left.atUs - right.atUs);
}

function toSegments(
  nodes: readonly string[],
  changes: readonly HolderSample[],
  window: { readonly fromUs: number; readonly toUs: number },
): HolderSegment[] {
  const state = new Map<string, boolean | null>(nodes.map((node) => [node, null]));
  const segments: HolderSegment[] = [];
  const add = (fromUs: number, toUs: number): void => {
    if (toUs <= fromUs) return;
    const holders = nodes.filter((node) => state.get(node) === true);
    const unknown = nodes.filter((node) => state.get(node) === null);
    const last = segments.at(-1);
    if (last !== undefined && sameNames(last.holders, holders) && sameNames(last.unknown, unknown)) {
      segments[segments.length - 1] = { ...last, toUs };
    } else {
      segments.push({ fromUs, toUs, holders, unknown });
    }
  };
  let atUs = window.fromUs;
  for (const change of changes) {
    const changeUs = Math.min(Math.max(change.atUs, window.fromUs), window.toUs);
    // A change at the very end of the window belongs to what comes after it.
    if (change.atUs >= window.toUs) break;
    add(atUs, changeUs);
    atUs = changeUs;
    state.set(change.node, change.holds);
  }
  add(atUs, window.toUs);
  return segments;
}

function sameNames(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name, index) => name === right[index]);
}

/** The longest unbroken time over neighbouring segments that all fulfil `is`. */
function longestStretch(segments: readonly HolderSegment[], is: (segment: HolderSegment) => boolean): number {
  let longest = 0;
  let current = 0;
  for (const segment of segments) {
    current = is(segment) ? current + segment.toUs - segment.fromUs : 0;
    longest = Math.max(longest, current);
  }
  return longest;
}

function countMoves(segments: readonly HolderSegment[]): number {
  let moves = 0;
  let single: string | undefined;
  for (const { holders } of segments) {
    const [holder] = holders;
    if (holders.length !== 1 || holder === undefined) continue;
    if (single !== undefined && single !== holder) moves += 1;
    single = holder;
  }
  return moves;
}
