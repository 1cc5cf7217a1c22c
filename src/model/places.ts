// Where a finding points, and how a value reads in a message.
// Rule: a missing thing is pointed at where it would be written, never at the top of the file if there is a nearer place.

import type { Span } from "../diagnostics/index.ts";
import type { Path } from "./fields.ts";
import type { SourceTree } from "./source-tree.ts";

// A flow map over many lines would be marked from end to end; its first line says enough.
const MARK_MAX = 80;

/** The value at `path`, or the nearest place above it that stands in the file. */
export function spanAt(tree: SourceTree, path: Path): Span | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const location = tree.locate(path.slice(0, length));
    if (location === undefined) continue;
    const span = length === path.length ? location.value : (location.key ?? location.value);
    return { start: span.start, end: Math.min(span.end, span.start + MARK_MAX) };
  }
  return undefined;
}

/** The key at `path`, or what {@link spanAt} gives. */
export function keySpanAt(tree: SourceTree, path: Path): Span | undefined {
  return tree.locate(path)?.key ?? spanAt(tree, path);
}

/** Where the missing value at `path` would belong: the key above it, or the file's first character. */
export function spanForMissing(tree: SourceTree, path: Path): Span | undefined {
  const parent = path.slice(0, -1);
  const location = tree.locate(parent);
  if (location?.key !== undefined) return location.key;
  const span = location?.value;
  return span === undefined ? undefined : { start: span.start, end: span.start + 1 };
}

const SHOWN_MAX = 60;

/** A value as a message quotes it: short, texts in quotes, maps and lists by their kind. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return "empty";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return Object.keys(value).length === 0 ? "an empty map" : "a map";
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value !== "string" && typeof value !== "number") return "something else";
  const text = String(value).replaceAll(/\s+/g, " ");
  const short = text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}...` : text;
  return typeof value === "string" ? `"${short}"` : short;
}
