// How a shell script travels to a machine: its text goes by standard input, never by an argument, so it is in no process list and no sudo log;
// the command's own input follows it in the same stream. Pure text; the transports (ssh, a command prefix) carry it.
//
// What the far side runs is fixed but for a nonce and two numbers:
//   timeout --verbose --kill-after=2 30.000 sh -c 'echo MARK; echo "MARK ${SUDO_UID:-direct}" >&2; eval "$(head -c 812)"'
// - The begin mark on both outputs divides what is said on the way (banners, .bashrc, sudo) from what the script says, and tells whether root
//   was reached. The script is sent only then: when no mark comes, nothing was run and nothing will be, however late the machine wakes up.
// - `head -c N` reads N bytes and not one more (checked for coreutils), so what follows is the script's standard input.
// - `timeout` ends the script with all it started even when the connection is gone; a process of a lost connection gets no signal otherwise.
//   It says so on standard error, since 124 may as well be the script's own exit code.
// - The script stands inside `{ ... }`: text cut off midway is a syntax error, and nothing of it is run.
// - An end mark is written for exit code 255 alone, which is otherwise what ssh says of a lost connection.
import { assert } from "../base/index.ts";

/** How long a script that ignores SIGTERM has before SIGKILL, seconds. */
export const KILL_AFTER_S = 2;

/** The same for a tethered script, which is stopped as a matter of course. */
const TETHER_GRACE_S = 0.2;

/** ssh's own exit code for everything that failed on the way. */
export const TRANSPORT_FAILED = 255;

/** Where root's programs are, on every distribution; sshd's default may lack sbin. */
const SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** One working folder, one umask, one language and one search path wherever a script runs. */
const PRELUDE = `export PATH=${SEARCH_PATH} LC_ALL=C.UTF-8; unset LANGUAGE; umask 022; cd /`;

export interface Frame {
  /** What the far side runs, as an argument vector. */
  readonly command: readonly string[];
  /** What goes to its standard input, once the begin mark has come. */
  readonly input: Uint8Array;
  readonly beginMark: string;
  readonly endMark: string;
}

export interface FrameRequest {
  readonly script: string;
  /** For the script's standard input. Not with `tethered`. */
  readonly input?: string | Uint8Array;
  /** The far side ends the script after this long; undefined: no limit. */
  readonly limitMs?: number;
  /** Distinguishes the marks from anything the script may say. */
  readonly nonce: string;
  /** The script gets no input and is ended as soon as the stream ends: for a command that goes on until it is stopped. */
  readonly tethered?: boolean;
}

/** The command and the input stream that carry a script. A script must not contain NUL. */
export function frameScript(request: FrameRequest): Frame {
  assert(!request.script.includes("\0"), "a shell script has no NUL");
  assert(request.tethered !== true || request.input === undefined, "a tethered script has no input");
  const beginMark = `hapair-begin-${request.nonce}`;
  const endMark = `hapair-end-${request.nonce}`;
  const body = request.tethered === true ? tetheredBody(request.script) : plainBody(request.script);
  const text = Buffer.from(`${PRELUDE}\n{ ${body}\n${epilogue(endMark)}; }\n`);
  const limit = request.limitMs === undefined ? "0" : (Math.max(request.limitMs, 1) / 1_000).toFixed(3);
  return {
    command: [
      "timeout",
      "--verbose",
      `--kill-after=${KILL_AFTER_S}`,
      limit,
      "sh",
      "-c",
      startScript(beginMark, text.length),
    ],
    input: Buffer.concat([text, Buffer.from(request.input ?? "")]),
    beginMark,
    endMark,
  };
}

function startScript(beginMark: string, textBytes: number): string {
  return `echo ${beginMark}; echo "${beginMark} \${SUDO_UID:-direct}" >&2; eval "$(head -c ${textBytes})"`;
}

/** In a subshell: the script's exit, traps and variables are its own. The newline lets it end in a comment or a here-document. */
function plainBody(script: string): string {
  return `( :\n${script}\n)`;
}

/**
 * `timeout` has made a process group of its own; when the input stream ends, the watcher ends all of it. The watcher's `read` is a builtin,
 * so a script that ends by itself leaves nothing behind once the watcher is killed. Descriptor 3, because a command in the background
 * gets /dev/null for its standard input before its own redirections are done.
 */
function tetheredBody(script: string): string {
  return [
    `exec 3<&0 </dev/null`,
    `( trap '' TERM; read -r line; kill -TERM 0; sleep ${TETHER_GRACE_S}; kill -KILL 0 ) <&3 >/dev/null 2>&1 &`,
    `exec 3<&-`,
    `( :\n${script}\n)`,
    `set -- $?; kill -KILL $! 2>/dev/null; ( exit "$1" )`,
  ].join("\n");
}

function epilogue(endMark: string): string {
  return `set -- $?; [ "$1" = ${TRANSPORT_FAILED} ] && echo ${endMark} >&2; exit "$1"`;
}

/** What a machine said on one of its outputs, divided at the begin mark. */
export interface Divided {
  /** Banners, warnings of ssh and sudo. */
  readonly before: string;
  /** What the script said; undefined when it never began. */
  readonly script: Uint8Array | undefined;
  /** What the mark's line carries after the mark. */
  readonly note: string;
}

const LINE_FEED = 0x0a;

/** Divides output at the line with the begin mark. */
export function divideAtMark(output: Uint8Array, beginMark: string): Divided {
  const bytes = Buffer.from(output.buffer, output.byteOffset, output.byteLength);
  const at = bytes.indexOf(beginMark);
  const lineEnd = at < 0 ? -1 : bytes.indexOf(LINE_FEED, at);
  if (lineEnd < 0) return { before: bytes.toString("utf8"), script: undefined, note: "" };
  return {
    before: bytes.subarray(0, at).toString("utf8"),
    script: bytes.subarray(lineEnd + 1),
    note: bytes.toString("utf8", at + beginMark.length, lineEnd).trim(),
  };
}
