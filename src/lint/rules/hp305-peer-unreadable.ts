// HP305: lines of unicast_peer that keepalived drops, and unicast that is meant but has no peer, so that it falls back to multicast.

import { familyOfText, listed } from "../facts/addresses.ts";
import { exampleFile } from "../examples/example-file.ts";
import { argumentsOf, isPlaceholder, spanOf, type UnreadableLine } from "../../keepalived/index.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, lineOf, type Place, type RouterMember, type VirtualRouter } from "../subject.ts";
import {
  advertMode,
  areOneRouter,
  firstWord,
  isIncomplete,
  linesWithin,
  peerAddresses,
} from "../facts/unicast.ts";

export const rule: Rule = {
  code: "HP305",
  name: "peer-unreadable",
  severity: "error",
  scope: "node",
  versions: "same",
  summary: "a peer keepalived cannot read, or unicast without any peer",
  explanation: [
    "A line of unicast_peer is one IP address of the instance's family, and nothing else: keepalived looks up no names and knows no commas. It logs and drops what it cannot read, and runs on with the rest; the dropped node hears nothing of this one.",
    "Where no peer is left, or none was given beside unicast_src_ip, keepalived falls back to multicast. On a network without multicast both nodes then become MASTER, and so they do where only one of them falls back. With unicast_fault_no_peer the instance goes to FAULT instead.",
  ].join("\n\n"),
  source: "keepalived-behaviour 4, 5, 9.14; F12",
  bad: { lb1: exampleFile({ peers: ["lb2.example.com"] }) },
  good: { lb1: exampleFile() },
  *check({ routers }) {
    for (const router of routers) {
      for (const member of router.members) yield* droppedPeers(member);
      yield* fallBack(router);
    }
  },
};

/** Peers that are lost while others are left. */
function* droppedPeers(member: RouterMember): Generator<Finding> {
  const { node, instance } = member;
  if (advertMode(member) !== "unicast") return;
  yield* secondAddresses(member);
  const [first, ...more] = badLines(member);
  if (first === undefined) return;
  yield {
    message: `${node.name}: unicast_peer has ${described(first, member)}; keepalived drops the line`,
    at: inKeepalived(node, first.span),
    consequence: `${node.name} sends to ${listed(peerAddresses(instance))} alone: the node that was meant never hears it and becomes MASTER beside it`,
    advice: "one IP address a line, without a name, a comma or anything else",
    related: more.map((line) => ({ at: inKeepalived(node, line.span), message: described(line, member) })),
  };
}

/** keepalived reads one address a line; a second one is no option it knows. */
function* secondAddresses(member: RouterMember): Generator<Finding> {
  const { node, instance } = member;
  for (const line of linesWithin(member, "unicast_peer")) {
    const more = argumentsOf(line).filter((word) => familyOfText(word.value) !== undefined);
    const texts = more.map((word) => word.value);
    const isPeer = familyOfText(line.keyword.value) === instance.family;
    // An address that has a line of its own as well is not lost.
    if (!isPeer || texts.every((text) => peerAddresses(instance).includes(text))) continue;
    yield {
      message: `${node.name}: unicast_peer has ${listed(texts)} on the line of ${line.keyword.value}; keepalived reads one address a line`,
      at: inKeepalived(node, spanOf(line)),
      consequence: `${node.name} does not send to ${listed(texts)}: that node never hears it and becomes MASTER beside it`,
      advice: `${listed(texts)} on a line of its own`,
    };
  }
}

function badLines({ instance }: RouterMember): UnreadableLine[] {
  return instance.unreadablePeers.filter((line) => !isPlaceholder(firstWord(line.text)));
}

function described({ text }: UnreadableLine, { instance }: RouterMember): string {
  const word = firstWord(text);
  const family = familyOfText(word);
  if (family !== undefined && family !== instance.family) {
    return `${word}, an IPv${family} address in an IPv${instance.family} instance`;
  }
  if (/[,;]/.test(text)) return `"${text}" with a comma: an address a line is wanted`;
  if (family === undefined && /[g-zG-Z]/.test(word)) return `"${word}", a name and no address`;
  return `"${text}", which is no address`;
}

/** Instances that meant unicast and have no peer. Where another node does send by unicast, that is HP304's. */
function* fallBack({ label, members }: VirtualRouter): Generator<Finding> {
  const without = members.filter(
    (member) =>
      member.instance.unicastMeant &&
      (advertMode(member) === "multicast" || advertMode(member) === "fault") &&
      !isIncomplete(member) &&
      !members.some((other) => advertMode(other) === "unicast" && areOneRouter(member, other)),
  );
  const [first, ...more] = without;
  if (first === undefined) return;
  const { instance } = first;
  const faulted = without.filter((member) => advertMode(member) === "fault");
  const bad = badLines(first);
  const why = bad.length > 0 ? bad.map((line) => described(line, first)).join("; ") : "no address";
  // Nodes that all fall back still hear each other where multicast works.
  const together = members.length > 1 && members.every((member) => advertMode(member) === "multicast");
  const isCertain = faulted.length > 0 || (bad.length > 0 && !together);
  const names = listed(without.map((member) => member.node.name));
  yield {
    ...(isCertain ? {} : { severity: "warning" as const }),
    message: `${names}: ${label} is meant for unicast, but unicast_peer has ${why}`,
    at: atPeers(first),
    consequence:
      faulted.length > 0
        ? `with unicast_fault_no_peer ${label} goes to FAULT on ${listed(faulted.map((member) => member.node.name))} and never takes the VIP`
        : fallBackConsequence(together, names),
    advice: `the other nodes' addresses into unicast_peer of ${instance.name}, one a line; or neither unicast_src_ip nor unicast_peer if multicast is wanted`,
    related: more.map((member) => ({
      at: atPeers(member),
      message: `${member.node.name} has no usable peer either`,
    })),
  };
}

function atPeers({ node, instance }: RouterMember): Place {
  const place = instance.unreadablePeers[0]?.span;
  return inKeepalived(node, place ?? lineOf(instance, "unicast_peer", "unicast_src_ip", "check_unicast_src"));
}

function fallBackConsequence(together: boolean, names: string): string {
  return together
    ? "all nodes fall back to multicast and hear each other as long as the network carries it; where it does not (clouds, many virtual networks), all become MASTER and hold the VIP"
    : `${names} falls back to multicast: beside a node that sends by unicast neither hears the other: both become MASTER and hold the VIP, and no log line says so`;
}
