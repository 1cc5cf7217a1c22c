// Rows of `show stat`, read for a few columns only: an agent that asks four times a second must not build a map of 100 columns for each row.
// Rule: columns are found by name; a row is whole or it is not given.

const COMMA = 0x2c;
const LINE_FEED = 0x0a;
const QUOTE = 0x22;

/** How the header line of `show stat` begins, in every version. */
const STAT_HEADER = "# pxname,";

/** HAProxy 3.2 has 1,900 characters of names; a longer header is none. */
const HEADER_LENGTH_MAX = 20_000;

/** Reads the wanted columns of each row. */
export interface StatReader {
  /**
   * Calls `take` for each row of the answer of `show stat`, with the wanted columns in the order in which they are wanted; one that the
   * row or this version of HAProxy does not have is "". The fields are valid until `take` returns. false: the answer has no header.
   */
  each(csv: string, take: (fields: readonly string[]) => void): boolean;
}

/** A reader for some columns. It remembers the last header it saw: that of the next answer is nearly always the same. */
export function statReader(wanted: readonly string[]): StatReader {
  let known: { readonly header: string; readonly columns: Columns } | undefined;
  return {
    each(csv, take) {
      const start = csv.indexOf(STAT_HEADER);
      const end = csv.indexOf("\n", start);
      if (start === -1 || end === -1) return false;
      const header = csv.slice(start, end);
      if (header.length > HEADER_LENGTH_MAX) return false;
      if (known?.header !== header) known = { header, columns: columnsOf(header, wanted) };
      eachRow(csv, end + 1, known.columns, take);
      return true;
    },
  };
}

interface Columns {
  /** For each column its place among the wanted ones, or -1. */
  readonly places: readonly number[];
  /** Matches a row without quotes, with one group for each wanted column that there is. */
  readonly pattern: RegExp;
  /** The place of each group. */
  readonly groups: readonly number[];
  readonly wantedCount: number;
}

function eachRow(
  csv: string,
  start: number,
  columns: Columns,
  take: (fields: readonly string[]) => void,
): void {
  const { pattern, groups } = columns;
  const fields = Array.from({ length: columns.wantedCount }, () => "");
  let nextQuote = csv.indexOf('"', start);
  for (let at = start; at < csv.length;) {
    if (nextQuote !== -1 && nextQuote < at) nextQuote = csv.indexOf('"', at);
    const plainEnd = csv.indexOf("\n", at);
    const quoted = nextQuote !== -1 && (plainEnd === -1 || nextQuote < plainEnd);
    const end = quoted ? quotedRowEnd(csv, at) : plainEnd;
    // A row without its end was cut off.
    if (end === -1) return;
    if (end > at) {
      pattern.lastIndex = at;
      const found = quoted ? null : pattern.exec(csv);
      if (found === null) takeSlowly(csv, at, end, columns.places, fields);
      else
        for (let group = 0; group < groups.length; group += 1)
          fields[groups[group] ?? 0] = found[group + 1] ?? "";
      take(fields);
    }
    at = end + 1;
  }
}

/**
 * Where the wanted columns are. A pattern, because the engine's matcher is native code from its second use on: a loop over characters that
 * runs four times a second stays interpreted for a long time, and costs twice as much.
 */
function columnsOf(header: string, wanted: readonly string[]): Columns {
  const places = header
    .slice(2)
    .split(",")
    .map((name) => wanted.indexOf(name));
  const groups: number[] = [];
  let text = "";
  let skipped = 0;
  for (const place of places) {
    if (place === -1) {
      skipped += 1;
      continue;
    }
    if (skipped > 0) text += `(?:[^,\\n]*,){${skipped}}`;
    text += "([^,\\n]*)(?:,|(?=\\n))";
    skipped = 0;
    groups.push(place);
  }
  return { places, pattern: new RegExp(text, "y"), groups, wantedCount: wanted.length };
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

/** Any row. A field in quotes may hold commas, line feeds and doubled quotes (RFC 4180); a short row lacks its last columns. */
function takeSlowly(
  csv: string,
  start: number,
  end: number,
  places: readonly number[],
  fields: string[],
): void {
  fields.fill("");
  let inQuotes = false;
  let from = start;
  let column = 0;
  for (let at = start; at <= end; at += 1) {
    const code = at === end ? COMMA : csv.charCodeAt(at);
    if (code === QUOTE) inQuotes = !inQuotes;
    else if (code === COMMA && (!inQuotes || at === end)) {
      const place = places[column] ?? -1;
      if (place !== -1) fields[place] = unquoted(csv.slice(from, at));
      column += 1;
      from = at + 1;
    }
  }
}

function unquoted(field: string): string {
  return field.startsWith('"') ? field.slice(1).replace(/"$/, "").replaceAll('""', '"') : field;
}
