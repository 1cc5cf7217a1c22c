// A file as it will land on a node, and the line that says who made it.

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** What has to happen for a change of a file to take effect. */
export type FileEffect =
  /** Read when next needed (a check script). */
  | "none"
  | "keepalived-reload"
  | "haproxy-reload"
  /** The drop-in of haproxy.service: daemon-reload, and a restart where the command line changes. */
  | "haproxy-unit"
  /** The drop-in of keepalived.service: daemon-reload; a running keepalived keeps its process. */
  | "keepalived-unit"
  | "sysctl"
  | "tmpfiles"
  /** The agent's user. */
  | "sysusers"
  /** The agent's program, settings or unit: it is restarted. */
  | "agent"
  /** Loaded with nft -f. */
  | "firewall"
  | "networkd";

export interface NodeFile {
  /** Absolute path on the node. */
  readonly path: string;
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
  readonly content: string;
  /** Values in the content that must never be shown; empty for most files. */
  readonly secrets: readonly string[];
  readonly effect: FileEffect;
  /** A program: its lines say nothing to a person, so its size is shown instead. */
  readonly isProgram?: true;
}

/** Makes one of hapair's own files, root's, with the mark in it. */
export type MakeFile = (
  path: string,
  mode: number,
  effect: FileEffect,
  body: string,
  secrets?: readonly string[],
) => NodeFile;

/** How large a text is, e.g. `412 kB`. */
export function sizeText(text: string): string {
  return `${Math.ceil(utf8ToBytes(text).length / 1000)} kB`;
}

/** A short name of a text's content, the same on every machine: the first 12 hexadecimal digits of its SHA-256. */
export function revisionOf(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text))).slice(0, 12);
}

const MARK = /^# Made by hapair for pair (\S+); revision ([0-9a-f]{12})\. .*\n?/m;

/** The mark line for a body; `#` starts a comment in every language hapair renders. */
function markLine(pairName: string, body: string): string {
  return `# Made by hapair for pair ${pairName}; revision ${revisionOf(body)}. Change the pair's file and apply; edits here are lost.\n`;
}

/** Puts the mark first, or after a script's interpreter line. */
export function withMark(pairName: string, body: string): string {
  const mark = markLine(pairName, body);
  if (!body.startsWith("#!")) return mark + body;
  const lineEnd = body.indexOf("\n") + 1;
  return body.slice(0, lineEnd) + mark + body.slice(lineEnd);
}

/** Puts the mark last, so that the line numbers of a user's own file stay what they were. */
export function withMarkAtEnd(pairName: string, body: string): string {
  const complete = body.endsWith("\n") || body === "" ? body : `${body}\n`;
  return complete + markLine(pairName, complete);
}

/** Puts the mark into a comment at the head of a JavaScript program. */
export function withMarkInComment(pairName: string, program: string): string {
  const body = `${COMMENT_BEGIN}*/\n${program}`;
  return COMMENT_BEGIN + markLine(pairName, body) + body.slice(COMMENT_BEGIN.length);
}

const COMMENT_BEGIN = "/*\n";

/** Who made a file that was read on a node: not hapair, hapair as it stands, or hapair and changed by hand since. */
export type FileOrigin =
  | { readonly kind: "foreign" }
  | { readonly kind: "hapair"; readonly pair: string; readonly revision: string; readonly edited: boolean };

export function originOf(content: string): FileOrigin {
  const found = MARK.exec(content);
  if (found === null) return { kind: "foreign" };
  const body = content.slice(0, found.index) + content.slice(found.index + found[0].length);
  const [, pair = "", revision = ""] = found;
  return { kind: "hapair", pair, revision, edited: revisionOf(body) !== revision };
}
