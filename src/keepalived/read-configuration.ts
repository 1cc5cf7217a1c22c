// A node's files to one typed configuration: what they include and define put in place, read as the daemon reads them, then keyword by keyword.

import type { SourceText } from "../diagnostics/index.ts";
import type { KeepalivedConfiguration } from "./configuration.ts";
import type { Complaint, ComplaintKind } from "./complaint.ts";
import type { KeepalivedCst } from "./cst.ts";
import { readAsDaemon } from "./daemon-reading.ts";
import { judgeInstances } from "./daemon-verdicts.ts";
import { expandConfig } from "./expand.ts";
import type { ResolveInclude } from "./include.ts";
import { blocksNamed, linesOf } from "./query.ts";
import { readAllGlobals } from "./read-globals.ts";
import { readSyncGroups } from "./read-groups.ts";
import { readInstances, type ReadingOptions } from "./read-instances.ts";
import { readScripts } from "./read-scripts.ts";
import { readTrackFiles, readTrackProcesses } from "./read-trackers.ts";
import { resolveTracking, type Trackable } from "./resolve-tracking.ts";
import { TESTED_VERSION } from "./version.ts";

export interface ReadConfigurationOptions {
  /** Whose reading is asked for; by default {@link TESTED_VERSION}'s. */
  readonly version?: string;
  /** The host's name in `@name` conditions. Absent: conditions are decided as on a host that none of them names. */
  readonly configId?: string;
  /** Where included files come from. Absent: `include` lines are not followed. */
  readonly resolveInclude?: ResolveInclude;
}

/** Reads a configuration as the daemon does. Never fails; what the daemon says of it is in `complaints`. */
export function readConfiguration(
  main: SourceText,
  { version = TESTED_VERSION, configId, resolveInclude }: ReadConfigurationOptions = {},
): KeepalivedConfiguration {
  const expanded = expandConfig(main, {
    ...(configId === undefined ? { asAnotherHost: true } : { configId }),
    ...(resolveInclude === undefined ? {} : { resolveInclude }),
  });
  const { tree, complaints, valueLines, dependsOnVersion } = readAsDaemon(expanded.tree, { version });
  const globals = readAllGlobals(tree, version);
  const reading: ReadingOptions = { version, valueLines, defaults: globals.instanceDefaults };
  const trackable: Trackable = {
    instances: readInstances(tree, reading),
    syncGroups: readSyncGroups(tree, reading),
    scripts: readScripts(tree, version),
    trackFiles: readTrackFiles(tree),
    trackProcesses: readTrackProcesses(tree),
  };
  return {
    files: expanded.files,
    version,
    dependsOnVersion: dependsOnVersion || valuesDependOnVersion(tree),
    tree,
    complaints: inOrder([
      ...expanded.complaints,
      ...[...complaints, ...judgeInstances(trackable.instances)].filter(
        ({ kind }) => !expanded.incomplete || !OF_WHAT_IS_MISSING.has(kind),
      ),
    ]),
    incomplete: expanded.incomplete,
    globals: globals.settings,
    ...trackable,
    ...resolveTracking(tree, trackable, expanded.incomplete),
    virtualServers: blocksNamed(tree.items, "virtual_server").length,
    conditionIds: expanded.conditionIds,
  };
}

// What a file that was not read may hold makes none of these true for certain.
const OF_WHAT_IS_MISSING: ReadonlySet<ComplaintKind> = new Set([
  "undefined-name",
  "dropped",
  "password-missing",
]);

/**
 * Whether keywords that every version knows have values that not every version takes alike: `vrrp_strict off` is on up to 2.2.8, and fractions
 * of a second count in scripts from 2.3.2 on.
 */
function valuesDependOnVersion(tree: KeepalivedCst): boolean {
  const switches = linesOf(tree.items, "global_defs").filter(({ keyword }) =>
    VARYING_SWITCHES.has(keyword.value),
  );
  const seconds = linesOf(tree.items, "vrrp_script").filter(({ keyword }) =>
    VARYING_SECONDS.has(keyword.value),
  );
  return (
    switches.some((line) => line.arguments.length > 0) ||
    seconds.some((line) => line.arguments[0]?.value.includes(".") === true)
  );
}

const VARYING_SWITCHES: ReadonlySet<string> = new Set(["vrrp_strict", "vrrp_skip_check_adv_addr"]);
const VARYING_SECONDS: ReadonlySet<string> = new Set(["interval", "timeout"]);

/** In the order of the files. */
function inOrder(complaints: readonly Complaint[]): Complaint[] {
  return complaints.toSorted((one, other) => one.span.start - other.span.start);
}
