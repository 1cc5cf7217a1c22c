// HP301: the nodes' unicast_src_ip and unicast_peer do not fit together. What may be a third node whose file was not given is left alone.

import { distinct, listed } from "../facts/addresses.ts";
import { exampleFile, otherExampleFile } from "../examples/example-file.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, lineOf, type Place, type RouterMember, type VirtualRouter } from "../subject.ts";
import {
  advertMode,
  advertSource,
  areOneRouter,
  knowsAllPeers,
  peerAddresses,
  sendsTo,
} from "../facts/unicast.ts";

export const rule: Rule = {
  code: "HP301",
  name: "peers-asymmetric",
  severity: "error",
  scope: "pair",
  versions: "same",
  summary: "unicast_src_ip of each node is not in unicast_peer of every other node",
  explanation: [
    "With unicast, keepalived sends its adverts from unicast_src_ip to each address in unicast_peer, and hears only what is sent to its own unicast_src_ip. So each node's source must be a peer on every other node, character for character the same address.",
    "A node that is no peer of the others hears nothing of them, takes them for dead and becomes MASTER beside them. A source that was copied from the other node is worse still: keepalived cannot bind to an address the node does not have, the instance goes to FAULT at start and stays there. keepalived -t looks at one file and sees none of it.",
    "A peer that all given nodes have, and that is none of them, is taken for one more node whose file was not given.",
  ].join("\n\n"),
  source: "keepalived-behaviour 3.4, 4; F12",
  bad: { lb1: exampleFile(), lb2: otherExampleFile({ peers: ["192.0.2.21"] }) },
  good: { lb1: exampleFile(), lb2: otherExampleFile() },
  *check({ routers }) {
    for (const router of routers) yield* findingsOf(router);
  },
};

function* findingsOf(router: VirtualRouter): Generator<Finding> {
  const members = router.members.filter(
    (member) =>
      advertMode(member) === "unicast" &&
      router.members.some((other) => other !== member && areOneRouter(member, other)),
  );
  if (members.length < 2) return;
  yield* sharedSources(members);
  const honest = members.filter((member) => !hasSharedSource(member, members));
  const blamed = new Set<RouterMember>();
  for (const member of honest) {
    const finding = missingPeers(member, honest) ?? tooFewPeers(member, members);
    if (finding === undefined) continue;
    blamed.add(member);
    yield finding;
  }
  if (blamed.size > 0 || honest.length < members.length) return;
  yield* samePeersWithoutSource(members);
  yield* lonelyPeers(members);
}

function hasSharedSource(member: RouterMember, members: readonly RouterMember[]): boolean {
  const source = sourceText(member);
  return source !== undefined && members.some((other) => other !== member && sourceText(other) === source);
}

function sourceText({ instance }: RouterMember): string | undefined {
  return instance.unicastSourceIp?.text;
}

function atPeers({ node, instance }: RouterMember): Place {
  return inKeepalived(node, instance.unicastPeers[0]?.span ?? lineOf(instance, "unicast_peer"));
}

function atSource({ node, instance }: RouterMember): Place {
  return inKeepalived(node, lineOf(instance, "unicast_src_ip"));
}

/** Two nodes with one unicast_src_ip: copied from the other node. */
function* sharedSources(members: readonly RouterMember[]): Generator<Finding> {
  for (const source of distinct(members.flatMap((member) => sourceText(member) ?? []))) {
    const sharing = members.filter((member) => sourceText(member) === source);
    if (sharing.length < 2) continue;
    const copy = likelyCopy(sharing, source);
    const others = sharing.filter((member) => member !== copy);
    if (copy === undefined) continue;
    yield {
      message: `${copy.node.name}: unicast_src_ip ${source} is also that of ${listed(others.map((each) => each.node.name))}`,
      at: atSource(copy),
      consequence:
        "only one node has this address; on the other keepalived cannot bind to it: the instance goes to FAULT at start and stays there, and nobody takes the VIP over",
      advice: "each node's own address into its unicast_src_ip, and the other nodes' into unicast_peer",
      related: others.map((each) => ({
        at: atSource(each),
        message: `${each.node.name} has unicast_src_ip ${source}`,
      })),
    };
  }
}

/**
 * Which of them has the copied address: one that has its original among its peers, or that speaks from another one in its file's first
 * instance on the interface; where nothing tells, the later file.
 */
function likelyCopy(sharing: readonly RouterMember[], source: string): RouterMember | undefined {
  const sendsThere = sharing.find(({ instance }) => peerAddresses(instance).includes(source));
  const isOdd = sharing.find(({ node, instance }) => {
    const first = node.configuration.instances.find(
      (each) => each.interface === instance.interface && each.family === instance.family,
    );
    return first?.unicastSourceIp !== undefined && first.unicastSourceIp.text !== source;
  });
  return sendsThere ?? isOdd ?? sharing.at(-1);
}

/** What a node should send to and does not. */
function missingPeers(member: RouterMember, members: readonly RouterMember[]): Finding | undefined {
  const { node, instance } = member;
  const peers = peerAddresses(instance);
  // A node that has only itself as its peer is HP302's.
  if (!knowsAllPeers(member) || (peers.length === 1 && peers[0] === sourceText(member))) return undefined;
  const missing = members.filter(
    (other) => other !== member && sourceText(other) !== undefined && !sendsTo(instance, other.instance),
  );
  const [nearest] = missing;
  if (nearest === undefined) return undefined;
  const sources = missing.map((other) => `${sourceText(other)} (${other.node.name})`);
  return {
    message: `${node.name}: unicast_peer has ${listed(peers)}, but not ${listed(sources)}`,
    at: atPeers(member),
    consequence: deafness(member, nearest),
    // Behind address translation a node is reached by another address than the one it sends from.
    ...(missing.every((other) => isPrivate(sourceText(other) ?? "")) &&
    peers.some((peer) => /^[\d.]+$/.test(peer) && !isPrivate(peer))
      ? { severity: "warning" as const }
      : {}),
    advice: `${listed(missing.map((other) => sourceText(other) ?? ""))} into unicast_peer of ${node.name}, one address a line`,
    related: missing.map((other) => ({
      at: atSource(other),
      message: `${other.node.name} sends from ${sourceText(other)} and listens there alone`,
    })),
  };
}

