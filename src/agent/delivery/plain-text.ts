// Text that may have come from anywhere, made fit to be sent: visible characters only, whole ones, and no more of them than a limit.

import { printable } from "../../diagnostics/index.ts";

/** Characters looked at for each one kept, so that a huge text costs no more than a long one. */
const LOOKED_AT_FACTOR = 4;
const REPLACEMENT = "\ufffd";

/** One line of at most `most` characters; every run of blanks and line ends is one blank. */
export function oneLine(text: string, most: number): string {
  const start = text.slice(0, most * LOOKED_AT_FACTOR);
  return cut(printable(wellFormed(start).replaceAll(/\s+/g, " ").trim()), most);
}

/** Lines of at most `most` characters together; line ends are \n alone, and more than one empty line in a row is one. */
export function fewLines(text: string, most: number): string {
  const lines = wellFormed(text.slice(0, most * LOOKED_AT_FACTOR))
    .replaceAll(/\r\n?|[\v\f\u0085\u2028\u2029]/g, "\n")
    .split("\n")
    .map((line) => line.trimEnd());
  return cut(
    printable(
      lines
        .join("\n")
        .replaceAll(/\n{3,}/g, "\n\n")
        .trim(),
    ),
    most,
  );
}

/** The text, or so much of it that it has at most `most` characters with three dots; never half a character. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, Math.max(0, most - 3)).replace(/[\ud800-\udbff]$/, "")}...`;
}

/** Halves of characters become the mark for a character that is none: receivers may refuse a whole message for one. */
function wellFormed(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, REPLACEMENT);
}
