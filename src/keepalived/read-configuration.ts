// A node's files to one typed configuration: what they include and define put in place, read as the daemon reads them, then keyword by keyword.

import type { SourceText } from "../diagnostics/index.ts";
import type { KeepalivedConfiguration } from "./configuration.ts";
import type { Complaint } from "./complaint.ts";
import { readAsDaemon } from "./daemon-reading.ts";
import { expandConfig } from "./expand.ts";
import type { ResolveInclude } from "./include.ts";
import { blocksNamed } from "./query.ts";
import { readGlobals } from "./read-globals.ts";
import { readSyncGroups } from "./read-groups.ts";
import { readInstances } from "./read-instances.ts";
import { readScripts } from "./read-scripts.ts";
import { readTrackFiles, readTrackProcesses } from "./read-trackers.ts";
import { resolveTracking, type Trackable } from "./resolve-tracking.ts";
import { linesWithRefused } from "./value-lines.ts";
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
  const { tree, complaints, dependsOnVersion } = readAsDaemon(expanded.tree, { version });
  const valueLines = linesWithRefused(expanded.tree);
  const trackable: Trackable = {
    instances: readInstances(tree, valueLines),
    syncGroups: readSyncGroups(tree, valueLines),
    scripts: readScripts(tree),
    trackFiles: readTrackFiles(tree),
    trackProcesses: readTrackProcesses(tree),
  };
  return {
    files: expanded.files,
    version,
    dependsOnVersion,
    tree,
    complaints: inOrder([...expanded.complaints, ...complaints]),
    globals: readGlobals(tree),
    ...trackable,
    ...resolveTracking(tree, trackable),
    virtualServers: blocksNamed(tree.items, "virtual_server").length,
    conditionIds: expanded.conditionIds,
  };
}

/** In the order of the files. */
function inOrder(complaints: readonly Complaint[]): Complaint[] {
  return complaints.toSorted((one, other) => one.span.start - other.span.start);
}
