// Sentences in a column of the terminal: wrapped at blanks, and without characters that would write to the terminal as they like.

/** How wide what is printed for a person may get, in columns. */
export const PAGE_COLUMNS = 100;

/**
 * `text` in lines of at most `columns` characters, after `first` characters that stand on the first line already. A word that is longer stays whole:
 * it may be something to copy. Newlines in the text stay.
 */
export function wrapped(text: string, columns: number, first = 0): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    // Only the gap at a line's end goes: blanks inside a quoted value belong to it.
    const [start = "", ...words] = paragraph.split(" ");
    let line = start;
    let room = lines.length === 0 ? columns - first : columns;
    for (const word of words) {
      if (line.trim() !== "" && line.length + 1 + word.length > room) {
        lines.push(line.trimEnd());
        line = word;
        room = columns;
      } else {
        line = `${line} ${word}`;
      }
    }
    lines.push(line.trimEnd());
  }
  return lines;
}

/** `label: text` under `indent` blanks, its further lines under the text. `labelWidth` is that of the longest label beside it. */
export function labelled(label: string, text: string, indent = 4, labelWidth = label.length): string[] {
  const column = indent + labelWidth + 2;
  return wrapped(text, PAGE_COLUMNS - column).map((line, index) =>
    index === 0
      ? " ".repeat(indent) + `${label}:`.padEnd(labelWidth + 2) + line
      : (" ".repeat(column) + line).trimEnd(),
  );
}

// Control characters, and those that turn the direction of writing or have no width: a file must look like what it is.
// oxlint-disable-next-line no-control-regex -- Control characters are what is looked for.
const UNPRINTABLE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** The text with a mark for each character that has no shape of its own; a tab is a blank. As long as before; newlines stay. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, (character) => (character === "\t" ? " " : "\ufffd"));
}
