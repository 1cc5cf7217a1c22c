// What is on record about a lab: its specification, its image, and who is responsible for it.
// Rule: the record exists before anything else of the lab does, so whatever dies halfway leaves enough behind to clean up.
import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { HapairError } from "../base/index.ts";
import type { LabSpec } from "./lab-spec.ts";
import { disksDirectory, labLayout, labsDirectory } from "./layout.ts";
import { identify, isAlive, type ProcessIdentity } from "./process-identity.ts";

const version = 1;

export interface LabRecord {
  readonly version: typeof version;
  readonly spec: LabSpec;
  /** The root filesystem the hosts were made from. */
  readonly image: string;
  /** Who ends the lab; when this process is gone and `keep` is false, the lab is anyone's to remove. */
  readonly owner: ProcessIdentity;
  readonly keep: boolean;
  /** Milliseconds since 1970. */
  readonly createdAtMs: number;
  /** Where this machine's control groups are; the first one can freeze. */
  readonly controlGroupRoots: readonly string[];
}

/** Puts a new lab on record. Throws a HapairError when one of that name is there. */
export async function createRecord(
  details: Pick<LabRecord, "spec" | "image" | "controlGroupRoots">,
): Promise<LabRecord> {
  const owner = identify(process.pid);
  if (owner === undefined)
    throw new HapairError({
      kind: "unreachable",
      code: "lab-proc",
      message: "/proc does not show this process.",
    });
  // A lab that is still being made is never kept: whoever makes it may die.
  const record: LabRecord = { version, owner, keep: false, createdAtMs: Date.now(), ...details };
  const { directory } = labLayout(details.spec);
  // Made aside and renamed: no lab is ever seen without its record, and of two that want one name only one gets it.
  const aside = `${labsDirectory}/.new-${owner.id}-${owner.startTime}-${details.spec.name}`;
  await rm(aside, { recursive: true, force: true });
  await makeDirectory(aside);
  await writeFile(`${aside}/lab.json`, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
  try {
    await rename(aside, directory);
  } catch (cause) {
    await rm(aside, { recursive: true, force: true });
    throw new HapairError({
      kind: "usage",
      code: "lab-exists",
      message: `There is a lab called ${details.spec.name} already.`,
      hint: `Remove it with \`hapair lab down ${details.spec.name}\`, or give this one another name.`,
      cause,
    });
  }
  return record;
}

/** Makes the directory of a new record. Whoever removes the last lab at this moment may remove the directory above, so it is tried again. */
async function makeDirectory(path: string, triesLeft = 5): Promise<void> {
  await mkdir(labsDirectory, { recursive: true, mode: 0o700 });
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (failure) {
    if (triesLeft === 0) throw failure;
    await makeDirectory(path, triesLeft - 1);
  }
}

/** Removes the directories of all labs when there is no lab left. */
export async function removeEmptyDirectories(): Promise<void> {
  const { labs, unfinished } = await labNames();
  if (labs.length + unfinished.length > 0) return;
  for (const path of [labsDirectory, disksDirectory]) {
    // A directory that is not empty, or gone already, stays as it is.
    await rmdir(path).catch(() => undefined);
    await rmdir(dirname(path)).catch(() => undefined);
  }
}

/** The record of the lab called `name`; undefined when there is none. */
export async function readRecord(name: string): Promise<LabRecord | undefined> {
  const text = await readFile(`${labsDirectory}/${name}/lab.json`, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const record = JSON.parse(text) as LabRecord;
  if (record.version === version) return record;
  throw new HapairError({
    kind: "usage",
    code: "lab-version",
    message: `Lab ${name} was made by another version of hapair.`,
    hint: "Remove it with the version that made it.",
  });
}

/** Sets whether the lab outlives its owner. */
export async function setKeep(record: LabRecord, keep: boolean): Promise<LabRecord> {
  const changed = { ...record, keep };
  const { stateFile } = labLayout(record.spec);
  await writeFile(`${stateFile}.new`, `${JSON.stringify(changed, undefined, 2)}\n`, { mode: 0o600 });
  await rename(`${stateFile}.new`, stateFile);
  return changed;
}

/** The names of all labs on record, and of what was left of records that were never finished. */
export async function labNames(): Promise<{ labs: string[]; unfinished: string[] }> {
  const names = await readdir(labsDirectory).catch(() => []);
  return {
    labs: names.filter((name) => !name.startsWith(".")),
    unfinished: names.filter((name) => name.startsWith(".new-")),
  };
}

/** True when nobody is responsible for the lab any more. */
export function isAbandoned(record: LabRecord): boolean {
  return !record.keep && !isAlive(record.owner);
}
