// The daemon's second tokenizer, for the lines that name a program (script, notify_master ...): quotes of both kinds and backslash escapes.
// Rule: there is no shell. `|`, `&&` and `$X` are ordinary words here, and so they are to the program.

import { argumentText, type Statement } from "./cst.ts";
import { readAgain } from "./second-reading.ts";

/**
 * The program and its arguments as the daemon starts them, or undefined where a quote never closes (2.2.7 crashes on that) or nothing is
 * named. Only the first word of the line counts, and is split once more: `script "/bin/x a 'b c'"` has two arguments,
 * `script /bin/x a` and `script "/bin/x" a` have none (2.2.7 and 2.3.3).
 */
export function commandOf(statement: Statement): readonly string[] | undefined {
  const words = commandWords(readAgain(argumentText(statement)));
  const command = words?.[0] === undefined ? undefined : commandWords(words[0]);
  return command === undefined || command.length === 0 ? undefined : command;
}

/** Splits a line at blanks outside quotes; undefined where a quote never closes. */
export function commandWords(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let offset = 0; offset < text.length;) {
    const character = text.charAt(offset);
    if (character === "\\" && offset + 1 < text.length) {
      const { value, length } = escaped(text, offset + 1);
      word = (word ?? "") + value;
      offset += 1 + length;
      continue;
    }
    offset += 1;
    if (quote !== "") {
      if (character === quote) quote = "";
      else word += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= "";
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + character;
    }
  }
  if (quote !== "") return undefined;
  if (word !== undefined) words.push(word);
  return words;
}

const ESCAPED: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  E: "\u001b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** What the text after a backslash stands for, and how many characters of it that takes. Numbers count by their low byte: `\x141` is A. */
function escaped(text: string, offset: number): { value: string; length: number } {
  const number = matchAt(/x[0-9a-fA-F]+|[0-7]{1,3}/y, text, offset);
  if (number !== undefined) {
    const digits = number.startsWith("x") ? `0x${number.slice(-2).replace("x", "0")}` : `0o${number}`;
    return { value: String.fromCharCode(Number(digits) & 0xff), length: number.length };
  }
  const control = matchAt(/c[@-_a-z]/y, text, offset);
  if (control !== undefined) return { value: String.fromCharCode(control.charCodeAt(1) & 0x1f), length: 2 };
  const character = text.charAt(offset);
  return { value: ESCAPED[character] ?? character, length: 1 };
}

function matchAt(pattern: RegExp, text: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0];
}
