// Where everything lies on a node. One table, so that what is rendered, watched, checked and removed is the same path.

import type { Pair } from "../model/index.ts";

export const nodePaths = {
  keepalivedConf: "/etc/keepalived/keepalived.conf",
  checkScript: "/etc/keepalived/chk_haproxy.sh",
  haproxyConf: "/etc/haproxy/haproxy.cfg",
  secondHaproxyConf: "/etc/haproxy/hapair.cfg",
  haproxyHook: "/etc/hapair/haproxy-hook.sh",
  switchoverScript: "/etc/hapair/switchover.sh",
  maintenanceScript: "/etc/hapair/maintenance.sh",
  maintenanceUnit: "/etc/systemd/system/hapair-maintenance.service",
  firewall: "/etc/hapair/firewall.nft",
  haproxyDropIn: "/etc/systemd/system/haproxy.service.d/50-hapair.conf",
  keepalivedDropIn: "/etc/systemd/system/keepalived.service.d/50-hapair.conf",
  tmpfiles: "/etc/tmpfiles.d/hapair.conf",
  sysctl: "/etc/sysctl.d/50-hapair.conf",
  /** Made by tmpfiles.d, never removed: to keepalived a missing directory means not watched at all (design.md). */
  watchDirectory: "/run/hapair/watch",
  /** While this exists the hook stays silent: another HAProxy serves the ports for the moment of a restart. */
  bridgeMark: "/run/hapair/bridge",
  runtimeDirectory: "/run/hapair",
  /** hapair's own state on the node: originals, manifest, lock. */
  stateDirectory: "/var/lib/hapair",
} as const;

/** Notes of what is under way on a node: switchover and maintenance write them, status and the agent read them. */
export const operationPaths = {
  /** There while the node is under maintenance: who, why, since when, until when. Survives a reboot, and anyone may read it. */
  maintenance: "/etc/hapair/maintenance",
  /** Shown at login while the node is under maintenance. */
  motd: "/etc/motd.d/hapair-maintenance",
  /** There while a node under maintenance may take the VIP, because its peers are silent. */
  lastResort: "/run/hapair/last-resort",
  /** Notes of what a switchover has open on this node. */
  drainDirectory: "/run/hapair/drain",
} as const;

/** The agent's own, where a pair has one. */
export const agentPaths = {
  program: "/usr/local/lib/hapair/hapair-agent.mjs",
  /** Root's; systemd hands it to the agent as a credential. */
  settings: "/etc/hapair/agent.json",
  unit: "/etc/systemd/system/hapair-agent.service",
  users: "/etc/sysusers.d/hapair.conf",
  /** Made by tmpfiles.d: one that keepalived makes is root's alone, and goes when keepalived stops. */
  notifyFifo: "/run/hapair/notify",
  trafficFile: "/run/hapair/watch/traffic",
  stateDirectory: "/var/lib/hapair-agent",
  runtimeDirectory: "/run/hapair-agent",
  controlSocket: "/run/hapair-agent/control.sock",
  /** Touched at the end of every apply: what is younger was changed by someone else. */
  appliedMark: "/etc/hapair/applied",
} as const;

/** The agent's user and group. */
export const agentUser = "hapair-agent";

/** Node.js as the agent wants it: 18 is what Debian 12 has. */
export const agentNodeMajorMin = 18;

/** A file that keepalived watches: one opinion, one writer. */
export interface WatchedFile {
  readonly name: string;
  /** 0: any value but 0 puts the instance into FAULT. 1: the value is added to the priority. */
  readonly weight: 0 | 1;
  readonly initial: 0 | 1;
  readonly writer: string;
  /** Only this router's instance watches it; absent: every one. */
  readonly router?: string;
}

const EVERYWHERE: readonly WatchedFile[] = [
  { name: "process", weight: 0, initial: 1, writer: "systemd's hooks around HAProxy" },
  { name: "traffic", weight: 0, initial: 0, writer: "the agent" },
  { name: "hold", weight: 0, initial: 0, writer: "switchover and maintenance" },
];

/** A skew longer than this leaves clients without an answer for a moment that they notice when the VIP is moved on purpose. */
const LONG_SKEW_US = 20_000;

/**
 * A pair's watched files. `boost` only where a standby's skew is long (version 2: 0.6 s at priority 100): while the VIP is moved on purpose it
 * lifts the standby's priority, which shortens the skew and, with nopreempt, moves nothing. One hold per router where there are several.
 */
export function watchedFilesOf(pair: Pair): readonly WatchedFile[] {
  const holds =
    pair.routers.length < 2
      ? []
      : pair.routers.map(({ name }): WatchedFile => ({
          name: `hold-${name}`,
          weight: 0,
          initial: 0,
          writer: "switchover",
          router: name,
        }));
  const boost: WatchedFile = { name: "boost", weight: 1, initial: 0, writer: "switchover" };
  return [...EVERYWHERE, ...holds, ...(longestSkewUs(pair) > LONG_SKEW_US ? [boost] : [])];
}

/** The longest skew of any node for any router, microseconds (RFC 3768 section 6.1, RFC 5798 section 6.1). */
function longestSkewUs(pair: Pair): number {
  const skews = pair.routers.flatMap((router) =>
    [...router.priorities.values()].map(
      (priority) => ((256 - priority) * (router.version === 3 ? router.advertIntervalUs : 1_000_000)) / 256,
    ),
  );
  return Math.max(0, ...skews);
}
