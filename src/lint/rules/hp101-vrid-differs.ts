// HP101: the nodes of one virtual router have different VRIDs. Only a shared address makes two instances one router here.

import type { Rule } from "../rule.ts";
import { inKeepalived, lineOf, type RouterMember, type VirtualRouter } from "../subject.ts";
import { examplePair } from "../examples/example-instance.ts";
import { addressesOf } from "../facts/addresses.ts";

export const rule: Rule = {
  code: "HP101",
  name: "vrid-differs",
  severity: "error",
  scope: "pair",
  versions: "same",
  summary: "virtual_router_id differs between the nodes that share a VIP",
  explanation:
    "The VRID is how a node knows which adverts are meant for it. A packet with another VRID is dropped without a word " +
    "(unless log_unknown_vrids is set), so each node believes to be alone, becomes MASTER and takes the VIP. " +
    "Both go on advertising, and neither logs anything unusual.\n\n" +
    "Instances are compared if they hold a common address. Two instances of one name with different VRIDs and different addresses " +
    "are two routers, and fine.",
  source: "keepalived-behaviour 4 (VRID not ours), F13; RFC 9568 section 5.2.3",
  bad: examplePair({ id: 50 }, { id: 51 }),
  good: examplePair({ id: 50 }, { id: 50 }),
  *check({ routers }) {
    for (const router of routers) {
      const reference = referenceMember(router);
      if (reference === undefined) continue;
      for (const member of router.members) {
        const address = sharedAddress(reference, member);
        const { virtualRouterId } = member.instance;
        const expected = reference.instance.virtualRouterId;
        if (virtualRouterId === undefined || virtualRouterId === expected || address === undefined) continue;
        yield {
          message: `${member.node.name} has virtual_router_id ${virtualRouterId} where ${reference.node.name} has ${expected}, for the same VIP ${address}`,
          at: inKeepalived(member.node, lineOf(member.instance, "virtual_router_id")),
          consequence: `neither node hears the other: both become MASTER and hold ${address} at once, and neither logs a reason`,
          advice: `virtual_router_id ${expected} on every node of this router`,
          related: [
            {
              at: inKeepalived(reference.node, lineOf(reference.instance, "virtual_router_id")),
              message: `${reference.node.name} has virtual_router_id ${expected}`,
            },
          ],
        };
      }
    }
  },
};

/** A member with the VRID that most have; of equally many the first. */
function referenceMember({ members }: VirtualRouter): RouterMember | undefined {
  const known = members.filter(({ instance }) => instance.virtualRouterId !== undefined);
  const count = (member: RouterMember) =>
    known.filter(({ instance }) => instance.virtualRouterId === member.instance.virtualRouterId).length;
  const most = Math.max(...known.map(count));
  return known.find((member) => count(member) === most);
}

function sharedAddress(a: RouterMember, b: RouterMember): string | undefined {
  const others = new Set(addressesOf(b.instance));
  return addressesOf(a.instance).find((address) => others.has(address));
}
