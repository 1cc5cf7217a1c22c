// The virtual addresses of a router: the list all nodes agree on, or what they say together, with what has to be said about it.

import { counted, sentenceList } from "../base/index.ts";
import type { VirtualIpaddress } from "../keepalived/index.ts";
import type { Family } from "../model/index.ts";
import type { NoteList, PairPath } from "./note.ts";
import type { Setting } from "./pair-text.ts";
import { type ImportedRouter, type Member, type NamedNode, placeOf } from "./subject.ts";

interface Vip {
  /** ADDRESS/LENGTH, or the text of a line that is no address. */
  readonly text: string;
  readonly family?: Family;
  readonly interface?: string;
}

/** The settings under `vips`. `at` is where they stand in pair.yaml. */
export function readVips(
  router: ImportedRouter,
  nodes: readonly NamedNode[],
  at: PairPath,
  notes: NoteList,
): Setting[] {
  remarkLists(router, at, notes);
  remarkRepeated(router, at, notes);
  const vips = unitedAddresses(router).map((address): Vip => {
    remarkPrefixes(router, address, at, notes);
    const device = deviceOf(router, address, nodes, at, notes);
    return {
      text: `${address.address.text}/${address.prefixLength}`,
      family: address.address.family,
      ...(device === undefined ? {} : { interface: device }),
    };
  });
  const unreadable = new Set(
    router.members.flatMap(({ instance }) => instance.unreadableVirtualIpaddresses.map(({ text }) => text)),
  );
  remarkUnreadable(router, at, notes);
  // Where nothing else is known the text stands for an address, so that the user finds it.
  if (vips.length === 0) vips.push(...[...unreadable].map((text): Vip => ({ text })));
  remarkExcluded(router, notes);
  return vips.map((vip, index) => ({
    key: vipName(vips, index),
    value:
      vip.interface === undefined
        ? vip.text
        : [
            { key: "address", value: vip.text },
            { key: "interface", value: vip.interface },
          ],
  }));
}

/** vip; vip4 and vip6 where both families are there; with a number where one family has several. */
function vipName(vips: readonly Vip[], index: number): string {
  const own = vips[index];
  const alike = vips.filter((each) => each.family === own?.family);
  const family = alike.length === vips.length ? "" : String(own?.family ?? "");
  const number = alike.length === 1 || own === undefined ? "" : `-${alike.indexOf(own) + 1}`;
  return `vip${family}${number}`;
}

function allAddresses({ instance }: Member): readonly VirtualIpaddress[] {
  return [...instance.virtualIpaddresses, ...instance.excludedVirtualIpaddresses];
}

/** Every address once, the preferred node's first. */
function unitedAddresses(router: ImportedRouter): VirtualIpaddress[] {
  const byText = new Map<string, VirtualIpaddress>();
  for (const member of router.members)
    for (const vip of allAddresses(member))
      if (!byText.has(vip.address.text)) byText.set(vip.address.text, vip);
  return [...byText.values()];
}

function remarkLists(router: ImportedRouter, at: PairPath, notes: NoteList): void {
  const united = unitedAddresses(router);
  for (const member of router.members) {
    const own = new Set(allAddresses(member).map(({ address }) => address.text));
    const missing = united.filter(({ address }) => !own.has(address.text)).map(({ address }) => address.text);
    if (missing.length === 0) continue;
    notes.add({
      kind: "does-not-do-what-it-seems",
      message: `${router.name}: ${member.node.name} does not have ${sentenceList(missing)}, which another node has. Nodes whose lists differ refuse each other's advertisements up to keepalived 2.3.2, and both hold the addresses. Here every node has all of them.`,
      node: member.node.name,
      span: placeOf(member.instance),
      at,
      keywords: ["virtual_ipaddress", "virtual_ipaddress_excluded"],
      router: router.name,
    });
  }
}

function remarkRepeated(router: ImportedRouter, at: PairPath, notes: NoteList): void {
  for (const { node, instance } of router.members) {
    const seen = new Set<string>();
    for (const { address, span } of allAddresses({ node, instance })) {
      if (seen.has(address.text))
        notes.add({
          kind: "assumed",
          message: `${router.name}: ${address.text} stands twice on ${node.name}; its first line is taken.`,
          node: node.name,
          span,
          at,
          keywords: ["virtual_ipaddress", "virtual_ipaddress_excluded"],
          router: router.name,
        });
      seen.add(address.text);
    }
  }
}

