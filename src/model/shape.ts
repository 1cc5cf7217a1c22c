// The file's values against the schema: each zod issue becomes a finding with its place, and what failed is taken out.
// Rule: after this every value that is left has the kind its key wants, so that what follows can go on and find the other mistakes.

import type * as z from "zod/mini";
import { nearest, sentenceList } from "../base/index.ts";
import { fieldAt, type Path, pathText } from "./fields.ts";
import { pairFileSchema, type PairFile } from "./file-schema.ts";
import type { Finding, FindingList } from "./findings.ts";
import { isUnderSecret, literalSecretFinding } from "./secret.ts";
import { meantKey, unknownKeyFinding } from "./unknown-key.ts";
import { shown, spanAt, spanForMissing } from "./places.ts";
import { outOfRangeFinding } from "./number-range.ts";
import type { SourceTree } from "./source-tree.ts";

/** `T` where anything may be missing: what is left of a file with mistakes. */
export type Partially<T> = T extends readonly (infer Item)[]
  ? readonly (Partially<Item> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Partially<T[Key]> | undefined }
    : T;

export type PartialPairFile = Partially<PairFile>;

/** What is left of the file, and which missing keys have another finding that says so. */
export interface CheckedShape {
  readonly file: PartialPairFile;
  /** Whether the key at `path`, though missing, was meant by a misspelt one. */
  isMisspelt(path: Path): boolean;
}

type Issue = z.core.$ZodIssue;

/** Checks the shape of everything at once; gives what is left when the wrong values are gone, nothing where the file is no map. */
export function checkShape(tree: SourceTree, findings: FindingList): CheckedShape | undefined {
  if (!isPlainMap(tree.value)) {
    findings.add({
      code: "HP012",
      span: spanAt(tree, []),
      message: `${shown(tree.value)} where the file's keys should stand: a pair file is a map`,
      advice: "pair: NAME on the first line, then nodes:, vips:, vrrp: and haproxy:",
    });
    return undefined;
  }
  const checked = pairFileSchema.safeParse(tree.value);
  if (checked.success) return { file: checked.data, isMisspelt: () => false };
  const issues = flatten(checked.error.issues, []);
  const misspelt = misspeltKeys(issues);
  const isMisspelt = (path: Path): boolean => misspelt.has(JSON.stringify(path));
  const wrong: Path[] = [];
  for (const issue of issues) {
    const isMissing = valueAt(tree.value, issue.path) === undefined;
    if (!isMissing || !isMisspelt(issue.path)) report(tree, issue, findings, wrong);
  }
  return { file: without(tree.value, wrong) as PartialPairFile, isMisspelt };
}

/** The places of the keys that unknown keys were probably meant to be. */
function misspeltKeys(issues: readonly PlacedIssue[]): ReadonlySet<string> {
  const meant = new Set<string>();
  for (const { issue, path } of issues) {
    if (issue.code !== "unrecognized_keys") continue;
    for (const key of issue.keys) {
      const right = meantKey([...path, key]);
      if (right !== undefined) meant.add(JSON.stringify([...path, right]));
    }
  }
  return meant;
}

interface PlacedIssue {
  readonly issue: Issue;
  readonly path: Path;
}

/** Unions fail as a whole; this picks the branch that was meant by the kind of what was written. */
function flatten(issues: readonly Issue[], base: Path): PlacedIssue[] {
  return issues.flatMap((issue) => {
    const path = [...base, ...(issue.path as (string | number)[])];
    if (issue.code !== "invalid_union") return [{ issue, path }];
    const branch = issue.errors.find((errors) => !errors.some(isOfAnotherKind));
    return branch === undefined ? [{ issue, path }] : flatten(branch, path);
  });
}

// A literal of another value is no branch that could have been meant.
function isOfAnotherKind(error: Issue): boolean {
  return error.path.length === 0 && (error.code === "invalid_type" || error.code === "invalid_value");
}

function report(tree: SourceTree, placed: PlacedIssue, findings: FindingList, wrong: Path[]): void {
  const { issue, path } = placed;
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys) {
      findings.add(unknownKeyFinding(tree, [...path, key]));
      wrong.push([...path, key]);
    }
    return;
  }
  const value = valueAt(tree.value, path);
  if (value === undefined) {
    findings.add(missingKeyFinding(tree, path));
    return;
  }
  findings.add(valueFinding(tree, placed, value));
  wrong.push(path);
}

