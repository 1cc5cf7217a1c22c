// The nodes of pair.yaml: address and interface of each, in the order in which all routers prefer them.

import { sentenceList } from "../base/index.ts";
import { isPlaceholder } from "../keepalived/index.ts";
import type { NodeAddresses } from "./addresses.ts";
import type { NoteList } from "./note.ts";
import type { Setting } from "./pair-text.ts";
import type { ImportedRouter, NamedNode } from "./subject.ts";

/** One node's files alone: those it sends to are the other nodes. */
export function withPeersOfOneNode(
  nodes: readonly NamedNode[],
  routers: readonly ImportedRouter[],
): readonly ImportedRouter[] {
  if (nodes.length !== 1) return routers;
  const peers = peersOfOneNode(routers).map(({ name }) => name);
  return routers.map((router) => ({ ...router, prefer: [...router.prefer, ...peers] }));
}

function peersOfOneNode(
  routers: readonly ImportedRouter[],
): readonly { readonly name: string; readonly address: string }[] {
  const addresses = new Set(
    routers.slice(0, 1).flatMap(({ lead }) => lead.unicastPeers.map(({ address }) => address.text)),
  );
  return [...addresses].map((address, index) => ({ name: `peer-${index + 1}`, address }));
}

/** The setting `nodes`. */
export function nodeSettings(
  nodes: readonly NamedNode[],
  routers: readonly ImportedRouter[],
  addresses: NodeAddresses,
  notes: NoteList,
): Setting {
  const ordered = nodesInOrder(nodes, routers);
  const settings = ordered.map((node) => {
    const [address = "", ...further] = addresses.get(node.name) ?? [];
    remarkInterface(node, notes);
    return oneNode(node.name, further.length === 0 ? address : [address, ...further], node.interface);
  });
  const [single] = nodes;
  if (single !== undefined && nodes.length === 1) {
    const peers = peersOfOneNode(routers);
    for (const peer of peers) settings.push(oneNode(peer.name, peer.address, single.interface));
    notes.add({
      kind: peers.length === 0 ? "missing" : "assumed",
      message:
        peers.length === 0
          ? "Only one node's files were given: write the other nodes, or import again with their files."
          : `Only the files of ${single.name} were given. ${sentenceList(peers.map(({ name }) => name))} ${peers.length === 1 ? "is" : "are"} where it sends to; name, interface and preference of ${peers.length === 1 ? "that node" : "those nodes"} are guesses.`,
      at: ["nodes"],
      keywords: ["priority"],
    });
  }
  return { key: "nodes", value: settings, spread: true };
}

const NO_INTERFACE = "WRITE-THE-INTERFACE";

function oneNode(
  name: string,
  address: string | readonly string[],
  ownInterface: string | undefined,
): Setting {
  return {
    key: name,
    value: [
      { key: "address", value: address },
      { key: "interface", value: ownInterface ?? NO_INTERFACE },
    ],
  };
}

/** By preference where all routers prefer alike, else as given: then each router says its own order. */
export function nodesInOrder(nodes: readonly NamedNode[], routers: readonly ImportedRouter[]): NamedNode[] {
  const [first] = routers;
  const isOne = routers.every((router) => router.prefer.join() === first?.prefer.join());
  if (first === undefined || !isOne) return [...nodes];
  return nodes.toSorted((left, right) => first.prefer.indexOf(left.name) - first.prefer.indexOf(right.name));
}

function remarkInterface(node: NamedNode, notes: NoteList): void {
  const at = ["nodes", node.name];
  if (node.interface === undefined || isPlaceholder(node.interface)) {
    notes.add({
      kind: "missing",
      message: `Write the interface of ${node.name}${node.interface === undefined ? ", which its file does not say" : `: ${JSON.stringify(node.interface)} is not one`}.`,
      node: node.name,
      at,
      keywords: ["interface"],
    });
  }
}
