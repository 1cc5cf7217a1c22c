// The paths on a node that hapair writes itself.
// Rule: a file the user carries along may not land on one of them.

const reservedNodePaths: readonly string[] = [
  "/etc/keepalived/keepalived.conf",
  "/etc/keepalived/chk_haproxy.sh",
  "/etc/haproxy/haproxy.cfg",
  "/etc/haproxy/hapair.cfg",
  "/etc/haproxy/conf.d/zz-hapair.cfg",
  "/etc/systemd/system/haproxy.service.d/50-hapair.conf",
  "/etc/systemd/system/keepalived.service.d/50-hapair.conf",
  "/etc/tmpfiles.d/hapair.conf",
  "/etc/sysctl.d/50-hapair.conf",
  "/etc/sysusers.d/hapair.conf",
  "/etc/systemd/system/hapair-agent.service",
];

/** Directories that are hapair's own: its hooks, its state, the watched files. */
const reservedNodeDirectories: readonly string[] = [
  "/etc/hapair/",
  "/usr/local/lib/hapair/",
  "/var/lib/hapair/",
  "/var/lib/hapair-agent/",
  "/run/hapair/",
  "/run/hapair-agent/",
];

/** Whether hapair writes there itself. */
export function isReservedNodePath(path: string): boolean {
  return (
    reservedNodePaths.includes(path) ||
    reservedNodeDirectories.some((directory) => path.startsWith(directory))
  );
}
