// A machine in memory, for tests of what is built on hosts: files in a map, scripts answered by a table the test gives.
// Rule: it passes the same conformance suite as the real ones, and a script nobody foresaw is the test's mistake, never a silent success.
import { assert, HapairError } from "../base/index.ts";
import type { CommandResult, FileStat, Host, LineStream, RunOptions, WriteOptions } from "./host.ts";
import { RUN_TIMEOUT_MS } from "./shell-host.ts";

export interface MemoryFile {
  readonly content: Uint8Array;
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
}

/** A symbolic link. */
export interface MemoryLink {
  readonly target: string;
}

/** What a script was given, and the machine's files, which the answer may change. */
export interface MemoryCall {
  readonly script: string;
  /** The pattern's groups; empty for an exact text. */
  readonly groups: readonly (string | undefined)[];
  readonly input: Uint8Array;
  readonly files: Map<string, MemoryFile | MemoryLink>;
}

/** One row of the table: which scripts, and what they leave. What is absent is empty, and exit code 0. */
export interface MemoryCommand {
  /** The whole text, or a pattern that is found in it. */
  readonly script: string | RegExp;
  respond(call: MemoryCall): Partial<CommandResult> | Promise<Partial<CommandResult>>;
}

export interface MemoryHostSettings {
  readonly name: string;
  /** By absolute path; a text is a file of root's with mode 0644. */
  readonly files?: Readonly<Record<string, string | MemoryFile | MemoryLink>>;
  /** Tried from the top. */
  readonly commands?: readonly MemoryCommand[];
  /** Runs the scripts that no row answers; absent: they are the test's mistake. It does not see the files. */
  readonly fallback?: Pick<Host, "run" | "follow">;
  /** Folders on a disk that is full: writing there fails. */
  readonly fullFolders?: readonly string[];
}

export interface MemoryHost extends Host {
  readonly files: Map<string, MemoryFile | MemoryLink>;
  /** Every script that was run or followed, in order. */
  readonly scripts: readonly string[];
}

const FILE_MODE_DEFAULT = 0o644;
const FOLDER_STAT: FileStat = { kind: "directory", mode: 0o755, owner: "root", group: "root", sizeBytes: 0 };

/** How many links are followed before they count as a ring, as on Linux. */
const LINKS_MAX = 40;

/** A machine in memory. */
export function memoryHost(settings: MemoryHostSettings): MemoryHost {
  const { name, commands = [], fallback, fullFolders = [] } = settings;
  const files = new Map<string, MemoryFile | MemoryLink>();
  const scripts: string[] = [];
  for (const [path, file] of Object.entries(settings.files ?? {})) {
    files.set(
      path,
      typeof file === "string" ? newFile(Buffer.from(file), { mode: FILE_MODE_DEFAULT }) : file,
    );
  }

  const answer = (script: string, input: Uint8Array): Promise<CommandResult> | undefined => {
    for (const command of commands) {
      const match =
        typeof command.script === "string"
          ? command.script === script
            ? []
            : null
          : command.script.exec(script);
      if (match !== null) return respond(command, { script, groups: match.slice(1), input, files });
    }
    assert(fallback !== undefined, `${name} has no answer for the script: ${script}`);
    return undefined;
  };
  const fail = (verb: string, path: string, why: string): HapairError =>
    new HapairError({
      kind: "unreachable",
      code: `host-${verb}`,
      message: `${name}: cannot ${verb} ${path}: ${why}`,
    });

  return {
    name,
    files,
    scripts,
    async run(script: string, options: RunOptions = {}) {
      scripts.push(script);
      const known = answer(script, Buffer.from(options.input ?? ""));
      if (known !== undefined) return within(name, known, options.timeoutMs ?? RUN_TIMEOUT_MS);
      assert(fallback !== undefined, "an unanswered script has a fallback");
      return fallback.run(script, options);
    },
    follow(script) {
      scripts.push(script);
      const known = answer(script, new Uint8Array());
      if (known !== undefined) return linesOf(known);
      assert(fallback !== undefined, "an unanswered script has a fallback");
      return fallback.follow(script);
    },
    read(path) {
      const file = resolveLink(files, path);
      if (file !== undefined) return Promise.resolve(Uint8Array.from(file.content));
      return isFolder(files, path)
        ? Promise.reject(fail("read", path, "it is a directory"))
        : Promise.resolve(undefined);
    },
    write(path, content, options) {
      if (isFolder(files, path)) return Promise.reject(fail("write", path, "it is a directory"));
      if (fullFolders.some((folder) => path.startsWith(`${folder}/`))) {
        return Promise.reject(fail("write", path, "no space left on device"));
      }
      files.set(path, newFile(Buffer.from(content), options));
      return Promise.resolve();
    },
    stat(path) {
      const entry = files.get(path);
      if (entry === undefined) return Promise.resolve(isFolder(files, path) ? FOLDER_STAT : undefined);
      if ("target" in entry)
        return Promise.resolve({
          ...FOLDER_STAT,
          kind: "other",
          mode: 0o777,
          sizeBytes: entry.target.length,
        });
      const { content, mode, owner, group } = entry;
      return Promise.resolve({ kind: "file", mode, owner, group, sizeBytes: content.length });
    },
    close: () => Promise.resolve(),
  };
}

async function respond(command: MemoryCommand, call: MemoryCall): Promise<CommandResult> {
  return { exitCode: 0, stdout: "", stderr: "", ...(await command.respond(call)) };
}

function newFile(content: Uint8Array, { mode, owner = "root", group = "root" }: WriteOptions): MemoryFile {
  return { content: Uint8Array.from(content), mode, owner, group };
}

function isFolder(files: ReadonlyMap<string, unknown>, path: string): boolean {
  return path === "/" || [...files.keys()].some((other) => other.startsWith(`${path}/`));
}

function resolveLink(
  files: ReadonlyMap<string, MemoryFile | MemoryLink>,
  path: string,
): MemoryFile | undefined {
  let at = path;
  for (let links = 0; links < LINKS_MAX; links += 1) {
    const entry = files.get(at);
    if (entry === undefined || !("target" in entry)) return entry;
    at = entry.target.startsWith("/") ? entry.target : `${at.slice(0, at.lastIndexOf("/"))}/${entry.target}`;
  }
  return undefined;
}

async function within(name: string, work: Promise<CommandResult>, timeoutMs: number): Promise<CommandResult> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `${name}: a command did not end within ${timeoutMs / 1_000} s and was ended`;
      reject(new HapairError({ kind: "unreachable", code: "host-timeout", message }));
    }, timeoutMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

function linesOf(result: Promise<CommandResult>): LineStream {
  let stopped = false;
  async function* read(): AsyncGenerator<string, void, void> {
    const { stdout } = await result;
    for (const line of stdout.replace(/\n$/u, "").split("\n")) {
      if (stopped || stdout === "") return;
      yield line;
    }
  }
  return {
    lines: { [Symbol.asyncIterator]: read },
    stop() {
      stopped = true;
      return Promise.resolve();
    },
  };
}
