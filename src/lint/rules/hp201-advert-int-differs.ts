// HP201: nodes of one virtual router that advertise in different intervals. In version 2 they refuse each other.

import { isPlaceholder } from "../../keepalived/index.ts";
import { secondsText } from "../facts/detection-time.ts";
import { writtenValue } from "../facts/effective-priority.ts";
import { examplePair } from "../examples/example-instance.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, lineOf, type RouterMember, type VirtualRouter } from "../subject.ts";
import { isTemplate } from "../facts/template.ts";

const pair = examplePair({ lines: ["nopreempt"] }, { lines: ["nopreempt"] });

export const rule: Rule = {
  code: "HP201",
  name: "advert-int-differs",
  severity: "error",
  scope: "pair",
  versions: "same",
  summary: "advert_int differs between the nodes of one virtual router",
  explanation: `A version 2 advert carries the interval of its sender, and keepalived drops every advert whose interval is not its own. So no node hears the others: each becomes MASTER and holds the address.

It is easily overlooked on the wire. A MASTER puts its own advert off whenever it hears any packet of its VRID, also one that it drops, so the node with the longer interval hardly sends at all: tcpdump shows one speaker although two nodes hold the address.

In version 3 a standby takes over the interval of the master that it hears. Nothing breaks, but how long a takeover takes then depends on which node was master.`,
  source: "keepalived-behaviour 4 and 1.6 (tested with 2.2.7); F18; RFC 3768 section 7.1",
  bad: { ...pair, lb2: (pair["lb2"] ?? "").replace("advert_int 1", "advert_int 2") },
  good: pair,
  check: function* ({ routers }) {
    for (const router of routers) yield* differences(router);
  },
};

function* differences(router: VirtualRouter): Iterable<Finding> {
  if (router.members.length < 2) return;
  const known = router.members.filter(
    (member) => !isTemplate(member.node) && !isPlaceholder(writtenValue(member, "advert_int") ?? ""),
  );
  const usual = mostCommon(known);
  if (usual === undefined) return;
  for (const member of known) {
    const { node, instance } = member;
    if (!wouldHear(member, usual) || instance.advertIntervalUs === usual.instance.advertIntervalUs) continue;
    const own = secondsText(instance.advertIntervalUs);
    const other = secondsText(usual.instance.advertIntervalUs);
    const isVersion2 = instance.version === 2;
    yield {
      message: `${node.name} advertises every ${own}, ${usual.node.name} every ${other}${isVersion2 ? ": with version 2 each drops the other's adverts" : ""}`,
      at: placeOf(member),
      consequence: isVersion2
        ? "every node becomes MASTER and holds the address; tcpdump shows little of it, because the node with the longer interval hardly sends"
        : `a standby follows the master's interval, so a dead master is noticed after 3 × ${own} or after 3 × ${other}, whichever node it was`,
      advice: `the same advert_int on every node, for instance advert_int ${usual.instance.advertIntervalUs / 1_000_000}`,
      related: [{ at: placeOf(usual), message: `${usual.node.name} advertises every ${other}` }],
      ...(isVersion2 ? {} : { severity: "warning" as const }),
    };
  }
}

/** Whether nothing but the interval keeps them apart, as far as these rules look: another one's finding comes first. */
function wouldHear({ instance }: RouterMember, { instance: other }: RouterMember): boolean {
  return (
    instance.version === other.version &&
    instance.family === other.family &&
    instance.virtualRouterId === other.virtualRouterId
  );
}

/** The first member whose interval most of them have. */
function mostCommon(members: readonly RouterMember[]): RouterMember | undefined {
  const count = (member: RouterMember): number =>
    members.filter((each) => each.instance.advertIntervalUs === member.instance.advertIntervalUs).length;
  return members.toSorted((a, b) => count(b) - count(a))[0];
}

function placeOf({ node, instance }: RouterMember): Finding["at"] {
  return inKeepalived(node, lineOf(instance, "advert_int"));
}
