// HP316: dont_track_primary: the node stays MASTER with its cable pulled.

import { exampleFile } from "../examples/example-file.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, lineOf, type RouterMember } from "../subject.ts";
import { virtualAddresses } from "../facts/addresses.ts";

export const rule: Rule = {
  code: "HP316",
  name: "link-untracked",
  severity: "advice",
  scope: "node",
  versions: "same",
  summary: "dont_track_primary on the interface that carries the VIP",
  explanation: [
    "keepalived watches the interface of an instance, and goes to FAULT while it has no link. dont_track_primary switches that off: the node stays MASTER without a link, runs its notify scripts for nothing, and when the link comes back two nodes hold the VIP until one has heard the other.",
    "It is meant for adverts over a crossover cable, where the link goes down when the other node does; then the VIP is on another interface, and this is not said.",
  ].join("\n\n"),
  source: "keepalived-behaviour 3.4; F53",
  bad: { lb1: exampleFile({ lines: ["dont_track_primary"] }) },
  good: { lb1: exampleFile() },
  *check({ routers }) {
    for (const member of routers.flatMap((router) => router.members)) {
      const { node, instance } = member;
      if (!instance.dontTrackPrimary || !carriesVips(member)) continue;
      yield {
        message: `${node.name}: dont_track_primary in ${instance.name}: the link of ${instance.interface} is not watched`,
        at: inKeepalived(node, lineOf(instance, "dont_track_primary")),
        consequence: `without a link ${node.name} stays MASTER, and holds the VIP beside the other node when the link comes back`,
        advice: `no dont_track_primary in ${instance.name}`,
      };
    }
  },
};

/** Whether every VIP is on the instance's own interface. One on another is watched there. */
function carriesVips({ instance }: RouterMember): boolean {
  const vips = virtualAddresses(instance);
  return (
    instance.interface !== undefined &&
    vips.length > 0 &&
    vips.every((vip) => vip.device === undefined || vip.device === instance.interface)
  );
}
