// The difference between a file on a node and what it becomes, fit for a terminal and a log: no secret of either side is in it.

import { structuredPatch } from "diff";
import { agentPaths, type NodeFile, sizeText } from "../render/index.ts";
import type { FileFacts } from "./facts.ts";

const MASK = "********";
const CONTEXT_LINES = 3;

/** More lines than a person reads, and noise in a log. */
const DIFF_LINES_MAX = 2_000;

interface FileDiff {
  readonly diff: string;
  readonly remarks: readonly string[];
}

/** Unified lines without file headers, and what they cannot show in words. `found`: the file as it lies there. */
export function fileDiff(file: NodeFile, found: FileFacts | undefined): FileDiff {
  const remarks: string[] = [];
  if (found !== undefined) {
    if (found.isLink) remarks.push("a symbolic link is replaced by a file");
    if (found.mode !== file.mode)
      remarks.push(`mode ${octalText(found.mode)} becomes ${octalText(file.mode)}`);
    if (found.owner !== file.owner || found.group !== file.group) {
      remarks.push(`owner ${found.owner}:${found.group} becomes ${file.owner}:${file.group}`);
    }
  }
  if (file.secrets.some((secret) => secret.includes("\n")))
    return { diff: "", remarks: [...remarks, "the content is secret and not shown"] };
  if (file.isProgram === true)
    return { diff: "", remarks: [...remarks, `a program of ${sizeText(file.content)}`] };
  if (found !== undefined && found.content === undefined)
    return { diff: "", remarks: [...remarks, "what lies there cannot be shown: too large, or no text"] };
  if (found?.content === file.content) return { diff: "", remarks };

  const secrets = [
    ...new Set([...file.secrets, ...passwordsIn(found?.content ?? ""), ...passwordsIn(file.content)]),
  ];
  const masked = (text: string): string => maskedText(maskedSettings(file.path, text), secrets);
  const lines = diffLines(masked(found?.content ?? ""), masked(file.content));
  const inside = (text: string): string =>
    secretsIn(text, secrets) + settingsSecrets(file.path, text).join("\n");
  const secretDiffers = found !== undefined && inside(found.content ?? "") !== inside(file.content);
  if (secretDiffers) remarks.push("a secret in it changes; its value is not shown");
  const cut =
    lines.length > DIFF_LINES_MAX
      ? [...lines.slice(0, DIFF_LINES_MAX), `... and ${lines.length - DIFF_LINES_MAX} lines more`]
      : lines;
  return { diff: cut.join("\n"), remarks };
}

function diffLines(before: string, after: string): string[] {
  const patch = structuredPatch("", "", before, after, "", "", { context: CONTEXT_LINES });
  return patch.hunks.flatMap((hunk) => [
    `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`,
    ...hunk.lines,
  ]);
}

/** Passwords of whoever wrote a keepalived.conf or haproxy.cfg before us: we do not know them, only where they stand. */
const PASSWORD_PLACES = [
  /^[ \t]*auth_pass[ \t]+"?([^"\s]+)/gm,
  /\b(?:insecure-)?password[ \t]+(\S+)/gm,
  /^[ \t]*stats[ \t]+auth[ \t]+[^:\s]+:(\S+)/gm,
];

function passwordsIn(text: string): string[] {
  return PASSWORD_PLACES.flatMap((place) => [...text.matchAll(place)].map((found) => found[1] ?? ""));
}

/**
 * Secrets of settings that were deployed before, whose values nobody here knows: what stands under these keys, and every header (the only
 * texts this deep), is hidden whatever it is.
 */
const SETTINGS_PLACES =
  /^( *"(?:key|password|secret|routingKey|url)": | {12,}"[^"]+": )"((?:[^"\\]|\\.)*)"/gm;

function maskedSettings(path: string, text: string): string {
  return path === agentPaths.settings ? text.replaceAll(SETTINGS_PLACES, `$1"${MASK}"`) : text;
}

function settingsSecrets(path: string, text: string): string[] {
  if (path !== agentPaths.settings) return [];
  return [...text.matchAll(SETTINGS_PLACES)].map(([, , value = ""]) => value);
}

/** Every secret replaced, the longest first, so that one within another leaves nothing of it. */
export function maskedText(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret !== "")
    .toSorted((a, b) => b.length - a.length)
    .reduce((masked, secret) => masked.replaceAll(secret, MASK), text);
}

function secretsIn(text: string, secrets: readonly string[]): string {
  return secrets.filter((secret) => secret !== "" && text.includes(secret)).join("\n");
}

function octalText(mode: number): string {
  return `0${mode.toString(8).padStart(3, "0")}`;
}
