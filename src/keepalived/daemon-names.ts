// The names that a file's blocks have, by which its other lines speak of them.

import type { DaemonLine } from "./daemon-lines.ts";

/** Keywords of blocks that have a name by which others speak of them. */
export const NAMING_KEYWORDS = new Set([
  "vrrp_instance",
  "vrrp_sync_group",
  "vrrp_script",
  "vrrp_track_process",
  "track_file",
  "vrrp_track_file",
  "bfd_instance",
  "track_group",
]);

/** Blocks whose names more than one process knows. */
export const SHARED_NAMES = new Set(["bfd_instance", "track_file", "vrrp_track_file"]);

/** Every name that is defined anywhere in the file, by the keyword that defines it. */
export function definedNames(lines: readonly DaemonLine[]): Map<string, Set<string>> {
  const names = new Map<string, Set<string>>();
  for (const line of lines) {
    if (line.kind !== "words") continue;
    const [keyword, name] = line.words;
    if (keyword === undefined || name === undefined || !NAMING_KEYWORDS.has(keyword.value)) continue;
    addName(names, keyword.value, name.value);
  }
  return names;
}

/** Remembers a name. */
export function addName(names: Map<string, Set<string>>, keyword: string, name: string): void {
  const known = names.get(keyword);
  if (known === undefined) names.set(keyword, new Set([name]));
  else known.add(name);
}
