// Words of a shell script from any text. Rule: nothing from a pair, a node or an operator enters a script unquoted.

import { assert } from "../base/index.ts";
import { shellWord } from "../host/index.ts";

/** The text as one word of a POSIX shell script. A NUL cannot be written in a script and is refused. */
export function quoted(text: string): string {
  assert(!text.includes("\0"), "a word of a shell script has no NUL");
  return shellWord(text);
}

/** Several words, quoted, with a space between. */
export function quotedWords(words: readonly string[]): string {
  return words.map(quoted).join(" ");
}

/** An octal mode as chmod takes it, e.g. `0644`. */
export function octal(mode: number): string {
  return `0${mode.toString(8).padStart(3, "0")}`;
}
