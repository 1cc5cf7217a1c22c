// HP313: many addresses in one instance's adverts.

import { exampleFile } from "../examples/example-file.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived } from "../subject.ts";

/** VyOS and keepalived's own documentation advise the excluded list beyond this number. */
const ADVERTISED_MAX = 20;

export const rule: Rule = {
  code: "HP313",
  name: "many-vips",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: `more than ${ADVERTISED_MAX} addresses in one instance's virtual_ipaddress`,
  explanation: [
    "Every address of virtual_ipaddress is in every advert, and both nodes compare the lists (up to 2.3.2 a list that differs makes both MASTER, also for the moment in which it is changed on one node after the other).",
    "virtual_ipaddress_excluded takes further addresses: they come and go with the instance, but are in no advert and compared with nothing.",
  ].join("\n\n"),
  source: "keepalived-behaviour 4, 5; F59",
  bad: { lb1: exampleFile({ vips: vips(0, ADVERTISED_MAX + 1) }) },
  good: { lb1: exampleFile({ vips: vips(0, 1), excluded: vips(1, ADVERTISED_MAX) }) },
  *check({ routers }) {
    for (const { node, instance } of routers.flatMap((router) => router.members)) {
      const { length } = instance.virtualIpaddresses;
      const [first] = instance.virtualIpaddresses;
      if (length <= ADVERTISED_MAX || first === undefined) continue;
      yield {
        message: `${node.name}: ${instance.name} advertises ${length} addresses, over ${ADVERTISED_MAX}`,
        at: inKeepalived(node, first.span),
        consequence: `each advert carries ${length} addresses, and to add or remove one the lists of all nodes have to change at once`,
        advice: `${first.address.text} into virtual_ipaddress and the others into virtual_ipaddress_excluded, on every node`,
      };
    }
  },
};

function vips(first: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `192.0.2.${50 + first + index}/32`);
}
