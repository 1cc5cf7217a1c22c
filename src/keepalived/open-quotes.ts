// Quotes that open and never close: the daemon drops the word, and in the lines that name a program it reads single quotes too.

import { commandWords } from "./command-words.ts";
import { argumentText, type Statement, type Word } from "./cst.ts";
import type { DaemonLine } from "./daemon-lines.ts";
import { ROOT_KEYWORDS } from "./keyword-root.ts";
import { commandKeywords } from "./keywords.ts";
import { readAgain } from "./second-reading.ts";

/** Keywords that name a program, in whichever block. */
const COMMANDS: ReadonlySet<string> = commandKeywords(ROOT_KEYWORDS);

/** The lines that have a quote that never closes, and the word with which it opens. */
export function openQuotes(lines: readonly DaemonLine[]): Map<DaemonLine, Word> {
  const found = new Map<DaemonLine, Word>();
  for (const line of lines) {
    const open = line.kind === "words" ? openQuote(line.statement) : undefined;
    if (open !== undefined) found.set(line, open);
  }
  return found;
}

/** The first word of the line that never closes. In a line that names a program the daemon reads single quotes too. */
function openQuote(statement: Statement): Word | undefined {
  const { keyword, arguments: words } = statement;
  if (!keyword.closed) return keyword;
  const open = words.find((word) => !word.closed);
  if (open !== undefined || !COMMANDS.has(keyword.value)) return open;
  const [first] = words;
  if (first === undefined) return undefined;
  return commandWords(readAgain(argumentText(statement))) === undefined ? first : undefined;
}
