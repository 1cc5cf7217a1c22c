// Questions asked of any tree: which blocks and lines have a keyword, what words a line has for the daemon. Knows no keyword's meaning.

import type { Block, Item, Statement, Word } from "./cst.ts";

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
 * The arguments as the process that runs VRRP has them: words without a closing quote are dropped, and an unquoted `\#` or `\!` ends the line,
 * because that process reads what the first one wrote down without the backslash (2.2.7 and 2.3.3; only global_defs is read directly).
 */
export function argumentsOf(statement: Statement): Word[] {
  const words: Word[] = [];
  for (const word of statement.arguments) {
    const escape = word.quoted ? -1 : word.source.search(/\\[#!]/);
    if (escape > 0) words.push({ ...word, value: word.source.slice(0, escape) });
    if (escape !== -1) break;
    if (word.closed) words.push(word);
  }
  return words;
}

/** The whole line as words, for blocks whose lines have no keyword (virtual_ipaddress, unicast_peer, track_script). */
export function wordsOf(statement: Statement): Word[] {
  const { keyword } = statement;
  return keyword.closed && keyword.value !== "" ? [keyword, ...argumentsOf(statement)] : [];
}
