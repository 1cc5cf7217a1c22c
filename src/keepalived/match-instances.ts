// Which instances of different nodes are meant to be one virtual router: by shared address, else by VRID, else by name.
// Rule: what is matched by one sign may differ in the others; what that means is for those who ask.

import type { KeepalivedConfiguration } from "./configuration.ts";
import type { KeepalivedInstance } from "./instance.ts";

/** A node's instance as a member of a virtual router. */
export interface MatchedInstance<Node> {
  readonly node: Node;
  readonly instance: KeepalivedInstance;
}

/** Strongest sign first. Each says what two instances that belong together have in common; no common element, no match. */
const SIGNS: readonly ((instance: KeepalivedInstance) => readonly string[])[] = [
  // The same VRID with a common address: the same router beyond doubt.
  (instance) => addresses(instance).map((address) => `${instance.virtualRouterId} ${address}`),
  addresses,
  (instance) => [`${instance.virtualRouterId} ${instance.family} ${instance.name}`],
  (instance) =>
    instance.virtualRouterId === undefined ? [] : [`${instance.virtualRouterId} ${instance.family}`],
  (instance) => [`${instance.name} ${instance.family}`],
];

function addresses(instance: KeepalivedInstance): string[] {
  return [...instance.virtualIpaddresses, ...instance.excludedVirtualIpaddresses].map(
    (each) => each.address.text,
  );
}

/** Every instance of every node in exactly one group, at most one of each node in a group, in the order of the first node's file. */
export function matchInstances<Node extends { readonly configuration: KeepalivedConfiguration }>(
  nodes: readonly Node[],
): MatchedInstance<Node>[][] {
  let groups: MatchedInstance<Node>[][] = nodes.flatMap((node) =>
    node.configuration.instances.map((instance) => [{ node, instance }]),
  );
  for (const sign of SIGNS) groups = joined(groups, sign);
  return groups;
}

/** Joins groups that have the sign in common and no node twice; of several candidates the first in the file. */
function joined<Node>(
  groups: readonly MatchedInstance<Node>[][],
  sign: (instance: KeepalivedInstance) => readonly string[],
): MatchedInstance<Node>[][] {
  const result: MatchedInstance<Node>[][] = [];
  const bySign = new Map<string, MatchedInstance<Node>[][]>();
  for (const group of groups) {
    const signs = group.flatMap((member) => sign(member.instance));
    const host = signs
      .flatMap((each) => bySign.get(each) ?? [])
      .find((candidate) => !candidate.some((member) => group.some((own) => own.node === member.node)));
    const target = host ?? group;
    if (host === undefined) result.push(group);
    else host.push(...group);
    for (const each of signs) bySign.set(each, [...(bySign.get(each) ?? []), target]);
  }
  return result;
}
