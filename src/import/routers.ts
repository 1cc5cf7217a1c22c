// The virtual routers of pair.yaml: who belongs together, in which order the nodes are preferred, and whether a node that returns takes over.

import { sentenceList } from "../base/index.ts";
import { type KeepalivedInstance, matchInstances } from "../keepalived/index.ts";
import type { ProfileName } from "../model/index.ts";
import { profileTable } from "../model/index.ts";
import type { NoteList, PairPath } from "./note.ts";
import {
  distinctNames,
  type ImportedRouter,
  type Member,
  type NamedNode,
  placeOf,
  plainName,
} from "./subject.ts";

const PRIORITY_OWNER = 255;

/** Every virtual router that pair.yaml can have, in the order of the first node's file. One alone has the pair's name, where that is given. */
export function findRouters(
  nodes: readonly NamedNode[],
  pairName: string | undefined,
  notes: NoteList,
): ImportedRouter[] {
  const groups: Member[][] = matchInstances(nodes);
  const usable = groups.filter((members) => members.some(({ instance }) => hasAddress(instance)));
  const kept = usable.length > 0 ? usable : groups.slice(0, 1);
  for (const members of groups) if (!kept.includes(members)) leaveOut(members, notes);
  const sorted = kept.map((members) => members.toSorted(byPreference));
  const names = distinctNames(sorted.map(([first]) => plainName(first?.instance.name ?? "", "router")));
  if (names.length === 1 && pairName !== undefined) names[0] = pairName;
  return sorted.flatMap((members, index) => {
    const [first] = members;
    if (first === undefined) return [];
    const others = nodes.filter((node) => !members.some((member) => member.node === node));
    const router: ImportedRouter = {
      name: names[index] ?? first.instance.name,
      members,
      prefer: [...members.map(({ node }) => node.name), ...others.map(({ name }) => name)],
      lead: first.instance,
      preempts: members.some((member) => takesBack(member, members)),
    };
    return [router];
  });
}

function hasAddress(instance: KeepalivedInstance): boolean {
  return (
    instance.virtualIpaddresses.length > 0 ||
    instance.excludedVirtualIpaddresses.length > 0 ||
    instance.unreadableVirtualIpaddresses.length > 0
  );
}

function leaveOut(members: readonly Member[], notes: NoteList): void {
  for (const { node, instance } of members) {
    notes.add({
      kind: "cannot-express",
      message: `${node.name}: the instance ${instance.name} has no virtual address, and a router of pair.yaml moves at least one. It is left out.`,
      node: node.name,
      span: placeOf(instance),
      keywords: ["vrrp_instance"],
      router: instance.name,
    });
  }
}

/** Falling priority; of equal ones the MASTER first, then the order of the files. */
function byPreference(left: Member, right: Member): number {
  const byPriority = right.instance.priority - left.instance.priority;
  if (byPriority !== 0) return byPriority;
  return Number(right.instance.state === "MASTER") - Number(left.instance.state === "MASTER");
}

/** Whether this node takes the addresses from a running holder: it has no nopreempt in force, and somebody has less priority. */
function takesBack(member: Member, members: readonly Member[]): boolean {
  return (
    !member.instance.nopreempt && members.some((other) => other.instance.priority < member.instance.priority)
  );
}

/** The profile whose values are nearest to the routers'. */
export function chooseProfile(routers: readonly ImportedRouter[]): ProfileName {
  const isFast = ({ lead }: ImportedRouter): boolean =>
    lead.version === 3 && lead.advertIntervalUs < 1_000_000;
  const fits = (profile: ProfileName): boolean =>
    routers.every((router) => {
      const priorities = renderedPriorities(router, profile);
      return router.members.every(({ node, instance }) => priorities.get(node.name) === instance.priority);
    });
  if (routers.length === 0 || fits("classic")) return "classic";
  return routers.every(isFast) || (fits("fast") && routers.every(({ lead }) => lead.version === 3))
    ? "fast"
    : "classic";
}

/** The priorities that pair.yaml gives the nodes of a router. */
function renderedPriorities(router: ImportedRouter, profile: ProfileName): ReadonlyMap<string, number> {
  const first = Math.max(profileTable[profile].highestPriority, router.prefer.length);
  return new Map(router.prefer.map((node, index) => [node, first - index]));
}

