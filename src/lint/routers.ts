// Which instances of different nodes are meant to be one virtual router: by shared address, else by VRID, else by name.
// Rule: what is matched by one sign may differ in the others; that is what the rules look for.

import type { KeepalivedInstance } from "../keepalived/index.ts";
import type { LintedNode, RouterMember, VirtualRouter } from "./subject.ts";

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

/** Every instance of every node in exactly one router, in the order of the first node's file. */
export function virtualRouters(nodes: readonly LintedNode[]): VirtualRouter[] {
  let groups: RouterMember[][] = nodes.flatMap((node) =>
    node.configuration.instances.map((instance) => [{ node, instance }]),
  );
  for (const sign of SIGNS) groups = joined(groups, sign);
  return groups.map((members) => ({ label: labelOf(members), members }));
}

/** Joins groups that have the sign in common and no node twice; of several candidates the first in the file. */
function joined(
  groups: readonly RouterMember[][],
  sign: (instance: KeepalivedInstance) => readonly string[],
): RouterMember[][] {
  const result: RouterMember[][] = [];
  const bySign = new Map<string, RouterMember[][]>();
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

function labelOf(members: readonly RouterMember[]): string {
  const names = new Set(members.map((member) => member.instance.name));
  const [first] = members;
  if (names.size === 1 || first === undefined) return [...names].join("");
  return `VRID ${first.instance.virtualRouterId ?? "?"}`;
}
