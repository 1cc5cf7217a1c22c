// HP102: one node uses a VRID for two instances that keepalived cannot tell apart. Where it can (other peers, other group, other family), nothing is said.

import { isPlaceholder, type KeepalivedInstance } from "../../keepalived/index.ts";
import { exampleBlock } from "../examples/example-block.ts";
import { exampleNode } from "../examples/example-instance.ts";
import type { Finding, Rule } from "../rule.ts";
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
    "keepalived refuses a configuration in which two instances answer to the same one: it exits (`permanent error CONFIG`), and runs none of them.\n\n" +
    "With unicast a VRID may come again as long as the two instances have no peer in common, since then the sender tells them apart; " +
    "unicast and multicast do not disturb each other either.",
  source: "keepalived-behaviour 7 (same vrid+iface+src with common peer), F13; tried on keepalived 2.2.7",
  bad: { lb1: exampleNode(0, { blocks: [second(50)] }) },
  good: { lb1: exampleNode(0, { blocks: [second(51)] }) },
  *check({ nodes }) {
    for (const node of nodes) {
      for (const alike of instancesAlike(node)) {
        for (const [index, instance] of alike.entries()) {
          const earlier = alike.slice(0, index).find((other) => collide(other, instance));
          if (earlier !== undefined) yield findingOn(node, earlier, instance);
        }
      }
    }
  },
};

/** The instances that have VRID, family and interface in common, in groups. */
function instancesAlike(node: LintedNode): KeepalivedInstance[][] {
  const groups = new Map<string, KeepalivedInstance[]>();
  for (const instance of node.configuration.instances) {
    const place = interfaceOf(node, instance);
    if (instance.virtualRouterId === undefined || place === undefined || isPlaceholder(place)) continue;
    const key = `${instance.virtualRouterId} ${instance.family} ${place}`;
    const group = groups.get(key) ?? [];
    // Of very many alike the first ones say it.
    if (group.length < ALIKE_MAX) groups.set(key, [...group, instance]);
  }
  return [...groups.values()];
}

const ALIKE_MAX = 20;

function collide(a: KeepalivedInstance, b: KeepalivedInstance): boolean {
  const bothUnicast = a.unicastPeers.length > 0 && b.unicastPeers.length > 0;
  if (bothUnicast) return a.unicastSourceIp?.text === b.unicastSourceIp?.text && haveCommonPeer(a, b);
  // Another multicast group for one of them keeps them apart; which one is not read here.
  return ![a, b].some((each) => each.unicastMeant || each.lines.has("mcast_dst_ip"));
}

function haveCommonPeer(a: KeepalivedInstance, b: KeepalivedInstance): boolean {
  const peers = new Set(a.unicastPeers.map((peer) => peer.address.text));
  return b.unicastPeers.some((peer) => peers.has(peer.address.text));
}

function interfaceOf(node: LintedNode, instance: KeepalivedInstance): string | undefined {
  return instance.interface ?? node.configuration.globals.defaultInterface;
}

function findingOn(node: LintedNode, earlier: KeepalivedInstance, instance: KeepalivedInstance): Finding {
  const id = instance.virtualRouterId;
  return {
    message: `${node.name}: ${earlier.name} and ${instance.name} both use virtual_router_id ${id} (IPv${instance.family} on ${interfaceOf(node, instance)})`,
    at: inKeepalived(node, lineOf(instance, "virtual_router_id")),
    consequence: `keepalived exits at start: no VRRP runs on ${node.name}; at a reload it exits too, and may leave the VIP behind`,
    advice: `another virtual_router_id for ${instance.name}, the same on all nodes`,
    related: [
      {
        at: inKeepalived(node, lineOf(earlier, "virtual_router_id")),
        message: `${earlier.name} has virtual_router_id ${id}`,
      },
    ],
  };
}
