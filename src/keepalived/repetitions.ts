// What `~SEQ(..)`, `~SEQx(..)` and `~LST(..)` repeat a line for: the values of their variables (keepalived-behaviour 6.1).

/** The variables of each repetition, at most `limit` of them. */
export function repetitions(specification: string, limit: number): ReadonlyMap<string, string>[] {
  const open = specification.indexOf("(");
  const kind = specification.slice(1, open).trim();
  const parts = splitOutsideBraces(specification.slice(open + 1, -1));
  if (kind === "LST") {
    const [names = [], ...rows] = parts.map(listOf);
    return rows.map((row) => new Map(names.map((name, column) => [name, row[column] ?? ""])));
  }
  const name = parts[0] ?? "";
  const numbers = parts.slice(1).map(Number);
  const [start, step, end] = sequence(numbers);
  if (![start, step, end].every(Number.isSafeInteger) || step === 0) return [];
  const count = Math.min(limit, Math.max(0, Math.floor((end - start) / step) + 1));
  const radix = kind === "SEQx" ? 16 : 10;
  return Array.from({ length: count }, (_, turn) => new Map([[name, (start + turn * step).toString(radix)]]));
}

/** (end), (start, end) or (start, step, end); without a step it counts towards the end. */
function sequence(numbers: readonly number[]): readonly [number, number, number] {
  const [first = Number.NaN, second, third] = numbers;
  if (second === undefined) return [1, first < 1 ? -1 : 1, first];
  if (third === undefined) return [first, second < first ? -1 : 1, second];
  return [first, second, third];
}

function splitOutsideBraces(text: string): string[] {
  const parts = text.match(/\{[^}]*\}|[^,{}]+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

function listOf(part: string): string[] {
  const inner = part.startsWith("{") ? part.slice(1, -1) : part;
  return inner.split(",").map((item) => item.trim());
}
