// The nodes' own addresses: what unicast_src_ip says, else what the other nodes send to, else what the user has to write.

import { sentenceList } from "../base/index.ts";
import { argumentsOf, statementsIn } from "../keepalived/index.ts";
import { type Family, parseAddress } from "../model/index.ts";
import type { NoteList } from "./note.ts";
import { type ImportedRouter, itemsOfInstance, type Member, type NamedNode, placeOf } from "./subject.ts";

/** By node name: the addresses to write, at most one of each family. What nobody knows is a text that no reader takes for an address. */
export type NodeAddresses = ReadonlyMap<string, readonly string[]>;

/** `given`: addresses the user named, by node name (as in pair.yaml or as the user calls it). */
export function findAddresses(
  nodes: readonly NamedNode[],
  routers: readonly ImportedRouter[],
  given: ReadonlyMap<string, readonly string[]>,
  notes: NoteList,
): NodeAddresses {
  const speaks = ([4, 6] as const).filter((family) => routers.some(({ lead }) => lead.family === family));
  const families: readonly Family[] = speaks.length === 0 ? [4] : speaks;
  const found = new Map<string, string[]>(nodes.map(({ name }) => [name, []]));
  for (const family of families) {
    const members = routers
      .flatMap((router) => router.members)
      .filter((each) => each.instance.family === family);
    const evidence = nodes.map((node) => evidenceOf(node, members, family));
    const known = knownAddresses(evidence, family, given, notes);
    addFromPeers(evidence, known, notes);
    for (const node of nodes) {
      const address = known.get(node.name);
      found.get(node.name)?.push(address ?? unknownAddress(node, family, notes));
    }
    for (const router of routers) if (router.lead.family === family) checkPeers(router, known, notes);
  }
  return found;
}

function unknownAddress(node: NamedNode, family: Family, notes: NoteList): string {
  notes.add({
    kind: "missing",
    message: `Write ${node.name}'s own IPv${family} address, which its file does not say for certain (unicast_src_ip): hapair speaks unicast between the nodes' addresses.`,
    node: node.name,
    at: ["nodes", node.name],
    keywords: ["unicast_src_ip"],
  });
  return `WRITE-IPV${family}-ADDRESS-OF-${node.name}`;
}

/** What a node's files say of addresses of one family. */
interface Evidence {
  readonly node: NamedNode;
  /** Its instances of that family, those on its main interface first. */
  readonly members: readonly Member[];
  /** The addresses it sends from, in that order. */
  readonly sources: readonly string[];
  /** The addresses it sends to. */
  readonly peers: ReadonlySet<string>;
  /** The addresses that each of its instances with peers sends to. */
  readonly commonPeers: readonly string[];
}

function evidenceOf(node: NamedNode, all: readonly Member[], family: Family): Evidence {
  const isMain = ({ instance }: Member): boolean => instance.interface === node.interface;
  const own = all.filter((member) => member.node === node);
  const members = [...own.filter(isMain), ...own.filter((member) => !isMain(member))];
  const lists = members
    .map(({ instance }) => instance.unicastPeers.map(({ address }) => address.text))
    .filter((peers) => peers.length > 0);
  const counts = new Map<string, number>();
  for (const peer of lists.flatMap((peers) => [...new Set(peers)]))
    counts.set(peer, (counts.get(peer) ?? 0) + 1);
  return {
    node,
    members,
    sources: [...new Set(members.flatMap((member) => sourceOf(member, family) ?? []))],
    peers: new Set(counts.keys()),
    commonPeers: [...counts].filter(([, count]) => count === lists.length).map(([peer]) => peer),
  };
}

function sourceOf({ node, instance }: Member, family: Family): string | undefined {
  const { unicastSourceIp } = instance;
  if (unicastSourceIp !== undefined) return unicastSourceIp.text;
  const line = statementsIn(itemsOfInstance(node, instance)).find(
    ({ keyword }) => keyword.value === "mcast_src_ip",
  );
  const parsed = line === undefined ? undefined : parseAddress(argumentsOf(line)[0]?.value ?? "");
  return parsed?.kind === "address" && parsed.address.family === family ? parsed.address.text : undefined;
}

/** What the user said, else what the node says itself. An address that two nodes claim is left to the one its peers send to. */
function knownAddresses(
  evidence: readonly Evidence[],
  family: Family,
  given: ReadonlyMap<string, readonly string[]>,
  notes: NoteList,
): Map<string, string> {
  const known = new Map<string, string>();
  for (const { node, members, sources } of evidence) {
    const named = (given.get(node.name) ?? given.get(node.givenName) ?? []).find((text) => {
      const parsed = parseAddress(text);
      return parsed.kind === "address" && parsed.address.family === family;
    });
    const source = sources.find((text) => !isAnotherNodes(text, node, evidence));
    const [claimed] = sources;
    const at = ["nodes", node.name];
    if (named !== undefined) {
      known.set(node.name, named);
      remarkNamed(node, named, sources, notes);
    } else if (source !== undefined) {
      known.set(node.name, source);
      if (sources.length > 1)
        notes.add({
          kind: "changed",
          message: `${node.name} speaks from ${sentenceList(sources)}; pair.yaml has one IPv${family} address for a node: ${source}.`,
          node: node.name,
          at,
          keywords: ["unicast_src_ip", "unicast_peer", "mcast_src_ip"],
        });
    } else if (claimed !== undefined) {
      const [member] = members;
      notes.add({
        kind: "does-not-do-what-it-seems",
        message: `${node.name} has unicast_src_ip ${claimed}, and so has another node. One of them does not have that address, and never leaves FAULT.`,
        node: node.name,
        ...(member === undefined ? {} : { span: placeOf(member.instance, "unicast_src_ip") }),
        at,
        keywords: ["unicast_src_ip", "unicast_peer"],
      });
    }
  }
  return known;
}

