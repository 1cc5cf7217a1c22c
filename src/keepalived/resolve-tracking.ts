// What instances and sync groups really watch: the names they give looked up as the daemon does it, and weights taken away where it takes them
// (keepalived-behaviour 3.1, 3.5; `vrrp_complete_instance` of 2.2.7). Rule: a name counts from its definition on; above that it is unknown.

import type { SyncGroup, TrackFile, TrackProcess } from "./configuration.ts";
import type { KeepalivedCst } from "./cst.ts";
import type { KeepalivedInstance, TrackEntry, UntrackedReason } from "./instance.ts";
import { argumentsOf } from "./query.ts";
import type { KeepalivedScript } from "./read-scripts.ts";
import type { Tracking } from "./read-tracking.ts";

/** Everything that names, or is named. */
export interface Trackable {
  readonly instances: readonly KeepalivedInstance[];
  readonly syncGroups: readonly SyncGroup[];
  readonly scripts: readonly KeepalivedScript[];
  readonly trackFiles: readonly TrackFile[];
  readonly trackProcesses: readonly TrackProcess[];
}

const PRIORITY_OWNER = 255;
const FILE_WEIGHT_DEFAULT = 1;

/**
 * The instances and groups with `tracked`, the reason and the weight in force told for every line. Where the configuration is `incomplete`,
 * nothing is told of names that are not defined.
 */
export function resolveTracking(
  cst: KeepalivedCst,
  named: Trackable,
  incomplete = false,
): Pick<Trackable, "instances" | "syncGroups"> {
  const places = placesOf(cst);
  const definitions = { ...definitionsOf(named, places), incomplete };
  const groups = groupsOfInstances(named);
  return {
    instances: named.instances.map((instance) => {
      const place = places.get(`vrrp_instance ${instance.name}`) ?? 0;
      const group = groups.get(instance.name);
      const weightless: UntrackedReason | undefined =
        group !== undefined && !group.trackingWeight
          ? "weight-in-sync-group"
          : instance.priority === PRIORITY_OWNER
            ? "weight-of-owner"
            : undefined;
      const resolved = resolveAll(instance, definitions, place);
      return { ...instance, ...withoutWeights(resolved, weightless, instance) };
    }),
    syncGroups: named.syncGroups.map((group) => {
      const place = places.get(`vrrp_sync_group ${group.name}`) ?? 0;
      const hasOwner = named.instances.some(
        (instance) => groups.get(instance.name) === group && instance.priority === PRIORITY_OWNER,
      );
      return {
        ...group,
        ...mapTracking(resolveAll(group, definitions, place), (entry) =>
          hasOwner ? faulting(entry) : entry,
        ),
      };
    }),
  };
}

/** Where in the tree each block with a name stands: the first of a name. */
function placesOf(cst: KeepalivedCst): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  for (const [place, item] of cst.items.entries()) {
    if (item.kind !== "block" || item.header === undefined) continue;
    const [name] = argumentsOf(item.header);
    const keyword = item.header.keyword.value.replace(/^vrrp_track_file$/, "track_file");
    const key = `${keyword} ${name?.value ?? ""}`;
    if (!places.has(key)) places.set(key, place);
  }
  return places;
}

interface TrackedThing {
  readonly weight: number;
  readonly reverse: boolean;
  /** Where it is defined; absent: it is not. */
  readonly place?: number;
}

type Lookup = (name: string) => TrackedThing | undefined;

interface Definitions {
  readonly script: Lookup;
  readonly file: Lookup;
  readonly process: Lookup;
  /** What is not defined here may be defined in a file that was not read. */
  readonly incomplete: boolean;
}

