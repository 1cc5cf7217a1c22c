// HP302: a node's own unicast_src_ip in its unicast_peer. Alone there, nobody else hears the node; beside others it is a log line a second.

import { listed } from "../facts/addresses.ts";
import { exampleFile } from "../examples/example-file.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, type RouterMember, type VirtualRouter } from "../subject.ts";
import { peerAddresses } from "../facts/unicast.ts";

export const rule: Rule = {
  code: "HP302",
  name: "peer-is-self",
  severity: "error",
  scope: "node",
  versions: "same",
  summary: "the node's own address is in its unicast_peer",
  explanation: [
    "unicast_peer is the list of the other nodes. keepalived accepts the node's own address there, also under -t, and sends its adverts to itself.",
    "Where it is the only peer, the others never hear the node: they become MASTER beside it. The file was probably copied from the other node and only unicast_src_ip was changed, or the two addresses were swapped. Beside the right peers it does no such harm: while the node is MASTER it logs with every advert that it received one with its own address.",
  ].join("\n\n"),
  source: "keepalived-behaviour 4, 7; F12",
  bad: { lb1: exampleFile({ peers: ["192.0.2.11"] }) },
  good: { lb1: exampleFile() },
  *check({ routers }) {
    for (const router of routers) {
      for (const member of router.members) {
        // One source on two nodes is HP301's: which of them is "self" is not known then.
        if (!isSharedSource(member, router)) yield* findingsOf(member);
      }
    }
  },
};

function isSharedSource({ node, instance }: RouterMember, { members }: VirtualRouter): boolean {
  const source = instance.unicastSourceIp?.text;
  return members.some(
    (other) => other.node !== node && other.instance.unicastSourceIp?.text === source && source !== undefined,
  );
}

function* findingsOf({ node, instance }: RouterMember): Generator<Finding> {
  const source = instance.unicastSourceIp?.text;
  const own = instance.unicastPeers.find((peer) => peer.address.text === source);
  if (own === undefined || source === undefined) return;
  const others = peerAddresses(instance).filter((address) => address !== source);
  // A line that keepalived drops is HP305's; here it only means that the node was not meant to be alone.
  const isAlone = others.length === 0;
  yield {
    ...(isAlone ? {} : { severity: "warning" as const }),
    message: isAlone
      ? `${node.name}: the only address in unicast_peer, ${source}, is its own unicast_src_ip`
      : `${node.name}: unicast_peer has its own unicast_src_ip ${source}, beside ${listed(others)}`,
    at: inKeepalived(node, own.span),
    consequence: isAlone
      ? `${node.name} sends its adverts to itself: no other node hears it, so each of them becomes MASTER as well and holds the VIP`
      : "the others hear the node all the same; while it is MASTER it also sends each advert to itself and logs a warning every time",
    advice: isAlone
      ? "the other nodes' addresses into unicast_peer"
      : `unicast_peer of ${node.name} without ${source}`,
  };
}
