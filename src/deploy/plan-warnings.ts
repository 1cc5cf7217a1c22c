// What a person should know before an apply: what will be interrupted and for how long, what hapair cannot mend, what it takes away. Pure.

import { counted, sentenceList } from "../base/index.ts";
import { readFrontends } from "../haproxy/index.ts";
import type { Pair } from "../model/index.ts";
import { agentAddressOf, agentPeersOf, type NodeFile, nodePaths, platformOf } from "../render/index.ts";
import { firewallVerdict } from "../status/index.ts";
import type { NodeFacts } from "./facts.ts";
import type { NodePlan, PlanWarning } from "./plan.ts";
import { isIncompatible, keeperOf } from "./plan-steps.ts";

export function planWarnings(
  pair: Pair,
  nodes: readonly NodePlan[],
  facts: ReadonlyMap<string, NodeFacts>,
  desired: ReadonlyMap<string, readonly NodeFile[]>,
): PlanWarning[] {
  return [
    ...orderWarnings(nodes),
    ...nodes.flatMap((node) => {
      const nodeFacts = facts.get(node.node);
      if (nodeFacts === undefined) return [];
      const texts = [
        ...unfinishedWarning(nodeFacts),
        ...fileWarnings(node),
        ...restartWarnings(node),
        ...firewallWarnings(pair, nodeFacts, node),
        ...agentFirewallWarnings(pair, nodeFacts, node),
        ...portWarnings(nodeFacts, desired.get(node.node) ?? []),
        ...untestedWarning(nodeFacts),
      ];
      return texts.map((text) => ({ node: node.node, text }));
    }),
  ];
}

/** What an incompatible change costs, said beforehand. */
function orderWarnings(nodes: readonly NodePlan[]): PlanWarning[] {
  if (!isIncompatible(nodes)) return [];
  const keeper = keeperOf(nodes);
  const what = [
    ...new Set(
      nodes.flatMap((node) =>
        [...node.configuration.incompatible, ...node.configuration.replaced].map((one) => one.what),
      ),
    ),
  ];
  const warnings: PlanWarning[] = [
    {
      text: `${sentenceList(what)}: nodes with the old and the new configuration do not understand each other, so the pair is not redundant for some seconds (keepalived stops on the others, ${keeper?.node ?? "one node"} changes in place, the others start)`,
    },
  ];
  for (const replaced of keeper?.configuration.replaced ?? []) {
    warnings.push({
      node: keeper?.node ?? "",
      text: `${replaced.what}: keepalived starts the instance anew, and nobody holds the VIP for about ${(replaced.gapUs / 1e6).toFixed(2)} s`,
    });
  }
  for (const node of nodes) {
    if (node.node === keeper?.node || node.heldVips.length === 0) continue;
    warnings.push({
      node: node.node,
      text: `${node.heldVips.join(", ")} moves to ${keeper?.node ?? "another node"} for that and, without preemption, stays there`,
    });
  }
  return warnings;
}

function unfinishedWarning(facts: NodeFacts): string[] {
  if (facts.unfinished === undefined) return [];
  const { by, revision } = facts.unfinished;
  return [
    `an apply by ${by} (revision ${revision}) was cut off here: files may be new while daemons still have the old ones; this apply goes on from there`,
  ];
}

function fileWarnings(node: NodePlan): string[] {
  const paths = (kind: string): string[] =>
    node.changes.filter((change) => change.kind === kind).map((change) => change.path);
  const edited = node.changes.filter((change) => change.editedByHand).map((change) => change.path);
  const taken = paths("take-over");
  return [
    ...(taken.length === 0
      ? []
      : [
          `${sentenceList(taken)} ${taken.length === 1 ? "is" : "are"} taken over; the original is kept, and hapair remove puts it back`,
        ]),
    ...(edited.length === 0
      ? []
      : [
          `${sentenceList(edited)} ${edited.length === 1 ? "was" : "were"} changed by hand since the last apply; the change is lost`,
        ]),
  ];
}

function restartWarnings(node: NodePlan): string[] {
  if (node.actions.haproxy.kind === "restart" && node.heldVips.length > 0)
    return [
      "HAProxy restarts while the VIP is here: requests are refused for some 0.1 s, and open connections end",
    ];
  return [];
}

