// Removes labs that nobody is responsible for any more: their owner died without taking them apart.
// Rule: only what hapair's own records name is touched, and a lab somebody wants kept is not.
import { readdir, rm } from "node:fs/promises";
import { messageOf } from "../base/index.ts";
import { takeApart } from "./bring-up.ts";
import { isAbandoned, labNames, readRecord, removeEmptyDirectories } from "./lab-state.ts";
import { disksDirectory, labsDirectory } from "./layout.ts";
import { isAlive } from "./process-identity.ts";

export interface CleanUp {
  /** The names of the labs that are gone now. */
  readonly removed: readonly string[];
  /** Labs that could not be removed, and why. */
  readonly failed: readonly { readonly name: string; readonly reason: string }[];
}

/** Takes apart every abandoned lab and removes disks that no lab on record owns. */
export async function cleanUpDeadLabs(): Promise<CleanUp> {
  const { labs, unfinished } = await labNames();
  const removed: string[] = [];
  const failed: { name: string; reason: string }[] = [];
  for (const name of labs) {
    try {
      const record = await readRecord(name);
      if (record === undefined || !isAbandoned(record)) continue;
      await takeApart(record);
      removed.push(name);
    } catch (thrown) {
      failed.push({ name, reason: messageOf(thrown) });
    }
  }
  for (const name of unfinished) {
    const [, id, startTime] = name.split("-");
    if (id === undefined || startTime === undefined || isAlive({ id: Number(id), startTime })) continue;
    await rm(`${labsDirectory}/${name}`, { recursive: true, force: true });
  }
  // A lab's record is made before its disks and removed after them: disks without a record outlived a restart of this machine.
  const disks = await readdir(disksDirectory).catch(() => []);
  const owners = new Set((await labNames()).labs);
  for (const name of disks) {
    if (!owners.has(name))
      await rm(`${disksDirectory}/${name}`, { recursive: true, force: true, maxRetries: 3 });
  }
  await removeEmptyDirectories();
  return { removed, failed };
}