function remarkPrefixes(router: ImportedRouter, vip: VirtualIpaddress, at: PairPath, notes: NoteList): void {
  for (const member of router.members) {
    const own = allAddresses(member).find(({ address }) => address.text === vip.address.text);
    if (own === undefined || own.prefixLength === vip.prefixLength) continue;
    notes.add({
      kind: "assumed",
      message: `${router.name}: ${vip.address.text} is /${vip.prefixLength} on ${router.members[0]?.node.name ?? ""} and /${own.prefixLength} on ${member.node.name}; /${vip.prefixLength} is taken.`,
      node: member.node.name,
      span: own.span,
      at,
      keywords: ["virtual_ipaddress", "virtual_ipaddress_excluded"],
      router: router.name,
    });
  }
}

/** The interface to name for an address: none where it lives on each node's own. */
function deviceOf(
  router: ImportedRouter,
  vip: VirtualIpaddress,
  nodes: readonly NamedNode[],
  at: PairPath,
  notes: NoteList,
): string | undefined {
  const places = router.members.flatMap(({ node, instance }) => {
    const own = allAddresses({ node, instance }).find(({ address }) => address.text === vip.address.text);
    const device = own?.device ?? instance.interface;
    return own === undefined || device === undefined ? [] : [{ node, device }];
  });
  if (places.every(({ node, device }) => device === node.interface)) return undefined;
  const [first] = places;
  const differing = places.filter(({ device }) => device !== first?.device);
  if (differing.length > 0) {
    notes.add({
      kind: "cannot-express",
      message: `${router.name}: ${vip.address.text} lives on ${sentenceList(places.map(({ node, device }) => `${device} of ${node.name}`))}; pair.yaml has one name for it on all ${counted(nodes.length, "node")}: ${first?.device ?? ""}.`,
      at,
      keywords: ["virtual_ipaddress", "virtual_ipaddress_excluded"],
      router: router.name,
    });
  }
  return first?.device;
}

function remarkUnreadable(router: ImportedRouter, at: PairPath, notes: NoteList): void {
  for (const { node, instance } of router.members) {
    for (const line of instance.unreadableVirtualIpaddresses) {
      notes.add({
        kind: "does-not-do-what-it-seems",
        message: `${router.name}: keepalived skips the virtual address ${JSON.stringify(line.text)} of ${node.name}, which it cannot read as one of the instance's family.`,
        node: node.name,
        span: line.span,
        at,
        keywords: ["virtual_ipaddress"],
        router: router.name,
      });
    }
  }
}

/** hapair advertises all addresses of one family: the IPv4 ones where there are some. The other family moves along. */
function remarkExcluded(router: ImportedRouter, notes: NoteList): void {
  const family: Family = unitedAddresses(router).some(({ address }) => address.family === 4) ? 4 : 6;
  const { lead, name } = router;
  if (lead.family !== family && lead.virtualIpaddresses.length > 0) {
    notes.add({
      kind: "changed",
      message: `${name}: its advertisements travel in IPv${lead.family} and it has IPv${family} addresses beside. hapair's travel in IPv${family}, and the IPv${lead.family} addresses move along.`,
      keywords: [
        "virtual_ipaddress",
        "virtual_ipaddress_excluded",
        "version",
        "unicast_src_ip",
        "unicast_peer",
      ],
      router: router.name,
    });
    return;
  }
  const alike = lead.excludedVirtualIpaddresses.filter(({ address }) => address.family === family);
  if (alike.length > 0) {
    notes.add({
      kind: "changed",
      message: `${name}: ${sentenceList(alike.map(({ address }) => address.text))} ${alike.length === 1 ? "stands" : "stand"} in virtual_ipaddress_excluded; hapair advertises every IPv${family} address of the router.`,
      keywords: ["virtual_ipaddress", "virtual_ipaddress_excluded"],
      router: router.name,
    });
  }
}
