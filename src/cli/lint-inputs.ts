// What `hapair lint` was given, as nodes: files, a folder of them, standard input. A pair.yaml is read in lint-pair.ts.

import { type Dirent, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { HapairError, messageOf } from "../base/index.ts";
import { type SourceText, sourceText } from "../diagnostics/index.ts";
import { readConfiguration } from "../keepalived/index.ts";
import type { LintNodeInput } from "../lint/index.ts";
import { readIncluded } from "./include-files.ts";

const FILE_BYTES_MAX = 4 * 1024 * 1024;
const FOLDER_FILES_MAX = 20_000;
const FOLDER_DEPTH_MAX = 12;
// One file with conditions may be several nodes'; with more names than this they are no nodes.
const CONDITION_NODES_MAX = 4;

export interface LintInputOptions {
  /** In the order of the nodes, or one for all of them. */
  readonly haproxy: readonly string[];
  readonly configId?: string;
  readonly nonlocalBind?: "on" | "off";
}

/** The nodes that these files and folders hold. Throws a usage error for what cannot be read, or is nothing to lint. */
export function lintInputs(paths: readonly string[], options: LintInputOptions): LintNodeInput[] {
  const found = paths.flatMap((path) => (isFolder(path) ? folderFiles(path) : [{ path }]));
  const mains = found.map(({ path, ...rest }) => ({ ...rest, source: readSource(path) }));
  if (options.haproxy.length > 1 && options.haproxy.length !== mains.length) {
    throw usage(
      "haproxy-files",
      `${options.haproxy.length} haproxy.cfg files for ${mains.length} nodes`,
      "Give --haproxy once for each file, in the same order, or once for all.",
    );
  }
  const haproxies = options.haproxy.map((path) => readSource(path));
  const included = new Set<string>();
  const inputs = mains.flatMap(({ source, haproxyPath }, index) => {
    const haproxy =
      haproxies[index] ?? haproxies[0] ?? (haproxyPath === undefined ? undefined : readSource(haproxyPath));
    const input: LintNodeInput = {
      name: source.file,
      main: source,
      resolveInclude: readIncluded,
      ...(options.configId === undefined ? {} : { configId: options.configId }),
      ...(haproxy === undefined ? {} : { haproxy }),
      surroundings: {
        scripts: scriptsBeside(source),
        ...(options.nonlocalBind === undefined ? {} : { nonlocalBind: options.nonlocalBind }),
      },
    };
    return options.configId === undefined ? nodesOf(input, included) : [input];
  });
  // In a folder the fragments that others include are no nodes of their own.
  return inputs.filter((input) => !included.has(input.main.file) || paths.includes(input.main.file));
}

/** The input itself, or one for each node that the conditions in the file speak of. */
function nodesOf(input: LintNodeInput, included: Set<string>): LintNodeInput[] {
  if (!/^\s*(?:@|include)/m.test(input.main.text)) return [input];
  const { conditionIds, files } = readConfiguration(input.main, { resolveInclude: readIncluded });
  for (const { source } of files.parts.slice(1)) included.add(source.file);
  const [first] = conditionIds;
  if (first === undefined || conditionIds.length > CONDITION_NODES_MAX) return [input];
  const ids = conditionIds.length === 1 ? [first, `not-${first}`] : conditionIds;
  return ids.map((id) => ({ ...input, name: id, configId: id }));
}

function isFolder(path: string): boolean {
  try {
    return path !== "-" && statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** The text of a file, of standard input for `-`. */
export function readSource(path: string): SourceText {
  try {
    if (path === "-") return sourceText("<stdin>", readFileSync(0, "utf8"));
    const status = statSync(path);
    if (status.size > FILE_BYTES_MAX)
      throw new Error(`it has ${status.size} bytes, more than any configuration`);
    return sourceText(path, readFileSync(path, "utf8"));
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    throw usage(
      "unreadable-file",
      `${path} cannot be read: ${missing ? "there is no such file" : messageOf(cause)}`,
      "Name keepalived.conf files, a folder that holds some, a pair.yaml, or - for standard input.",
      cause,
    );
  }
}

function usage(code: string, message: string, hint: string, cause?: unknown): HapairError {
  return new HapairError({ kind: "usage", code, message, hint, cause });
}

interface FoundFile {
  readonly path: string;
  readonly haproxyPath?: string;
}

const KEEPALIVED = /^[ \t]*(?:vrrp_instance|vrrp_script|vrrp_sync_group|virtual_server|global_defs)\b/m;

/** Every keepalived.conf below the folder, with the haproxy.cfg that lies beside it. */
function folderFiles(folder: string): FoundFile[] {
  const found: FoundFile[] = [];
  let seen = 0;
  const visit = (path: string, depth: number): void => {
    const children = childrenOf(path);
    const files = children.filter((child) => child.isFile() && isCandidate(child));
    const haproxy = children.find((child) => child.isFile() && child.name === "haproxy.cfg");
    for (const file of files) {
      seen += 1;
      if (seen > FOLDER_FILES_MAX) return;
      const own = join(path, file.name);
      if (sizeOf(own) > FILE_BYTES_MAX || !KEEPALIVED.test(readSource(own).text)) continue;
      found.push({ path: own, ...(haproxy === undefined ? {} : { haproxyPath: join(path, haproxy.name) }) });
    }
    if (depth >= FOLDER_DEPTH_MAX) return;
    for (const child of children) {
      const skipped = child.name.startsWith(".") || child.name === "node_modules";
      if (child.isDirectory() && !skipped) visit(join(path, child.name), depth + 1);
    }
  };
  visit(folder, 0);
  if (found.length > 0) return found;
  throw usage(
    "nothing-to-lint",
    `no file below ${folder} is a keepalived.conf`,
    "A file counts that has vrrp_instance, vrrp_script, vrrp_sync_group, virtual_server or global_defs at the beginning of a line.",
  );
}

/** In the order of their names. A folder that may not be read would leave nodes out unsaid, so it ends the command. */
function childrenOf(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw usage(
      "unreadable-folder",
      `${path} cannot be read: ${messageOf(cause)}`,
      "Name the files that you may read.",
      cause,
    );
  }
}

function isCandidate({ name }: Dirent): boolean {
  return /keepalived|\.conf|\.cfg$/i.test(name) && !/\.(?:md|sh|ya?ml|j2|tmpl|py|json|service)$/i.test(name);
}

function sizeOf(path: string): number {
  return statSync(path).size;
}

/** The nodes of one pair with names by which messages tell them apart. Those of conditions in one file have theirs already. */
export function withTellingNames(group: readonly LintNodeInput[]): LintNodeInput[] {
  const names = nodeNames(group.map((input) => input.main.file));
  return group.map((input, index) =>
    input.name === input.main.file ? { ...input, name: names[index] ?? input.name } : input,
  );
}

/** The file's own name, else its folder's, else the whole path: the first that differs from node to node. */
function nodeNames(files: readonly string[]): string[] {
  const candidates = [
    (file: string) => (file === "<stdin>" ? "stdin" : basename(file).replace(/\.(?:conf|cfg)$/, "")),
    (file: string) => basename(dirname(file)),
  ];
  for (const candidate of candidates) {
    const names = files.map(candidate);
    // One that is called as all of them are says nothing.
    const telling = names.every((name) => !["", ".", "keepalived"].includes(name));
    if (telling && new Set(names).size === names.length) return names;
  }
  return [...files];
}

const SCRIPT_BYTES_MAX = 64 * 1024;

/** Scripts whose path the configuration names and whose file lies beside it, by that path. */
function scriptsBeside(source: SourceText): Map<string, SourceText> {
  const scripts = new Map<string, SourceText>();
  if (source.file === "<stdin>") return scripts;
  const folder = dirname(source.file);
  const paths = new Set(source.text.match(/\/[^\s"'#;|&<>{}]+/g) ?? []);
  for (const path of [...paths].slice(0, 200)) {
    for (const place of [join(folder, basename(path)), join(folder, "scripts", basename(path))]) {
      const text = scriptText(place);
      if (text === undefined) continue;
      scripts.set(path, sourceText(place, text));
      break;
    }
  }
  return scripts;
}

function scriptText(path: string): string | undefined {
  try {
    const status = statSync(path);
    if (!status.isFile() || status.size > SCRIPT_BYTES_MAX) return undefined;
    const text = readFileSync(path, "utf8");
    // A program is no text; a script says so in its first line or its name.
    return text.startsWith("#!") || /\.(?:sh|bash|py|pl)$/.test(path) ? text : undefined;
  } catch {
    return undefined;
  }
}
