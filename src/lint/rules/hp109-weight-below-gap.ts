// HP109: a weighted check whose failure on the holder makes no healthy peer strictly higher, alone or with the holder's other checks.

import {
  EFFECTIVE_MOST,
  effectivePriority,
  itemLabel,
  priorityArithmetic,
  type TrackedItem,
  weightedChecks,
} from "../facts/effective-priority.ts";
import { examplePair } from "../examples/example-instance.ts";
import { type CheckVerdict, checkVerdicts } from "../facts/failing-checks.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, lineOf, type RouterMember, type VirtualRouter } from "../subject.ts";

const script = ["weight -2"];

export const rule: Rule = {
  code: "HP109",
  name: "weight-below-gap",
  severity: "error",
  scope: "pair",
  versions: "same",
  summary: "a check's weight does not overcome the priority gap: its failure never moves the VIP",
  explanation:
    "A peer takes over when its effective priority is strictly higher than the holder's. Effective priority is the base plus what all tracked things add: " +
    "a positive weight while the check is well, a negative one while it fails; the result is kept between 1 and 254. " +
    "If the holder with its failed check still has as much as the best healthy peer, nobody takes over: at equal priority a BACKUP accepts the adverts.\n\n" +
    "All combinations of the holder's weighted checks are asked, with every peer in full health. A positive weight that both nodes have must be larger than " +
    "the gap between the base priorities. With three nodes any peer is enough. A track_file is taken to hold 0; if a weighted one is about, the finding is a warning. " +
    "So it is for a node that holds the VIP only while a better one is gone, and for a check that makes no difference because another one moves the VIP without it.",
  source: "keepalived-behaviour 3.5 and 9.4, 9.5, 1.5 (equal priority is accepted), F02",
  bad: examplePair({ priority: 101, script }, { priority: 98, script }),
  good: examplePair({ priority: 101, script }, { priority: 100, script }),
  *check({ routers }) {
    for (const router of routers) yield* findingsOn(router);
  },
};

function* findingsOn(router: VirtualRouter): Iterable<Finding> {
  const told = new Set<string>();
  const useless = checkVerdicts(router).filter(
    ({ effect }) => effect === "too-small" || effect === "redundant",
  );
  // The preferred node first: there it is certain harm.
  for (const verdict of useless.toSorted((a, b) => Number(b.preferred) - Number(a.preferred))) {
    if (told.has(verdict.item.key)) continue;
    told.add(verdict.item.key);
    yield verdict.effect === "too-small" ? tooSmall(verdict) : redundant(verdict);
  }
}

function tooSmall(verdict: CheckVerdict): Finding {
  const { holder, item, peer, preferred, certain } = verdict;
  const name = itemLabel(item);
  const all = new Set(weightedChecks(holder).map((each) => each.key));
  const together = all.size > 1 ? `; with all its checks failed, ${compared(holder, all, peer)}` : "";
  const gone = preferred ? "" : `${holder.node.name} holds the VIP while a better node is gone: `;
  return {
    message: `${gone}when ${weighted(item)} fails, ${compared(holder, new Set([item.key]), peer)}${together}`,
    at: inKeepalived(holder.node, item.span),
    consequence: `the VIP stays on ${holder.node.name} although ${name} has failed and ${peer.node.name} is well`,
    advice: adviceOn(verdict),
    related: relatedTo(verdict),
    ...(preferred && certain ? {} : { severity: "warning" as const }),
  };
}

function redundant(verdict: CheckVerdict): Finding {
  const { holder, item, peer } = verdict;
  const name = itemLabel(item);
  return {
    message: `when ${weighted(item)} fails, ${compared(holder, new Set([item.key]), peer)}; other checks move the VIP with or without it`,
    at: inKeepalived(holder.node, item.span),
    consequence: `a failure of ${name} alone leaves the VIP on ${holder.node.name}, and no combination of failures makes it matter`,
    advice: adviceOn(verdict),
    related: relatedTo(verdict),
    severity: "warning",
  };
}

/** With its weight, since a positive one does not appear in the sum after a failure. */
function weighted(item: TrackedItem): string {
  return `${itemLabel(item)} (weight ${item.weight})`;
}

/** `lb1: 101-2 = 99 still beats lb2: 98`. */
function compared(holder: RouterMember, failed: ReadonlySet<string>, peer: RouterMember): string {
  const own = `${holder.node.name}: ${priorityArithmetic(holder, failed)}`;
  const other = `${peer.node.name}: ${priorityArithmetic(peer)}`;
  return effectivePriority(holder, failed) === effectivePriority(peer)
    ? `${own} ties with ${other}, and at equal priority nobody takes over`
    : `${own} still beats ${other}`;
}

// A vrrp_script takes no larger weight.
const WEIGHT_MOST = 253;

function adviceOn(verdict: CheckVerdict): string {
  const { item, peer } = verdict;
  const name = itemLabel(item);
  const fault = `weight 0 for ${name} (no weight line), so that its failure is a FAULT and gives the VIP away at once`;
  if (peer.instance.nopreempt) {
    return `${fault}; a larger weight would not help, since ${peer.node.name} has nopreempt`;
  }
  const weight = sufficientWeight(verdict);
  return weight === undefined
    ? `${fault}; or other priorities`
    : `${fault}; or weight ${weight} (or more in size) on every node; or priorities closer to each other`;
}

/** The smallest weight with which a failure of this check alone makes the peer strictly higher; undefined where none does. */
function sufficientWeight({ holder, item, peer }: CheckVerdict): number | undefined {
  const missing = 1 + effectivePriority(holder, new Set([item.key])) - effectivePriority(peer);
  const size = Math.abs(item.weight) + missing;
  if (size > WEIGHT_MOST) return undefined;
  if (item.weight < 0) return -size;
  // A positive weight helps by what the peer has of it, up to the highest priority there is.
  const shared = weightedChecks(peer).some((each) => each.key === item.key && each.weight > 0);
  return shared && effectivePriority(peer) + missing <= EFFECTIVE_MOST ? size : undefined;
}

function relatedTo({ holder, item, peer }: CheckVerdict) {
  return [
    { at: inKeepalived(holder.node, item.weightSpan), message: `the weight of ${itemLabel(item)}` },
    {
      at: inKeepalived(holder.node, lineOf(holder.instance, "priority")),
      message: `${holder.node.name} has priority ${holder.instance.priority}`,
    },
    {
      at: inKeepalived(peer.node, lineOf(peer.instance, "priority")),
      message: `${peer.node.name} has priority ${peer.instance.priority}`,
    },
  ];
}
