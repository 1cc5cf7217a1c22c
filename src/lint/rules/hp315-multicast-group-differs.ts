// HP315: the nodes of one router send to different multicast groups.

import { argumentsOf, isPlaceholder } from "../../keepalived/index.ts";
import { exampleFile, otherExampleFile } from "../examples/example-file.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, lineOf, type Place, type RouterMember } from "../subject.ts";
import { advertMode, areOneRouter, globalArgument, lineWith } from "../facts/unicast.ts";

const GROUP_KEYWORDS = { 4: "vrrp_mcast_group4", 6: "vrrp_mcast_group6" } as const;
const DEFAULT_GROUPS = { 4: "224.0.0.18", 6: "ff02::12" } as const;

const multicast = { source: "", peers: [] } as const;

export const rule: Rule = {
  code: "HP315",
  name: "multicast-group-differs",
  severity: "error",
  scope: "pair",
  versions: "same",
  summary: "the nodes use different multicast groups",
  explanation: [
    "A node without unicast_peer sends its adverts to a multicast group and listens to that one alone: 224.0.0.18 (ff02::12 with IPv6), or what vrrp_mcast_group4, vrrp_mcast_group6 or the instance's mcast_dst_ip say. With another group on each node neither hears the other.",
  ].join("\n\n"),
  source: "keepalived-behaviour 4; keepalived.conf(5), vrrp_mcast_group4, mcast_dst_ip",
  bad: {
    lb1: exampleFile({ ...multicast, globals: ["vrrp_mcast_group4 224.0.0.19"] }),
    lb2: otherExampleFile(multicast),
  },
  good: {
    lb1: exampleFile({ ...multicast, globals: ["vrrp_mcast_group4 224.0.0.19"] }),
    lb2: otherExampleFile({ ...multicast, globals: ["vrrp_mcast_group4 224.0.0.19"] }),
  },
  *check({ routers }) {
    for (const { label, members } of routers) {
      const sending = members
        .filter((member) => advertMode(member) === "multicast")
        .map((member) => ({ member, group: groupOf(member) }))
        .filter(({ group }) => !isPlaceholder(group));
      const [first] = sending;
      if (first === undefined) continue;
      const other = sending.find(
        ({ member, group }) => group !== first.group && areOneRouter(member, first.member),
      );
      if (other === undefined) continue;
      const said = ({ member, group }: typeof first): string => `${member.node.name} sends to ${group}`;
      yield {
        message: `${label}: ${said(first)}, ${other.member.node.name} to ${other.group}`,
        at: atGroup(other.member),
        consequence: "neither hears the other: both become MASTER and hold the VIP, and no log line says so",
        advice: "one multicast group on all nodes, or unicast_peer",
        related: [{ at: atGroup(first.member), message: said(first) }],
      };
    }
  },
};

function groupOf(member: RouterMember): string {
  const { family } = member.instance;
  const own = lineWith(member, "mcast_dst_ip");
  const written = own === undefined ? undefined : argumentsOf(own)[0]?.value;
  const group = written ?? globalArgument(member, GROUP_KEYWORDS[family]) ?? DEFAULT_GROUPS[family];
  return group.toLowerCase();
}

function atGroup(member: RouterMember): Place {
  const { node, instance } = member;
  const global = node.configuration.globals.lines.get(GROUP_KEYWORDS[instance.family]);
  return inKeepalived(node, global ?? lineOf(instance, "mcast_dst_ip"));
}
