// What the readers of a scenario file share: the file, the list that findings go to, and the reading of one key's value by its form.

import { nearest, sentenceList } from "../base/index.ts";
import {
  type Finding,
  type FindingCode,
  type FindingList,
  keySpanAt,
  type Path,
  pathText,
  shown,
  spanAt,
  spanForMissing,
  type SourceTree,
} from "../model/index.ts";
import type { Key } from "./keys.ts";
import { timeUs } from "./time-text.ts";

export interface Reading {
  readonly tree: SourceTree;
  readonly findings: FindingList;
}

type Words = Omit<Finding, "code" | "span">;

/** Adds a finding on the value at `path`. */
export function addAt({ tree, findings }: Reading, code: FindingCode, path: Path, words: Words): void {
  findings.add({ code, span: spanAt(tree, path), ...words });
}

/** Adds a finding on the key at `path`. */
export function addAtKey({ tree, findings }: Reading, code: FindingCode, path: Path, words: Words): void {
  findings.add({ code, span: keySpanAt(tree, path), ...words });
}

/** A map of the file; its keys are its own alone (it has no prototype). */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What stands at `path`; undefined where nothing does. */
export function valueAt({ tree }: Reading, path: Path): unknown {
  let value = tree.value;
  for (const part of path) {
    if (Array.isArray(value) && typeof part === "number") value = value[part];
    else if (isMap(value)) value = value[part];
    else return undefined;
  }
  return value;
}

export interface MapForm {
  /** What the map is, as a sentence calls it: "a scenario file". */
  readonly place: string;
  /** The keys that may stand here. */
  readonly keys: Readonly<Record<string, Key>>;
  readonly required: readonly string[];
  /** For a key that may not stand here: where it may. */
  readonly belongs?: (key: string) => string | undefined;
}

/** Looks at the keys of the map at `path`: each unknown and each missing one is a finding, but a misspelt one is one finding, not two. */
export function readMap(reading: Reading, path: Path, form: MapForm): void {
  const map = valueAt(reading, path);
  if (!isMap(map)) return;
  const known = Object.keys(form.keys);
  const misspelt = new Set<string>();
  for (const key of Object.keys(map)) {
    if (known.includes(key)) continue;
    const near = nearest(
      key,
      known.filter((each) => map[each] === undefined),
    );
    if (near !== undefined) misspelt.add(near);
    addAtKey(reading, "HP010", [...path, key], unknownKey(form, key, near));
  }
  for (const key of form.required) {
    if (map[key] !== undefined || misspelt.has(key)) continue;
    reading.findings.add({
      code: "HP011",
      span: path.length === 0 ? spanForMissing(reading.tree, [key]) : spanAt(reading.tree, path),
      message: `${path.length === 0 ? "the file" : pathText(path)} says no ${key}: ${form.keys[key]?.wanted ?? "a value"} is wanted`,
      advice: form.keys[key]?.example ?? key,
    });
  }
}

function unknownKey({ place, keys, belongs }: MapForm, key: string, near: string | undefined): Words {
  const message = `${shown(key)} is not a key of ${place}`;
  const elsewhere = belongs?.(key);
  if (elsewhere !== undefined)
    return { message: `${message}; it belongs to ${elsewhere}`, advice: "nothing here, or that fault" };
  if (near !== undefined)
    return { message: `${message}; did you mean ${near}?`, advice: keys[near]?.example ?? near };
  return { message, advice: `one of ${sentenceList(Object.keys(keys), "or")}` };
}

/** The text at `path` in the form of `key`; undefined where it is missing, and, with a finding, where it is something else. */
export function readText(reading: Reading, path: Path, key: Key): string | undefined {
  const value = valueAt(reading, path);
  if (value === undefined) return undefined;
  if (typeof value !== "string" || key.form.kind !== "text") return wrongKind(reading, path, key);
  const { pattern, lengthMax, allowed } = key.form;
  if (pattern.test(value) && value.length <= lengthMax) return value;
  addAt(reading, value === "" ? "HP012" : "HP014", path, {
    message: `${pathText(path)} is ${shown(value)}: ${key.wanted} ${allowed} is wanted, at most ${lengthMax} characters`,
    advice: key.example,
  });
  return undefined;
}

/** The time at `path` in microseconds; undefined as with {@link readText}. */
export function readTime(reading: Reading, path: Path, key: Key): number | undefined {
  const value = valueAt(reading, path);
  if (value === undefined) return undefined;
  const us = typeof value === "string" ? timeUs(value.trim()) : undefined;
  if (us === undefined || key.form.kind !== "time") {
    addAt(reading, "HP080", path, {
      message: `${pathText(path)} is ${shown(value)}: a time with its unit is wanted (us, ms, s, m or h), in whole microseconds`,
      advice: typeof value === "number" && value >= 0 ? `${String(path.at(-1))}: ${value}s` : key.example,
    });
    return undefined;
  }
  if (us <= key.form.maxUs) return us;
  addAt(reading, "HP015", path, {
    message: `${pathText(path)} is ${shown(value)}: ${key.wanted} is wanted`,
    advice: key.example,
  });
  return undefined;
}

/** The whole number at `path`; undefined as with {@link readText}. */
export function readWholeNumber(reading: Reading, path: Path, key: Key): number | undefined {
  const value = valueAt(reading, path);
  if (value === undefined) return undefined;
  if (typeof value !== "number" || key.form.kind !== "whole number") return wrongKind(reading, path, key);
  if (Number.isInteger(value) && value >= key.form.minimum && value <= key.form.maximum) return value;
  addAt(reading, "HP015", path, {
    message: `${pathText(path)} is ${value}: ${key.wanted} is wanted`,
    advice: key.example,
  });
  return undefined;
}

/** The finding for a value of another kind than the key's. */
export function wrongKind(reading: Reading, path: Path, key: Key): undefined {
  addAt(reading, "HP012", path, {
    message: `${pathText(path)} is ${shown(valueAt(reading, path))}: ${key.wanted} is wanted`,
    advice: key.example,
  });
}
