// The lines of blocks whose lines have no keyword (virtual_ipaddress, unicast_peer, track_script ...), those too that the daemon refuses.
// Rule: what it refuses is out of the tree that it goes by, but not out of sight: whoever explains the file must name it.

import type { Block, Statement } from "./cst.ts";
import { statementsIn } from "./query.ts";

/** One line, and whether the daemon refuses it. */
export interface ValueLine {
  readonly statement: Statement;
  readonly refused: boolean;
}

/** The lines of a block in order. */
export type ValueLines = (block: Block) => readonly ValueLine[];

/** The lines of a tree of which nothing was taken out. */
export const allLines: ValueLines = (block) =>
  statementsIn(block.items).map((statement) => ({ statement, refused: false }));
