// HP306: the nodes of one router list different virtual addresses. Up to keepalived 2.3.2 they reject each other's adverts for it.

import {
  isAtLeast,
  isPlaceholder,
  type KeepalivedInstance,
  type VirtualIpaddress,
} from "../../keepalived/index.ts";
import { addressesOf, distinct, listed } from "../facts/addresses.ts";
import { exampleFile, otherExampleFile } from "../examples/example-file.ts";
import type { Finding, RelatedFinding, Rule } from "../rule.ts";
import { inKeepalived, lineOf, type Place, type RouterMember, type VirtualRouter } from "../subject.ts";
import { areOneRouter, firstWord, isIncomplete, shareAddress } from "../facts/unicast.ts";

/** From here on a list that differs is logged, and the advert taken all the same. */
const ONLY_LOGGED_SINCE = "2.3.3";

export const rule: Rule = {
  code: "HP306",
  name: "vips-differ",
  severity: "error",
  scope: "pair",
  versions: "differ",
  changesAt: ["2.3.3"],
  summary: "virtual_ipaddress differs between the nodes of one router",
  explanation: [
    "An advert carries the addresses of virtual_ipaddress. Up to keepalived 2.3.2 a node rejects an advert with another number of addresses, or without one of its own: the nodes reject each other, and both become MASTER. From 2.3.3 on the difference is logged once and the advert taken; then an address that one node lacks is simply gone while that node is MASTER.",
    "Neither the order nor the prefix length nor the interface matters, they are not sent. Addresses in virtual_ipaddress_excluded are not sent either, so nothing compares them: one that a node lacks is gone while that node is MASTER.",
    "To change the list of a running pair without two holders, stop keepalived on the standby, change and reload the holder, then start the standby with the new list.",
  ].join("\n\n"),
  source: "keepalived-behaviour 4, 9.12, tested; F20",
  bad: {
    lb1: exampleFile({ vips: ["192.0.2.50/32", "192.0.2.51/32"] }),
    lb2: otherExampleFile({ vips: ["192.0.2.50/32"] }),
  },
  good: {
    lb1: exampleFile({ vips: ["192.0.2.50/32", "192.0.2.51/32"] }),
    lb2: otherExampleFile({ vips: ["192.0.2.51", "192.0.2.50"] }),
  },
  *check({ routers, version }) {
    for (const router of routers) {
      const members = comparable(router);
      if (members.length < 2) continue;
      const found = advertisedDifference(router.label, members, version);
      if (found !== undefined) yield found;
      const dark = excludedDifference(router.label, members);
      if (dark !== undefined) yield dark;
    }
  },
};

/** The members that hear each other's VRID and whose lists are known whole. */
function comparable({ members }: VirtualRouter): RouterMember[] {
  const id = members.find(({ instance }) => instance.virtualRouterId !== undefined)?.instance.virtualRouterId;
  return members.filter(
    (member) =>
      id !== undefined &&
      member.instance.virtualRouterId === id &&
      !isIncomplete(member) &&
      !member.instance.unreadableVirtualIpaddresses.some((line) => isPlaceholder(firstWord(line.text))),
  );
}

function advertised({ virtualIpaddresses }: KeepalivedInstance): string[] {
  return virtualIpaddresses.map((each) => each.address.text);
}

function without(all: readonly string[], own: readonly string[]): string[] {
  return all.filter((address) => !own.includes(address));
}

function atList({ node, instance }: RouterMember): Place {
  const [first] = instance.virtualIpaddresses;
  return inKeepalived(node, first?.span ?? lineOf(instance, "virtual_ipaddress"));
}

/** Where the members have the addresses, and the lines that were meant as some and were dropped. */
function placesOf(members: readonly RouterMember[], addresses: readonly string[]): RelatedFinding[] {
  return members.flatMap(({ node, instance }) => {
    const lists: readonly (readonly [string, readonly VirtualIpaddress[]])[] = [
      ["", instance.virtualIpaddresses],
      [", excluded", instance.excludedVirtualIpaddresses],
    ];
    const having = lists.flatMap(([note, list]) =>
      list
        .filter((each) => addresses.includes(each.address.text))
        .map(({ address, span }) => ({
          at: inKeepalived(node, span),
          message: `${node.name} has ${address.text}${note}`,
        })),
    );
    const dropped = instance.unreadableVirtualIpaddresses.map((line) => ({
      at: inKeepalived(node, line.span),
      message: `${node.name}: keepalived drops this line`,
    }));
    return [...having, ...dropped];
  });
}

interface LackingMember {
  readonly member: RouterMember;
  readonly addresses: readonly string[];
}

