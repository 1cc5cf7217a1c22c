// How an instance's adverts travel: from which address, to whom; and whether two nodes' instances are one router beyond doubt.
// Rule: what a file leaves open (a placeholder, an include that was not read) is unknown, and unknown is not wrong.

import {
  argumentsOf,
  type Block,
  blocksNamed,
  isPlaceholder,
  type Item,
  type KeepalivedConfiguration,
  type KeepalivedInstance,
  linesOf,
  type Statement,
  statementsIn,
} from "../../keepalived/index.ts";
import type { IpAddress } from "../../model/index.ts";
import type { RouterMember } from "../subject.ts";
import { addressesOf } from "./addresses.ts";

/** "fault": no peer that can be used and `unicast_fault_no_peer`, so the instance never runs. */
export type AdvertMode = "unicast" | "multicast" | "fault" | "unknown";

/** How the member's adverts travel. Without a peer keepalived sends to the multicast group, whatever else was meant (keepalived-behaviour 4). */
export function advertMode(member: RouterMember): AdvertMode {
  const { unicastPeers, unreadablePeers } = member.instance;
  if (unicastPeers.length > 0) return "unicast";
  if (unreadablePeers.some((line) => isPlaceholder(firstWord(line.text))) || isIncomplete(member)) {
    return "unknown";
  }
  return hasLine(member, "unicast_fault_no_peer") ? "fault" : "multicast";
}

/** Whether the member's list of peers is all it sends to: no line in it was left out, and no include that may have more. */
export function knowsAllPeers(member: RouterMember): boolean {
  return member.instance.unreadablePeers.length === 0 && !isIncomplete(member);
}

/** `interface`: none is written, and the interface's first address is taken. `unknown`: what is written is no address. */
export function advertSource(member: RouterMember): "given" | "interface" | "unknown" {
  if (member.instance.unicastSourceIp !== undefined) return "given";
  return hasLine(member, "unicast_src_ip") || isIncomplete(member) ? "unknown" : "interface";
}

/** Whether a file that was not read may hold more of the block. */
export function isIncomplete({ node, instance }: RouterMember): boolean {
  return node.configuration.complaints.some(
    ({ kind, span }) =>
      kind === "include" && span.start >= instance.span.start && span.end <= instance.span.end,
  );
}

// Asked again and again by every rule, and files may have thousands of instances.
const blocksOf = new WeakMap<KeepalivedConfiguration, ReadonlyMap<string, Block>>();

/** What stands in the instance's block, as the daemon takes it. Of two blocks with one name it keeps the first. */
function itemsOf({ node: { configuration }, instance }: RouterMember): readonly Item[] {
  const blocks = blocksOf.get(configuration) ?? blocksByName(configuration);
  blocksOf.set(configuration, blocks);
  return blocks.get(instance.name)?.items ?? [];
}

function blocksByName({ tree }: KeepalivedConfiguration): ReadonlyMap<string, Block> {
  const blocks = new Map<string, Block>();
  for (const block of blocksNamed(tree.items, "vrrp_instance")) {
    const [name] = block.header === undefined ? [] : argumentsOf(block.header);
    if (name !== undefined && !blocks.has(name.value)) blocks.set(name.value, block);
  }
  return blocks;
}

/** The line of the keyword in the instance's block as it stands, also where its value is none; the last one. */
export function lineWith(member: RouterMember, keyword: string): Statement | undefined {
  return statementsIn(itemsOf(member)).findLast((line) => line.keyword.value === keyword);
}

/** The lines of a block inside the instance's: unicast_peer, virtual_ipaddress ... */
export function linesWithin(member: RouterMember, keyword: string): Statement[] {
  return linesOf(itemsOf(member), keyword);
}

/** Whether the keyword stands in the instance's block. */
export function hasLine(member: RouterMember, keyword: string): boolean {
  return lineWith(member, keyword) !== undefined;
}

const globalLinesOf = new WeakMap<KeepalivedConfiguration, readonly Statement[]>();

/** The first argument of the keyword's last line in global_defs. */
export function globalArgument(
  { node: { configuration } }: RouterMember,
  keyword: string,
): string | undefined {
  const lines = globalLinesOf.get(configuration) ?? linesOf(configuration.tree.items, "global_defs");
  globalLinesOf.set(configuration, lines);
  const line = lines.findLast((each) => each.keyword.value === keyword);
  return line === undefined ? undefined : (argumentsOf(line)[0]?.value ?? "");
}

/** The word that a line begins with. */
export function firstWord(text: string): string {
  return text.trim().split(/\s/, 1)[0] ?? "";
}

/** Whether the instances have a virtual address in common. */
export function shareAddress(a: KeepalivedInstance, b: KeepalivedInstance): boolean {
  const others = new Set(addressesOf(b));
  return addressesOf(a).some((address) => others.has(address));
}

/**
 * Whether two nodes' instances are one router beyond doubt. The same VRID alone is a sign, but two clusters may use the same one on two
 * networks.
 */
export function areOneRouter({ instance: a }: RouterMember, { instance: b }: RouterMember): boolean {
  if (a.virtualRouterId === undefined || a.virtualRouterId !== b.virtualRouterId) return false;
  return shareAddress(a, b) || a.name === b.name || sendsTo(a, b) || sendsTo(b, a);
}

/** Whether the other's source is among the instance's peers. */
export function sendsTo(from: KeepalivedInstance, to: KeepalivedInstance): boolean {
  return from.unicastPeers.some((peer) => peer.address.text === to.unicastSourceIp?.text);
}

/** The addresses in unicast_peer, each once, in the order of the file. */
export function peerAddresses({ unicastPeers }: KeepalivedInstance): string[] {
  return [...new Set(unicastPeers.map((peer) => peer.address.text))];
}

/** Whether the address is the instance's unicast_src_ip. */
export function isOwnSourceOf({ unicastSourceIp }: KeepalivedInstance, address: IpAddress): boolean {
  return unicastSourceIp?.family === address.family && unicastSourceIp.text === address.text;
}
