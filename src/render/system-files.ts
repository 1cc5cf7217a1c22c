// The parts of the system around the two daemons: keepalived's drop-in, tmpfiles.d, sysctl, the firewall's restriction, networkd's drop-in.

import { assert } from "../base/index.ts";
import type { Family, IpAddress, Pair, PairNode } from "../model/index.ts";
import { addressOf } from "./keepalived-conf.ts";
import { ADVERT_COUNTER } from "./maintenance-files.ts";
import { agentPaths, agentUser, nodePaths, watchedFilesOf } from "./paths.ts";
import type { Platform } from "./platform.ts";

/** Keepalived comes back after a kill, starts when the network is there, and leaves no VIP behind however it ended. */
export function renderKeepalivedDropIn(pair: Pair, node: PairNode, platform: Platform): string {
  const removals = pair.routers
    .flatMap((router) => [...router.vips, ...router.excludedVips])
    .map(
      (vip) =>
        `ip address delete ${vip.address.text}/${vip.prefixLength} dev ${vip.interface ?? node.interface}`,
    );
  return [
    "[Unit]",
    "StartLimitIntervalSec=0",
    `Wants=network-online.target ${nodePaths.maintenanceUnit.split("/").at(-1) ?? ""}`,
    "# After haproxy.service: at shutdown keepalived goes first, so the VIP leaves before HAProxy does.",
    "After=network-online.target systemd-tmpfiles-setup.service haproxy.service",
    "",
    "[Service]",
    "Restart=always",
    "RestartSec=1s",
    "# Advertisements from anyone but the peers are dropped before keepalived hears its first one.",
    `ExecStartPre=-+${platform.nftCommand} -f ${nodePaths.firewall}`,
    "# A node under maintenance stays so over a boot: the watched file is written before keepalived looks.",
    `ExecStartPre=-+${nodePaths.maintenanceScript} restore`,
    "# A killed keepalived leaves the VIP on the interface and the peer takes it too: two holders until someone removes it.",
    ...removals.map((removal) => `ExecStopPost=-+/bin/sh -c '${removal} 2>/dev/null'`),
    "",
  ].join("\n");
}

/** The watched directory and its files; an existing file keeps its value. Each file is its writer's, and the agent's FIFO is there before keepalived. */
export function renderTmpfiles(pair: Pair): string {
  const hasAgent = pair.agent !== undefined;
  const ownerOf = (path: string): string =>
    hasAgent && path === agentPaths.trafficFile ? `${agentUser} ${agentUser}` : "root root";
  return [
    `d ${nodePaths.runtimeDirectory} 0755 root root -`,
    `d ${nodePaths.watchDirectory} 0755 root root -`,
    ...watchedFilesOf(pair).map((file) => {
      const path = `${nodePaths.watchDirectory}/${file.name}`;
      return `f ${path} 0644 ${ownerOf(path)} - ${file.initial}`;
    }),
    ...(hasAgent ? [`p ${agentPaths.notifyFifo} 0660 root ${agentUser} -`] : []),
    "",
  ].join("\n");
}

/** HAProxy on the standby may bind the VIP before the VIP is there. The dash: a kernel without IPv6 has no such key. */
export function renderSysctl(): string {
  return ["net.ipv4.ip_nonlocal_bind = 1", "-net.ipv6.ip_nonlocal_bind = 1", ""].join("\n");
}

/** Our own nftables table, which only restricts: protocol 112, and what agents say to each other, from anyone but the peers is dropped. */
export function renderFirewall(pair: Pair, node: PairNode): string {
  const rules = ([4, 6] as const).flatMap((family) => {
    const peers = peersOf(pair, node, family);
    if (peers.length === 0) return [];
    const [protocol, source] = family === 4 ? ["ip protocol", "ip saddr"] : ["ip6 nexthdr", "ip6 saddr"];
    return [
      `        ${protocol} 112 ${source} != { ${peers.join(", ")} } drop`,
      `        ${protocol} 112 counter name ${ADVERT_COUNTER}`,
    ];
  });
  const { agent } = pair;
  if (agent !== undefined) {
    const source = agentAddressOf(pair, node).family === 4 ? "ip saddr" : "ip6 saddr";
    const peers = agentPeersOf(pair, node).map(({ text }) => text);
    rules.push(`        udp dport ${agent.port} ${source} != { ${peers.join(", ")} } drop`);
  }
  return [
    "# An accept here would not open another table's drop, so this table only restricts.",
    "table inet hapair",
    "delete table inet hapair",
    "table inet hapair {",
    "    # The peers' advertisements; a node under maintenance listens to them.",
    `    counter ${ADVERT_COUNTER} {`,
    "    }",
    "    chain vrrp {",
    "        type filter hook input priority -10; policy accept;",
    ...rules,
    "    }",
    "}",
    "",
  ].join("\n");
}

/** The addresses whose advertisements a node expects, of one family. */
export function peersOf(pair: Pair, node: PairNode, family: Family): string[] {
  const peers = pair.routers
    .filter((router) => router.family === family)
    .flatMap((router) =>
      pair.nodes.filter((other) => other.name !== node.name).map((other) => addressOf(other, router).text),
    );
  return [...new Set(peers)];
}

/** Where a node's agent listens for its peers: the family that the first router's advertisements travel in, which every node has. */
export function agentAddressOf(pair: Pair, node: PairNode): IpAddress {
  const [router] = pair.routers;
  assert(router !== undefined, "a pair has a router");
  return addressOf(node, router);
}

/** Where the other nodes' agents are heard from. */
export function agentPeersOf(pair: Pair, node: PairNode): IpAddress[] {
  return pair.nodes.filter((other) => other.name !== node.name).map((other) => agentAddressOf(pair, other));
}

/** For systemd-networkd: addresses that others put on the interface, the VIP among them, are not taken away (failure F05). */
export function renderNetworkdDropIn(): string {
  return ["[Network]", "KeepConfiguration=yes", ""].join("\n");
}
