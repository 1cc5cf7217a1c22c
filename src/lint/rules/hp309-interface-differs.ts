// HP309: the nodes of one router name their interface differently. It works, until a file or a script is copied.

import { isPlaceholder } from "../../keepalived/index.ts";
import { distinct } from "../facts/addresses.ts";
import { exampleFile, otherExampleFile } from "../examples/example-file.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, lineOf } from "../subject.ts";
import { areOneRouter } from "../facts/unicast.ts";

export const rule: Rule = {
  code: "HP309",
  name: "interface-differs",
  severity: "warning",
  scope: "pair",
  versions: "same",
  summary: "the interface has another name on another node",
  explanation: [
    "keepalived does not compare interface names, and nodes with different hardware may well have different ones. But a pair is kept alike by copying: a file with the other node's interface name makes keepalived exit at start or at the next reload, and at a reload it leaves the VIP where it is, so that both nodes hold it.",
    "One name on all nodes (a bond, a bridge, or a name given by udev or systemd.link) takes the trap away.",
  ].join("\n\n"),
  source: "keepalived-behaviour 5 (interface), 8.2; F21",
  bad: { lb1: exampleFile({ interface: "ens192" }), lb2: otherExampleFile({ interface: "ens160" }) },
  good: { lb1: exampleFile({ interface: "ens192" }), lb2: otherExampleFile({ interface: "ens192" }) },
  *check({ routers }) {
    for (const { label, members } of routers) {
      const named = members.filter(
        (member) =>
          member.instance.interface !== undefined &&
          !isPlaceholder(member.instance.interface) &&
          members.some((other) => other !== member && areOneRouter(member, other)),
      );
      const names = distinct(named.flatMap(({ instance }) => instance.interface ?? []));
      const [first] = named;
      const other = named.find(({ instance }) => instance.interface !== first?.instance.interface);
      if (names.length < 2 || first === undefined || other === undefined) continue;
      const each = named.map(({ node, instance }) => `${instance.interface} on ${node.name}`);
      yield {
        message: `${label}: the interface is ${each.join(", ")}`,
        at: inKeepalived(other.node, lineOf(other.instance, "interface")),
        consequence:
          "it works as it is; but a file copied from one node to the other makes keepalived exit: at start the node is no standby, at a reload it keeps the VIP that the other takes over",
        advice: "one name of the interface on all nodes, if that can be had",
        related: [
          {
            at: inKeepalived(first.node, lineOf(first.instance, "interface")),
            message: `${first.node.name} has interface ${first.instance.interface}`,
          },
        ],
      };
    }
  },
};
