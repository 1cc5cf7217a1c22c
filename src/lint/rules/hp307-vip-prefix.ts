// HP307: a virtual address with the prefix length of the node's own network, or with another one on each node.

import type { IpAddress } from "../../model/index.ts";
import type { VirtualIpaddress } from "../../keepalived/index.ts";
import { inSameNetwork, isHostPrefix, listed, textOfVip, virtualAddresses } from "../facts/addresses.ts";
import { exampleFile } from "../examples/example-file.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, type RouterMember, type VirtualRouter } from "../subject.ts";

export const rule: Rule = {
  code: "HP307",
  name: "vip-prefix",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "a VIP with the prefix length of the node's network, or with another one on each node",
  explanation: [
    "A VIP in the network of its interface needs no network of its own: /32 (/128 for IPv6), which is also what keepalived takes where no length is written. Clients see no difference, since the prefix length is on no wire.",
    "With the network's length the kernel takes the VIP for one more address of that network. As a rule it comes second and does no harm. Where it ever comes first (the node's own address was taken away and put back by DHCP or a restart of the network while the VIP was there), the node speaks from the VIP, and the node's own address goes when the VIP goes, unless net.ipv4.conf.*.promote_secondaries is set, as systemd does on many distributions. Of IPv6 addresses the one that came last is preferred as a source unless it is a /128, so there outgoing connections break at every failover.",
    "Only where the files show that the VIP is in the node's network is this said: a VIP that is the only address of its network needs the network's length.",
  ].join("\n\n"),
  source: "F43, F44; keepalived-behaviour 4, 5 (virtual_ipaddress)",
  bad: { lb1: exampleFile({ vips: ["192.0.2.50/24"] }) },
  good: { lb1: exampleFile({ vips: ["192.0.2.50/32", "198.51.100.50/24 dev eth1"] }) },
  *check({ routers }) {
    for (const router of routers) {
      for (const member of router.members) yield* networkLength(member);
      yield* differentLengths(router);
    }
  },
};

/** VIPs whose network has the node's source in it, or the peers'; without unicast the node's network is not known. */
function* networkLength(member: RouterMember): Generator<Finding> {
  const { node, instance } = member;
  const near = instance.unicastSourceIp ?? instance.unicastPeers[0]?.address;
  if (near === undefined) return;
  const wide = virtualAddresses(member.instance).filter((vip) => isWide(vip, near, instance.interface));
  const [first] = wide;
  if (first === undefined) return;
  const whose = near === instance.unicastSourceIp ? "the node's own" : "its peer's";
  const host = first.address.family === 4 ? "/32" : "/128";
  yield {
    message: `${node.name}: ${listed(wide.map(textOfVip))} in the network of ${near.text}, ${whose} address: ${host} is enough`,
    at: inKeepalived(node, first.span),
    consequence:
      first.address.family === 4
        ? "as a rule nothing; but if the VIP ever comes before the node's own address on the interface, the node speaks from the VIP, and may lose its own address together with it"
        : "the node may prefer the VIP, its newest address, as the source of connections it opens; they break when the VIP moves",
    advice: `${wide.length === 1 ? first.address.text : "the addresses"} with ${host}, on every node`,
  };
}

function isWide(vip: VirtualIpaddress, near: IpAddress, device: string | undefined): boolean {
  // A VIP that is the node's own address is HP308's.
  if (vip.address.text === near.text) return false;
  const isOwnDevice = vip.device === undefined || vip.device === device;
  return isOwnDevice && !isHostPrefix(vip) && inSameNetwork(vip.address, near, vip.prefixLength);
}

/** The same address with another length on another node. */
function* differentLengths({ label, members }: VirtualRouter): Generator<Finding> {
  for (const member of members.slice(1)) {
    for (const vip of virtualAddresses(member.instance)) {
      const other = members
        .slice(0, members.indexOf(member))
        .flatMap((each) => virtualAddresses(each.instance).map((theirs) => ({ node: each.node, theirs })))
        .find(({ theirs }) => theirs.address.text === vip.address.text);
      if (other === undefined || other.theirs.prefixLength === vip.prefixLength) continue;
      yield {
        message: `${label}: ${vip.address.text} is /${other.theirs.prefixLength} on ${other.node.name} and /${vip.prefixLength} on ${member.node.name}`,
        at: inKeepalived(member.node, vip.span),
        consequence:
          "failover works, but routes and the source of outgoing connections are other ones on each node: what works on one may not after a failover",
        advice: `the same prefix length on every node${vip.address.family === 4 ? ", /32 where the VIP is in the interface's network" : ", /128 where the VIP is in the interface's network"}`,
        related: [
          {
            at: inKeepalived(other.node, other.theirs.span),
            message: `${other.node.name} has /${other.theirs.prefixLength}`,
          },
        ],
      };
      return;
    }
  }
}
