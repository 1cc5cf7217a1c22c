// Effective priorities: what everything that an instance tracks adds to its priority or takes from it, as the daemon reckons (keepalived-behaviour 3.5).
// Rule: only what is really tracked counts, and a value nobody knows is told as unknown, never guessed.

import type { Span } from "../../diagnostics/index.ts";
import {
  argumentsOf,
  type Block,
  blocksNamed,
  isPlaceholder,
  type KeepalivedCst,
  type KeepalivedInstance,
  type KeepalivedScript,
  statementsIn,
  type SyncGroup,
  type TrackEntry,
  type TrackFile,
  type TrackProcess,
} from "../../keepalived/index.ts";
import { type LintedNode, lineOf, type RouterMember, type VirtualRouter } from "../subject.ts";

/** The priority of an instance that owns its addresses: nothing changes it. */
export const OWNER_PRIORITY = 255;

/** What a node in FAULT tells its peers: lower than any priority a living one can have. */
export const FAULT_PRIORITY = 0;

const EFFECTIVE_LEAST = 1;
/** The highest priority that weights can lead to. */
export const EFFECTIVE_MOST = 254;

/** A track_file's value times its weight at or below this is a FAULT (keepalived-behaviour 3.3). */
export const FILE_FAULT = -254;

// The weight a track_file has where its block gives none; in a sync group it becomes 0 and not nothing.
const FILE_WEIGHT_DEFAULT = 1;

export type TrackedKind = "script" | "file" | "process" | "interface";

/** One thing an instance tracks, with the weight that counts. */
export interface TrackedItem {
  readonly kind: TrackedKind;
  readonly name: string;
  /** Tells it from the node's other tracked things: `script chk_haproxy`. */
  readonly key: string;
  /**
   * `reverse` worked in: a positive one is added while all is well and missing after a failure, a negative one is taken away after a failure
   * (that state of a reversed script which counts against the node is its failure). 0: a failure is a FAULT.
   */
  readonly weight: number;
  /** The line that tracks it, in the instance or its sync group. */
  readonly span: Span;
  /** Where the weight stands: on that line, or in the block of what is tracked. */
  readonly weightSpan: Span;
}

// Every rule about weights asks for the same items, and a file may hold thousands of instances.
const itemsOfInstance = new WeakMap<KeepalivedInstance, readonly TrackedItem[]>();

/** Everything that the daemon really tracks for the instance, its sync group's things among it, in the order of the file. */
export function trackedItems(member: RouterMember): readonly TrackedItem[] {
  const known = itemsOfInstance.get(member.instance);
  if (known !== undefined) return known;
  const items = readItems(member);
  itemsOfInstance.set(member.instance, items);
  return items;
}

function readItems({ node, instance }: RouterMember): TrackedItem[] {
  const group = syncGroupOf(node, instance.name);
  const own = [
    ...itemsOf("script", node, instance.trackScripts),
    ...itemsOf("file", node, instance.trackFiles),
    ...itemsOf("process", node, instance.trackProcesses),
    ...itemsOf("interface", node, instance.trackInterfaces),
  ].flatMap((item) => allowedItem(item, instance.priority, group));
  const items = new Map(own.map((item) => [item.key, item]));
  for (const item of groupItems(node, group)) {
    const known = items.get(item.key);
    // What both track has the group's weight, unless the instance tracks it without one.
    if (known?.weight !== 0 || item.weight === 0) items.set(item.key, known?.weight === 0 ? known : item);
  }
  return [...items.values()];
}

/** The sync group that the daemon puts the instance in: the first that names it. */
export function syncGroupOf(node: LintedNode, instance: string): SyncGroup | undefined {
  return node.configuration.syncGroups.find((group) =>
    group.members.some((member) => member.name === instance),
  );
}

function groupItems(node: LintedNode, group: SyncGroup | undefined): TrackedItem[] {
  if (group === undefined) return [];
  const items = [
    ...itemsOf("script", node, group.trackScripts),
    ...itemsOf("file", node, group.trackFiles),
    ...itemsOf("process", node, group.trackProcesses),
    ...itemsOf("interface", node, group.trackInterfaces),
  ];
  const members = new Set(group.members.map((member) => member.name));
  const owned = node.configuration.instances.some(
    (instance) => members.has(instance.name) && instance.priority === OWNER_PRIORITY,
  );
  // A group with an owner in it has no weights at all.
  return owned ? items.map((item) => ({ ...item, weight: 0 })) : items;
}

/** What is left of an instance's own item: an owner, and a member of a sync group without sync_group_tracking_weight, may not have weights. */
function allowedItem(item: TrackedItem, priority: number, group: SyncGroup | undefined): TrackedItem[] {
  const owner = priority === OWNER_PRIORITY;
  const grouped = group !== undefined && !group.trackingWeight;
  if (item.weight === 0 || item.kind === "process" || !(owner || grouped)) return [item];
  if (item.kind === "interface") return grouped ? [{ ...item, weight: 0 }] : [];
  if (item.kind === "file" && item.weight === FILE_WEIGHT_DEFAULT) return [{ ...item, weight: 0 }];
  return [];
}

