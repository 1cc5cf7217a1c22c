// Rows of `show stat`, read for a few columns only: an agent that asks four times a second must not build a map of 100 columns for each row.
// Rule: columns are found by name; a row is whole or it is not given.

const COMMA = 0x2c;
const LINE_FEED = 0x0a;
const QUOTE = 0x22;

/** How the header line of `show stat` begins, in every version. */
export const STAT_HEADER = "# pxname,";

/**
 * Calls `take` for each row of the answer of `show stat`, with the wanted columns in the order in which they are wanted; one that the
 * row or this version of HAProxy does not have is "". The fields are valid until `take` returns. false: the answer has no header.
 */
export function eachStatRow(
  csv: string,
  wanted: readonly string[],
  take: (fields: readonly string[]) => void,
): boolean {
  const header = csv.indexOf(STAT_HEADER);
  const headerEnd = csv.indexOf("\n", header);
  if (header === -1 || headerEnd === -1) return false;
  const names = csv.slice(header + 2, headerEnd).split(",");
  const slots = names.map((name) => wanted.indexOf(name));
  const last = slots.reduce((most, slot, column) => (slot === -1 ? most : column), -1);
  const fields = wanted.map(() => "");
  let nextQuote = csv.indexOf('"', headerEnd);
  for (let at = headerEnd + 1; at < csv.length;) {
    if (nextQuote !== -1 && nextQuote < at) nextQuote = csv.indexOf('"', at);
    const plainEnd = csv.indexOf("\n", at);
    const quoted = nextQuote !== -1 && (plainEnd === -1 || nextQuote < plainEnd);
    const end = quoted ? quotedRowEnd(csv, at) : plainEnd;
    // A row without its end was cut off.
    if (end === -1) break;
    if (end > at) {
      fields.fill("");
      if (quoted) takeQuoted(csv, at, end, slots, fields);
      else takePlain(csv, at, end, slots, last, fields);
      take(fields);
    }
    at = end + 1;
  }
  return true;
}

function takePlain(
  csv: string,
  start: number,
  end: number,
  slots: readonly number[],
  last: number,
  fields: string[],
): void {
  let from = start;
  for (let at = start, column = 0; at <= end && column <= last; at += 1) {
    const code = at === end ? COMMA : csv.charCodeAt(at);
    if (code !== COMMA) continue;
    const slot = slots[column] ?? -1;
    if (slot !== -1) fields[slot] = csv.slice(from, at);
    column += 1;
    from = at + 1;
  }
}

/** The line feed that ends the row at `start`, which has quotes: one within quotes does not. -1: there is none. */
function quotedRowEnd(csv: string, start: number): number {
  let inQuotes = false;
  for (let at = start; at < csv.length; at += 1) {
    const code = csv.charCodeAt(at);
    if (code === QUOTE) inQuotes = !inQuotes;
    else if (code === LINE_FEED && !inQuotes) return at;
  }
  return -1;
}

/** A field in quotes may hold commas, line feeds and doubled quotes (RFC 4180). */
function takeQuoted(
  csv: string,
  start: number,
  end: number,
  slots: readonly number[],
  fields: string[],
): void {
  let inQuotes = false;
  let from = start;
  let column = 0;
  for (let at = start; at <= end; at += 1) {
    const code = at === end ? COMMA : csv.charCodeAt(at);
    if (code === QUOTE) inQuotes = !inQuotes;
    else if (code === COMMA && (!inQuotes || at === end)) {
      const slot = slots[column] ?? -1;
      if (slot !== -1) fields[slot] = unquoted(csv.slice(from, at));
      column += 1;
      from = at + 1;
    }
  }
}

function unquoted(field: string): string {
  return field.startsWith('"') ? field.slice(1).replace(/"$/, "").replaceAll('""', '"') : field;
}