function missingKeyFinding(tree: SourceTree, path: Path): Finding {
  const parent = path.slice(0, -1);
  const where = parent.length === 0 ? "the file" : pathText(parent);
  const key = String(path.at(-1) ?? "");
  const field = fieldAt(path);
  return {
    code: "HP011",
    span: spanForMissing(tree, path),
    message: `${where} says no ${key}: ${field?.wanted ?? "a value"} is wanted`,
    ...(field === undefined ? {} : { advice: field.example }),
  };
}

function valueFinding(tree: SourceTree, { issue, path }: PlacedIssue, value: unknown): Finding {
  if (isUnderSecret(path)) return literalSecretFinding(tree, path, value);
  const span = spanAt(tree, path);
  const field = fieldAt(path);
  const advice = field === undefined ? {} : { advice: field.example };
  if (isChoice(path)) return unknownValueFinding(tree, path, value);
  if (issue.code === "invalid_format")
    return badNameFinding(tree, path, typeof value === "string" ? value : "", span);
  if (typeof value === "number" && isRangeIssue(issue)) return outOfRangeFinding(span, path, value);
  if (value === "") {
    return {
      code: "HP012",
      span,
      message: `${pathText(path)} is an empty text: ${field?.wanted} is wanted`,
      ...advice,
    };
  }
  return {
    code: "HP012",
    span,
    message: `${pathText(path)} is ${asWritten(tree, path, value)}: ${field?.wanted ?? "another kind of value"} is wanted`,
    ...advice,
  };
}

// YAML reads 10.0 as the number 10.
function asWritten(tree: SourceTree, path: Path, value: unknown): string {
  return typeof value === "number" ? tree.textAt(path) : shown(value);
}

function isRangeIssue(issue: Issue): boolean {
  return (
    issue.code === "too_big" ||
    issue.code === "too_small" ||
    (issue.code === "invalid_type" && issue.expected === "int")
  );
}

/** A name that cannot be used; `path` is where it stands. */
export function badNameFinding(
  tree: SourceTree,
  path: Path,
  name: string,
  span = tree.locate(path)?.key,
): Finding {
  return {
    code: "HP014",
    span,
    message: `${shown(name)} cannot be a name: letters, digits, dot, underscore and hyphen, at most 63, the first a letter or digit, not digits alone`,
    consequence: "names become instance names in keepalived.conf, file names and words in commands",
    advice: suggestedName(name),
  };
}

function suggestedName(name: string): string {
  const plain = name
    .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[._-]+/, "")
    .slice(0, 63);
  if (plain === "") return "a name such as ext-lb";
  return /^\d+$/.test(plain) ? `node-${plain}` : plain;
}

const choices: Readonly<Record<string, readonly (string | number)[]>> = {
  profile: ["classic", "fast"],
  version: [2, 3],
  failback: ["never", "allowed"],
  last_resort: ["take", "stay"],
  "last-resort": ["take", "stay"],
  tls: ["starttls", "implicit", "none"],
  severity: ["info", "warning", "critical"],
  except: ["info", "warning", "critical"],
};

function isChoice(path: Path): boolean {
  return Object.hasOwn(choices, String(path.at(-1)));
}

function unknownValueFinding(tree: SourceTree, path: Path, value: unknown): Finding {
  const key = String(path.at(-1));
  const known = choices[key] ?? [];
  const near = nearest(shown(value).replaceAll('"', ""), known.map(String));
  return {
    code: "HP013",
    span: spanAt(tree, path),
    message: `${pathText(path)} is ${shown(value)}: ${sentenceList(known.map(String), "or")} is wanted`,
    advice: near === undefined ? known.map((word) => `${key}: ${word}`).join(", or ") : `${key}: ${near}`,
  };
}

function isPlainMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at a path of plain maps and lists; undefined where there is none. */
export function valueAt(root: unknown, path: Path): unknown {
  let value: unknown = root;
  for (const part of path) {
    if (Array.isArray(value) && typeof part === "number") value = value[part];
    else if (isPlainMap(value) && Object.hasOwn(value, part)) value = value[part];
    else return undefined;
  }
  return value;
}

/** A copy of plain values without those at `paths`; list items become undefined so that the others keep their index. */
function without(root: unknown, paths: readonly Path[]): unknown {
  const gone = new Set(paths.map((path) => JSON.stringify(path)));
  const copy = (value: unknown, path: Path): unknown => {
    if (gone.has(JSON.stringify(path))) return undefined;
    if (Array.isArray(value)) return value.map((item, index) => copy(item, [...path, index]));
    if (!isPlainMap(value)) return value;
    const map = Object.create(null) as Record<string, unknown>;
    for (const [key, each] of Object.entries(value)) {
      const kept = copy(each, [...path, key]);
      if (kept !== undefined) map[key] = kept;
    }
    return map;
  };
  return copy(root, []) ?? {};
}