/** An address that no router on the Internet forwards (RFC 1918, RFC 6598), of IPv4. */
function isPrivate(address: string): boolean {
  return /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/.test(
    address,
  );
}

/** What comes of it that `from` does not send to `to`. Adverts of a lower priority are no reason to yield; that of a higher one is. */
function deafness(from: RouterMember, to: RouterMember): string {
  const { name: sender } = from.node;
  const { name: deaf } = to.node;
  const never = `${deaf} never hears ${sender}`;
  if (sourceText(from) === undefined) return `${never} and becomes MASTER beside it: both hold the VIP`;
  if (!sendsTo(to.instance, from.instance)) {
    return `neither ${sender} nor ${deaf} hears the other: both become MASTER and hold the VIP`;
  }
  if (from.instance.priority >= to.instance.priority) {
    return `${never} and becomes MASTER beside it; ${sender} (priority ${from.instance.priority}) does not yield to ${to.instance.priority}, so both hold the VIP`;
  }
  return `${never}: it takes the VIP back at every start, nopreempt or not, and both hold the VIP as soon as ${sender}'s priority is the higher one`;
}

/** Fewer addresses than there are other nodes, whoever they may be. */
function tooFewPeers(member: RouterMember, members: readonly RouterMember[]): Finding | undefined {
  const { node, instance } = member;
  const others = members.filter((other) => other !== member);
  const unknown = others.filter((other) => sourceText(other) === undefined);
  if (!knowsAllPeers(member) || unknown.length === 0) return undefined;
  const known = new Set(members.map((other) => sourceText(other)));
  const left = peerAddresses(instance).filter((address) => !known.has(address));
  if (left.length >= unknown.length || isOnlyItself(member)) return undefined;
  return {
    message: `${node.name}: unicast_peer has ${listed(peerAddresses(instance))}, but there are ${others.length} other nodes (${listed(others.map((other) => other.node.name))})`,
    at: atPeers(member),
    consequence: `at least one of them never hears ${node.name}, and becomes MASTER beside it`,
    advice: "every other node's address into unicast_peer, and each node's own into its unicast_src_ip",
  };
}

function isOnlyItself({ instance }: RouterMember): boolean {
  return peerAddresses(instance).every((address) => address === instance.unicastSourceIp?.text);
}

/** Without sources: the same few peers on two nodes cannot be the other nodes of both. */
function* samePeersWithoutSource(members: readonly RouterMember[]): Generator<Finding> {
  const silent = members.filter((member) => advertSource(member) === "interface" && knowsAllPeers(member));
  const keyOf = ({ instance }: RouterMember): string => peerAddresses(instance).toSorted().join(" ");
  for (const member of silent) {
    const twin = silent.find((other) => keyOf(other) === keyOf(member));
    const peers = peerAddresses(member.instance);
    if (twin === undefined || twin === member || peers.length >= members.length) continue;
    yield {
      message: `${member.node.name}: unicast_peer has ${listed(peers)}, the same as on ${twin.node.name}: it cannot be the other node of both`,
      at: atPeers(member),
      consequence:
        "one of the two sends to itself or to a stranger, and the other never hears it: both become MASTER and hold the VIP",
      advice: "the other node's address into each unicast_peer, and each node's own into its unicast_src_ip",
      related: [{ at: atPeers(twin), message: `${twin.node.name} has the same peers` }],
    };
    return;
  }
}

/** A peer that is none of the given nodes, on some of them only: a third node would be a peer on all. */
function* lonelyPeers(members: readonly RouterMember[]): Generator<Finding> {
  if (!members.every((member) => sourceText(member) !== undefined && knowsAllPeers(member))) return;
  const sources = new Set(members.map((member) => sourceText(member)));
  const strangers = distinct(members.flatMap(({ instance }) => peerAddresses(instance))).filter(
    (address) => !sources.has(address),
  );
  for (const stranger of strangers) {
    const having = members.filter(({ instance }) => peerAddresses(instance).includes(stranger));
    const lacking = members.filter((member) => !having.includes(member));
    const [holder] = having;
    const line = holder?.instance.unicastPeers.find((peer) => peer.address.text === stranger);
    if (holder === undefined || line === undefined || lacking.length === 0) continue;
    const names = listed(lacking.map((member) => member.node.name));
    yield {
      severity: "warning",
      message: `${holder.node.name}: ${stranger} is in unicast_peer here and not on ${names}, and it is the unicast_src_ip of neither`,
      at: inKeepalived(holder.node, line.span),
      consequence: `if ${stranger} is one more node, it never hears ${names} and becomes MASTER beside it; if not, adverts go to a stranger`,
      advice: `unicast_peer without ${stranger} if that is no node of this router; otherwise ${stranger} into unicast_peer on ${names} as well`,
      related: lacking.map((member) => ({
        at: atPeers(member),
        message: `${member.node.name} has ${listed(peerAddresses(member.instance))}`,
      })),
    };
  }
}