function definitionsOf(
  named: Trackable,
  places: ReadonlyMap<string, number>,
): Omit<Definitions, "incomplete"> {
  const lookup = (keyword: string, things: readonly (TrackedThing & { readonly name: string })[]): Lookup => {
    const byName = new Map(things.map((thing) => [thing.name, thing]));
    return (name) => {
      const thing = byName.get(name);
      const place = places.get(`${keyword} ${name}`);
      return thing === undefined || place === undefined ? undefined : { ...thing, place };
    };
  };
  return {
    // Without a program (a path, a process) the daemon drops it.
    script: lookup(
      "vrrp_script",
      named.scripts.filter((script) => script.scriptLine !== undefined),
    ),
    file: lookup(
      "track_file",
      named.trackFiles.filter((file) => file.path !== undefined),
    ),
    process: lookup(
      "vrrp_track_process",
      named.trackProcesses.filter((watched) => watched.command !== undefined),
    ),
  };
}

/** The group of each instance: the first that names it. */
function groupsOfInstances({ syncGroups }: Trackable): ReadonlyMap<string, SyncGroup> {
  const groups = new Map<string, SyncGroup>();
  for (const group of syncGroups) {
    for (const { name } of group.members) if (!groups.has(name)) groups.set(name, group);
  }
  return groups;
}

function resolveAll(tracking: Tracking, definitions: Definitions, place: number): Tracking {
  const { script, file, process, incomplete } = definitions;
  const resolve = (lookup: Lookup) => (entry: TrackEntry) => {
    const thing = lookup(entry.name);
    return thing === undefined && incomplete ? entry : resolveEntry(entry, thing, place);
  };
  const anInterface: Lookup = () => ({ weight: 0, reverse: false, place: -1 });
  return {
    trackScripts: tracking.trackScripts.map(resolve(script)),
    trackFiles: tracking.trackFiles.map(resolve(file)),
    trackProcesses: tracking.trackProcesses.map(resolve(process)),
    trackInterfaces: tracking.trackInterfaces.map(resolve(anInterface)),
  };
}

function resolveEntry(entry: TrackEntry, thing: TrackedThing | undefined, place: number): TrackEntry {
  if (thing?.place === undefined) return untracked(entry, "undefined");
  if (thing.place > place) return untracked(entry, "defined-later");
  if (!entry.tracked) return entry;
  return {
    ...entry,
    weightInForce: entry.weight ?? thing.weight,
    reverseInForce: entry.reverseInForce ?? thing.reverse,
  };
}

function untracked(entry: TrackEntry, reason: UntrackedReason): TrackEntry {
  return { ...entry, tracked: false, untrackedBecause: reason };
}

/** A failure of it is a FAULT, whatever weight it has. */
function faulting(entry: TrackEntry): TrackEntry {
  return entry.tracked ? { ...entry, weightInForce: 0 } : entry;
}

function mapTracking(tracking: Tracking, change: (entry: TrackEntry) => TrackEntry): Tracking {
  return {
    trackScripts: tracking.trackScripts.map(change),
    trackFiles: tracking.trackFiles.map(change),
    trackProcesses: tracking.trackProcesses.map(change),
    trackInterfaces: tracking.trackInterfaces.map(change),
  };
}

/** Takes the weights away where they do not count: a weighted script goes, a weighted interface stays without weight in a sync group only. */
function withoutWeights(
  tracking: Tracking,
  reason: UntrackedReason | undefined,
  instance: KeepalivedInstance,
): Tracking {
  const ownInterface = (entry: TrackEntry): TrackEntry =>
    entry.name === instance.interface && entry.tracked ? untracked(entry, "own-interface") : entry;
  const trackInterfaces = tracking.trackInterfaces.map(ownInterface);
  if (reason === undefined) return { ...tracking, trackInterfaces };
  const dropped = (entry: TrackEntry): TrackEntry =>
    entry.tracked && (entry.weightInForce ?? entry.weight ?? 0) !== 0 ? untracked(entry, reason) : entry;
  return {
    // Weights of processes are left alone.
    ...tracking,
    trackScripts: tracking.trackScripts.map(dropped),
    trackFiles: tracking.trackFiles.map((entry) =>
      entry.weightInForce === FILE_WEIGHT_DEFAULT ? faulting(entry) : dropped(entry),
    ),
    trackInterfaces: trackInterfaces.map(reason === "weight-in-sync-group" ? faulting : dropped),
  };
}
