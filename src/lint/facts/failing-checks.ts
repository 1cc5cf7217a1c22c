// What becomes of the VIP when a weighted check of its holder fails: whether any healthy peer takes over, reckoned over all combinations of checks.
// Rule: only peers that would leave the VIP to the holder while all is well are asked; one in FAULT, or one that holds it already, never helps.

import {
  clampedPriority,
  effectivePriority,
  electorate,
  FILE_FAULT,
  OWNER_PRIORITY,
  type TrackedItem,
  trackedItems,
  weightedChecks,
} from "./effective-priority.ts";
import type { RouterMember, VirtualRouter } from "../subject.ts";

/**
 * - moves: its failure, alone or added to that of other checks, gives the VIP to a peer.
 * - redundant: the VIP moves only for other checks; this one makes no difference to any of them.
 * - too-small: whatever fails on the holder, no peer becomes strictly higher.
 * - blocked: a peer would be higher, but every peer that could take over has nopreempt in force.
 */
export type CheckEffect = "moves" | "redundant" | "too-small" | "blocked";

export interface CheckVerdict {
  readonly holder: RouterMember;
  readonly item: TrackedItem;
  readonly effect: CheckEffect;
  /** The peer that comes nearest to taking over. */
  readonly peer: RouterMember;
  /** Whether the holder is one that nobody beats while all is well: otherwise a better node must be gone before it holds the VIP. */
  readonly preferred: boolean;
  /** false: a track_file with a weight is about, and what it holds may change the sums. */
  readonly certain: boolean;
}

/** A verdict for each weighted check of each member that can hold the VIP beside a healthy peer. Empty where nobody can tell. */
export function checkVerdicts(router: VirtualRouter): CheckVerdict[] {
  const members = electorate(router);
  return members.flatMap((holder) => verdictsOf(holder, members));
}

function verdictsOf(holder: RouterMember, members: readonly RouterMember[]): CheckVerdict[] {
  const checks = weightedChecks(holder);
  const healthy = effectivePriority(holder);
  const peers = successorsOf(holder, members);
  const [highest] = peers;
  if (highest === undefined || checks.length === 0 || holder.instance.priority === OWNER_PRIORITY) return [];
  const preferred = members.every((peer) => effectivePriority(peer) <= healthy);
  const certain = ![holder, ...peers].some((member) => hasWeightedFile(member));
  const worst = effectivePriority(holder, new Set(checks.map((item) => item.key)));
  const higher = peers.filter((peer) => effectivePriority(peer) > worst);
  const taker = higher.find((peer) => !peer.instance.nopreempt);
  const nobodyPreempts = peers.every((peer) => peer.instance.nopreempt);
  return checks.map((item) => {
    const facts = { holder, item, preferred, certain };
    if (taker !== undefined) {
      const effect = isDecisive(holder, item, checks, effectivePriority(taker)) ? "moves" : "redundant";
      return { ...facts, effect, peer: taker };
    }
    // With nopreempt everywhere no weight would do; of the preferred node's the arithmetic is told first, since that is what was meant to hold.
    const blocked = higher.length > 0 || (nobodyPreempts && !preferred);
    return { ...facts, effect: blocked ? "blocked" : "too-small", peer: higher[0] ?? highest };
  });
}

// Beyond this every check is taken for decisive: 4,096 combinations are asked at most.
const COMBINED_CHECKS_MAX = 12;

/** Whether there is a set of other checks whose failure leaves the VIP here, and with this one's it goes to a peer of priority `threshold`. */
function isDecisive(
  holder: RouterMember,
  item: TrackedItem,
  checks: readonly TrackedItem[],
  threshold: number,
): boolean {
  if (checks.length > COMBINED_CHECKS_MAX) return true;
  const others = checks.filter((each) => each !== item);
  const allWell = checks.reduce((sum, each) => sum + Math.max(each.weight, 0), 0);
  const beaten = (loss: number) => clampedPriority(holder.instance.priority, allWell - loss) < threshold;
  for (let combination = 0; combination < 2 ** others.length; combination += 1) {
    const failed = others.filter((_each, index) => (combination >> index) % 2 === 1);
    const loss = failed.reduce((sum, each) => sum + Math.abs(each.weight), 0);
    if (!beaten(loss) && beaten(loss + Math.abs(item.weight))) return true;
  }
  return false;
}

/** Weighted track_files of members all of whose possible successors have nopreempt in force, with the highest of these. */
export function unjudgedFiles(
  router: VirtualRouter,
): { holder: RouterMember; item: TrackedItem; peer: RouterMember }[] {
  const members = electorate(router);
  return members.flatMap((holder) => {
    const peers = successorsOf(holder, members);
    const [peer] = peers;
    const blocked = peers.every(({ instance }) => instance.nopreempt);
    if (peer === undefined || !blocked || holder.instance.priority === OWNER_PRIORITY) return [];
    const files = trackedItems(holder).filter((item) => item.kind === "file" && item.weight !== 0);
    // At this weight the number 1 is a FAULT, so that the VIP does move.
    return files.filter((item) => item.weight > FILE_FAULT).map((item) => ({ holder, item, peer }));
  });
}

/** The healthy peers that leave the VIP to the holder while all is well, the highest first. */
function successorsOf(holder: RouterMember, members: readonly RouterMember[]): RouterMember[] {
  const healthy = effectivePriority(holder);
  return members
    .filter((member) => member !== holder)
    .filter((peer) => peer.instance.nopreempt || effectivePriority(peer) <= healthy)
    .toSorted((a, b) => effectivePriority(b) - effectivePriority(a));
}

function hasWeightedFile(member: RouterMember): boolean {
  return trackedItems(member).some((item) => item.kind === "file" && item.weight !== 0);
}
