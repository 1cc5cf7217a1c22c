// Mutations of real samples, from seeded randomness: of text and bytes as a broken or hostile sender makes them, and of JSON values that stay JSON.

import type { Random } from "../random.ts";

const TEXT_MAX = 20_000;
const EDITS_MAX = 6;

/** What parsers trip over: separators, quotes, ends, signs, numbers at the edge of what is one, names that every object has. */
const PIECES: readonly string[] = [
  ..." \t\r\n\"'\\/:;,.=-+*#%&<>()[]{}|@$_0159aZ".split(""),
  ...[
    "\n\n",
    "\r\n",
    "\0",
    "\u001B[31m",
    "\u007F",
    "\u009B",
    "\u2028",
    "\u202E",
    "\u200B",
    "\uFEFF",
    "é",
    "\u{1f600}",
  ],
  ...["\ud800", "\udc00", '""', '"\n"', "\n> ", "\n# pxname,", "{{", "}}", "{{title}}", "](", "<!channel>"],
  ...[
    "-1",
    "0",
    "1e308",
    "1e999",
    "NaN",
    "Infinity",
    "9007199254740993",
    "99999999999999999999",
    "0x10",
    "1970",
    "10000",
  ],
  ...[
    "null",
    "true",
    "undefined",
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "[[[[[[[[",
    "{}",
  ],
];

const VALUES: readonly unknown[] = [
  ...[null, true, false, "", "-", "MASTER", "resolved", "opened", "\u001B[2J\n\u202E"],
  // Names that every object has.
  ...["__proto__", "constructor", "toString", "hasOwnProperty", "length"],
  ...[0, -1, 1, 2, 0.5, 1e15, 8.64e15, 8.7e15, 1e308, Number.MAX_SAFE_INTEGER, -1e308],
  ...[[], {}, [[]], [{}], { length: 3 }, ["a", "b"], { a: { b: { c: {} } } }],
];

function piece(random: Random): string {
  const one = random.pick(PIECES);
  // Now and then very many of it, which a bound has to stop.
  return random.below(40) === 0 ? one.repeat(1 + random.below(3000)) : one;
}

/** The sample with a few edits; some samples come as they are. */
export function mutatedText(random: Random, sample: string, lengthMax = TEXT_MAX): string {
  let text = sample;
  for (let edits = random.below(EDITS_MAX); edits > 0; edits -= 1) {
    const at = random.below(text.length + 1);
    const length = random.below(random.below(8) === 0 ? text.length - at + 1 : 12);
    const removed = text.slice(at, at + length);
    const kind = random.below(5);
    if (kind === 0) text = text.slice(0, at) + text.slice(at + length);
    else if (kind === 1) text = text.slice(0, at) + piece(random) + text.slice(at);
    else if (kind === 2) text = text.slice(0, at) + piece(random) + text.slice(at + length);
    else if (kind === 3) text = text.slice(0, at) + removed + text.slice(at);
    else text = random.below(2) === 0 ? text.slice(0, at) : text.slice(at) + text.slice(0, at);
  }
  return text.slice(0, lengthMax);
}

/** As {@link mutatedText}, for bytes: flipped, cut, doubled, put in. */
export function mutatedBytes(random: Random, sample: Buffer, lengthMax = TEXT_MAX): Buffer {
  let bytes = Buffer.from(sample);
  for (let edits = random.below(EDITS_MAX); edits > 0; edits -= 1) {
    const at = random.below(bytes.length + 1);
    const kind = random.below(4);
    if (kind === 0 && at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    else if (kind === 1) bytes = bytes.subarray(0, at);
    else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.below(9))]);
    else bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(piece(random)), bytes.subarray(at)]);
  }
  return Buffer.from(bytes.subarray(0, lengthMax));
}

/** The bytes in pieces, as a stream may bring them. */
export function pieces<Piece extends string | Buffer>(random: Random, whole: Piece): Piece[] {
  const parts: Piece[] = [];
  const most = random.pick([1, 7, 64, 1000, 70_000]);
  for (let at = 0; at < whole.length;) {
    // A long one is not brought in thousands of pieces.
    const length = Math.max(1 + random.below(most), Math.ceil(whole.length / 500));
    parts.push(
      (typeof whole === "string" ? whole.slice(at, at + length) : whole.subarray(at, at + length)) as Piece,
    );
    at += length;
  }
  return parts;
}

/** The value with a few of its parts replaced, left out, renamed or doubled. The sample is not changed. */
export function mutatedJson(random: Random, sample: unknown): unknown {
  let value = structuredClone(sample);
  for (let edits = random.below(4); edits > 0; edits -= 1) value = edited(random, value, 8);
  return value;
}

function edited(random: Random, value: unknown, depthLeft: number): unknown {
  const isContainer = typeof value === "object" && value !== null;
  if (!isContainer || depthLeft === 0 || random.below(6) === 0) return replaced(random, value);
  if (Array.isArray(value)) return editedList(random, value as unknown[], depthLeft);
  const fields = Object.entries(value);
  const index = random.below(fields.length);
  const [name, field] = fields[index] ?? [piece(random), null];
  const kind = random.below(8);
  if (kind === 0) fields.splice(index, 1);
  else if (kind === 1) fields.push([piece(random), random.pick(VALUES)]);
  else if (kind === 2) fields[index] = [piece(random), field];
  else fields[index] = [name, edited(random, field, depthLeft - 1)];
  return Object.fromEntries(fields);
}

function editedList(random: Random, list: readonly unknown[], depthLeft: number): unknown[] {
  const at = random.below(list.length);
  const kind = random.below(6);
  if (kind === 0) return list.filter((_, index) => index !== at);
  if (kind === 1) return [...list.slice(0, at), random.pick(VALUES), ...list.slice(at)];
  if (kind === 2) return Array.from({ length: random.below(300) }, () => list[at]);
  return list.map((entry, index) => (index === at ? edited(random, entry, depthLeft - 1) : entry));
}

function replaced(random: Random, value: unknown): unknown {
  if (typeof value === "string" && random.below(3) > 0) return mutatedText(random, value);
  if (typeof value === "number" && random.below(3) > 0)
    return value + random.pick([1, -1, 1000, -1e6, 1e12, 0.25]);
  return random.below(4) === 0 ? piece(random) : structuredClone(random.pick(VALUES));
}
