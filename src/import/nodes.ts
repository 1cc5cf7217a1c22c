// The nodes of pair.yaml: their names, and the interface each speaks on.

import { sentenceList } from "../base/index.ts";
import { isPlaceholder } from "../keepalived/index.ts";
import type { NoteList } from "./note.ts";
import { distinctNames, type ImportNode, instanceBlocks, type NamedNode, plainName } from "./subject.ts";

/** The nodes under their router_id where that tells them apart, else under the names they were given. */
export function nameNodes(nodes: readonly ImportNode[], notes: NoteList): NamedNode[] {
  const routerIds = nodes.map(({ configuration }) => configuration.globals.routerId);
  const names = namesByRouterId(routerIds) ?? distinctNames(nodes.map(({ name }) => plainName(name, "node")));
  const named = nodes.map((node, index): NamedNode => {
    const own = mostCommonInterface(node);
    return {
      ...node,
      name: names[index] ?? node.name,
      givenName: node.name,
      blocks: instanceBlocks(node.configuration),
      ...(own === undefined ? {} : { interface: own }),
    };
  });
  const renamed = named.filter(({ name }, index) => name !== routerIds[index]);
  if (renamed.length > 0) {
    notes.add({
      kind: "changed",
      message: `router_id becomes the node's name: ${sentenceList(renamed.map(({ name }) => name))}.`,
      keywords: ["router_id"],
    });
  }
  return named;
}

function namesByRouterId(routerIds: readonly (string | undefined)[]): string[] | undefined {
  const names: string[] = [];
  for (const id of routerIds) {
    if (id === undefined || isPlaceholder(id)) return undefined;
    names.push(plainName(id, "node"));
  }
  const different = new Set(names.map((name) => name.toLowerCase()));
  return different.size === names.length ? names : undefined;
}

function mostCommonInterface({ configuration }: ImportNode): string | undefined {
  const counts = new Map<string, number>();
  for (const instance of configuration.instances) {
    if (instance.interface !== undefined)
      counts.set(instance.interface, (counts.get(instance.interface) ?? 0) + 1);
  }
  return [...counts].toSorted(([, left], [, right]) => right - left)[0]?.[0];
}
