// Where hapair keeps its own state on a node. All of it lies in one directory of mode 0700: copies of configurations hold passwords.

import { nodePaths } from "../render/index.ts";

const directory = nodePaths.stateDirectory;

export const statePaths = {
  directory,
  lock: `${directory}/lock`,
  lockGuard: `${directory}/lock.guard`,
  /** What was applied last: files with hashes, revision, when, by whom, and what was applied before that. */
  manifest: `${directory}/manifest.json`,
  /** The manifest's paths, one a line, for the script that reads a node. */
  pathList: `${directory}/paths`,
  /** There while files are being replaced; left over when an apply dies in between. */
  unfinished: `${directory}/unfinished.json`,
  staging: `${directory}/staging`,
  /** The state before the change under way, for putting back. */
  previous: `${directory}/previous`,
  /** The state before the first apply, for hapair remove. */
  originals: `${directory}/originals`,
  originalsIndex: `${directory}/originals/index`,
  /** Both services as they were: name, is-enabled, is-active. */
  servicesBefore: `${directory}/originals/services`,
} as const;
