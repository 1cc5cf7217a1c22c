// What the daemon finds out about an instance once it has read everything: settings that another setting takes away, instances it drops.

import type { KeepalivedCst } from "./cst.ts";
import type { ComplaintBook } from "./daemon-complaints.ts";

/** Adds the complaints about whole instances to the book. */
export function judgeInstances(tree: KeepalivedCst, book: ComplaintBook): void {
  void tree;
  void book;
}
