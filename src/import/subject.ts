// What an import works on: nodes under the names they will have in pair.yaml, and the virtual routers that their instances form.

import type { SourceText, Span } from "../diagnostics/index.ts";
import {
  type Block,
  blocksNamed,
  type Item,
  type KeepalivedConfiguration,
  type KeepalivedInstance,
  spanOf,
} from "../keepalived/index.ts";

/** One node's files. */
export interface ImportNode {
  /** As the user calls it: lb1 for lb1.conf, or the folder's name. */
  readonly name: string;
  readonly configuration: KeepalivedConfiguration;
  /** Its haproxy.cfg. */
  readonly haproxy?: SourceText;
}

/** A node under its name in pair.yaml. */
export interface NamedNode extends ImportNode {
  /** As the user called it. */
  readonly givenName: string;
  /** The interface most of its instances speak on. */
  readonly interface?: string;
  /** By where it begins: the block of each instance. */
  readonly blocks: ReadonlyMap<number, Block>;
}

/** A node's instance as part of a virtual router. */
export interface Member {
  readonly node: NamedNode;
  readonly instance: KeepalivedInstance;
}

/** One virtual router of the pair. */
export interface ImportedRouter {
  /** Its name in pair.yaml. */
  readonly name: string;
  /** Most preferred first; one or more. */
  readonly members: readonly Member[];
  /** Every node's name, most preferred first. */
  readonly prefer: readonly string[];
  /** The most preferred node's instance: what counts where the nodes do not agree. */
  readonly lead: KeepalivedInstance;
  /** Whether a node that returns takes the addresses back. */
  readonly preempts: boolean;
}

/** Where the keyword's line is in the instance, else where that begins. */
export function placeOf(instance: KeepalivedInstance, ...keywords: readonly string[]): Span {
  for (const keyword of keywords) {
    const span = instance.lines.get(keyword);
    if (span !== undefined) return span;
  }
  return { start: instance.span.start, end: instance.span.start };
}

/** What stands in an instance's block. */
export function itemsOfInstance(node: NamedNode, instance: KeepalivedInstance): readonly Item[] {
  return node.blocks.get(instance.span.start)?.items ?? [];
}

/** The blocks of a node's instances, by where they begin. */
export function instanceBlocks({ tree }: KeepalivedConfiguration): Map<number, Block> {
  return new Map(blocksNamed(tree.items, "vrrp_instance").map((block) => [spanOf(block).start, block]));
}

const NAME_MAX = 63;

/** The text as a name of pair.yaml: letters, digits, dot, hyphen and underscore, not all digits; `otherwise` where nothing is left. */
export function plainName(text: string, otherwise: string): string {
  const plain = text
    .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .replace(/-+$/, "")
    .slice(0, NAME_MAX);
  if (plain === "") return otherwise;
  return /^\d+$/.test(plain) ? `${otherwise}-${plain}`.slice(0, NAME_MAX) : plain;
}

/** Names as given, a number behind those that come again. */
export function distinctNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let candidate = name;
    for (let count = 2; taken.has(candidate) && count <= names.length + 1; count += 1)
      candidate = `${name.slice(0, NAME_MAX - 4)}-${count}`;
    taken.add(candidate);
    return candidate;
  });
}
