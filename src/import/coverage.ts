// Where a node's file and what pair.yaml renders to are not the same, and whether the import has named it.
// Rule: another name is no difference in what a router or a check does, so blocks are compared under the names they get.

import {
  compareConfigurations,
  type Difference,
  type KeepalivedConfiguration,
  type TrackEntry,
} from "../keepalived/index.ts";
import type { ImportNote } from "./note.ts";

/** The names that a node's blocks get. */
export interface ImportedNode {
  readonly name: string;
  /** As the user called it. */
  readonly givenName: string;
  /** By an instance's name in the file: its router's in pair.yaml. */
  readonly routers: ReadonlyMap<string, string>;
  /** The name of its check of HAProxy. */
  readonly check?: string;
}

/** What hapair calls its check. */
const CHECK_NAME = "chk_haproxy";

export interface ImportDifferences {
  readonly named: readonly Difference[];
  /** Differences that no note speaks of; there should be none. */
  readonly unnamed: readonly Difference[];
}

/** Compares a node's file with what was rendered for it. Passwords are compared, and told as asterisks. */
export function importDifferences(
  node: ImportedNode,
  original: KeepalivedConfiguration,
  rendered: KeepalivedConfiguration,
  notes: readonly ImportNote[],
): ImportDifferences {
  const differences = compareConfigurations(underNewNames(node, original), rendered);
  const isNamed = (difference: Difference): boolean => notes.some((note) => covers(note, node, difference));
  return {
    named: differences.filter(isNamed),
    unnamed: differences.filter((difference) => !isNamed(difference)),
  };
}

function underNewNames(node: ImportedNode, configuration: KeepalivedConfiguration): KeepalivedConfiguration {
  const scriptName = (name: string): string => (name === node.check ? CHECK_NAME : name);
  const renamedEntry = (entry: TrackEntry): TrackEntry => ({ ...entry, name: scriptName(entry.name) });
  return {
    ...configuration,
    scripts: configuration.scripts.map((script) => ({ ...script, name: scriptName(script.name) })),
    instances: configuration.instances.map((instance) => ({
      ...instance,
      name: node.routers.get(instance.name) ?? instance.name,
      trackScripts: instance.trackScripts.map(renamedEntry),
    })),
  };
}

/** A difference's path is `vrrp_instance VI_1 / priority`, or `vrrp_script chk` for a whole block. */
function covers(note: ImportNote, node: ImportedNode, { path }: Difference): boolean {
  const [block = "", field] = path.split(" / ");
  const [blockKeyword = "", ...nameWords] = block.split(" ");
  const nodes = note.nodes ?? (note.node === undefined ? undefined : [note.node]);
  const isThisBlock =
    note.router === undefined || blockKeyword !== "vrrp_instance" || note.router === nameWords.join(" ");
  return (
    (nodes === undefined || nodes.includes(node.name)) &&
    isThisBlock &&
    note.keywords.includes(field ?? blockKeyword)
  );
}
