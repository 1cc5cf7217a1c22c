// What the readers of the file's parts share: the file, the places in it, the list that findings go to.

import type { Path } from "./fields.ts";
import type { Finding, FindingCode, FindingList } from "./findings.ts";
import type { ProfileName } from "./pair.ts";
import { keySpanAt, spanAt } from "./places.ts";
import { type PartialPairFile, valueAt } from "./shape.ts";
import type { SourceTree } from "./source-tree.ts";

export interface Reading {
  readonly tree: SourceTree;
  readonly file: PartialPairFile;
  readonly findings: FindingList;
  /** Whether the key at `path`, though missing, was meant by a misspelt one. */
  isMisspelt(path: Path): boolean;
  readonly profile: ProfileName;
}

type Words = Omit<Finding, "code" | "span">;

/** Adds a finding on the value at `path`. */
export function addAt(reading: Reading, code: FindingCode, path: Path, words: Words): void {
  reading.findings.add({ code, span: spanAt(reading.tree, path), ...words });
}

/** Adds a finding on the key at `path`. */
export function addAtKey(reading: Reading, code: FindingCode, path: Path, words: Words): void {
  reading.findings.add({ code, span: keySpanAt(reading.tree, path), ...words });
}

/** The names written in the map at `path`, in the file's order, also those whose values were refused. */
export function namesAt(reading: Reading, path: Path): readonly string[] {
  const value = valueAt(reading.tree.value, path);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
}

/** The value that is left of a named entry after the check of its shape. */
export function entry<Value>(
  map: Readonly<Record<string, Value>> | undefined,
  name: string,
): Value | undefined {
  return map !== undefined && Object.hasOwn(map, name) ? map[name] : undefined;
}