function remarkNamed(node: NamedNode, named: string, sources: readonly string[], notes: NoteList): void {
  const others = sources.filter((text) => text !== named);
  if (others.length === 0 && sources.length > 0) return;
  notes.add({
    kind: "changed",
    message: `${node.name} speaks from ${named}, as was asked for${others.length === 0 ? "" : `, instead of ${sentenceList(others)}`}.`,
    node: node.name,
    at: ["nodes", node.name],
    keywords: ["unicast_src_ip", "mcast_src_ip"],
  });
}

/** Whether another node claims the address too, and it is rather that node's: then the line was copied. */
function isAnotherNodes(text: string, node: NamedNode, evidence: readonly Evidence[]): boolean {
  const others = evidence.filter((each) => each.node !== node);
  if (!others.some(({ sources }) => sources.includes(text))) return false;
  const sendsToItself = evidence.some((each) => each.node === node && each.peers.has(text));
  return sendsToItself || !others.some(({ peers }) => peers.has(text));
}

/** A node that every other one sends to, and that says no source of its own, has the address they send to; not where two nodes could. */
function addFromPeers(evidence: readonly Evidence[], known: Map<string, string>, notes: NoteList): void {
  const taken = new Set(known.values());
  const candidates = new Map<string, readonly string[]>();
  const sendersTo = (node: NamedNode): Evidence[] =>
    evidence.filter((each) => each.node !== node && each.peers.size > 0);
  for (const { node } of evidence) {
    if (known.has(node.name)) continue;
    const [first, ...others] = sendersTo(node);
    candidates.set(
      node.name,
      (first?.commonPeers ?? []).filter(
        (text) => !taken.has(text) && others.every(({ commonPeers }) => commonPeers.includes(text)),
      ),
    );
  }
  for (const { node } of evidence) {
    const [only, ...further] = candidates.get(node.name) ?? [];
    const isShared = [...candidates].some(
      ([name, texts]) => name !== node.name && only !== undefined && texts.includes(only),
    );
    if (only === undefined || further.length > 0 || isShared) continue;
    known.set(node.name, only);
    const senders = sendersTo(node).map((each) => each.node.name);
    notes.add({
      kind: "assumed",
      message: `${node.name}'s file says no address of its own for certain; ${only} is where ${sentenceList(senders)} ${senders.length === 1 ? "sends" : "send"} to.`,
      node: node.name,
      at: ["nodes", node.name],
      keywords: ["unicast_src_ip"],
    });
  }
}

/** Says where the peers of a router are not the other nodes' addresses, and where it is (partly) multicast. */
function checkPeers(router: ImportedRouter, known: ReadonlyMap<string, string>, notes: NoteList): void {
  const unicast = router.members.filter(({ instance }) => instance.unicastPeers.length > 0);
  const multicast = router.members.filter(({ instance }) => instance.unicastPeers.length === 0);
  const names = (members: readonly Member[]): string => sentenceList(members.map(({ node }) => node.name));
  const keywords = ["unicast_src_ip", "unicast_peer", "mcast_src_ip"];
  if (unicast.length === 0) {
    notes.add({
      kind: "changed",
      message: `Advertisements go by unicast between the nodes' addresses; the files have multicast. Apply it to all nodes together.`,
      keywords,
    });
  } else if (multicast.length > 0) {
    notes.add({
      kind: "does-not-do-what-it-seems",
      message: `${router.name}: ${names(unicast)} ${unicast.length === 1 ? "speaks" : "speak"} unicast and ${names(multicast)} multicast: neither hears the other, and both hold the addresses. Here all speak unicast.`,
      at: ["nodes"],
      keywords,
    });
  }
  for (const { node, instance } of unicast) {
    const expected = router.members.filter((member) => member.node.name !== node.name);
    const addresses = expected.map((member) => known.get(member.node.name));
    if (addresses.includes(undefined)) continue;
    const peers = instance.unicastPeers.map(({ address }) => address.text);
    const missing = addresses.filter((address) => address !== undefined && !peers.includes(address));
    const further = peers.filter((peer) => !addresses.includes(peer));
    if (missing.length === 0 && further.length === 0) continue;
    notes.add({
      kind: missing.length > 0 ? "does-not-do-what-it-seems" : "cannot-express",
      message: `${node.name} (${instance.name}) sends its advertisements to ${sentenceList(peers)}, and the other ${expected.length === 1 ? "node has" : "nodes have"} ${expected.length === 0 ? "no address" : sentenceList(addresses.filter((address) => address !== undefined))}. hapair takes the peers from nodes.`,
      node: node.name,
      span: placeOf(instance, "unicast_peer"),
      at: ["nodes", node.name],
      keywords: ["unicast_peer"],
      router: router.name,
    });
  }
}
