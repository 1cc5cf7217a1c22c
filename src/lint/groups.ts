// Which of many nodes' files belong together: by what they say of each other, nearest folders first.
// Rule: files of strangers are not compared. Two nodes are one pair if each is in the other's peers, or if they share an address and a VRID.

import type { KeepalivedInstance } from "../keepalived/index.ts";
import { type LintNodeInput, lintedNode } from "./node.ts";
import { TESTED_VERSION } from "../keepalived/index.ts";

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

/** `loosely`: one VRID or one address in common is enough. */
function connected(nodes: readonly Described[], loosely: boolean): Described[][] {
  const groups: Described[][] = [];
  for (const node of nodes) {
    const matching = groups.filter((group) => group.some((other) => belong(node, other, loosely)));
    const joined = [...matching.flat(), node];
    for (const group of matching) groups.splice(groups.indexOf(group), 1);
    groups.push(joined);
  }
  return groups;
}

function belong(a: Described, b: Described, loosely: boolean): boolean {
  return a.instances.some((one) => b.instances.some((other) => sameRouter(one, other, loosely)));
}

function sameRouter(a: KeepalivedInstance, b: KeepalivedInstance, loosely: boolean): boolean {
  if (hears(a, b) || hears(b, a)) return true;
  const sameId = a.virtualRouterId !== undefined && a.virtualRouterId === b.virtualRouterId;
  const sharesAddress = addressesOf(a).some((address) => addressesOf(b).includes(address));
  return loosely ? sameId || sharesAddress : sameId && sharesAddress;
}

function hears(a: KeepalivedInstance, b: KeepalivedInstance): boolean {
  const source = b.unicastSourceIp?.text;
  return (
    source !== undefined &&
    source !== a.unicastSourceIp?.text &&
    a.unicastPeers.some((peer) => peer.address.text === source)
  );
}

function addressesOf(instance: KeepalivedInstance): string[] {
  return [...instance.virtualIpaddresses, ...instance.excludedVirtualIpaddresses].map(
    (each) => each.address.text,
  );
}