const WEIGHT_REASONS: ReadonlySet<TrackEntry["untrackedBecause"]> = new Set([
  "weight-in-sync-group",
  "weight-of-owner",
]);

function itemsOf(kind: TrackedKind, node: LintedNode, entries: readonly TrackEntry[]): TrackedItem[] {
  return entries.flatMap((entry) => {
    // Where only the weight is in the way, allowedItem knows what is left of it.
    if (!entry.tracked && !WEIGHT_REASONS.has(entry.untrackedBecause)) return [];
    const thing = definitionOf(kind, node, entry.name);
    if (thing === undefined) return [];
    const size = entry.weight ?? thing.weight;
    const weight = isReversed(node, entry, thing) && size !== 0 ? -size : size;
    const weightSpan = entry.weight === undefined ? (thing.weightSpan ?? entry.span) : entry.span;
    return [{ kind, name: entry.name, key: `${kind} ${entry.name}`, weight, span: entry.span, weightSpan }];
  });
}

/** A line with a weight of its own keeps what the block says of its direction, unless it says `noreverse` (tried on 2.2.7). */
function isReversed(node: LintedNode, entry: TrackEntry, thing: TrackedDefinition): boolean {
  return entry.reverse || (thing.reverse && !/\bnoreverse$/.test(sourceAt(node, entry.span)));
}

interface TrackedDefinition {
  readonly weight: number;
  readonly reverse: boolean;
  readonly weightSpan?: Span;
}

/** What stands under the name at the top of the file; undefined where nothing does, so that nothing is tracked. An interface needs nothing. */
function definitionOf(kind: TrackedKind, node: LintedNode, name: string): TrackedDefinition | undefined {
  if (kind === "interface") return { weight: 0, reverse: false };
  const { scripts, trackFiles, trackProcesses } = node.configuration;
  const lists = { script: scripts, file: trackFiles, process: trackProcesses };
  const found = namedIn(lists[kind], name);
  if (found === undefined) return undefined;
  const { weight, reverse } = found;
  return { weight, reverse, weightSpan: lineOf(found, "weight") };
}

const namesOfList = new WeakMap<readonly Definition[], ReadonlyMap<string, Definition>>();

type Definition = KeepalivedScript | TrackFile | TrackProcess;

function namedIn(list: readonly Definition[], name: string): Definition | undefined {
  const known = namesOfList.get(list);
  if (known !== undefined) return known.get(name);
  const names = new Map(list.toReversed().map((each) => [each.name, each]));
  namesOfList.set(list, names);
  return names.get(name);
}

/**
 * What an item adds to the priority. A track_file holds a number that nobody knows here: the value 0 is taken for well (a missing file counts
 * as 0 too), the value 1 for failed. A negative sum of FAULT size is told as undefined, as is the failure of an item without a weight.
 */
function contributionOf(item: TrackedItem, failed: boolean): number | undefined {
  const { kind, weight } = item;
  if (weight === 0) return failed ? undefined : 0;
  if (kind !== "file") return failed ? Math.min(weight, 0) : Math.max(weight, 0);
  if (!failed) return 0;
  return weight <= FILE_FAULT ? undefined : weight;
}

/** Its priority with the items whose keys are in `failed` failed and all others well: 1 to 254, {@link OWNER_PRIORITY} always, or {@link FAULT_PRIORITY}. */
export function effectivePriority(member: RouterMember, failed: ReadonlySet<string> = new Set()): number {
  const parts = trackedItems(member).map((item) => contributionOf(item, failed.has(item.key)));
  if (parts.includes(undefined)) return FAULT_PRIORITY;
  const sum = parts.reduce<number>((total, part) => total + (part ?? 0), 0);
  return clampedPriority(member.instance.priority, sum);
}

/** The effective priority where the tracked things add up to `sum`. */
export function clampedPriority(base: number, sum: number): number {
  if (base === OWNER_PRIORITY) return OWNER_PRIORITY;
  return Math.min(EFFECTIVE_MOST, Math.max(EFFECTIVE_LEAST, base + sum));
}

/** The sum as a person writes it: `101-2 = 99`, `100` where nothing is added, `250+20 = 270, at most 254`. */
export function priorityArithmetic(member: RouterMember, failed: ReadonlySet<string> = new Set()): string {
  const { priority: base } = member.instance;
  const result = effectivePriority(member, failed);
  const parts = trackedItems(member)
    .map((item) => contributionOf(item, failed.has(item.key)))
    .filter((part) => part !== 0);
  if (parts.includes(undefined)) return "FAULT";
  if (base === OWNER_PRIORITY || parts.length === 0) return `${result}`;
  const sum = parts.reduce<number>((total, part) => total + (part ?? 0), base);
  const terms = parts.map((part) => ((part ?? 0) < 0 ? `${part}` : `+${part}`)).join("");
  if (sum === result) return `${base}${terms} = ${sum}`;
  return `${base}${terms} = ${sum}, ${sum > result ? "at most" : "at least"} ${result}`;
}

