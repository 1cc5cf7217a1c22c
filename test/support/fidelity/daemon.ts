// Which processes of this machine are a node's keepalived: the one that its shell started, and that one's VRRP child.
// Rule: found anew each time, as children of a shell that this process holds; so a number that another process has got since is never signalled.

import { readFileSync } from "node:fs";
import type { NodeGround } from "./ground.ts";

/** keepalived's first process; undefined when none runs. */
export function daemonOf({ shell }: NodeGround): number | undefined {
  return keepalivedBelow(shell.processId);
}

/** The child that speaks VRRP; undefined when none runs. */
export function workerOf(ground: NodeGround): number | undefined {
  const daemon = daemonOf(ground);
  return daemon === undefined ? undefined : keepalivedBelow(daemon);
}

/** The living child of a process that is keepalived; a dead one that nobody has waited for yet still has its place there. */
function keepalivedBelow(id: number): number | undefined {
  const children = read(`/proc/${id}/task/${id}/children`).split(" ").filter(Boolean).map(Number);
  return children.findLast((child) => /^\d+ \(keepalived[^)]*\) [^ZX]/.test(read(`/proc/${child}/stat`)));
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