function advertisedDifference(
  label: string,
  members: readonly RouterMember[],
  version: string,
): Finding | undefined {
  const all = distinct(members.flatMap(({ instance }) => advertised(instance)));
  const lacking = members
    .map((member) => ({ member, addresses: without(all, advertised(member.instance)) }))
    .filter(({ addresses }) => addresses.length > 0);
  const [first] = lacking;
  if (first === undefined) return countDifference(label, members, version);
  const isLogged = isAtLeast(version, ONLY_LOGGED_SINCE);
  // What one node advertises and another has among the excluded ones is on both.
  const isDark = lacking.some(
    ({ member, addresses }) => without(addresses, addressesOf(member.instance)).length > 0,
  );
  const isOne = areOne(members);
  const parts = lacking.map(
    ({ member, addresses }) =>
      `${member.node.name} lacks ${listed(addresses)}${excludedNote(member, addresses)}`,
  );
  return {
    ...(isOne && (isDark || !isLogged) ? {} : { severity: "warning" as const }),
    message: `${label}: virtual_ipaddress differs: ${parts.join("; ")}`,
    at: atList(first.member),
    consequence: isLogged ? loggedConsequence(lacking) : rejectedConsequence(members),
    advice: isOne
      ? "the same addresses in virtual_ipaddress of all nodes of the router"
      : "the same addresses on all nodes; or, if these are two routers on one network, another virtual_router_id for one of them",
    related: placesOf(
      members,
      lacking.flatMap(({ addresses }) => addresses),
    ),
  };
}

/** Whether more than the VRID shows that they are one router. Else they may be two, on two networks. */
function areOne(members: readonly RouterMember[]): boolean {
  return members.every((member) => members.some((other) => other !== member && areOneRouter(member, other)));
}

function excludedNote({ instance }: RouterMember, addresses: readonly string[]): string {
  const excluded = instance.excludedVirtualIpaddresses.map((each) => each.address.text);
  const there = addresses.filter((address) => excluded.includes(address));
  return there.length === 0 ? "" : ` (${listed(there)} is in virtual_ipaddress_excluded there)`;
}

function rejectedConsequence(members: readonly RouterMember[]): string {
  const [one, other] = members;
  const isShared = one !== undefined && other !== undefined && shareAddress(one.instance, other.instance);
  const both = "the nodes reject each other's adverts and both become MASTER";
  return isShared
    ? `${both}: both hold the addresses they have in common`
    : `${both}, each with addresses of its own: nothing ever fails over`;
}

function loggedConsequence(lacking: readonly LackingMember[]): string {
  const dark = lacking
    .map(({ member, addresses }) => ({ member, addresses: without(addresses, addressesOf(member.instance)) }))
    .filter(({ addresses }) => addresses.length > 0);
  if (dark.length === 0) return "the difference is logged, and the adverts are taken";
  const sentences = dark.map(
    ({ member, addresses }) => `while ${member.node.name} is MASTER nobody holds ${listed(addresses)}`,
  );
  return `the difference is only logged; ${sentences.join(", and ")}`;
}

/** The same addresses, but one of them twice: the number in the advert is another. */
function countDifference(
  label: string,
  members: readonly RouterMember[],
  version: string,
): Finding | undefined {
  if (isAtLeast(version, ONLY_LOGGED_SINCE)) return undefined;
  const least = Math.min(...members.map(({ instance }) => instance.virtualIpaddresses.length));
  const more = members.find(({ instance }) => instance.virtualIpaddresses.length > least);
  if (more === undefined) return undefined;
  const texts = advertised(more.instance);
  const twice = distinct(texts.filter((address, index) => texts.indexOf(address) < index));
  return {
    message: `${label}: ${more.node.name} has ${listed(twice)} more than once in virtual_ipaddress, so it advertises ${texts.length} addresses and another node ${least}`,
    at: atList(more),
    consequence: rejectedConsequence(members),
    advice: `${listed(twice)} once`,
  };
}

function excludedDifference(label: string, members: readonly RouterMember[]): Finding | undefined {
  const excluded = distinct(
    members.flatMap(({ instance }) => instance.excludedVirtualIpaddresses.map((each) => each.address.text)),
  );
  const lacking = members
    .map((member) => ({ member, addresses: without(excluded, addressesOf(member.instance)) }))
    .filter(({ addresses }) => addresses.length > 0);
  const [first] = lacking;
  if (first === undefined || !areOne(members)) return undefined;
  const { member } = first;
  const [line] = member.instance.excludedVirtualIpaddresses;
  const sentences = lacking.map(
    (each) => `while ${each.member.node.name} is MASTER nobody holds ${listed(each.addresses)}`,
  );
  return {
    severity: "warning",
    message: `${label}: virtual_ipaddress_excluded differs: ${lacking
      .map((each) => `${each.member.node.name} lacks ${listed(each.addresses)}`)
      .join("; ")}`,
    at: inKeepalived(
      member.node,
      line?.span ?? lineOf(member.instance, "virtual_ipaddress_excluded", "virtual_ipaddress"),
    ),
    consequence: `the excluded addresses are in no advert, so no version notices: ${sentences.join(", and ")}`,
    advice: "the same addresses in virtual_ipaddress_excluded of all nodes of the router",
    related: placesOf(
      members,
      lacking.flatMap((each) => each.addresses),
    ),
  };
}
