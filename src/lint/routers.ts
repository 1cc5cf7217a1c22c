// The virtual routers that the nodes' instances form, with the name that messages call each by.

import { matchInstances } from "../keepalived/index.ts";
import type { LintedNode, RouterMember, VirtualRouter } from "./subject.ts";

/** Every instance of every node in exactly one router, in the order of the first node's file. */
export function virtualRouters(nodes: readonly LintedNode[]): VirtualRouter[] {
  return matchInstances(nodes).map((members) => ({ label: labelOf(members), members }));
}

function labelOf(members: readonly RouterMember[]): string {
  const names = new Set(members.map((member) => member.instance.name));
  const [first] = members;
  if (names.size === 1 || first === undefined) return [...names].join("");
  return `VRID ${first.instance.virtualRouterId ?? "?"}`;
}
