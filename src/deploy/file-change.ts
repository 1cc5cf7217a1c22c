// What becomes of each file on one node: desired content beside what lies there. Pure.
// Rule: a file that is not ours is taken over, never overwritten: its state is kept first, and hapair remove gives it back.

import { createHash } from "node:crypto";
import { HapairError } from "../base/index.ts";
import { type FileEffect, type NodeFile, originOf } from "../render/index.ts";
import { fileDiff } from "./file-diff.ts";
import type { FileFacts, NodeFacts } from "./facts.ts";

/**
 * create: nothing lies there · replace: ours, with other content · take-over: somebody else's, kept for hapair remove · mode: the content is right,
 * its mode or owner is not · delete: ours, no longer wanted, nothing was there before · restore: ours, no longer wanted, the kept original comes back
 */
export type ChangeKind = "create" | "replace" | "take-over" | "mode" | "delete" | "restore";

export interface FileChange {
  readonly path: string;
  readonly kind: ChangeKind;
  readonly effect: FileEffect;
  /** Ours, and changed on the node since the last apply: that change is lost. */
  readonly editedByHand: boolean;
  /** Absent for delete and restore. */
  readonly sha256?: string;
  readonly sizeBytes?: number;
  readonly mode?: number;
  readonly owner?: string;
  readonly group?: string;
  /** What has to be noted about the state before the first apply: that there is a file to keep, that there was none, or nothing (it is noted already). */
  readonly original: "keep" | "absent" | "noted";
  /** Unified, secrets masked; empty where no line differs or none may be shown. */
  readonly diff: string;
  /** What the diff cannot show, in words. */
  readonly remarks: readonly string[];
}

export function sha256Of(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Every change on the node, in the order of `files`, then what is no longer wanted. Throws `path-is-directory`. */
export function fileChanges(files: readonly NodeFile[], facts: NodeFacts): FileChange[] {
  const wanted = files.flatMap((file) => changeOf(file, facts) ?? []);
  return [...wanted, ...unwanted(files, facts)];
}

function changeOf(file: NodeFile, facts: NodeFacts): FileChange | undefined {
  const found = facts.files.find((one) => one.path === file.path);
  if (found !== undefined && found.kind !== "file") {
    throw new HapairError({
      kind: "unreachable",
      code: "path-is-directory",
      message: `${facts.node}: ${file.path} is ${found.kind === "directory" ? "a directory" : "not a regular file"}; hapair would put a file there`,
      hint: "Nothing was changed. Move it away, or name another path in the pair's file.",
    });
  }
  const sha256 = sha256Of(file.content);
  const sameContent = found?.sha256 === sha256 && !found.isLink;
  const sameMode =
    found !== undefined &&
    found.mode === file.mode &&
    found.owner === file.owner &&
    found.group === file.group;
  if (sameContent && sameMode) return undefined;

  const noted = facts.originals.find((original) => original.path === file.path);
  const inManifest = facts.manifest?.files.find((entry) => entry.path === file.path);
  const ours =
    noted !== undefined || inManifest !== undefined || originOf(found?.content ?? "").kind === "hapair";
  const kind: ChangeKind =
    found === undefined ? "create" : sameContent ? "mode" : ours ? "replace" : "take-over";
  const editedByHand = found !== undefined && inManifest !== undefined && inManifest.sha256 !== found.sha256;
  return {
    path: file.path,
    kind,
    effect: file.effect,
    editedByHand,
    sha256,
    sizeBytes: Buffer.byteLength(file.content),
    mode: file.mode,
    owner: file.owner,
    group: file.group,
    // Ours without a note (the notes were lost): there is no state before to give back.
    original: noted !== undefined ? "noted" : found === undefined || ours ? "absent" : "keep",
    ...fileDiff(file, found),
  };
}

function unwanted(files: readonly NodeFile[], facts: NodeFacts): FileChange[] {
  const wanted = new Set(files.map((file) => file.path));
  return (facts.manifest?.files ?? [])
    .filter((entry) => !wanted.has(entry.path))
    .flatMap((entry): FileChange[] => {
      const found = facts.files.find((file) => file.path === entry.path);
      const wasKept = facts.originals.some(
        (original) => original.path === entry.path && original.was === "kept",
      );
      if (found === undefined && !wasKept) return [];
      return [
        {
          path: entry.path,
          kind: wasKept ? "restore" : "delete",
          effect: entry.effect,
          editedByHand: found !== undefined && found.sha256 !== entry.sha256,
          original: "noted",
          diff: "",
          remarks: [
            wasKept ? "the file that was there before hapair comes back" : "the pair's file names it no more",
          ],
        },
      ];
    });
}

/** The mode and owner of a file that is there, as `0644 root:root`. */
export function modeText(file: Pick<FileFacts, "mode" | "owner" | "group">): string {
  return `0${file.mode.toString(8).padStart(3, "0")} ${file.owner}:${file.group}`;
}