/** The things whose failure lowers the priority by a known amount. */
export function weightedChecks(member: RouterMember): TrackedItem[] {
  return trackedItems(member).filter((item) => item.weight !== 0 && item.kind !== "file");
}

/** How a message calls it: a script by its name, anything else with what it is. */
export function itemLabel(item: TrackedItem): string {
  return item.kind === "script" ? item.name : `${item.kind} ${item.name}`;
}

const electorateOfRouter = new WeakMap<VirtualRouter, readonly RouterMember[]>();

/**
 * The members that hold an election with each other: those the daemon runs, if they have one VRID and one family. Empty where there is no
 * other node, where they cannot hear each other, or where somebody has yet to fill in a priority or state.
 */
export function electorate(router: VirtualRouter): readonly RouterMember[] {
  const known = electorateOfRouter.get(router);
  if (known !== undefined) return known;
  const { members } = router;
  const ids = new Set(members.flatMap(({ instance }) => instance.virtualRouterId ?? []));
  const families = new Set(members.map(({ instance }) => instance.family));
  const apart = members.length < 2 || ids.size > 1 || families.size > 1;
  const electors = apart || members.some((member) => isUnfilled(member, "priority", "state")) ? [] : members;
  electorateOfRouter.set(router, electors);
  return electors;
}

// Braces of a template are blocks to the daemon, so these are looked for in the text itself.
const TEMPLATE_CONDITION =
  /\{%|<%|^\s*#[%{].*[%}][>}]|%@[-_]*(?:if|else|for|elif|unless|range)_|\{\{-?\s*(?:#|if\b|else\b|range\b|for\b|end\b)/m;
const TEMPLATE_VALUE = /\{\{|%@|%%|@@|__[A-Za-z]\w*__/;

/** Whether the value of one of the keywords is a placeholder, or the whole instance a template with conditions. */
export function isUnfilled(member: RouterMember, ...keywords: readonly string[]): boolean {
  const text = sourceAt(member.node, member.instance.span);
  if (TEMPLATE_CONDITION.test(text)) return true;
  if (keywords.some((keyword) => isPlaceholder(writtenValue(member, keyword) ?? ""))) return true;
  return text
    .split("\n")
    .some((line) => keywords.includes(line.trim().split(/\s/)[0] ?? "") && TEMPLATE_VALUE.test(line));
}

/** The word behind the last line of the instance with the keyword, definitions replaced; undefined without one. */
export function writtenValue({ node, instance }: RouterMember, keyword: string): string | undefined {
  const block = instanceBlocks(node.configuration.tree).get(instance.name);
  const line = statementsIn(block?.items ?? []).findLast((each) => each.keyword.value === keyword);
  return line === undefined ? undefined : argumentsOf(line)[0]?.value;
}

// A file may hold thousands of instances, so their blocks are looked up once for each tree.
const blocksOfTree = new WeakMap<KeepalivedCst, ReadonlyMap<string, Block>>();

/** The blocks that make the instances, by name; of two of one name the daemon takes the first. */
function instanceBlocks(tree: KeepalivedCst): ReadonlyMap<string, Block> {
  const known = blocksOfTree.get(tree);
  if (known !== undefined) return known;
  const blocks = new Map<string, Block>();
  for (const block of blocksNamed(tree.items, "vrrp_instance")) {
    const name = block.header === undefined ? undefined : argumentsOf(block.header)[0]?.value;
    if (name !== undefined && !blocks.has(name)) blocks.set(name, block);
  }
  blocksOfTree.set(tree, blocks);
  return blocks;
}

/** The one member that holds the VIP while everything is well; undefined where the highest priority is not one member's alone. */
export function preferredMember(members: readonly RouterMember[]): RouterMember | undefined {
  const highest = Math.max(...members.map((member) => effectivePriority(member)));
  const [first, ...others] = members.filter((member) => effectivePriority(member) === highest);
  return others.length === 0 ? first : undefined;
}

/** What stands at a span of the node's files, as written: definitions are not replaced. */
export function sourceAt({ configuration }: LintedNode, span: Span): string {
  const part = configuration.files.parts.findLast(({ base }) => base <= span.start);
  return part === undefined ? "" : part.source.text.slice(span.start - part.base, span.end - part.base);
}

/**
 * Whether the instance starts from state MASTER, which clears nopreempt and preempt_delay. Strict mode, and AH where it is in force, make BACKUP
 * of a MASTER before that (tried on 2.2.7).
 */
export function isStatedMaster({
  state,
  strict,
  authentication,
  version,
  family,
}: KeepalivedInstance): boolean {
  const hidden = authentication?.type === "AH" && authentication.passwordSpan !== undefined;
  return state === "MASTER" && !strict && !(hidden && version === 2 && family === 4);
}
