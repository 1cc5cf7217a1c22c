// The lines of blocks whose lines have no keyword (virtual_ipaddress, unicast_peer, track_script ...), those too that the daemon refuses.
// Rule: what it refuses is out of the tree that it goes by, but not out of sight: whoever explains the file must name it.

import type { Block, KeepalivedCst, Statement, Token } from "./cst.ts";
import { daemonLines } from "./daemon-lines.ts";
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

/** The lines of blocks in the daemon's reading of `effective`: what stands there between the block's braces and not in the block was refused. */
export function linesWithRefused(effective: KeepalivedCst): ValueLines {
  const lines = daemonLines(effective.items);
  const places = new Map<Token, number>();
  for (const [place, line] of lines.entries()) if (line.kind === "open") places.set(line.token, place);
  return (block) => {
    const place = places.get(block.open);
    // A block without an opening brace.
    if (place === undefined) return allLines(block);
    const kept = new Set<Statement>(statementsIn(block.items));
    const found: ValueLine[] = [];
    for (let next = place + 1; next < lines.length; next += 1) {
      const line = lines[next]!;
      if (line.kind === "close") break;
      if (line.kind === "words")
        found.push({ statement: line.statement, refused: !kept.has(line.statement) });
    }
    return found;
  };
}
