// Which of many nodes' files belong together: by what they say of each other, nearest folders first.
// Rule: files of strangers are not compared. Two nodes are one pair if each is in the other's peers, or if they share an address and a VRID.

import { type KeepalivedInstance, TESTED_VERSION } from "../keepalived/index.ts";
import { virtualAddresses } from "./facts/addresses.ts";
import { type LintNodeInput, lintedNode } from "./node.ts";

/**
 * The inputs in groups that are linted together, in the order of their first member. Two inputs that were named by hand are a pair whatever
 * they say (`named`): that they say different things is what the user wants to know.
 */
export function groupNodes(
  inputs: readonly LintNodeInput[],
  options: { readonly named: boolean },
): LintNodeInput[][] {
  if (inputs.length < 2) return inputs.map((input) => [input]);
  if (options.named && inputs.length === 2) return [[...inputs]];
  const nodes = inputs.map((input) => describe(input));
  const groups: Described[][] = [];
  const alone = new Set(nodes);
  // The same folder first: in a tree of many pairs the same address and VRID come again and again.
  for (const level of [0, 1]) {
    for (const near of byFolder([...alone], level)) {
      for (const group of connected(near, options.named || near.length === 2)) {
        if (group.length < 2) continue;
        groups.push(group);
        for (const node of group) alone.delete(node);
      }
    }
  }
  if (options.named) {
    for (const group of connected([...alone], alone.size === 2)) {
      groups.push(group);
      for (const node of group) alone.delete(node);
    }
  }
  for (const node of alone) groups.push([node]);
  const position = new Map(inputs.map((input, index) => [input, index]));
  return groups
    .map((group) => group.map((node) => node.input))
    .toSorted((a, b) => (position.get(a[0]!) ?? 0) - (position.get(b[0]!) ?? 0));
}

interface Described {
  readonly input: LintNodeInput;
  readonly instances: readonly KeepalivedInstance[];
  readonly folders: readonly string[];
}

function describe(input: LintNodeInput): Described {
  const folders = input.main.file.split("/").slice(0, -1);
  return { input, instances: lintedNode(input, TESTED_VERSION).configuration.instances, folders };
}

/** Nodes by the folder their file is in, or (level 1) by the folder above. */
function byFolder(nodes: readonly Described[], level: number): Described[][] {
  const folders = new Map<string, Described[]>();
  for (const node of nodes) {
    const { folders: path } = node;
    const key = path.slice(0, path.length - level).join("/");
    folders.set(key, [...(folders.get(key) ?? []), node]);
  }
  return [...folders.values()];
}

/**
 * The nodes in groups that have a sign in common. A sign is one text: what two files that belong together both have. `loosely`: one VRID or one
 * address in common is enough.
 */
function connected(nodes: readonly Described[], loosely: boolean): Described[][] {
  const groupOf = new Map<Described, Set<Described>>();
  const bySign = new Map<string, Described>();
  const join = (a: Described, b: Described): void => {
    const [into, from] = [groupOf.get(a), groupOf.get(b)];
    if (into === undefined || from === undefined || into === from) return;
    for (const node of from) {
      into.add(node);
      groupOf.set(node, into);
    }
  };
  for (const node of nodes) groupOf.set(node, new Set([node]));
  for (const node of nodes) {
    for (const sign of signsOf(node, loosely)) {
      const other = bySign.get(sign);
      if (other === undefined) bySign.set(sign, node);
      else join(other, node);
    }
  }
  return [...new Set(groupOf.values())].map((group) => [...group]);
}

function signsOf({ instances }: Described, loosely: boolean): Set<string> {
  const signs = new Set<string>();
  for (const instance of instances) {
    const { virtualRouterId, unicastSourceIp, unicastPeers } = instance;
    const addresses = virtualAddresses(instance);
    for (const { address } of addresses) {
      signs.add(loosely ? `address ${address.text}` : `${virtualRouterId} ${address.text}`);
    }
    if (loosely && virtualRouterId !== undefined) signs.add(`vrid ${virtualRouterId}`);
    // Who names whom as a peer: the same two addresses, whichever way round.
    for (const { address } of unicastSourceIp === undefined ? [] : unicastPeers) {
      const [one, other] = [unicastSourceIp?.text ?? "", address.text];
      signs.add(one < other ? `${one} and ${other}` : `${other} and ${one}`);
    }
  }
  return signs;
}