/** Firewalls that are not ours: the rule is named and the line to add; hapair never claims to have opened them. */
function firewallWarnings(pair: Pair, facts: NodeFacts, node: NodePlan): string[] {
  if (facts.ruleset === undefined || facts.firewalld !== undefined) return [];
  const own = pair.nodes.find((one) => one.name === node.node);
  return pair.nodes
    .filter((peer) => peer.name !== node.node)
    .flatMap((peer) =>
      peer.addresses.flatMap((address): string[] => {
        const destination = own?.addresses.find((one) => one.family === address.family);
        if (
          own === undefined ||
          destination === undefined ||
          !pair.routers.some((router) => router.family === address.family)
        )
          return [];
        const packet = {
          family: address.family,
          interface: own.interface,
          source: address.text,
          destination: destination.text,
        };
        const verdict = firewallVerdict(facts.ruleset, packet, "in");
        if (verdict.answer !== "drop" || verdict.chain?.includes(" hapair ") === true) return [];
        const protocol = address.family === 4 ? "ip protocol 112 ip saddr" : "ip6 nexthdr 112 ip6 saddr";
        return [
          `a firewall that is not hapair's drops the adverts of ${peer.name} (${verdict.rule ?? "rule not known"}): both nodes would hold the VIP. Add to it: nft insert rule ${verdict.chain ?? "FAMILY TABLE CHAIN"} ${protocol} ${address.text} accept`,
        ];
      }),
    );
}

/** The same for what the peers' agents say. */
function agentFirewallWarnings(pair: Pair, facts: NodeFacts, node: NodePlan): string[] {
  const own = pair.nodes.find((one) => one.name === node.node);
  if (pair.agent === undefined || own === undefined) return [];
  if (facts.ruleset === undefined || facts.firewalld !== undefined) return [];
  const { port } = pair.agent;
  return agentPeersOf(pair, own).flatMap((peer): string[] => {
    const destination = agentAddressOf(pair, own).text;
    const packet = {
      family: peer.family,
      interface: own.interface,
      source: peer.text,
      destination,
      udpPort: port,
    };
    const verdict = firewallVerdict(facts.ruleset, packet, "in");
    if (verdict.answer !== "drop" || verdict.chain?.includes(" hapair ") === true) return [];
    const source = peer.family === 4 ? "ip saddr" : "ip6 saddr";
    return [
      `a firewall that is not hapair's drops what the agent at ${peer.text} says (${verdict.rule ?? "rule not known"}): each agent takes the other for silent, and traffic rules move nothing. Add to it: nft insert rule ${verdict.chain ?? "FAMILY TABLE CHAIN"} ${source} ${peer.text} udp dport ${port} accept`,
    ];
  });
}

/** Services of firewalld whose port is known without reading its files. */
const SERVICE_PORTS: Readonly<Record<string, string>> = {
  http: "80/tcp",
  https: "443/tcp",
  smtp: "25/tcp",
  dns: "53/tcp",
  ldap: "389/tcp",
  mysql: "3306/tcp",
  postgresql: "5432/tcp",
};

/** Front-end ports that firewalld keeps closed: opening them is the operator's decision. */
function portWarnings(facts: NodeFacts, files: readonly NodeFile[]): string[] {
  if (facts.firewalld === undefined) return [];
  const { zone, ports, services, permanentText } = facts.firewalld;
  if (permanentText.includes('target="ACCEPT"')) return [];
  const open = new Set([...ports, ...services.flatMap((service) => SERVICE_PORTS[service] ?? [])]);
  const text = files.find((file) => file.path === nodePaths.haproxyConf)?.content ?? "";
  const bound = readFrontends(text)
    .flatMap((frontend) => frontend.binds)
    .filter((bind) => !bind.address.startsWith("127.") && bind.address !== "::1")
    .map((bind) => `${bind.port}/tcp`);
  const closed = [...new Set(bound)].filter(
    (port) => !open.has(port) && !ports.some((range) => within(port, range)),
  );
  if (closed.length === 0) return [];
  const options = closed.map((port) => `--add-port=${port}`).join(" ");
  return [
    `firewalld's zone ${zone} keeps ${counted(closed.length, "front-end port")} closed (${closed.join(", ")}): clients do not reach the VIP. Which ports are open is yours to say: firewall-cmd --permanent --zone=${zone} ${options} && firewall-cmd --reload`,
  ];
}

function within(port: string, range: string): boolean {
  const found = /^(\d+)-(\d+)\/(\w+)$/.exec(range);
  const [number = "0", protocol = ""] = port.split("/");
  return (
    found !== null &&
    found[3] === protocol &&
    Number(number) >= Number(found[1]) &&
    Number(number) <= Number(found[2])
  );
}

function untestedWarning(facts: NodeFacts): string[] {
  const platform = platformOf(facts.distribution.id, facts.distribution.idLike);
  return platform?.tested === false
    ? [`hapair's paths for ${facts.distribution.name} are known but not tested`]
    : [];
}
