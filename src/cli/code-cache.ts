// Compiled code, kept from one run of a command for the next: half of the time that a short command takes is V8 compiling the same functions again. Node's own cache
// (module.enableCompileCache) is not there in Node 20. Rule: what was kept is used only where it is whole, this user's, and made from the very same text by the very same
// Node; whatever is wrong with it, the command runs as without it.

import type { Script } from "node:vm";

// An import of node:fs as an ES module reads every property of it, and that loads the streams.
const fs = process.getBuiltinModule("node:fs");
const path = process.getBuiltinModule("node:path");
const { crc32 } = process.getBuiltinModule("node:zlib");

export interface KeptCode {
  /** By the checksum of the text that it was made from. */
  readonly code: ReadonlyMap<number, Buffer>;
  /** It should be kept anew. */
  readonly isOld: boolean;
}

export const NO_CODE: KeptCode = { code: new Map(), isOld: true };

interface Header {
  readonly node: string;
  /** Each part's text, by its checksum, and how many bytes of code there are for it. */
  readonly parts: readonly (readonly [number, number])[];
}

/** A run of a command need not have called what another one calls: once a day what is kept is kept anew, with what this run has added. */
const RENEWED_AFTER_MS = 24 * 3_600_000;
const CHECKSUM_DIGITS = 8;

/** Where the code of a command is kept; undefined: nowhere. NODE_DISABLE_COMPILE_CACHE, which Node has for its own cache, holds for this one too. */
export function codeCachePath(environment: NodeJS.ProcessEnv, command: string): string | undefined {
  const { NODE_DISABLE_COMPILE_CACHE, XDG_CACHE_HOME = "", HOME = "" } = environment;
  if (NODE_DISABLE_COMPILE_CACHE !== undefined) return undefined;
  if (path.isAbsolute(XDG_CACHE_HOME)) return path.join(XDG_CACHE_HOME, "hapair", `${command}.code`);
  return path.isAbsolute(HOME) ? path.join(HOME, ".cache", "hapair", `${command}.code`) : undefined;
}

/** The code kept in `file`; none where it cannot be read or must not be used. */
export function keptCode(file: string): KeptCode {
  try {
    const opened = fs.openSync(file, "r");
    try {
      const { uid, mtimeMs } = fs.fstatSync(opened);
      // Who can write this file decides what runs here.
      if (uid !== process.getuid?.()) return NO_CODE;
      const code = partsOf(fs.readFileSync(opened));
      return code === undefined ? NO_CODE : { code, isOld: Date.now() - mtimeMs > RENEWED_AFTER_MS };
    } finally {
      fs.closeSync(opened);
    }
  } catch {
    return NO_CODE;
  }
}

// A checksum of all that follows, the header as a line of JSON, and the parts one after the other. V8 looks at a part's first bytes alone: what the disk has made of the others it would run.
function partsOf(bytes: Buffer): KeptCode["code"] | undefined {
  const checked = bytes.subarray(CHECKSUM_DIGITS);
  if (Number.parseInt(bytes.toString("latin1", 0, CHECKSUM_DIGITS), 16) !== crc32(checked)) return undefined;
  let at = checked.indexOf("\n") + 1;
  const { node, parts } = JSON.parse(checked.toString("latin1", 0, at)) as Header;
  if (node !== thisNode()) return undefined;
  const code = new Map<number, Buffer>();
  for (const [checksum, length] of parts) {
    code.set(checksum, checked.subarray(at, at + length));
    at += length;
  }
  return code;
}

/**
 * Keeps the code of these scripts in `file`, by the checksum of each one's text: the first's is the build's. What was kept for others of the same build
 * stays. That it cannot be kept is no failure.
 */
export function keepCode(file: string, scripts: ReadonlyMap<number, Script>, kept: KeptCode): void {
  // Another run may read or write at the same time: each sees a whole file.
  const own = `${file}.${process.pid}`;
  try {
    const bytes = bytesOf(codeOf(scripts, kept));
    fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    fs.writeFileSync(own, bytes, { mode: 0o600 });
    fs.renameSync(own, file);
  } catch {
    removeIfThere(own);
  }
}

function codeOf(scripts: ReadonlyMap<number, Script>, kept: KeptCode): KeptCode["code"] {
  const code = new Map<number, Buffer>();
  for (const [checksum, script] of scripts) code.set(checksum, script.createCachedData());
  const [build = 0] = scripts.keys();
  if (kept.code.has(build))
    for (const [checksum, part] of kept.code) if (!code.has(checksum)) code.set(checksum, part);
  return code;
}

function bytesOf(code: KeptCode["code"]): Buffer {
  const header: Header = {
    node: thisNode(),
    parts: [...code].map(([checksum, { length }]) => [checksum, length]),
  };
  const checked = Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`, "latin1"), ...code.values()]);
  const digits = crc32(checked).toString(16).padStart(CHECKSUM_DIGITS, "0");
  return Buffer.concat([Buffer.from(digits, "latin1"), checked]);
}

function removeIfThere(file: string): void {
  try {
    fs.rmSync(file, { force: true });
  } catch {
    // Its folder is none.
  }
}

/** Two builds of one version of Node need not understand each other's code. */
function thisNode(): string {
  return `${process.version} ${process.arch} ${fs.statSync(process.execPath).size}`;
}
