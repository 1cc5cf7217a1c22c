// Answers of HAProxy's runtime socket: `show stat` (CSV) and `show info` (`Name: value`). Columns are found by name, never by number.

export interface StatRow {
  /** The proxy: frontend, backend or listen section. */
  readonly pxname: string;
  /** FRONTEND, BACKEND, or a server's or listener's name. */
  readonly svname: string;
  /** OPEN, UP, DOWN, `UP 1/3`, MAINT, DRAIN, no check ... */
  readonly status: string;
  /** L4OK, L7STS ..., with `* ` before it while a check runs; empty where nothing is checked. */
  readonly checkStatus: string;
  /** Every column by its name. */
  readonly columns: ReadonlyMap<string, string>;
}

/** Reads the answer of `show stat`; empty where it has no header line. */
export function readShowStat(csv: string): StatRow[] {
  const [header, ...records] = csvRecords(csv.trimStart());
  if (header?.[0]?.startsWith("# ") !== true) return [];
  const names = header.map((name, index) => (index === 0 ? name.slice(2) : name));
  return records
    .filter((record) => record.length > 1)
    .map((record) => {
      const columns = new Map(names.map((name, index) => [name, record[index] ?? ""]));
      const column = (name: string): string => columns.get(name) ?? "";
      return {
        pxname: column("pxname"),
        svname: column("svname"),
        status: column("status"),
        checkStatus: column("check_status"),
        columns,
      };
    });
}

/** Reads the answer of `show info`: its values by name. */
export function readShowInfo(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    const colon = line.indexOf(": ");
    if (colon > 0) values.set(line.slice(0, colon), line.slice(colon + 2).trim());
  }
  return values;
}

/** Records of comma-separated fields; a field in quotes may hold commas, line ends and doubled quotes (RFC 4180). */
function csvRecords(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  for (let offset = 0; offset < text.length;) {
    const { field, end } = text.charAt(offset) === '"' ? quotedField(text, offset) : plainField(text, offset);
    record.push(field);
    if (text.charAt(end) !== ",") {
      records.push(record);
      record = [];
    }
    offset = end + 1;
  }
  if (record.length > 0) records.push(record);
  return records;
}

function plainField(text: string, start: number): { field: string; end: number } {
  let end = start;
  while (end < text.length && text.charAt(end) !== "," && text.charAt(end) !== "\n") end += 1;
  return { field: text.slice(start, end).replace(/\r$/, ""), end };
}

function quotedField(text: string, start: number): { field: string; end: number } {
  let field = "";
  for (let offset = start + 1; offset < text.length; offset += 1) {
    if (text.charAt(offset) !== '"') field += text.charAt(offset);
    else if (text.charAt(offset + 1) === '"') {
      field += '"';
      offset += 1;
    } else return { field, end: offset + 1 };
  }
  return { field, end: text.length };
}
