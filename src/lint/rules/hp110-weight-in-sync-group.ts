// HP110: weights on what a member of a sync group tracks itself, which keepalived takes away.

import type { KeepalivedInstance, SyncGroup, TrackEntry } from "../../keepalived/index.ts";
import { syncGroupOf } from "../facts/effective-priority.ts";
import { exampleBlock } from "../examples/example-block.ts";
import { examplePair } from "../examples/example-instance.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, lineOf, type LintedNode } from "../subject.ts";

const gateway = exampleBlock("vrrp_sync_group GATEWAY", ["group {", "    LB_VIP", "}"]);

const script = ["weight -2"];

export const rule: Rule = {
  code: "HP110",
  name: "weight-in-sync-group",
  severity: "error",
  scope: "node",
  versions: "same",
  summary: "a weighted script on a member of a sync group: keepalived drops it",
  explanation:
    "The members of a sync group move together, so none of them may have a priority of its own that floats. " +
    "Without sync_group_tracking_weight keepalived drops a weighted script or file from a member's tracking and only logs it; " +
    "the instance then runs unwatched. A weighted interface stays, with weight 0: a FAULT when it goes down.\n\n" +
    "What the group tracks itself (track_script inside vrrp_sync_group) keeps its weight, the same for all members.",
  source: "keepalived-behaviour 3.5, F41; keepalived 2.2.7 as its -t says it",
  bad: examplePair({ script, blocks: [gateway] }, { script, blocks: [gateway] }),
  good: examplePair({ blocks: [gateway] }, { blocks: [gateway] }),
  *check({ nodes }) {
    for (const node of nodes) {
      for (const group of node.configuration.syncGroups.filter((each) => !each.trackingWeight)) {
        const members = node.configuration.instances.filter(
          (instance) => syncGroupOf(node, instance.name) === group,
        );
        yield* droppedFindings(node, group, members);
        yield* interfaceFindings(node, group, members);
      }
    }
  },
};

/** A line that the daemon drops, of one member of the group. */
interface DroppedLine {
  readonly instance: KeepalivedInstance;
  readonly entry: TrackEntry;
  readonly block: "track_script" | "track_file";
  readonly weight: number;
}

/** One finding for each thing, however many members track it. */
function* droppedFindings(
  node: LintedNode,
  group: SyncGroup,
  members: readonly KeepalivedInstance[],
): Iterable<Finding> {
  const lines = members.flatMap((instance) => droppedLines(node, group, instance));
  for (const name of new Set(lines.map(({ entry }) => entry.name))) {
    const [first, ...others] = lines.filter(({ entry }) => entry.name === name);
    if (first === undefined) continue;
    const names = [first, ...others].map(({ instance }) => instance.name).join(" and ");
    const are = others.length === 0 ? "is" : "are";
    yield {
      message: `${node.name}: ${names} ${are} in sync group ${group.name}, so keepalived drops ${name} (weight ${first.weight}) from the tracking`,
      at: inKeepalived(node, first.entry.span),
      consequence: `when ${name} fails on ${node.name}, no priority changes and no VIP moves: it is as if nothing were checked`,
      advice: `weight 0 for ${name} (no weight line), so that its failure is a FAULT of the whole group; or ${first.block} in vrrp_sync_group ${group.name}, where the weight counts for all members`,
      related: [
        groupPlace(node, group),
        ...others.map(({ instance, entry }) => ({
          at: inKeepalived(node, entry.span),
          message: `the same in ${instance.name}`,
        })),
      ],
    };
  }
}

/** keepalived gives a track_file this weight where nobody does, and then makes it 0 in a group, which is what most want. */
const FILE_WEIGHT_DEFAULT = 1;

function droppedLines(node: LintedNode, group: SyncGroup, instance: KeepalivedInstance): DroppedLine[] {
  const { scripts, trackFiles } = node.configuration;
  // What the group tracks too is not lost: the group's weight counts.
  const kept = (names: readonly TrackEntry[]) => new Set(names.map((entry) => entry.name));
  const groupScripts = kept(group.trackScripts);
  const groupFiles = kept(group.trackFiles);
  const ofScripts = instance.trackScripts.flatMap((entry) => {
    const weight = entry.weight ?? scripts.find((each) => each.name === entry.name)?.weight ?? 0;
    const lost = isKnown(entry) && weight !== 0 && !groupScripts.has(entry.name);
    return lost ? [{ instance, entry, block: "track_script" as const, weight }] : [];
  });
  const ofFiles = instance.trackFiles.flatMap((entry) => {
    const weight = entry.weight ?? trackFiles.find((each) => each.name === entry.name)?.weight ?? 0;
    const lost = isKnown(entry) && weight !== 0 && weight !== FILE_WEIGHT_DEFAULT;
    return lost && !groupFiles.has(entry.name)
      ? [{ instance, entry, block: "track_file" as const, weight }]
      : [];
  });
  return [...ofScripts, ...ofFiles];
}

/** Whether there is such a thing at all; what is not defined in time is another rule's matter. */
function isKnown(entry: TrackEntry): boolean {
  return entry.untrackedBecause !== "undefined" && entry.untrackedBecause !== "defined-later";
}

function* interfaceFindings(
  node: LintedNode,
  group: SyncGroup,
  members: readonly KeepalivedInstance[],
): Iterable<Finding> {
  for (const instance of members) {
    for (const entry of instance.trackInterfaces) {
      // keepalived ignores the instance's own interface here.
      if ((entry.weight ?? 0) === 0 || entry.name === instance.interface) continue;
      yield {
        message: `${node.name}: weight ${entry.weight} of interface ${entry.name} becomes 0, since ${instance.name} is in sync group ${group.name}`,
        at: inKeepalived(node, entry.span),
        consequence: `when ${entry.name} goes down on ${node.name}, the whole group goes to FAULT, where the line asks for another priority`,
        advice: `track_interface in vrrp_sync_group ${group.name}, where the weight counts for all members; or no weight, if a FAULT is meant`,
        related: [groupPlace(node, group)],
        severity: "warning",
      };
    }
  }
}

function groupPlace(node: LintedNode, group: SyncGroup) {
  return { at: inKeepalived(node, lineOf(group, "group")), message: `sync group ${group.name}` };
}
