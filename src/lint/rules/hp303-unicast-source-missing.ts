// HP303: unicast_peer without unicast_src_ip: which address the node speaks from, and listens on, is left to the order of the interface's.

import { distinct } from "../facts/addresses.ts";
import { exampleFile } from "../examples/example-file.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, lineOf, type RouterMember, type VirtualRouter } from "../subject.ts";
import { advertMode, advertSource, knowsAllPeers, peerAddresses } from "../facts/unicast.ts";

export const rule: Rule = {
  code: "HP303",
  name: "unicast-source-missing",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "unicast_peer without unicast_src_ip",
  explanation: [
    "Without unicast_src_ip keepalived speaks from the first address of the instance's interface, and listens on that one alone. The other nodes send to what stands in their unicast_peer. The two are the same only as long as the interface has one address, or has them in the right order.",
    "With unicast_src_ip the file says which address it is, and a reader (or this check) can compare it with the other nodes' unicast_peer.",
  ].join("\n\n"),
  source: "keepalived-behaviour 3.4, 4; F12",
  bad: { lb1: exampleFile({ source: "" }) },
  good: { lb1: exampleFile() },
  *check({ routers }) {
    for (const router of routers) {
      for (const member of router.members) {
        if (advertMode(member) !== "unicast" || advertSource(member) !== "interface") continue;
        const { node, instance } = member;
        const expected = expectedSource(member, router);
        const own = expected === undefined ? "its own address" : expected;
        yield {
          message: `${node.name}: ${instance.name} has unicast_peer and no unicast_src_ip, so it speaks from the first address of ${instance.interface ?? "its interface"}`,
          at: inKeepalived(node, instance.unicastPeers[0]?.span ?? lineOf(instance, "unicast_peer")),
          consequence: `if that is not the address the other nodes have in unicast_peer${expected === undefined ? "" : ` (${expected})`}, ${node.name} does not hear them and becomes MASTER beside them; a second address on the interface is enough for it at the next start`,
          advice: `unicast_src_ip with ${own} into ${instance.name} of ${node.name}`,
        };
      }
    }
  },
};

/** The one address that the others send to and that no given node says is its own. */
function expectedSource(member: RouterMember, { members }: VirtualRouter): string | undefined {
  const others = members.filter((other) => other !== member);
  if (!others.every((other) => knowsAllPeers(other))) return undefined;
  const known = new Set([
    ...members.map((other) => other.instance.unicastSourceIp?.text),
    ...peerAddresses(member.instance),
  ]);
  const left = distinct(others.flatMap(({ instance }) => peerAddresses(instance))).filter(
    (address) => !known.has(address),
  );
  return left.length === 1 ? left[0] : undefined;
}
