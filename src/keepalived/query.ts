// Questions asked of any tree: which blocks and lines have a keyword, what words a line has for the daemon. Knows no keyword's meaning.

import type { Block, Item, Statement, Word } from "./cst.ts";
import { readAgain } from "./second-reading.ts";

/** The blocks of these items with the keyword, in order; blocks inside blocks are not looked into. */
export function blocksNamed(items: readonly Item[], ...keywords: readonly string[]): Block[] {
  return items.filter(
    (item): item is Block => item.kind === "block" && keywords.includes(item.header?.keyword.value ?? ""),
  );
}

/** The lines of these items, in order, those of blocks inside not among them. */
export function statementsIn(items: readonly Item[]): Statement[] {
  return items.filter((item): item is Statement => item.kind === "statement");
}

/** The lines of every block with the keyword, since a block that stands twice is one for the daemon. */
export function linesOf(items: readonly Item[], ...keywords: readonly string[]): Statement[] {
  return blocksNamed(items, ...keywords).flatMap((block) => statementsIn(block.items));
}

/**
 * The arguments as the process that runs VRRP has them: words without a closing quote are dropped, and an unquoted `\#` or `\!` ends the line.
 * (For global_defs ask the words' own values: there the mark is literal.)
 */
export function argumentsOf(statement: Statement): readonly Word[] {
  if (statement.arguments.every(isPlain)) return statement.arguments;
  const words: Word[] = [];
  for (const word of statement.arguments) {
    const value = word.quoted ? word.value : readAgain(word.source);
    const cut = !word.quoted && value !== word.source;
    if (word.closed && !(cut && value === "")) words.push(cut ? { ...word, value } : word);
    if (cut) break;
  }
  return words;
}

/** Nothing is escaped, and no quote stays open: nearly every word. */
function isPlain({ closed, source }: Word): boolean {
  return closed && !source.includes("\\");
}

/** The whole line as words, for blocks whose lines have no keyword (virtual_ipaddress, unicast_peer, track_script). */
export function wordsOf(statement: Statement): Word[] {
  const { keyword } = statement;
  return keyword.closed && keyword.value !== "" ? [keyword, ...argumentsOf(statement)] : [];
}