/** Says what becomes of priorities and states. `at`: where the order of preference stands in pair.yaml. */
export function remarkPreference(
  router: ImportedRouter,
  profile: ProfileName,
  at: PairPath,
  notes: NoteList,
): void {
  const { members, name } = router;
  const rendered = renderedPriorities(router, profile);
  const changed = members.filter(({ node, instance }) => rendered.get(node.name) !== instance.priority);
  if (changed.length > 0) {
    const list = members.map(
      ({ node, instance }) => `${node.name} ${instance.priority} -> ${rendered.get(node.name) ?? "?"}`,
    );
    notes.add({
      kind: "changed",
      message: `${name}: the order of preference stays, the priorities are hapair's: ${list.join(", ")}.`,
      keywords: ["priority"],
      router: router.name,
    });
  }
  const tied = members.filter((member) =>
    members.some((other) => other !== member && other.instance.priority === member.instance.priority),
  );
  if (tied.length > 0) {
    notes.add({
      kind: "assumed",
      message: `${name}: ${sentenceList(tied.map(({ node }) => node.name))} have the same priority (${tied[0]?.instance.priority ?? ""}), so the files prefer none of them. ${members[0]?.node.name ?? ""} is taken as the preferred one.`,
      at,
      keywords: ["priority"],
      router: router.name,
    });
  }
  remarkNames(router, notes);
  remarkStates(router, at, notes);
  remarkMissingNodes(router, at, notes);
}

function remarkStates(router: ImportedRouter, at: PairPath, notes: NoteList): void {
  const { members, name } = router;
  const masters = members.filter(({ instance }) => instance.state === "MASTER");
  const [first] = members;
  const loser = masters.find(
    ({ instance }) => first !== undefined && instance.priority < first.instance.priority,
  );
  if (loser !== undefined && first !== undefined) {
    notes.add({
      kind: "does-not-do-what-it-seems",
      message: `${name}: ${loser.node.name} has state MASTER and priority ${loser.instance.priority}, ${first.node.name} has ${first.instance.priority}. The priority decides: ${first.node.name} holds the addresses. If ${loser.node.name} is meant to be preferred, put it first.`,
      node: loser.node.name,
      span: placeOf(loser.instance, "state"),
      at,
      keywords: ["state"],
      router: router.name,
    });
  }
  const owner = members.find(({ instance }) => instance.priority === PRIORITY_OWNER);
  if (owner !== undefined) {
    notes.add({
      kind: "changed",
      message: `${name}: ${owner.node.name} has priority 255, which takes over without waiting and ignores nopreempt and weights. hapair's priorities end at 254.`,
      node: owner.node.name,
      span: placeOf(owner.instance, "priority"),
      keywords: ["priority"],
      router: router.name,
    });
  }
  if (masters.length > 0) {
    notes.add({
      kind: "changed",
      message: `Every node starts as BACKUP; state MASTER gives no head start, the priority decides.`,
      keywords: ["state"],
    });
  }
}

function remarkNames({ members, name }: ImportedRouter, notes: NoteList): void {
  const others = members.filter(({ instance }) => instance.name !== name);
  if (others.length === 0) return;
  const own = new Set(others.map(({ instance }) => instance.name));
  const list = others.map(({ node, instance }) => `${instance.name} on ${node.name}`);
  notes.add({
    kind: "changed",
    message: `${name}: the instance has this name on every node (now ${own.size === 1 && others.length === members.length ? [...own].join("") : sentenceList(list)}).`,
    nodes: others.map(({ node }) => node.name),
    keywords: ["vrrp_instance"],
  });
}

function remarkMissingNodes(router: ImportedRouter, at: PairPath, notes: NoteList): void {
  const present = router.members.map(({ node }) => node.name);
  const missing = router.prefer.filter((node) => !present.includes(node));
  if (missing.length === 0) return;
  notes.add({
    kind: "changed",
    message: `${router.name}: only ${sentenceList(present)} ${present.length === 1 ? "has" : "have"} this router (VRID ${router.lead.virtualRouterId ?? "unknown"}). In pair.yaml every node takes part, so ${sentenceList(missing)} can hold its addresses too.`,
    at,
    keywords: ["vrrp_instance", "unicast_peer", "priority"],
    router: router.name,
  });
}
