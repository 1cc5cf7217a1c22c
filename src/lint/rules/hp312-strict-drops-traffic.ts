// HP312: strict mode or no_accept: keepalived sets a firewall rule that drops what is sent to the VIP.

import { isAtLeast } from "../../keepalived/index.ts";
import { addressesOf, distinct, listed } from "../facts/addresses.ts";
import { OWNER_PRIORITY } from "../facts/effective-priority.ts";
import { exampleFile } from "../examples/example-file.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, lineOf, type Place, type RouterMember } from "../subject.ts";
import { advertMode, lineWith } from "../facts/unicast.ts";

export const rule: Rule = {
  code: "HP312",
  name: "strict-drops-traffic",
  severity: "error",
  scope: "node",
  versions: "differ",
  changesAt: ["2.4.0"],
  summary: "vrrp_strict, strict_mode or no_accept: packets to the VIP are dropped",
  explanation: [
    "VRRP was made for routers, which forward packets and answer none for themselves. In strict mode (vrrp_strict in global_defs, strict_mode in an instance) and with no_accept keepalived therefore drops every packet to and from the VIP on the node that holds it, with a table of nftables or iptables of its own. Not even ping is answered. A line `accept` takes that away with version 3 alone.",
    "vrrp_strict stands in the sample configuration that keepalived comes with, and is copied from there. It also takes authentication away, resets preempt_delay, and where the interface knows multicast refuses unicast: up to 2.0.20 and again from 2.4.0 on the instance is dropped. The versions between them run it.",
    "It is an error where the node serves something: it has a haproxy.cfg, virtual servers, or tracks a check. A pair of routers whose VIP is a gateway's address may want it so, and gets a warning.",
  ].join("\n\n"),
  source: "keepalived-behaviour 4, 8.5, 9.38, unicast tried on 2.2.7 and 2.3.3; F23",
  bad: { lb1: exampleFile({ globals: ["vrrp_strict"] }) },
  good: { lb1: exampleFile() },
  *check({ routers, version }) {
    const byPlace = new Map<string, RouterMember[]>();
    for (const member of routers.flatMap((router) => router.members)) {
      const isRefused = isUnicastStrict(member) && refusesUnicast(version);
      if (!isRefused && !dropsTraffic(member)) continue;
      const { node, span } = placeOf(member);
      const key = `${node.name} ${span.start}`;
      byPlace.set(key, [...(byPlace.get(key) ?? []), member]);
    }
    for (const members of byPlace.values()) yield* findingOf(members, version);
  },
};

/** One line of the file, with all instances that it is in force for. */
function* findingOf(members: readonly RouterMember[], version: string): Generator<Finding> {
  const [first] = members;
  if (first === undefined) return;
  const word = causeOf(first);
  const dropping = members.filter(dropsTraffic);
  const unicast = members.filter(isUnicastStrict);
  const refused = refusesUnicast(version) ? unicast : [];
  const names = (some: readonly RouterMember[]): string => listed(some.map(({ instance }) => instance.name));
  const effects = [
    ...(dropping.length === 0 ? [] : [`all traffic to the VIPs of ${names(dropping)} is dropped`]),
    ...(unicast.length === 0 ? [] : [`strict mode is not for unicast (${names(unicast)})`]),
  ];
  const vips = distinct(dropping.flatMap(({ instance }) => addressesOf(instance)));
  const served = dropping.filter((member) => !refused.includes(member));
  const consequences = [
    ...(refused.length === 0
      ? []
      : [`keepalived drops ${names(refused)} for its unicast_peer, and the node never holds the VIP`]),
    ...(served.length === 0
      ? []
      : [
          `the MASTER holds ${listed(vips)}, but drops every packet to it: no client reaches it, nor does ping`,
        ]),
  ];
  yield {
    ...(members.some(serves) ? {} : { severity: "warning" as const }),
    message: `${first.node.name}: ${word}: ${effects.join(", and ")}`,
    at: placeOf(first),
    consequence: consequences.join("; "),
    advice:
      word === "no_accept"
        ? `no no_accept in ${names(members)}, on any node`
        : `no ${word}, on any node; nothing else is lost, since it only forbids what the RFC does not have`,
  };
}

function dropsTraffic({ instance }: RouterMember): boolean {
  // An owner's VIP is its own address; keepalived sets no rule there.
  return instance.noAccept && instance.priority !== OWNER_PRIORITY && addressesOf(instance).length > 0;
}

function refusesUnicast(version: string): boolean {
  return isAtLeast(version, "2.4.0") || !isAtLeast(version, "2.1.0");
}

function isUnicastStrict(member: RouterMember): boolean {
  return member.instance.strict && advertMode(member) === "unicast";
}

/** The word in the file that does it. */
function causeOf(member: RouterMember): string {
  if (!member.instance.strict) return "no_accept";
  return lineWith(member, "strict_mode") === undefined ? "vrrp_strict" : "strict_mode";
}

function placeOf(member: RouterMember): Place {
  const { node, instance } = member;
  const word = causeOf(member);
  const global = node.configuration.globals.lines.get("vrrp_strict");
  if (word === "vrrp_strict" && global !== undefined) return inKeepalived(node, global);
  return inKeepalived(node, lineOf(instance, word));
}

/** Whether anything beside the VIP itself shows that clients are to be served on it. */
function serves({ node, instance }: RouterMember): boolean {
  const { configuration } = node;
  const group = configuration.syncGroups.find(({ members }) =>
    members.some((member) => member.name === instance.name),
  );
  const isWatched = [instance, ...(group === undefined ? [] : [group])].some(
    (each) => each.trackScripts.length + each.trackProcesses.length + each.trackFiles.length > 0,
  );
  // no_accept alone is written on purpose; strict mode is copied.
  return node.haproxy !== undefined || (instance.strict && (configuration.virtualServers > 0 || isWatched));
}
