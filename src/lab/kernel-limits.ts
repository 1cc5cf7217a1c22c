// Limits of this machine's kernel that many hosts at once run into.
// Rule: a limit is only ever raised, and the user is told. It stays raised until the machine restarts: lowering it could break another lab.
import { writeFile } from "node:fs/promises";
import { readIfThere } from "./process-identity.ts";

const inotifyInstances = "/proc/sys/fs/inotify/max_user_instances";
/** Counted 7 to 11 for each host; the kernel's default of 128 is one budget for all of root's processes on this machine. */
const inotifyInstancesMin = 1024;

/** Raises what would keep a host's systemd from starting ("Failed to create control group inotify object"). Gives a sentence when it did. */
export async function raiseKernelLimits(): Promise<string | undefined> {
  const before = Number(readIfThere(inotifyInstances)?.trim());
  if (!Number.isInteger(before) || before >= inotifyInstancesMin) return undefined;
  try {
    await writeFile(inotifyInstances, String(inotifyInstancesMin));
  } catch {
    // Where the limit may not be changed (a container), a few hosts still fit below it.
    return undefined;
  }
  return `raised fs.inotify.max_user_instances from ${before} to ${inotifyInstancesMin} until this machine restarts: systemd in each host needs about ten`;
}
