// HP311: addresses of the other family in an instance's virtual_ipaddress. keepalived drops them.

import type { UnreadableLine } from "../../keepalived/index.ts";
import { familyOfText, listed } from "../facts/addresses.ts";
import { exampleFile } from "../examples/example-file.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived } from "../subject.ts";
import { firstWord } from "../facts/unicast.ts";

export const rule: Rule = {
  code: "HP311",
  name: "family-mixed",
  severity: "error",
  scope: "node",
  versions: "same",
  summary: "IPv4 and IPv6 in one instance's virtual_ipaddress",
  explanation: [
    "An instance is of one family, that of the first address in its block (unicast_src_ip, unicast_peer or virtual_ipaddress, whichever comes first). keepalived drops the addresses of the other family from virtual_ipaddress: no node ever holds them.",
    "virtual_ipaddress_excluded takes both families. Addresses there are not in the adverts, but come and go with the others, so that a service's IPv4 and IPv6 address are always on one node. An instance of its own for the other family works too; then each family moves by itself.",
  ].join("\n\n"),
  source: "keepalived-behaviour 5 (virtual_ipaddress); F45",
  bad: { lb1: exampleFile({ vips: ["192.0.2.50/32", "2001:db8::50/128"] }) },
  good: { lb1: exampleFile({ excluded: ["2001:db8::50/128"] }) },
  *check({ routers }) {
    for (const { node, instance } of routers.flatMap((router) => router.members)) {
      const other = instance.unreadableVirtualIpaddresses.filter((line) => isOther(line, instance.family));
      const [first] = other;
      if (first === undefined) continue;
      const texts = other.map((line) => firstWord(line.text));
      const [family, wrong] = instance.family === 4 ? ["IPv4", "IPv6"] : ["IPv6", "IPv4"];
      const isAll = instance.virtualIpaddresses.length === 0;
      yield {
        message: `${node.name}: ${instance.name} is an ${family} instance, and ${listed(texts)} in its virtual_ipaddress is ${wrong}`,
        at: inKeepalived(node, first.span),
        consequence: `keepalived drops ${listed(texts)}: no node holds ${other.length === 1 ? "it" : "them"}${isAll ? ", and the instance is left without an address" : ""}`,
        advice: isAll
          ? `${wrong} addresses in unicast_src_ip and unicast_peer as well, or ${listed(texts)} into virtual_ipaddress_excluded beside an ${family} VIP`
          : `${listed(texts)} into virtual_ipaddress_excluded, or into an instance of its own`,
      };
    }
  },
};

function isOther({ text }: UnreadableLine, family: 4 | 6): boolean {
  const meant = familyOfText(firstWord(text));
  return meant !== undefined && meant !== family;
}
