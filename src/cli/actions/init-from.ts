// hapair init --from: existing keepalived.conf files become a pair.yaml, and everything that is not the same afterwards is told.

import { existsSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { HapairError } from "../../base/index.ts";
import { positionAt, sourceText, wrapped } from "../../diagnostics/index.ts";
import {
  importDifferences,
  type ImportedPair,
  type ImportNode,
  type ImportNote,
  importPair,
} from "../../import/index.ts";
import { type KeepalivedConfiguration, readConfiguration } from "../../keepalived/index.ts";
import { checkPassword, loadPair, type Pair, parseAddress } from "../../model/index.ts";
import { nodePaths, originOf, renderPair } from "../../render/index.ts";
import type { InitFlags } from "../commands/file-commands.ts";
import { type HapairContext, paintFor, printJson } from "../context.ts";
import { lintInputs, readSource } from "../lint-inputs.ts";
import { DEFAULT_PAIR_FILE } from "../pair-input.ts";
import { writeNewFiles } from "./init.ts";

/** Reads the files, writes pair.yaml, and lists what has to be known. Exit code 0 also where something is left to be completed. */
export async function initFrom(
  context: HapairContext,
  flags: InitFlags,
  paths: readonly string[],
): Promise<void> {
  const folder = flags.output ?? ".";
  const target = join(folder, DEFAULT_PAIR_FILE);
  const nodes = readNodes(paths, flags.haproxy ?? []);
  const name = flags.name ?? madeFor(nodes);
  const haproxyConfig = haproxyPath(nodes, folder);
  const imported = importPair(nodes, {
    addresses: addressesOf(flags, nodes),
    ...(name === undefined ? {} : { name }),
    ...(haproxyConfig === undefined ? {} : { haproxyConfig }),
  });
  const { pair } = loadPair(target, imported.text);
  const notes = [...imported.notes, ...(pair === undefined ? [] : furtherDifferences(imported, nodes, pair))];
  await writeNewFiles([{ path: resolve(target), text: imported.text }], flags.force === true);
  if (flags.json === true) {
    printJson(context, {
      wrote: resolve(target),
      pair: imported.pairName,
      complete: pair !== undefined,
      notes: notes.map((note) => ({
        ...note,
        keywords: undefined,
        span: undefined,
        ...placeOf(note, imported, nodes),
      })),
    });
    return;
  }
  context.process.stdout.write(`wrote ${target}\n${reportText(context, notes, imported, nodes)}`);
  context.process.stdout.write(`\n${nextText(target, imported, pair)}\n`);
}

// A haproxy.cfg among the files that follow --haproxy is known by its sections.
const HAPROXY = /^[ \t]*(?:frontend|backend|listen|defaults)\b/m;
const KEEPALIVED = /^[ \t]*(?:vrrp_instance|vrrp_script|vrrp_sync_group|virtual_server|global_defs)\b/m;

function readNodes(paths: readonly string[], haproxyFlags: readonly string[]): ImportNode[] {
  const further = haproxyFlags.length === 0 ? [] : paths.filter(isHaproxy);
  const inputs = lintInputs(
    paths.filter((path) => !further.includes(path)),
    { haproxy: [...haproxyFlags, ...further] },
  );
  const names = nodeNames(inputs.map(({ main }) => main.file));
  const nodes = inputs.map(({ name, main, haproxy, configId, resolveInclude }, index): ImportNode => {
    const configuration = readConfiguration(main, {
      ...(configId === undefined ? {} : { configId }),
      ...(resolveInclude === undefined ? {} : { resolveInclude }),
    });
    const ownName = configId === undefined ? names[index] : undefined;
    return { name: ownName ?? name, configuration, ...(haproxy === undefined ? {} : { haproxy }) };
  });
  for (const { configuration } of nodes) refuseOtherFile(configuration);
  return nodes;
}

/** lb1 for lb1.conf, and for lb1/etc/keepalived/keepalived.conf. */
function nodeNames(files: readonly string[]): string[] {
  const byFile = files.map((file) => basename(file).replace(/\.[a-z]+$/, ""));
  if (new Set(byFile).size === files.length && !byFile.includes("keepalived")) return byFile;
  return files.map((file, index) => {
    const folders = dirname(file)
      .split("/")
      .filter((part) => !["", ".", "..", "etc", "keepalived"].includes(part));
    return folders.at(-1) ?? byFile[index] ?? file;
  });
}

function isHaproxy(path: string): boolean {
  if (!existsSync(path) || !statSync(path).isFile()) return false;
  const { text } = readSource(path);
  return HAPROXY.test(text) && !KEEPALIVED.test(text);
}

/** A file without an instance is most likely not what was meant: say so before anything is written. */
function refuseOtherFile({ instances, files }: KeepalivedConfiguration): void {
  if (instances.length > 0) return;
  const source = files.parts[0]?.source;
  const isProxy = source !== undefined && HAPROXY.test(source.text);
  throw new HapairError({
    kind: "usage",
    code: "no-instance",
    message: `${source?.file ?? "the file"} has no vrrp_instance: there is no pair in it`,
    hint: isProxy
      ? `It looks like a haproxy.cfg: --haproxy ${source.file}`
      : "Name the nodes' keepalived.conf files: hapair init --from lb1.conf lb2.conf",
  });
}

/** The pair that hapair made the files for, where it did: all of them say so in their first lines. */
function madeFor(nodes: readonly ImportNode[]): string | undefined {
  const names = nodes.map(({ configuration }) => {
    const origin = originOf(configuration.files.parts[0]?.source.text ?? "");
    return origin.kind === "hapair" ? origin.pair : undefined;
  });
  return names.every((name) => name === names[0]) ? names[0] : undefined;
}

/** As pair.yaml in `folder` is to name it: the file that was given, else one that lies beside it. */
function haproxyPath(nodes: readonly ImportNode[], folder: string): string | undefined {
  const given = nodes.find(({ haproxy }) => haproxy !== undefined)?.haproxy?.file;
  if (given === undefined) return existsSync(join(folder, "haproxy.cfg")) ? "./haproxy.cfg" : undefined;
  const path = relative(resolve(folder), resolve(given));
  return path.startsWith("..") || isAbsolute(path) ? path : `./${path}`;
}

function addressesOf(flags: InitFlags, nodes: readonly ImportNode[]): Map<string, string[]> {
  const addresses = new Map<string, string[]>();
  const known = new Set(
    nodes.flatMap(({ name, configuration }) => [name, configuration.globals.routerId ?? name]),
  );
  for (const [node, text] of flags.address ?? []) {
    const parsed = parseAddress(text);
    const isKnown = known.has(node);
    if (parsed.kind !== "address" || !isKnown) {
      throw new HapairError({
        kind: "usage",
        code: "bad-flag",
        message: isKnown
          ? `--address ${node}=${text}: not an IP address`
          : `--address ${node}=${text}: there is no node ${node}`,
        hint: `The nodes are ${[...known].join(", ")}: --address ${[...known][0] ?? "lb1"}=192.0.2.11`,
      });
    }
    addresses.set(node, [...(addresses.get(node) ?? []), parsed.address.text]);
  }
  return addresses;
}

/** What rendering changes and no note speaks of: nothing, unless the import has overlooked something. */
function furtherDifferences(imported: ImportedPair, nodes: readonly ImportNode[], pair: Pair): ImportNote[] {
  const passwords = new Map(
    pair.routers.flatMap(({ name, password }) =>
      password === undefined ? [] : [[name, passwordOf(name, imported, nodes)] as const],
    ),
  );
  const rendered = renderPair(pair, {
    haproxyConfig: "",
    carriedFiles: new Map(pair.haproxy.files.map(({ from }) => [from, ""])),
    passwords,
  });
  return imported.nodes.flatMap((node, index) => {
    const original = nodes[index]?.configuration;
    const file = rendered.get(node.name)?.find(({ path }) => path === nodePaths.keepalivedConf);
    if (original === undefined || file === undefined) return [];
    const made = readConfiguration(sourceText(file.path, file.content), { version: original.version });
    return importDifferences(node, original, made, imported.notes).unnamed.map(
      ({ path, a, b }): ImportNote => ({
        kind: "changed",
        message: `${node.name}: ${path}: ${a} -> ${b}.`,
        node: node.name,
        keywords: [],
      }),
    );
  });
}

const STAND_IN = "password";

/** For comparing alone: the value never leaves this process. */
function passwordOf(router: string, imported: ImportedPair, nodes: readonly ImportNode[]): string {
  for (const [index, { routers }] of imported.nodes.entries()) {
    const instances = nodes[index]?.configuration.instances ?? [];
    const password = instances.find(({ name }) => routers.get(name) === router)?.authentication?.password;
    if (password === undefined) continue;
    const value = password.reveal();
    return checkPassword(value).problems.some(({ severity }) => severity === "refused") ? STAND_IN : value;
  }
  return STAND_IN;
}

interface Place {
  readonly file?: string;
  readonly line?: number;
}

/** Where in the user's files a note's place is. */
function placeOf(note: ImportNote, imported: ImportedPair, nodes: readonly ImportNode[]): Place {
  const { span } = note;
  const index = imported.nodes.findIndex(({ name }) => name === note.node);
  const parts = nodes[index]?.configuration.files.parts ?? [];
  const part = parts.findLast(({ base }) => span !== undefined && base <= span.start);
  if (span === undefined || part === undefined) return {};
  return { file: part.source.file, line: positionAt(part.source, span.start - part.base).line };
}

const SECTIONS: readonly (readonly [ImportNote["kind"], string])[] = [
  ["missing", "To be completed"],
  ["does-not-do-what-it-seems", "The files do not do what they seem to want"],
  ["cannot-express", "pair.yaml cannot express, and the rendered files will not have"],
  ["changed", "The rendered files do in another way"],
  ["assumed", "Taken, because the files do not say it"],
  ["secret", "Secrets"],
];

const COLUMNS_DEFAULT = 100;
const COLUMNS_MAX = 120;

// A longer place would leave no room for the sentence: it stands behind it then.
const PLACE_COLUMNS_MAX = 28;

/** The notes by kind: the place in its own column, the sentence wrapped beside it. */
function reportText(
  context: HapairContext,
  notes: readonly ImportNote[],
  imported: ImportedPair,
  nodes: readonly ImportNode[],
): string {
  const paint = paintFor(context.process.stdout);
  const placed = notes.map((note) => {
    const { file, line } = placeOf(note, imported, nodes);
    return { ...note, place: file === undefined ? "" : `${file}:${line ?? 1}` };
  });
  const longest = Math.max(0, ...placed.map(({ place }) => place.length));
  const width = longest > PLACE_COLUMNS_MAX ? 0 : longest;
  const columns = Math.min(COLUMNS_MAX, context.process.stdout.columns ?? COLUMNS_DEFAULT);
  const lines = SECTIONS.flatMap(([section, title]) => {
    const items = placed.filter(({ kind }) => kind === section);
    if (items.length === 0) return [];
    return [
      "",
      paint("strong", `${title}:`),
      ...items.flatMap(({ message, place }) => {
        const text = width > 0 || place === "" ? message : `${message} (${place})`;
        const start = width === 0 ? "- " : `${place.padEnd(width)}  `;
        return wrapped(text, Math.max(40, columns - start.length - 2)).map(
          (line, index) => `  ${index === 0 ? paint("dim", start) : " ".repeat(start.length)}${line}`,
        );
      }),
    ];
  });
  return lines.map((line) => `${line}\n`).join("");
}

function nextText(target: string, imported: ImportedPair, pair: Pair | undefined): string {
  const variables = new Set(
    (pair?.routers ?? []).flatMap(({ password }) =>
      password?.kind === "env" ? [`${password.name}=...`] : [],
    ),
  );
  const render = [...variables, "hapair", "render", target].join(" ");
  return pair === undefined
    ? `Next: complete ${target} (${imported.pairName}), then\n  hapair render ${target}`
    : `Next: read ${target}, then\n  ${render}`;
}
