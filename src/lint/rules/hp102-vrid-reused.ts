// HP102: one node uses a VRID for two instances that keepalived cannot tell apart. Where it can (other peers, other group, other family), nothing is said.

import type { KeepalivedInstance } from "../../keepalived/index.ts";
import { exampleBlock, exampleNode } from "../example-instance.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, type LintedNode, lineOf } from "../subject.ts";

const second = (id: number) =>
  exampleBlock("vrrp_instance API_VIP", [
    "state BACKUP",
    "interface eth0",
    `virtual_router_id ${id}`,
    "priority 100",
    "unicast_src_ip 192.0.2.11",
    "unicast_peer {",
    "    192.0.2.12",
    "}",
    "virtual_ipaddress {",
    "    192.0.2.20/32",
    "}",
    "track_script {",
    "    chk_haproxy",
    "}",
  ]);

export const rule: Rule = {
  code: "HP102",
  name: "vrid-reused",
  severity: "error",
  scope: "node",
  versions: "same",
  summary: "the same virtual_router_id twice on one interface and family",
  explanation:
    "A received advert belongs to the instance with its VRID on that interface and in that family (IPv4 and IPv6 are apart). " +
    "keepalived refuses a configuration in which two instances answer to the same one, and runs none of them.\n\n" +
    "With unicast a VRID may come again as long as the two instances have no peer in common, since then the sender tells them apart; " +
    "unicast and multicast do not disturb each other either.",
  source: "keepalived-behaviour 7 (same vrid+iface+src with common peer), F13; tried on keepalived 2.2.7",
  bad: { lb1: exampleNode(0, { blocks: [second(50)] }) },
  good: { lb1: exampleNode(0, { blocks: [second(51)] }) },
  *check({ nodes }) {
    for (const node of nodes) {
      const { instances } = node.configuration;
      for (const [index, instance] of instances.entries()) {
        const earlier = instances.slice(0, index).find((other) => collide(node, other, instance));
        if (earlier === undefined) continue;
        const id = instance.virtualRouterId;
        const place = `IPv${instance.family} on ${interfaceOf(node, instance)}`;
        yield {
          message: `${node.name}: ${earlier.name} and ${instance.name} both use virtual_router_id ${id} (${place})`,
          at: inKeepalived(node, lineOf(instance, "virtual_router_id")),
          consequence: `keepalived takes this for a conflict and runs no VRRP at all on ${node.name}; at a reload it exits and may leave the VIP behind`,
          advice: `another virtual_router_id for ${instance.name}, the same on all nodes`,
          related: [
            {
              at: inKeepalived(node, lineOf(earlier, "virtual_router_id")),
              message: `${earlier.name} has virtual_router_id ${id}`,
            },
          ],
        };
      }
    }
  },
};

function collide(node: LintedNode, a: KeepalivedInstance, b: KeepalivedInstance): boolean {
  const place = interfaceOf(node, a);
  if (a.virtualRouterId === undefined || a.virtualRouterId !== b.virtualRouterId) return false;
  if (a.family !== b.family || place === undefined || place !== interfaceOf(node, b)) return false;
  const unicast = a.unicastPeers.length > 0;
  if (unicast !== b.unicastPeers.length > 0) return false;
  if (unicast) return a.unicastSourceIp?.text === b.unicastSourceIp?.text && haveCommonPeer(a, b);
  // Another multicast group for one of them keeps them apart; which one is not read here.
  return ![a, b].some((each) => each.lines.has("mcast_dst_ip"));
}

function haveCommonPeer(a: KeepalivedInstance, b: KeepalivedInstance): boolean {
  const peers = new Set(a.unicastPeers.map((peer) => peer.address.text));
  return b.unicastPeers.some((peer) => peers.has(peer.address.text));
}

function interfaceOf(node: LintedNode, instance: KeepalivedInstance): string | undefined {
  return instance.interface ?? node.configuration.globals.defaultInterface;
}
