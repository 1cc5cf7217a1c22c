// The shell scripts that read, replace and examine a file on a machine, and how their answers are read. Pure text.
// Rule: a path or name enters a script only as a quoted word; a file's content only through standard input.
import { assert } from "../base/index.ts";
import type { FileStat, WriteOptions } from "./host.ts";
import { shellWord } from "./shell-word.ts";

/** The exit code by which these scripts say that nothing is at the path. */
export const NOTHING_THERE = 66;

/** A symbolic link that leads nowhere counts as nothing for reading, as something for stat. */
export function readScript(path: string): string {
  const word = pathWord(path);
  return `[ -e ${word} ] || exit ${NOTHING_THERE}\nexec cat -- ${word}`;
}

/** `%f` is the raw mode in hexadecimal: kind and permission bits, in every language. */
export function statScript(path: string): string {
  const word = pathWord(path);
  return `[ -e ${word} ] || [ -L ${word} ] || exit ${NOTHING_THERE}\nexec stat -c '%f %s %U %G' -- ${word}`;
}

const KIND_MASK = 0o170000;
const KIND_DIRECTORY = 0o040000;
const KIND_FILE = 0o100000;

/** Reads what {@link statScript} printed; undefined when it is not that. */
export function parseStat(text: string): FileStat | undefined {
  const match = /^([0-9a-f]+) (\d+) (\S+) (\S+)\n$/u.exec(text);
  if (match === null) return undefined;
  const [, rawMode = "", size = "", owner = "", group = ""] = match;
  const mode = Number.parseInt(rawMode, 16);
  const kindBits = mode & KIND_MASK;
  const kind = kindBits === KIND_FILE ? "file" : kindBits === KIND_DIRECTORY ? "directory" : "other";
  return { kind, mode: mode & 0o7777, owner, group, sizeBytes: Number(size) };
}

/**
 * Replaces a file with standard input in one step. The temporary file is 0600 until its content is complete: its size is compared, because a
 * lost connection ends the stream early. Content is synced before the rename, the folder after it. Whatever fails, the temporary file goes and
 * the old file stays. A symbolic link is replaced, not followed; a folder at the path is an error. Every program costs a millisecond on the
 * node, so owner and mode are only set where they differ from what a new file has.
 */
export function writeScript(path: string, sizeBytes: number, options: WriteOptions, nonce: string): string {
  const word = pathWord(path);
  const name = path.slice(path.lastIndexOf("/") + 1);
  assert(name !== "" && name !== "." && name !== "..", "a file's path ends in a name");
  const folder = pathWord(path.slice(0, path.lastIndexOf("/")) || "/");
  const temporary = pathWord(
    `${path.slice(0, path.length - name.length)}.${nameWithin(name)}.hapair-${nonce}`,
  );
  const owner = `${accountName(options.owner ?? "root")}:${accountName(options.group ?? "root")}`;
  const mode = options.mode.toString(8).padStart(4, "0");
  assert(/^[0-7]{4}$/u.test(mode), "a mode is four octal digits");
  return [
    `[ -d ${folder} ] || mkdir -p -- ${folder} || exit`,
    `if [ -d ${word} ] && ! [ -L ${word} ]; then echo "it is a directory" >&2; exit 1; fi`,
    `umask 077`,
    `trap ${shellWord(`rm -f -- ${temporary}`)} EXIT`,
    `trap 'exit 1' HUP INT PIPE TERM`,
    `dd of=${temporary} bs=1M iflag=fullblock conv=excl,fsync status=none || exit`,
    `have=$(stat -c '%s %U:%G' -- ${temporary}) || exit`,
    `if [ "\${have% *}" != ${sizeBytes} ]; then echo "only \${have% *} of ${sizeBytes} bytes arrived" >&2; exit 1; fi`,
    `[ "\${have#* }" = ${owner} ] || chown -- ${owner} ${temporary} || exit`,
    ...(mode === "0600" ? [] : [`chmod -- ${mode} ${temporary} || exit`]),
    `mv -fT -- ${temporary} ${word} || exit`,
    `trap - EXIT`,
    `sync -- ${folder}`,
  ].join("\n");
}

/** The longest file name Linux takes is 255 bytes; the temporary file's own additions need some of them. */
function nameWithin(name: string): string {
  const kept = Buffer.from(name).subarray(0, 200).toString("utf8");
  return kept.replace(/\uFFFD+$/u, "");
}

function pathWord(path: string): string {
  assert(path.startsWith("/"), "a path on a host is absolute");
  assert(!path.includes("\0"), "a path has no NUL");
  return shellWord(path);
}

function accountName(name: string): string {
  assert(/^\w[\w.-]*$/u.test(name), "an owner is the name or number of an account");
  return name;
}
