// HP310: unicast without check_unicast_src: keepalived takes adverts from any host that reaches it.

import { exampleFile } from "../examples/example-file.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, lineOf } from "../subject.ts";
import { advertMode } from "../facts/unicast.ts";

export const rule: Rule = {
  code: "HP310",
  name: "source-unchecked",
  severity: "advice",
  scope: "node",
  versions: "same",
  summary: "unicast without check_unicast_src",
  explanation: [
    "keepalived sends to the addresses in unicast_peer, but by default listens to everybody: an advert for its VRID is taken whoever sent it, and in unicast also from beyond a router. A stranger's higher priority takes the VIP away; a second cluster with the same VRID whose peers were mistyped does so without malice.",
    "check_unicast_src in the instance (vrrp_check_unicast_src in global_defs for all of them, also in versions before 2.2) refuses adverts that come from no address in unicast_peer. A min_ttl or max_ttl behind a peer switches it on too. With VRRP version 3, which has no password, it is the only thing keepalived itself checks.",
  ].join("\n\n"),
  source: "keepalived-behaviour 4 (tested); F12, F13",
  bad: { lb1: exampleFile().replace("    check_unicast_src\n", "") },
  good: { lb1: exampleFile() },
  *check({ routers }) {
    for (const member of routers.flatMap((router) => router.members)) {
      const { node, instance } = member;
      if (advertMode(member) !== "unicast" || instance.checkUnicastSource) continue;
      const secret =
        instance.version === 3
          ? "VRRP version 3 has no password"
          : "the password, if there is one, travels in clear text";
      yield {
        message: `${node.name}: ${instance.name} takes adverts for VRID ${instance.virtualRouterId ?? "?"} from any host, not from its peers alone`,
        at: inKeepalived(node, instance.unicastPeers[0]?.span ?? lineOf(instance, "unicast_peer")),
        consequence: `a host that reaches the node with protocol 112 and a higher priority takes the VIP away (${secret})`,
        advice: `check_unicast_src into ${instance.name}, once every node is in unicast_peer of the others`,
      };
    }
  },
};
