// Where in a block each keyword's value comes from: its line, or the first line of its block.

import type { Span } from "../diagnostics/index.ts";
import { type Item, spanOf } from "./cst.ts";

/**
 * The last line of each keyword; of the keywords in `firstCounts` the first one. A block's place is its first line. Lines that the daemon
 * ignores are for the caller to leave out.
 */
export function linesByKeyword(
  items: readonly Item[],
  firstCounts: readonly string[] = [],
): Map<string, Span> {
  const lines = new Map<string, Span>();
  for (const item of items) {
    const statement = item.kind === "block" ? item.header : item.kind === "statement" ? item : undefined;
    const keyword = statement?.keyword.value ?? "";
    if (statement === undefined || keyword === "") continue;
    if (!(firstCounts.includes(keyword) && lines.has(keyword))) lines.set(keyword, spanOf(statement));
  }
  return lines;
}
