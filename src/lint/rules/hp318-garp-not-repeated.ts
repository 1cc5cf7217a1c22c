// HP318: gratuitous ARP is sent at a failover and never again. Asked for only by its code.

import { exampleFile } from "../examples/example-file.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, lineOf } from "../subject.ts";
import { globalArgument, hasLine } from "../facts/unicast.ts";

export const rule: Rule = {
  code: "HP318",
  name: "garp-not-repeated",
  severity: "advice",
  scope: "node",
  optional: true,
  versions: "same",
  summary: "no garp_master_refresh: neighbours that missed the first announcements keep the old node",
  explanation: [
    "A node that becomes MASTER announces the VIP's new MAC address with five gratuitous ARP packets, and five more after five seconds. A router or switch that loses them, or holds the other node's later ones for the truth after a short time with two MASTERs, sends to the wrong node until its entry ages: minutes, on some routers hours.",
    "garp_master_refresh repeats the announcement while the node is MASTER. On a network known to take them it is not needed, so this is asked for only by its code or with --all.",
  ].join("\n\n"),
  source: "keepalived-behaviour 4 (GARP defaults); F09",
  bad: { lb1: exampleFile() },
  good: { lb1: exampleFile({ lines: ["garp_master_refresh 60"] }) },
  *check({ routers }) {
    for (const member of routers.flatMap((router) => router.members)) {
      const { node, instance } = member;
      const isSet =
        hasLine(member, "garp_master_refresh") ||
        globalArgument(member, "vrrp_garp_master_refresh") !== undefined;
      if (isSet || instance.virtualIpaddresses.length === 0) continue;
      yield {
        message: `${node.name}: ${instance.name} announces its VIP at a failover, and never again`,
        at: inKeepalived(node, lineOf(instance, "virtual_ipaddress")),
        consequence:
          "a neighbour that lost the announcements goes on sending to the old node until its ARP entry ages",
        advice: `garp_master_refresh 60 into ${instance.name}, on every node`,
      };
    }
  },
};
