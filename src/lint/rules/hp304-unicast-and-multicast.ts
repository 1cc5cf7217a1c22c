// HP304: one node of a router sends to its peers, another to the multicast group. Neither hears the other, and neither logs it.

import { listed } from "../facts/addresses.ts";
import { exampleFile, otherExampleFile } from "../examples/example-file.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, lineOf, type Place, type RouterMember } from "../subject.ts";
import { advertMode, areOneRouter, peerAddresses } from "../facts/unicast.ts";

export const rule: Rule = {
  code: "HP304",
  name: "unicast-and-multicast",
  severity: "error",
  scope: "pair",
  versions: "same",
  summary: "one node sends adverts by unicast, another by multicast",
  explanation: [
    "keepalived sends adverts to the addresses in unicast_peer, or to the multicast group 224.0.0.18 (ff02::12) where it has no usable peer. The two are kept apart: a node with peers does not listen to the group, a node without them does not listen for unicast adverts.",
    "So the nodes take each other for dead and both become MASTER, without a line in any log. A unicast_peer block that is empty, or whose only lines are no addresses, counts as none.",
  ].join("\n\n"),
  source: "keepalived-behaviour 1.6, 4, 9.15; F12",
  bad: { lb1: exampleFile(), lb2: otherExampleFile({ source: "", peers: [] }) },
  good: { lb1: exampleFile(), lb2: otherExampleFile() },
  *check({ routers }) {
    for (const { label, members } of routers) {
      const unicast = members.filter((member) => advertMode(member) === "unicast");
      const multicast = members.filter(
        (member) =>
          advertMode(member) === "multicast" && unicast.some((other) => areOneRouter(member, other)),
      );
      const [first] = multicast;
      if (first === undefined) continue;
      const [one, many] = [listed(unicast.map(nameOf)), listed(multicast.map(nameOf))];
      yield {
        message: `${label}: unicast on ${one}, multicast on ${many}${whyMulticast(first)}`,
        at: atMode(first),
        consequence:
          "they do not hear each other: more than one node becomes MASTER and holds the VIP, and no log line says so",
        advice: `unicast_src_ip and unicast_peer into ${first.instance.name} on ${many}, as on ${one}`,
        related: unicast.map((member) => ({
          at: atMode(member),
          message: `${nameOf(member)} sends to ${listed(peerAddresses(member.instance))}`,
        })),
      };
    }
  },
};

function nameOf({ node }: RouterMember): string {
  return node.name;
}

function whyMulticast({ instance }: RouterMember): string {
  const { unreadablePeers, unicastMeant } = instance;
  if (unreadablePeers.length > 0) {
    return ` (no line of its unicast_peer is an address: ${listed(unreadablePeers.map((line) => line.text))})`;
  }
  return unicastMeant ? " (its unicast_peer is empty or missing)" : "";
}

function atMode({ node, instance }: RouterMember): Place {
  const line = instance.unicastPeers[0] ?? instance.unreadablePeers[0];
  return inKeepalived(node, line?.span ?? lineOf(instance, "unicast_peer", "unicast_src_ip"));
}
