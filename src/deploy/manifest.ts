// What hapair notes on a node: what was applied, and what was begun and not ended. Values and their text; reading never fails, a torn note is no note.

import type { FileEffect } from "../render/index.ts";

export interface ManifestFile {
  readonly path: string;
  readonly sha256: string;
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
  readonly effect: FileEffect;
}

export interface ManifestEntry {
  readonly revision: string;
  /** By the node's clock, seconds since 1970. */
  readonly atS: number;
  readonly by: string;
}

/** What was applied last, and the applies before it, latest first. */
export interface Manifest extends ManifestEntry {
  readonly version: 1;
  readonly pair: string;
  readonly files: readonly ManifestFile[];
  readonly history: readonly ManifestEntry[];
}

/** Applies remembered. */
export const HISTORY_MAX = 50;

/** An apply that began to replace files. */
export interface Unfinished {
  readonly by: string;
  readonly sinceS: number;
  readonly revision: string;
}

export function readManifest(text: string | undefined): Manifest | undefined {
  const value = parsed(text);
  if (value?.["version"] !== 1 || !Array.isArray(value["files"])) return undefined;
  return {
    ...(value as unknown as Manifest),
    history: Array.isArray(value["history"]) ? (value["history"] as ManifestEntry[]) : [],
  };
}

/** undefined: no apply was cut off. A note that cannot be read still says that one was. */
export function readUnfinished(text: string | undefined): Unfinished | undefined {
  if (text === undefined) return undefined;
  const value = parsed(text);
  const { by, sinceS, revision } = (value ?? {}) as Partial<Unfinished>;
  return { by: by ?? "somebody", sinceS: sinceS ?? 0, revision: revision ?? "unknown" };
}

function parsed(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The note of an apply that ended; `before` is what stood there. */
export function nextManifest(
  before: Manifest | undefined,
  entry: ManifestEntry,
  pair: string,
  files: readonly ManifestFile[],
): Manifest {
  const past =
    before === undefined
      ? []
      : [{ revision: before.revision, atS: before.atS, by: before.by }, ...before.history];
  return { version: 1, pair, ...entry, files, history: past.slice(0, HISTORY_MAX) };
}

/** One line of JSON, as it lies on the node. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest)}\n`;
}

/** The paths as they lie beside it. */
export function pathListText(files: readonly ManifestFile[]): string {
  return files.map((file) => `${file.path}\n`).join("");
}
