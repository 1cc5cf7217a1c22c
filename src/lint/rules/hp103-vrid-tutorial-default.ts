// HP103: a VRID that every tutorial uses, with multicast, where any neighbour may use it too. Advice: nobody knows the neighbours from here.

import { sentenceList } from "../../base/index.ts";
import { exampleBlock } from "../examples/example-block.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, lineOf } from "../subject.ts";

const TUTORIAL_IDS: ReadonlySet<number> = new Set([1, 51]);

const example = (id: number) =>
  [
    exampleBlock("vrrp_script chk_haproxy", ['script "/etc/keepalived/chk_haproxy.sh"', "interval 2"]),
    exampleBlock("vrrp_instance LB_VIP", [
      "state BACKUP",
      "interface eth0",
      `virtual_router_id ${id}`,
      "priority 101",
      "virtual_ipaddress {",
      "    192.0.2.10/32",
      "}",
      "track_script {",
      "    chk_haproxy",
      "}",
    ]),
  ].join("\n");

export const rule: Rule = {
  code: "HP103",
  name: "vrid-tutorial-default",
  severity: "advice",
  scope: "node",
  versions: "same",
  summary: "VRID 51 or 1 with multicast: clashes with a neighbour are common",
  explanation:
    "Multicast adverts reach every VRRP router of the segment: other clusters, routers, firewalls. " +
    "51 stands in keepalived's own sample and in nearly every tutorial, 1 is the first number of everything else, " +
    "so these two are the ones that are taken. " +
    "A neighbour's adverts with the same VRID are read as the peer's: they are refused and logged, or obeyed.\n\n" +
    "With unicast only the peers are heard, so the number matters little.",
  source: "F13; keepalived-behaviour 4 and 9.37",
  bad: { lb1: example(51) },
  good: { lb1: example(57) },
  *check({ routers }) {
    for (const { members } of routers) {
      const found = members.filter(
        ({ instance }) =>
          TUTORIAL_IDS.has(instance.virtualRouterId ?? 0) &&
          !instance.unicastMeant &&
          instance.unicastPeers.length === 0,
      );
      const [first, ...others] = found;
      if (first === undefined) continue;
      const id = first.instance.virtualRouterId;
      yield {
        message: `${sentenceList(found.map((member) => member.node.name))}: virtual_router_id ${id} is the one that most examples use, and multicast reaches every neighbour that kept it`,
        at: inKeepalived(first.node, lineOf(first.instance, "virtual_router_id")),
        consequence: `another cluster with VRID ${id} on this segment would disturb this one: its adverts are refused with a log line each, or, with the same settings, obeyed`,
        advice:
          "a VRID that is reserved for this pair (tcpdump -n ip proto 112 shows the ones in use), or unicast_src_ip and unicast_peer",
        related: others.map((member) => ({
          at: inKeepalived(member.node, lineOf(member.instance, "virtual_router_id")),
          message: `${member.node.name} has virtual_router_id ${member.instance.virtualRouterId}`,
        })),
      };
    }
  },
};
