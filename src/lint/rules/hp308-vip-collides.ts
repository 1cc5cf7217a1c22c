// HP308: a virtual address that is a node's own, its network's or the broadcast address, or none that a host can have.

import { type KeepalivedInstance, linesOf, type VirtualIpaddress } from "../../keepalived/index.ts";
import type { IpAddress } from "../../model/index.ts";
import {
  addressBytes,
  familyOfText,
  notForHosts,
  reservedInOwnNetwork,
  textOfVip,
  virtualAddresses,
} from "../facts/addresses.ts";
import { OWNER_PRIORITY } from "../facts/effective-priority.ts";
import { exampleFile } from "../examples/example-file.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, type LintedNode, type RouterMember, type VirtualRouter } from "../subject.ts";
import { isOwnSourceOf } from "../facts/unicast.ts";

export const rule: Rule = {
  code: "HP308",
  name: "vip-collides",
  severity: "error",
  scope: "node",
  versions: "same",
  summary: "a VIP is a node's own address, or a network's or the broadcast address",
  explanation: [
    "A virtual address belongs to no node: keepalived takes it off the interface when it starts, and whenever the instance is not MASTER. Where the VIP is a node's own address, the node loses that address; where it is another node's, two hosts have it.",
    "The first and the last address of an IPv4 network longer than two addresses are the network's own and the broadcast address. A VIP there is refused by the kernel or not answered.",
    "An instance with priority 255 is the owner of its addresses in the words of VRRP; there the VIP may be meant to be the node's own address, and it is a warning.",
  ].join("\n\n"),
  source: "keepalived-behaviour 1.3, 7 (VIP = own address passes -t); RFC 3768 1.3; HP023, HP027",
  bad: { lb1: exampleFile({ vips: ["192.0.2.11/32"] }) },
  good: { lb1: exampleFile() },
  *check({ routers, nodes }) {
    for (const router of routers) {
      for (const member of router.members) yield* findingsOf(member, router, nodes);
    }
  },
};

function* findingsOf(
  member: RouterMember,
  router: VirtualRouter,
  nodes: readonly LintedNode[],
): Generator<Finding> {
  const { instance } = member;
  for (const vip of virtualAddresses(instance)) {
    const finding = unusable(member, vip) ?? nodesOwn(member, vip, nodes) ?? peers(member, vip, router);
    if (finding !== undefined) yield finding;
  }
}

function unusable({ node }: RouterMember, vip: VirtualIpaddress): Finding | undefined {
  const { address, prefixLength } = vip;
  const reserved = reservedInOwnNetwork(address, prefixLength);
  const why =
    notForHosts(address) ??
    (reserved === undefined
      ? undefined
      : `the ${reserved === "network" ? "network's own" : "broadcast"} address of its /${prefixLength}`);
  if (why === undefined) return undefined;
  return {
    message: `${node.name}: the VIP ${textOfVip(vip)} is ${why}`,
    at: inKeepalived(node, vip.span),
    consequence: "no client reaches a service there: hosts and routers do not send to it as to a host",
    advice: "an address of the network that no host has",
  };
}

/** The VIP is the unicast_src_ip or a static address of one of the given nodes. */
function nodesOwn(
  member: RouterMember,
  vip: VirtualIpaddress,
  nodes: readonly LintedNode[],
): Finding | undefined {
  for (const node of [member.node, ...nodes.filter((other) => other !== member.node)]) {
    const own = ownAddress(node, vip.address);
    if (own === undefined) continue;
    const isHere = node === member.node;
    return {
      ...(isOwner(member.instance) || own.instance?.priority === OWNER_PRIORITY
        ? { severity: "warning" as const }
        : {}),
      message: `${member.node.name}: the VIP ${textOfVip(vip)} is ${own.what} of ${isHere ? "this node" : node.name}`,
      at: inKeepalived(member.node, vip.span),
      consequence: isHere
        ? `keepalived takes ${vip.address.text} off the node at start and whenever it is not MASTER: the node loses its own address, and with it what it sends its adverts from`
        : `as soon as ${member.node.name} is MASTER, two hosts have ${vip.address.text}, and ${member.node.name} sends to itself what is meant for ${node.name}`,
      advice: "an address of the network that no host has",
    };
  }
  return undefined;
}

function isOwner({ priority }: KeepalivedInstance): boolean {
  return priority === OWNER_PRIORITY;
}

interface OwnAddress {
  readonly what: string;
  readonly instance?: KeepalivedInstance;
}

function ownAddress({ configuration }: LintedNode, address: IpAddress): OwnAddress | undefined {
  const instance = configuration.instances.find((each) => isOwnSourceOf(each, address));
  if (instance !== undefined) return { what: "the unicast_src_ip", instance };
  const isStatic = linesOf(configuration.tree.items, "static_ipaddress").some((line) =>
    isSameAddress(line.keyword.value, address),
  );
  return isStatic ? { what: "a static_ipaddress" } : undefined;
}

/** Text as a person writes it, with or without a prefix length. */
function isSameAddress(text: string, address: IpAddress): boolean {
  if (familyOfText(text) !== address.family) return false;
  const [bare = ""] = text.split("/");
  return addressBytes({ family: address.family, text: bare }).join() === addressBytes(address).join();
}

/** A peer is another node's own address, whoever that is; one that is a given node's was told already. */
function peers(member: RouterMember, vip: VirtualIpaddress, router: VirtualRouter): Finding | undefined {
  const { node, instance } = member;
  const peer = instance.unicastPeers.find((each) => each.address.text === vip.address.text);
  if (peer === undefined) return undefined;
  return {
    ...(router.members.some((each) => isOwner(each.instance)) ? { severity: "warning" as const } : {}),
    message: `${node.name}: the VIP ${textOfVip(vip)} is also in unicast_peer`,
    at: inKeepalived(node, vip.span),
    consequence: `adverts go to whoever holds ${vip.address.text}: while ${node.name} is MASTER it sends them to itself, and no other node hears it`,
    advice: "the other nodes' own addresses into unicast_peer, and a VIP that is no node's address",
    related: [{ at: inKeepalived(node, peer.span), message: `${peer.address.text} is a peer` }],
  };
}
