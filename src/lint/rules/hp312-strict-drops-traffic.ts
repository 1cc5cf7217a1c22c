// HP312: strict mode or no_accept: keepalived sets a firewall rule that drops what is sent to the VIP.

import { isAtLeast } from "../../keepalived/index.ts";
import { listed } from "../addresses.ts";
import { exampleFile } from "../example-file.ts";
import type { Rule } from "../rule.ts";
import { inKeepalived, lineOf, type Place, type RouterMember } from "../subject.ts";
import { advertMode, lineWith } from "../unicast.ts";

const OWNER = 255;

export const rule: Rule = {
  code: "HP312",
  name: "strict-drops-traffic",
  severity: "error",
  scope: "node",
  versions: "differ",
  summary: "vrrp_strict, strict_mode or no_accept: packets to the VIP are dropped",
  explanation: [
    "VRRP was made for routers, which forward packets and answer none for themselves. In strict mode (vrrp_strict in global_defs, strict_mode in an instance) and with no_accept keepalived therefore drops every packet to and from the VIP on the node that holds it, with a table of nftables or iptables of its own. Not even ping is answered. A line `accept` takes that away with version 3 alone.",
    "vrrp_strict stands in the sample configuration that keepalived comes with, and is copied from there. It also takes authentication away, resets preempt_delay, and where the interface knows multicast refuses unicast: up to 2.0.20 and again from 2.4.0 on the instance is dropped. The versions between them run it.",
    "It is an error where the node serves something: it has a haproxy.cfg, virtual servers, or tracks a check. A pair of routers whose VIP is a gateway's address may want it so, and gets a warning.",
  ].join("\n\n"),
  source: "keepalived-behaviour 4, 8.5, 9 (38), unicast tried on 2.2.7 and 2.3.3; failure catalogue F23",
  bad: { lb1: exampleFile({ globals: ["vrrp_strict"] }) },
  good: { lb1: exampleFile() },
  *check({ routers, version }) {
    for (const member of routers.flatMap((router) => router.members)) {
      const { node, instance } = member;
      const isRefused = instance.strict && advertMode(member) === "unicast" && refusesUnicast(version);
      // An owner's VIP is its own address; keepalived sets no rule there.
      const isDropped = instance.noAccept && instance.priority !== OWNER && hasVips(member);
      if (!isRefused && !isDropped) continue;
      const word = cause(member);
      const vips = listed(instance.virtualIpaddresses.map((vip) => vip.address.text));
      yield {
        ...(serves(member) ? {} : { severity: "warning" as const }),
        message: `${node.name}: ${word} makes ${instance.name} drop all traffic to its VIP${isRefused || isUnicastStrict(member) ? ", and is not for unicast" : ""}`,
        at: place(member),
        consequence: isRefused
          ? `keepalived refuses unicast in strict mode and drops ${instance.name}: the node never holds the VIP`
          : `the node that is MASTER holds ${vips}, but drops every packet to it: the service cannot be reached, nor pinged`,
        advice:
          word === "no_accept"
            ? `Remove no_accept from ${instance.name}, on every node.`
            : `Remove ${word}, on every node. Nothing else is lost: it only forbids what the RFC does not have.`,
      };
    }
  },
};

function refusesUnicast(version: string): boolean {
  return isAtLeast(version, "2.4.0") || !isAtLeast(version, "2.1.0");
}

function isUnicastStrict(member: RouterMember): boolean {
  return member.instance.strict && advertMode(member) === "unicast";
}

function hasVips({ instance }: RouterMember): boolean {
  return instance.virtualIpaddresses.length + instance.excludedVirtualIpaddresses.length > 0;
}

/** The word in the file that does it. */
function cause(member: RouterMember): string {
  if (lineWith(member, "no_accept") !== undefined && !member.instance.strict) return "no_accept";
  if (!member.instance.strict) return "no_accept";
  return lineWith(member, "strict_mode") === undefined ? "vrrp_strict" : "strict_mode";
}

function place(member: RouterMember): Place {
  const { node, instance } = member;
  const word = cause(member);
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
