// Where everything lies on a node. One table, so that what is rendered, watched, checked and removed is the same path.

export const nodePaths = {
  keepalivedConf: "/etc/keepalived/keepalived.conf",
  checkScript: "/etc/keepalived/chk_haproxy.sh",
  haproxyConf: "/etc/haproxy/haproxy.cfg",
  secondHaproxyConf: "/etc/haproxy/hapair.cfg",
  haproxyHook: "/etc/hapair/haproxy-hook.sh",
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

/** The watched files, one opinion and one writer each; with weight 0 any value but 0 puts the instance into FAULT. */
export const watchedFiles = [
  { name: "process", initial: 1, writer: "systemd's hooks around HAProxy" },
  { name: "traffic", initial: 0, writer: "the agent" },
  { name: "hold", initial: 0, writer: "switchover and maintenance" },
] as const;
